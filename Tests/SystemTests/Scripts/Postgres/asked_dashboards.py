"""What tools for dashboards and tables ask, from asked_dashboards.sql and with parameters: answers and types are PostgreSQL 15's over the same rows.

Usage: asked_dashboards.py PORT URL ADMIN_KEY

Digits of a number behind the mark, and the order of a document's members, are no part of the answer: expressions have a scale here, and lines come as their type says.
"""
import json
from decimal import Decimal

import asked_suite
import rig

NUMERIC, JSONB = 1700, 3802
# As drivers send what a macro or a filter has in place of `?`: the query, its values, and the types that it is told with (0: none).
PARAMETERS = [
    ('SELECT count(*) FROM "public"."receipts" WHERE "public"."receipts"."total" >= $1', ["62"], [NUMERIC]),
    ('SELECT "receipt_id" FROM "public"."receipts" WHERE "client_id" = $1 ORDER BY 1 LIMIT $2 OFFSET $3', ["corner-shop", "2", "1"], [1043, 20, 20]),
    ('SELECT date_trunc($1::text, "issued_at", $2::text) AS "time", count(*) FROM receipts GROUP BY 1 ORDER BY 1', ["day", "Europe/Kyiv"], [0, 0]),
    ('SELECT sum("total") FROM receipts WHERE "issued_at" BETWEEN $1::timestamptz AND $2::timestamptz', ["2026-11-12T00:00:00Z", "2026-11-14T23:59:59Z"], [0, 0]),
    ('SELECT "receipt_id" FROM receipts WHERE "business_day" >= $1::date AND ($2::text IS NULL OR "customer_id" = $2::text) ORDER BY 1', ["2026-11-13", None], [0, 0]),
    ('SELECT "receipt_id" FROM receipts WHERE "receipt_id" = ANY($1::text[]) ORDER BY 1', ["{R-1,R-3}"], [0]),
    ('SELECT CAST($1 AS double precision) * 2 AS "x", CAST($2 AS integer) AS "y", $3::boolean AS "z"', ["1.5", "7", "t"], [0, 0, 0]),
    ('SELECT count(*) FROM (SELECT * FROM receipts WHERE "is_refund" = $1) "table_alias"', ["f"], [16]),
]


def shown(result):
    from psycopg import pq

    if result.status == pq.ExecStatus.FATAL_ERROR:
        return ["error " + (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()]
    types = [result.ftype(n) for n in range(result.nfields)]
    rows = [[value(result.get_value(row, n), types[n]) for n in range(result.nfields)] for row in range(result.ntuples)]
    return [f"{result.fname(n).decode()} {types[n]}" for n in range(result.nfields)] + [str(row) for row in rows]


def value(data, kind):
    if data is None or kind not in (NUMERIC, JSONB):
        return data
    return format(Decimal(data.decode()).normalize(), "f") if kind == NUMERIC else json.dumps(json.loads(data, parse_float=Decimal, parse_int=Decimal), sort_keys=True, default=lambda number: format(number.normalize(), "f"))


def client(till, peer):
    texts = asked_suite.statements(__file__)
    assert len(texts) > 64, len(texts)
    wrong = []
    with till.connect() as ours, peer.connect() as theirs:
        questions = [(text, lambda connection, text=text: connection.pgconn.exec_(text.encode())) for text in texts]
        for text, values, types in PARAMETERS:
            given = [value and value.encode() for value in values]
            questions.append((text, lambda connection, text=text, given=given, types=types: connection.pgconn.exec_params(text.encode(), given, types)))
        for text, ask in questions:
            said, wanted = shown(ask(ours)), shown(ask(theirs))
            # A fault on both sides compares nothing that a tool would see.
            if said != wanted or said[:1] and said[0].startswith("error "):
                wrong.append(f"{text}\n  till       {said}\n  PostgreSQL {wanted}")
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(texts) + len(PARAMETERS)} differ\n" + "\n".join(wrong[:20]))


if __name__ == "__main__":
    rig.run(client)
