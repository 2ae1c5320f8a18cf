"""Values in the form of the .jsonl files that the tests write: one for each value, equal only where the values are."""

import datetime
import decimal
import struct
import uuid

EPOCH = datetime.datetime(1970, 1, 1)
decimal.getcontext().prec = 100


def cell(value):
    """A Python value in the form of the .jsonl file."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": struct.pack(">d", value).hex()}
    if isinstance(value, decimal.Decimal):
        return {"d": str(int(value.scaleb(-value.as_tuple().exponent)))}
    if isinstance(value, str):
        return {"x": value.encode().hex()}
    if isinstance(value, uuid.UUID):
        return {"x": value.bytes.hex()}
    if isinstance(value, bytes):
        return {"x": value.hex()}
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None) - EPOCH
        return {"i": str((value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds)}
    if isinstance(value, datetime.date):
        return {"i": str((value - EPOCH.date()).days)}
    if isinstance(value, datetime.time):
        return {"i": str(((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond)}
    if isinstance(value, list):
        return [cell(item) for item in value]
    if isinstance(value, dict):
        return [cell(item) for item in value.values()]
    raise TypeError(f"{value!r}")
