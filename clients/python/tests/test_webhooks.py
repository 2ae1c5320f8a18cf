"""Goal: only what was signed in time is believed. Method: the scheme's published vector, and each part changed."""

from __future__ import annotations

import pytest

from till import webhooks

# https://github.com/standard-webhooks/standard-webhooks, libraries' tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
GOOD = {"Webhook-Id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}


def test_verify_publishedVector_isBelieved() -> None:
    assert webhooks.sign(ID, AT, BODY, SECRET) == SIGNATURE
    assert webhooks.verify(GOOD, BODY, SECRET, now=AT + 299) == {"test": 2432232314}
    assert webhooks.verify(list(GOOD.items()), BODY, ["another", SECRET], now=AT - 299)
    assert webhooks.verify({**GOOD, "webhook-signature": "v1,AAAA v2,x " + SIGNATURE}, BODY, SECRET, now=AT)
    assert webhooks.verify(webhooks.headers("m", b"[]", "plain", now=5.5), b"[]", "plain", now=5) == []


@pytest.mark.parametrize("change", [
    {"Webhook-Id": "msg_other"}, {"webhook-timestamp": str(AT + 1)}, {"webhook-timestamp": "-1"}, {"webhook-timestamp": "9" * 4_500}, {"webhook-timestamp": "²"},
    {"webhook-signature": ""}, {"webhook-signature": SIGNATURE[3:]}, {"webhook-signature": "v1,é"}, {"webhook-signature": SIGNATURE[:-2]}])
def test_verify_anyChange_isNot(change: dict[str, str]) -> None:
    with pytest.raises(webhooks.WebhookError):
        webhooks.verify({**GOOD, **change}, BODY, SECRET, now=AT)


def test_verify_otherBodySecretOrTime_isNot() -> None:
    for body, secret, now in ((BODY + b" ", SECRET, AT), (BODY, "whsec_AAAA", AT), (BODY, "whsec_é", AT), (BODY, SECRET, AT + 301), (BODY, SECRET, AT - 301)):
        with pytest.raises((webhooks.WebhookError, ValueError)):
            webhooks.verify(GOOD, body, secret, now=now)
