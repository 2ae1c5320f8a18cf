"""When two answers are the same, by the types that Till tells; and where they differ for a reason."""

import json
import re
from decimal import Decimal, InvalidOperation, localcontext


def agrees(types, ours, theirs, is_ordered):
    if len(ours) != len(theirs):
        return False
    ours = [[_plain(cell) for cell in row] for row in ours]
    if not is_ordered:
        ours, theirs = (sorted(rows, key=str) for rows in (ours, theirs))
    return all(len(one) == len(other) and all(_same(a, b, kind) for a, b, kind in zip(one, other, types)) for one, other in zip(ours, theirs))


def _plain(cell):
    if isinstance(cell, bool):
        return "t" if cell else "f"
    return json.dumps(cell) if isinstance(cell, list) else cell


def _number(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _same(one, other, kind):
    if one is None or other is None or one == other:
        return one == other
    if kind.endswith("[]"):
        return _elements(one, other, kind[:-2])
    if kind.startswith("TIMESTAMP"):
        return _moment(one) == _moment(other)
    if kind == "INTERVAL":
        return _span(one) == _span(other)
    if kind == "BLOB":
        return True
    a, b = _number(one), _number(other)
    if kind == "VARCHAR" or a is None or b is None:
        return False
    if not a.is_finite() or not b.is_finite():
        return str(a) == str(b)
    with localcontext() as context:
        context.prec = 400
        # Each has the digits of its own rules: the last of the shorter may differ.
        room = max(Decimal(1).scaleb(one.as_tuple().exponent) if "e" not in text else abs(one) * Decimal("1e-14") for one, text in ((a, one), (b, other)))
        return abs(a - b) <= (max(room, abs(b) * Decimal("1e-14")) if kind == "DOUBLE" else room)


def _elements(one, other, kind):
    ours = [_plain(cell) for cell in json.loads(one, parse_float=str, parse_int=str)]
    theirs = [text.strip('"') for text in re.findall(r'"[^"]*"|[^,]+', other[1:-1])]
    return len(ours) == len(theirs) and all(
        (a is None and b == "NULL") or (a is not None and _same(a, b, kind)) for a, b in zip(ours, theirs)) or kind == "VARCHAR"


def _span(text):
    """An interval's length, by which it compares: which of two that are equal stands for both is open."""
    parts = re.fullmatch(r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?", text)
    if not parts:
        return text
    years, months, days, hours, minutes, seconds = (Decimal(part or 0) for part in parts.groups())
    return ((years * 12 + months) * 30 + days) * 86_400 + hours * 3_600 + minutes * 60 + seconds


def _moment(text):
    match = re.fullmatch(r"(\d+-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00)?( BC)?", text)
    return (match[1], match[2], (match[3] or "").ljust(6, "0"), match[4]) if match else text


def literal_with_exponent(query, answer, theirs):
    """It is a DOUBLE here."""
    return theirs[0] == "rows" and re.search(r"\d\.?e-?\d", query) and "::" not in query


def mean_of_doubles(query, answer, theirs):
    """PostgreSQL adds up squares for a mean too, and they overflow."""
    return "avg(" in query and "overflow" in theirs[1] and "double" in query


def frame_that_nothing_reads(query, answer, theirs):
    """PostgreSQL computes the frame for lag, lead and ntile, which do not look at it."""
    return theirs[0] == "error" and re.search(r"(lag|lead|ntile)\(", query) and "out of range" in theirs[1]


def untyped_nulls(query, answer, theirs):
    """Of two bare NULLs PostgreSQL asks for a type."""
    return theirs[0] == "error" and re.search("is not unique|could not determine", theirs[1])


def underflow(query, answer, theirs):
    """A DOUBLE too near to zero is zero."""
    return theirs[0] == "error" and "underflow" in theirs[1]


def least_count(query, answer, theirs):
    """right(x, least INTEGER) leaves out more than there is; PostgreSQL's count wraps and leaves out nothing."""
    return re.search(r"right\(.*\(-2147483647-1\)", query)


def product_of_a_pattern(query, answer, theirs):
    """V in to_char multiplies; PostgreSQL's product of integers wraps, or is refused, where it leaves their type."""
    return re.search(r"to_char\(.*'[^']*V", query) and re.search(r"\d{9}", query)


def week_of_the_least_days(query, answer, theirs):
    """A day less than the least INTEGER wraps in PostgreSQL, and the week that it makes is past the greatest."""
    return re.search(r"to_char\(.*'[^']*WW", query) and "-2147483648 days" in query


def spread_past_the_doubles(query, answer, theirs):
    """Squares of the greatest DOUBLEs overflow; what a NaN or an infinity beside them makes of it is told by the order of rows in PostgreSQL."""
    return re.search(r"(var|stddev)\w*\(", query) and "overflow" in theirs[1] and re.search("nan|infinity", query) and "e308" in query


def power_of_decimals(query, answer, theirs):
    """power is of DOUBLEs here: an exponent that is a whole number but for its last digits is one."""
    return "power(" in query and "complex result" in theirs[1] and re.search(r"\.9999999999|\d{15}\.\d", query)


def order_of_additions(query, answer, theirs):
    """Whether a sum of intervals leaves the range on its way depends on the order, which is open."""
    return re.search(r"(sum|avg)\(", query) and "interval out of range" in theirs[1]


def digits_of_a_column(query, answer, theirs):
    """Decimals of a column have its digits behind the point, and so have texts of them; in PostgreSQL each value has its own."""
    def shortened(rows):
        return [[re.sub(r"(\.\d*?)0+(?!\d)", lambda match: match[1].rstrip("."), _plain(cell) or "") for cell in row] for row in rows]

    return theirs[0] == "rows" and re.search("::text|concat|format|string_agg", query) and shortened(answer[1]) == shortened(theirs[1])


def digits_lost_on_the_way(query, answer, theirs):
    """PostgreSQL adds up DOUBLEs one after the other: beside great ones that cancel in the end small ones are lost, which sums here keep."""
    if answer[0] is None or theirs[0] != "rows" or not re.search(r"(sum|avg)\(", query) or "double" not in query or len(answer[1]) != len(theirs[1]):
        return False
    room = max((abs(Decimal(text)) for text in re.findall(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", query)), default=Decimal(0)) * Decimal("1e-14")

    def near(one, other, kind):
        a, b = _number(_plain(one) or ""), _number(other or "")
        return kind == "DOUBLE" and a is not None and b is not None and a.is_finite() and b.is_finite() and abs(a - b) <= room

    return all(_same(_plain(one), other, kind) or near(one, other, kind) for ours, row in zip(answer[1], theirs[1]) for one, other, kind in zip(ours, row, answer[0]))


REASONS = [digits_lost_on_the_way, digits_of_a_column, order_of_additions, least_count, product_of_a_pattern, week_of_the_least_days, spread_past_the_doubles, power_of_decimals, literal_with_exponent, mean_of_doubles, frame_that_nothing_reads, untyped_nulls, underflow]


def is_known(query, answer, theirs):
    return any(reason(query, answer, theirs) for reason in REASONS)
