"""Q1 to Q9 of the design: one text for Till, one for each peer where its dialect differs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """What the questions ask about: picked from the data by seed, never tuned."""

    client: str
    receipt_id: str
    receipt_day: str
    week_from: str
    week_to: str
    hour_from: str
    hour_to: str
    product: str
    month_from: str
    month_to: str
    word: str
    day_from: str
    day_to: str


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    till: str
    duckdb: str


def questions(c: Choice, since: str | None = None) -> list[Question]:
    """The nine questions over everything, or over business days from `since` on."""
    span = f"business_day >= DATE '{since}'" if since else "TRUE"
    page = "receipt_id, client_id, business_day, issued_at, total"
    order = "ORDER BY business_day, client_id, issued_at, receipt_id LIMIT 10000"
    new_year = "((EXTRACT(month FROM r.business_day) = 12 AND EXTRACT(day FROM r.business_day) >= 25) OR (EXTRACT(month FROM r.business_day) = 1 AND EXTRACT(day FROM r.business_day) <= 7))"
    lines_till = "receipts_accepted r, UNNEST(r.lines) AS l"
    lines_duck = "(SELECT r.business_day, unnest(r.lines) AS l FROM receipts r WHERE {where})"

    def duck_lines(select: str, where: str, condition: str, tail: str) -> str:
        inner = lines_duck.format(where=where)
        return f"SELECT {select} FROM {inner} WHERE {condition} {tail}"

    rows = [
        ("Q1", "receipt by id",
         f"SELECT {page} FROM receipts WHERE client_id = '{c.client}' AND receipt_id = '{c.receipt_id}' AND business_day = DATE '{c.receipt_day}'", None),
        ("Q2a", "page of one client, 7 days",
         f"SELECT {page} FROM receipts WHERE client_id = '{c.client}' AND business_day >= DATE '{c.week_from}' AND business_day < DATE '{c.week_to}' {order}", None),
        ("Q2b", "page of all clients, 1 hour",
         f"SELECT {page} FROM receipts WHERE issued_at >= TIMESTAMPTZ '{c.hour_from}' AND issued_at < TIMESTAMPTZ '{c.hour_to}' {order}", None),
        ("Q3", "revenue by month, one client",
         f"SELECT date_trunc('month', business_day) AS month, count(*) AS receipts, sum(total) AS revenue FROM receipts_accepted WHERE client_id = '{c.client}' AND {span} GROUP BY 1 ORDER BY 1", None),
        ("Q4", "revenue by category around New Year, all clients",
         f"SELECT l.category, sum(l.amount) AS revenue FROM {lines_till} WHERE {new_year} AND r.{span} GROUP BY 1 ORDER BY 1".replace("r.TRUE", "TRUE"),
         duck_lines("l.category, sum(l.amount) AS revenue", f"state = 'COMPLETE' AND {new_year} AND {span}", "TRUE", "GROUP BY 1 ORDER BY 1")),
        ("Q5", "top 100 clients by revenue",
         f"SELECT client_id, sum(total) AS revenue FROM receipts_accepted WHERE {span} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100", None),
        ("Q6", "receipts and revenue per day",
         f"SELECT business_day, count(*) AS receipts, sum(total) AS revenue FROM receipts_accepted WHERE {span} GROUP BY 1 ORDER BY 1", None),
        ("Q7", "units of one product",
         f"SELECT sum(l.quantity) AS units, count(*) AS lines FROM {lines_till} WHERE l.product_code = '{c.product}' AND r.{span}".replace("r.TRUE", "TRUE"),
         duck_lines("sum(l.quantity) AS units, count(*) AS lines", f"state = 'COMPLETE' AND {span}", f"l.product_code = '{c.product}'", "")),
        ("Q8", "distinct customers by month",
         f"SELECT date_trunc('month', business_day) AS month, count(DISTINCT customer_id) AS customers FROM receipts_accepted WHERE {span} GROUP BY 1 ORDER BY 1", None),
        ("Q9", "lines whose name holds a word, one month",
         f"SELECT count(*) AS lines, sum(l.amount) AS revenue FROM {lines_till} WHERE r.business_day >= DATE '{c.month_from}' AND r.business_day < DATE '{c.month_to}' AND l.name ILIKE '%{c.word}%'",
         duck_lines("count(*) AS lines, sum(l.amount) AS revenue",
                    f"state = 'COMPLETE' AND business_day >= DATE '{c.month_from}' AND business_day < DATE '{c.month_to}'", f"l.name ILIKE '%{c.word}%'", "")),
    ]
    result = []
    for name, title, till, duckdb in rows:
        plain = till.replace("FROM receipts_accepted WHERE", "FROM receipts WHERE state = 'COMPLETE' AND")
        result.append(Question(name, title, till, duckdb or plain))
    return result
