"""Q1 to Q9 of the design, in the words of Till and of each peer."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

PAGE = "receipt_id, client_id, business_day, issued_at, total"
ORDER = "ORDER BY business_day, client_id, issued_at, receipt_id LIMIT 10000"
DIALECTS = ("till", "duckdb", "clickhouse", "postgres")


@dataclass(frozen=True)
class Choice:
    """What the questions ask about: picked from the data, never tuned. Days are business days; `to` is not in the range."""

    client: str
    receipt_id: str
    receipt_day: str
    week: tuple[str, str]
    #: UTC, `2025-03-03 15:00:00`.
    hour: tuple[str, str]
    product: str
    month: tuple[str, str]
    word: str
    #: The first day that counts; None: all years.
    since: str | None
    #: A fortnight of days; None: 25 December to 7 January of every year.
    fortnight: tuple[str, str] | None


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    #: By dialect.
    texts: dict[str, str]
    choice: Choice


def choose(sql: Callable[[str], list[list[object]]], since: datetime.date | None, today: datetime.date) -> Choice:
    """What to ask about, read from the data: the fifth client by receipts, one of its receipts, the 21st product by lines.

    `sql` asks a table `receipts` as DuckDB holds it.
    """
    where = f"business_day >= DATE '{since}'" if since else "TRUE"
    client = sql(f"SELECT client_id FROM receipts WHERE {where} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET 4")[0][0]
    count = sql(f"SELECT count(*) FROM receipts WHERE {where} AND client_id = '{client}'")[0][0]
    receipt, day = sql(
        f"SELECT receipt_id, business_day FROM receipts WHERE {where} AND client_id = '{client}' ORDER BY issued_at, receipt_id LIMIT 1 OFFSET {int(count) // 3}")[0]
    product = sql(
        f"SELECT l.product_code FROM (SELECT unnest(lines) AS l FROM (SELECT lines FROM receipts WHERE {where} LIMIT 50000)) "
        "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET 20")[0][0]
    if since:
        week, noon = today - datetime.timedelta(days=16), today - datetime.timedelta(days=12)
        month, fortnight = (since, today + datetime.timedelta(days=1)), (today - datetime.timedelta(days=20), today - datetime.timedelta(days=6))
    else:
        year = today.year - 1
        week, noon = datetime.date(year, 3, 3), datetime.date(year, 12, 23)
        month, fortnight = (datetime.date(year, 5, 1), datetime.date(year, 6, 1)), None
    return Choice(
        client=str(client), receipt_id=str(receipt), receipt_day=str(day)[:10], week=(str(week), str(week + datetime.timedelta(days=7))),
        hour=(f"{noon} 15:00:00", f"{noon} 16:00:00"), product=str(product), month=(str(month[0]), str(month[1])), word="Кава",
        since=str(since) if since else None, fortnight=fortnight and (str(fortnight[0]), str(fortnight[1])))


def _instant(dialect: str, text: str) -> str:
    return f"toDateTime64('{text}', 6, 'UTC')" if dialect == "clickhouse" else f"TIMESTAMPTZ '{text}+00'"


def _between(column: str, days: tuple[str, str]) -> str:
    return f"{column} >= DATE '{days[0]}' AND {column} < DATE '{days[1]}'"


def _season(c: Choice) -> str:
    if c.fortnight:
        return _between("business_day", c.fortnight)
    month, day = "EXTRACT(month FROM business_day)", "EXTRACT(day FROM business_day)"
    return f"(({month} = 12 AND {day} >= 25) OR ({month} = 1 AND {day} <= 7))"


def _accepted(dialect: str, select: str, where: str, tail: str) -> str:
    """Over receipts that were accepted."""
    if dialect == "till":
        return f"SELECT {select} FROM receipts_accepted WHERE {where} {tail}"
    return f"SELECT {select} FROM receipts WHERE state = 'COMPLETE' AND {where} {tail}"


def _lines(dialect: str, select: str, rows: str, lines: str, tail: str) -> str:
    """Over the lines `l` of accepted receipts, with conditions on receipts and on lines."""
    match dialect:
        case "till":
            # A dotted name is alias.column: the conditions on receipts need none, as no line has such a column.
            return f"SELECT {select} FROM receipts_accepted r, UNNEST(r.lines) AS l WHERE {rows} AND {lines} {tail}"
        case "duckdb":
            return f"SELECT {select} FROM (SELECT unnest(lines) AS l FROM receipts WHERE state = 'COMPLETE' AND {rows}) WHERE {lines} {tail}"
        case "clickhouse":
            return f"SELECT {select} FROM receipts ARRAY JOIN lines AS l WHERE state = 'COMPLETE' AND {rows} AND {lines} {tail}"
        case "postgres":
            return f"SELECT {select} FROM receipts r JOIN lines l ON l.receipt = r.number WHERE state = 'COMPLETE' AND {rows} AND {lines} {tail}"
    raise ValueError(dialect)


def questions(c: Choice) -> list[Question]:
    span = f"business_day >= DATE '{c.since}'" if c.since else "1 = 1"
    season = _season(c) + (f" AND {span}" if c.since else "")

    def texts(of: Callable[[str], str]) -> dict[str, str]:
        return {dialect: of(dialect) for dialect in DIALECTS}

    return [
        Question("Q1", "receipt by id", texts(
            lambda d: f"SELECT {PAGE} FROM receipts WHERE client_id = '{c.client}' AND receipt_id = '{c.receipt_id}' AND business_day = DATE '{c.receipt_day}'"), c),
        Question("Q2a", "page of one client, 7 days", texts(
            lambda d: f"SELECT {PAGE} FROM receipts WHERE client_id = '{c.client}' AND {_between('business_day', c.week)} {ORDER}"), c),
        Question("Q2b", "page of all clients, 1 hour", texts(
            lambda d: f"SELECT {PAGE} FROM receipts WHERE issued_at >= {_instant(d, c.hour[0])} AND issued_at < {_instant(d, c.hour[1])} {ORDER}"), c),
        Question("Q3", "revenue by month of one client", texts(
            lambda d: _accepted(d, "date_trunc('month', business_day) AS month, count(*) AS receipts, sum(total) AS revenue",
                                f"client_id = '{c.client}' AND {span}", "GROUP BY 1 ORDER BY 1")), c),
        Question("Q4", "revenue by category, a fortnight" if c.fortnight else "revenue by category around New Year, all clients", texts(
            lambda d: _lines(d, "l.category, sum(l.amount) AS revenue", season, "1 = 1", "GROUP BY 1 ORDER BY 1")), c),
        Question("Q5", "top 100 clients by revenue", texts(
            lambda d: _accepted(d, "client_id, sum(total) AS revenue", span, "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100")), c),
        Question("Q6", "receipts and revenue per day", texts(
            lambda d: _accepted(d, "business_day, count(*) AS receipts, sum(total) AS revenue", span, "GROUP BY 1 ORDER BY 1")), c),
        Question("Q7", "units of one product", texts(
            lambda d: _lines(d, "sum(l.quantity) AS units, count(*) AS times", span, f"l.product_code = '{c.product}'", "")), c),
        Question("Q8", "distinct customers by month", texts(
            lambda d: _accepted(d, "date_trunc('month', business_day) AS month, count(DISTINCT customer_id) AS customers", span, "GROUP BY 1 ORDER BY 1")), c),
        Question("Q9", "lines whose name holds a word, one month", texts(
            lambda d: _lines(d, "count(*) AS times, sum(l.amount) AS revenue", _between("business_day", c.month), f"l.name ILIKE '%{c.word}%'", "")), c),
    ]
