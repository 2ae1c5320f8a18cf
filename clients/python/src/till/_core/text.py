"""JSON in which no digit is lost, and the texts of times."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class Plain(Decimal):
    """Written without an exponent. A document's numbers are written as they came, so that its bytes stay the same."""


def load(text: bytes | str) -> Any:
    """A document's numbers as they stand: integers of any length, everything else a Decimal."""
    return json.loads(text, parse_float=Decimal)


def dump(value: Any) -> bytes:
    return "".join(_parts(value)).encode()


def _parts(value: Any) -> Any:
    # json.dumps has no way to write a Decimal as a number of its digits, so containers are walked here.
    if isinstance(value, Mapping):
        mark = "{"
        for name, member in value.items():
            if not isinstance(name, str):
                raise TypeError(f"a member's name must be a text, not {name!r}")
            yield mark + json.dumps(name, ensure_ascii=False) + ":"
            yield from _parts(member)
            mark = ","
        yield "{}" if mark == "{" else "}"
    elif isinstance(value, (list, tuple)):
        mark = "["
        for member in value:
            yield mark
            yield from _parts(member)
            mark = ","
        yield "[]" if mark == "[" else "]"
    else:
        yield scalar(value)


def scalar(value: Any) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"JSON has no number for {value}")
        return format(value, "f") if isinstance(value, Plain) else str(value)
    if isinstance(value, datetime.datetime):
        return json.dumps(instant(value))
    if isinstance(value, datetime.date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def instant(value: datetime.datetime) -> str:
    """Raises ValueError for a time without a zone, which is no instant."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: say which instant it is, as with datetime.timezone.utc")
    return value.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime.datetime:
    value = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
