"""When two answers are the same: by the type of each column, as the generator knows it."""

import collections
import datetime
import functools
import json
import math
import re
from decimal import Decimal, InvalidOperation

from differences import REASONS

ROUGH = ("quotient", "float", "spread", "array")


def known_difference(text, answer, reference):
    return any(reason(text, answer, reference) for reason in REASONS)


def agree(query, answer, reference):
    """None, or what differs: its sort, `|`, and the details."""
    if answer[0] == "crash":
        return f"crash|{answer[1]}"
    if answer[0] == "error" and reference[0] == "error":
        return None
    if reference[0] == "error" and "canceling statement" in reference[1]:
        return None  # PostgreSQL took too long to have an opinion.
    if answer[0] == "error":
        return f"error {re.sub(r' at [0-9]+', '', answer[1])[:60]}|{answer[1]}; PostgreSQL has {len(reference[1])} rows: {str(reference[1][:3])[:200]}"
    if reference[0] == "error":
        return f"only PostgreSQL refuses:|{reference[1]}; we give {str(answer[1][:3])[:200]}"
    if len(answer[1]) != len(reference[1]):
        return f"rows:|ours {len(answer[1])} {str(answer[1][:4])[:300]}, PostgreSQL {len(reference[1])} {str(reference[1][:4])[:300]}"
    ours, theirs = answer[1], reference[1]
    if not query.ordered:
        ours, theirs = unlike(ours, theirs)
    ours, theirs = ([[plain(cell, kind) for cell, kind in zip(row, query.kinds)] for row in rows] for rows in (ours, theirs))
    if not query.ordered:
        ours, theirs = (sorted(rows, key=lambda row: order(row, query.kinds)) for rows in (ours, theirs))
    for one, other in zip(ours, theirs):
        for place, kind in enumerate(query.kinds):
            if not same(one[place], other[place], kind):
                return f"values:|c{place} of type {kind}: ours {shown(one)}, PostgreSQL {shown(other)}"
    return None


def unlike(ours, theirs):
    """The rows of each side that the other one has not letter by letter: most are alike, and what cells mean takes long to find."""
    left = collections.Counter(map(written, theirs))
    mine = []
    for row in ours:
        key = written(row)
        if left[key] > 0:
            left[key] -= 1
        else:
            mine.append(row)
    others = []
    for row in theirs:
        key = written(row)
        if left[key] > 0:
            left[key] -= 1
            others.append(row)
    return mine, others


def written(row):
    """A row as PostgreSQL writes its cells; lists as texts that none of it is."""
    return tuple("t" if cell is True else "f" if cell is False else cell if cell is None or isinstance(cell, str) else repr(cell) for cell in row)


def shown(row):
    return "[" + ", ".join(str(cell) for cell in row) + "]"


def plain(cell, kind):
    """A cell as a value that compares: Decimal, float, text, bool, a list."""
    if cell is None:
        return None
    if kind in ("int", "big", "dec", "wide", "quotient"):
        try:
            return Decimal(str(cell))
        except InvalidOperation:
            return str(cell)
    if kind in ("dbl", "float", "spread"):
        return float(cell)
    if kind == "bool":
        return cell if isinstance(cell, bool) else {"t": True, "f": False, "true": True, "false": False}.get(cell, cell)
    if kind == "array":
        return [None if one is None else str(one) for one in (json.loads(cell) if isinstance(cell, str) else cell)]
    if kind in ("ts", "tsn"):
        return moment(cell)
    if kind == "span":
        return cell if not isinstance(cell, datetime.timedelta) else cell.total_seconds()
    return str(cell)


@functools.lru_cache(maxsize=1 << 16)
def moment(cell):
    """A time as one text, whatever zone it is told in."""
    if isinstance(cell, datetime.datetime):
        cell = (cell.astimezone(datetime.timezone.utc) if cell.tzinfo else cell).strftime("%Y-%m-%d %H:%M:%S.%f") + ("Z" if cell.tzinfo else "")
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?", str(cell))
    if not match:
        return str(cell)
    sign = -1 if match[5] == "-" else 1
    offset = datetime.timedelta(hours=int(match[6] or 0), minutes=int(match[7] or 0), seconds=int(match[8] or 0)) * sign
    try:
        time = datetime.datetime.fromisoformat(f"{match[1]} {match[2]}") - offset
    except (ValueError, OverflowError):
        return str(cell)
    return f"{time}.{(match[3] or '').ljust(6, '0')}" + ("Z" if match[4] or match[5] else "")


def same(one, other, kind):
    if one is None or other is None:
        return one is None and other is None
    if kind == "quotient" and isinstance(one, Decimal) and isinstance(other, Decimal) and one.is_finite() and other.is_finite():
        # Ours has the digits of the number rules, PostgreSQL's at least as many.
        digits = max(0, -one.as_tuple().exponent)
        return abs(one - other) <= Decimal(1).scaleb(-digits)
    if kind in ("dbl", "float", "spread") and isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        room = 1e-6 if kind == "spread" else 1e-11
        return one == other or abs(one - other) <= room * max(abs(one), abs(other)) or (kind == "spread" and abs(one - other) < 1e-4)
    return one == other


def order(row, kinds):
    """Exact cells first: those that may differ in their last digits decide last."""
    def key(cell):
        if cell is None:
            return (3, 0, "")
        if isinstance(cell, float):
            return (0, 0.0, "") if math.isnan(cell) else (1, float(f"{cell:.12g}"), "")
        if isinstance(cell, (bool, Decimal)):
            return (1, cell, "")
        return (2, 0, str(cell))
    return [key(cell) for cell, kind in sorted(zip(row, kinds), key=lambda pair: pair[1] in ROUGH)]
