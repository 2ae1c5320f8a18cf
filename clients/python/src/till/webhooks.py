"""Webhooks: the Standard Webhooks scheme, as every call that Till signs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ._core import text
from .errors import TillError

TOLERANCE = 300.0
"""Seconds that a call's time may differ from ours, either way."""


class WebhookError(TillError):
    """The call is not to be believed. Answer 401 and read no further."""


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        return base64.b64decode(secret[len("whsec_"):])
    return secret.encode()


def sign(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """The value of `webhook-signature`."""
    digest = hmac.new(_key(secret), b"%s.%d.%s" % (message_id.encode(), timestamp, body), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(message_id: str, body: bytes, secret: str, now: float | None = None) -> dict[str, str]:
    """What a registrar's callback carries."""
    timestamp = int(time.time() if now is None else now)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": sign(message_id, timestamp, body, secret)}


def verify(headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes, secret: str | Iterable[str], *, tolerance: float = TOLERANCE, now: float | None = None) -> Any:
    """The event, if the call is Till's: its JSON, decimals as Decimal. `body` are the bytes as they came; several secrets may be given while one is changed for another.

    Raises WebhookError for everything else. The caller still has to know which `webhook-id` was seen: a delivery comes at least once.
    """
    items = headers.items() if isinstance(headers, Mapping) else headers
    found = {name.lower(): value for name, value in items}
    message_id, timestamp, signatures = (found.get("webhook-" + name, "") for name in ("id", "timestamp", "signature"))
    if not message_id or not signatures or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise WebhookError("webhook-id, webhook-timestamp and webhook-signature must be there")
    at = int(timestamp)
    if abs((time.time() if now is None else now) - at) > tolerance:
        raise WebhookError(f"the call's time {timestamp} is more than {tolerance:g} s from ours")
    # All are computed and compared in the same time, whichever fits.
    is_right = False
    for each in [secret] if isinstance(secret, str) else list(secret):
        try:
            expected = sign(message_id, at, body, each).encode()
        except binascii.Error as fault:
            raise WebhookError("the secret begins with whsec_ and is not base64 behind it") from fault
        for signature in signatures.split(" ")[:16]:
            is_right |= hmac.compare_digest(signature.encode(), expected)
    if not is_right:
        raise WebhookError("no signature of the call is ours")
    try:
        return text.load(body)
    except ValueError as fault:
        raise WebhookError("the body is signed and not JSON") from fault
