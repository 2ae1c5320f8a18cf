"""Compares the nearest rows of random tables with PostgreSQL 15's (LATERAL, subqueries) and DuckDB's (ASOF JOIN).

    python Tests/Reference/nearest_rows.py --till .build/release/till [--rounds N] [--seed N] [--rows N]

Keys and times are NULL now and then, times tie on both sides, and keys lack a partner on either. Where ties would leave the answer open the order goes on
with the id. Exit status 1 when something disagrees.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent))
from random_queries.engines import DuckDB, PostgreSQL, Till  # noqa: E402

START = 1_700_000_000_000_000


def table(source, rows, keys, times, is_unique):
    """`is_unique`: no key has a time twice, since ASOF JOIN says nothing of ties."""
    seen, found = set(), []
    for number in range(rows):
        key = None if source.random() < 0.08 else source.randrange(keys)
        time = None if source.random() < 0.08 else START + source.randrange(times) * 1_000_000
        if is_unique and (key, time) in seen and key is not None and time is not None:
            continue
        seen.add((key, time))
        word = None if key is None else f"k{key}"
        found.append((number, key, word, time, source.randrange(100) if source.random() < 0.9 else None))
    return found


def arrow(rows):
    columns = list(zip(*rows)) if rows else [[]] * 5
    types = [pa.int64(), pa.int32(), pa.string(), pa.timestamp("us", tz="UTC"), pa.int32()]
    return pa.table({name: pa.array(values, type) for name, values, type in zip(("id", "k", "w", "ts", "v"), columns, types)})


def script(name, rows):
    def cell(value, index):
        if value is None:
            return "NULL"
        if index == 3:
            return f"'epoch'::timestamptz + {value} * interval '1 microsecond'"
        return f"'{value}'" if isinstance(value, str) else str(value)

    values = ", ".join("(" + ", ".join(cell(value, index) for index, value in enumerate(row)) + ")" for row in rows)
    return f"CREATE TABLE {name} (id bigint, k integer, w text, ts timestamptz, v integer);\n" + (f"INSERT INTO {name} VALUES {values};\n" if rows else "")


def lateral(kind, on, keys, comparison, direction, more=""):
    return (f"SELECT a.id::text, x.id::text, x.v::text FROM a {kind} LATERAL (SELECT b.id, b.v FROM b WHERE {keys} AND b.ts {comparison} a.ts {more} "
            f"ORDER BY b.ts {direction}, b.id DESC LIMIT 1) x {on}")


# Of PostgreSQL and DuckDB alike.
COMMON = [
    lateral(kind, on, keys, comparison, direction, more)
    for kind, on in (("CROSS JOIN", ""), ("JOIN", "ON true"), ("LEFT JOIN", "ON true"), ("LEFT JOIN", "ON x.v > 50"))
    for keys in ("b.k = a.k", "a.k = b.k AND b.w = a.w", "true")
    for comparison, direction in (("<=", "DESC"), ("<", "DESC"), (">=", "ASC"), (">", "ASC"), ("<=", "ASC"))
    for more in ("", "AND b.v < 60")
] + [
    "SELECT a.id::text, (SELECT b.v FROM b WHERE b.k = a.k AND b.ts <= a.ts ORDER BY b.ts DESC, b.id LIMIT 1)::text FROM a",
    "SELECT a.id::text, (SELECT b.v FROM b WHERE b.k = a.k AND a.ts > b.ts ORDER BY b.v DESC NULLS LAST, b.id LIMIT 1)::text FROM a WHERE a.v > 20",
    "SELECT count(*)::text, sum(x.v)::text FROM a, LATERAL (SELECT b.v FROM b WHERE b.k = a.k + 1 AND b.ts <= a.ts - interval '5 seconds' ORDER BY b.ts DESC, b.id LIMIT 1) x",
    "SELECT a.id::text, x.id::text, y.id::text FROM a LEFT JOIN LATERAL (SELECT b.id, b.ts FROM b WHERE b.k = a.k AND b.ts <= a.ts ORDER BY b.ts DESC, b.id LIMIT 1) x ON true "
    "LEFT JOIN LATERAL (SELECT c.id FROM b c WHERE c.k = a.k AND c.ts < x.ts ORDER BY c.ts DESC, c.id LIMIT 1) y ON true",
    "SELECT a.id::text, x.n::text FROM a LEFT JOIN LATERAL (SELECT s.n FROM (SELECT k, ts, count(*) AS n FROM b GROUP BY k, ts) s WHERE s.k = a.k AND s.ts <= a.ts "
    "ORDER BY s.ts DESC LIMIT 1) x ON true",
    # Forms that are planned otherwise.
    "SELECT a.id::text, x.id::text FROM a LEFT JOIN LATERAL (SELECT b.id FROM b WHERE b.k = a.k AND b.ts <= a.ts AND b.v <> a.v ORDER BY b.ts DESC, b.id LIMIT 1) x ON true",
    "SELECT a.id::text, x.id::text FROM a LEFT JOIN LATERAL (SELECT b.id FROM b WHERE b.k = a.k AND b.ts <= a.ts ORDER BY b.ts DESC, b.id LIMIT 1 OFFSET 1) x ON true",
    "SELECT a.id::text, x.d::text FROM a LEFT JOIN LATERAL (SELECT b.v - a.v AS d FROM b WHERE b.k = a.k AND b.ts <= a.ts ORDER BY b.ts DESC, b.id LIMIT 1) x ON true",
]

ASOF = [
    f"SELECT a.id::text, u.id::text, u.v::text FROM a ASOF {kind} u ON {keys} AND {bound} WHERE a.ts IS NOT NULL"
    for kind in ("JOIN", "LEFT JOIN", "INNER JOIN", "LEFT OUTER JOIN")
    for keys in ("a.k = u.k", "u.w = a.w AND a.k = u.k")
    for bound in ("a.ts >= u.ts", "a.ts > u.ts", "a.ts <= u.ts", "a.ts < u.ts", "u.ts <= a.ts")
] + [
    "SELECT a.id::text, u.id::text FROM a ASOF JOIN u USING (k, ts) WHERE ts IS NOT NULL",
    "SELECT a.id::text, u.id::text, k::text FROM a ASOF LEFT JOIN u USING (k, ts) WHERE a.v > 30 AND a.ts IS NOT NULL",
    "SELECT count(*)::text FROM (SELECT k, ts, v FROM a WHERE v > 10 AND ts IS NOT NULL) x ASOF JOIN u ON x.k = u.k AND x.ts >= u.ts JOIN b ON b.id = u.id",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=120)
    arguments = parser.parse_args()
    wrong = asked = 0
    postgres = PostgreSQL()
    try:
        for number in range(arguments.rounds):
            source = random.Random(arguments.seed * 1_000 + number)
            rows = 0 if number == 5 else arguments.rows
            tables = {"a": table(source, arguments.rows, 9, 40, False), "b": table(source, rows, 9, 40, False), "u": table(source, rows, 9, 60, True)}
            with tempfile.TemporaryDirectory() as folder:
                files = {name: f"{folder}/{name}.parquet" for name in tables}
                for name, found in tables.items():
                    pq.write_table(arrow(found), files[name], row_group_size=50)
                duckdb, memory = DuckDB(), "1MiB" if number % 3 == 2 else None
                duckdb.load(files)
                # It takes a NULL time for one behind all others, and for equal to another NULL, which no comparison of SQL's does.
                duckdb.connection.execute("DELETE FROM u WHERE ts IS NULL")
                till = Till(arguments.till, memory=memory, threads=1 + number % 2)
                till.load(tables, files)
                postgres.load("DROP TABLE IF EXISTS a, b, u;\n" + "".join(script(name, found) for name, found in tables.items()))
                for queries, peer in ((COMMON, postgres), (ASOF, duckdb)):
                    for query, ours, theirs in zip(queries, till.ask(queries), peer.ask(queries)):
                        asked += 1
                        same = ours[0] == theirs[0] == "rows" and sorted(map(repr, map(list, ours[1]))) == sorted(map(repr, map(list, theirs[1])))
                        if not same:
                            wrong += 1
                            print(f"round {number}: {query}\n  ours   {str(ours)[:300]}\n  theirs {str(theirs)[:300]}")
    finally:
        postgres.close()
    print(f"{asked} questions, {wrong} disagreements")
    return 1 if wrong or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
