"""Random tables, as Parquet for Till and DuckDB, as documents for a server, and as a script for PostgreSQL.

Small enough that a query that crosses three of them ends at once, and cut into row groups and pages of a few rows, so that each batch has
an end inside it; or large, so that queries need more memory than a small budget has. One data seed makes one set of tables.
"""

import datetime
import json
import random
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet

WORDS = ["хліб", "Milk", "", "a,b", "straße", 'x"y', "bread", "Їжа", "zz", "milk", "öl", "50%", "a_b", "\\", " pad ", "ÀÉ", "日本", "🍞x"]
ZONES = ["Europe/Kyiv", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
UTC = datetime.timezone.utc
# Around the changes of 2026 in Kyiv (29 March, 25 October, 01:00Z) and New York (8 March 07:00Z, 1 November 06:00Z).
CHANGES = [datetime.datetime(2026, *at, tzinfo=UTC) for at in [(3, 29, 1), (10, 25, 1), (3, 8, 7), (11, 1, 6), (1, 1, 0), (2, 28, 23)]]

# name: [(column, type of the generator, type in PostgreSQL)]
SCHEMA = {
    "a": [("id", "int", "integer"), ("k", "int", "integer"), ("g", "text", "text"), ("d", "dec", "numeric(18,2)"), ("x", "dbl", "double precision"),
          ("f", "bool", "boolean"), ("day", "date", "date"), ("ts", "ts", "timestamptz"), ("w", "wide", "numeric(38,6)"), ("n", "big", "bigint")],
    "b": [("bid", "int", "integer"), ("k", "int", "integer"), ("g", "text", "text"), ("p", "dec", "numeric(9,4)"), ("day", "date", "date"),
          ("ts", "ts", "timestamptz")],
    "r": [("rid", "int", "integer"), ("k", "int", "integer"), ("total", "dec", "numeric(18,4)"), ("lines", "lines", "receipt_line[]"), ("tags", "tags", "text[]")],
}
SCHEMA["e"] = SCHEMA["b"]
KEYS = {"a": "id", "b": "bid", "e": "bid", "r": "rid"}
# Columns that a large table repeats a value of a few times only.
MANY = {"id", "bid", "rid", "k", "g", "n", "d", "p", "total"}
LINE = [("code", "text", "text"), ("qty", "int", "integer"), ("amount", "dec", "numeric(18,4)")]

_arrow = {
    "integer": pyarrow.int32(), "bigint": pyarrow.int64(), "text": pyarrow.string(), "double precision": pyarrow.float64(), "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(), "timestamptz": pyarrow.timestamp("us", "UTC"), "text[]": pyarrow.list_(pyarrow.string()),
    "numeric(18,2)": pyarrow.decimal128(18, 2), "numeric(38,6)": pyarrow.decimal128(38, 6), "numeric(9,4)": pyarrow.decimal128(9, 4),
    "numeric(18,4)": pyarrow.decimal128(18, 4),
}
_arrow["receipt_line[]"] = pyarrow.list_(pyarrow.struct([(name, _arrow[kind]) for name, _, kind in LINE]))


def _value(rng, kind, changes):
    if rng.random() < 0.13:
        return None
    if kind == "integer":
        return rng.choice([rng.randint(0, 6), rng.randint(0, 6), rng.randint(-40, 40)])
    if kind == "bigint":
        return rng.choice([rng.randint(-100, 100), rng.randint(-(10**12), 10**12), 2**31, -(2**31) - 1])
    if kind == "text":
        return rng.choice(WORDS[:6] if rng.random() < 0.6 else WORDS)
    if kind == "double precision":
        return rng.choice([rng.randint(-800, 800) / 8, rng.randint(-9, 9) / 2, 0.0, float("nan") if rng.random() < 0.2 else 1e10])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "date":
        return rng.choice([datetime.date(2026, 1, 1), rng.choice(changes).date()]) + datetime.timedelta(days=rng.choice([rng.randint(0, 12), rng.randint(-800, 400)]))
    if kind == "timestamptz":
        return rng.choice(changes) + datetime.timedelta(microseconds=rng.choice([0, rng.randint(-9000, 9000) * 10**6, rng.randint(-(10**12), 10**12)]))
    if kind == "text[]":
        return [_value(rng, "text", changes) for _ in range(rng.choice([0, 1, 2, 3]))]
    if kind == "receipt_line[]":
        return [tuple(_value(rng, part, changes) for _, _, part in LINE) for _ in range(rng.choice([0, 1, 1, 2, 4]))]
    digits, scale = (int(part) for part in kind[8:-1].split(","))
    if digits == 38:
        return Decimal(rng.choice([rng.randint(-(10**30), 10**30), rng.randint(-10, 10), 10**30 + 1])).scaleb(-scale)
    return Decimal(rng.choice([rng.randint(-(10**7), 10**7), rng.randint(-5, 5) * 10**scale, rng.randint(-5, 5)])).scaleb(-scale)


def _value_of_many(rng, kind, count):
    """One of about `count` values, the same ones in every table; texts up to some 80 bytes."""
    number = rng.randint(0, count)
    if rng.random() < 0.06:
        return None
    if kind == "text":
        return f"{WORDS[number % len(WORDS)]} {number} " + "x" * (number % 60)
    if kind.startswith("numeric"):
        return Decimal(number).scaleb(-2)
    return number


def _literal(value, kind):
    """A value as COPY's text form takes it, before its escapes."""
    if value is None:
        return None
    if kind.endswith("[]"):
        def element(one):
            if one is None:
                return "NULL"
            text = one if kind == "text[]" else "(" + ",".join("" if part is None else _quoted(str(part)) for part in one) + ")"
            return _quoted(text)
        return "{" + ",".join(element(one) for one in value) + "}"
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else str(value)


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _copied(text):
    return "\\N" if text is None else text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


class Tables:
    """Rows by table, and how Till, DuckDB and PostgreSQL get them."""

    def __init__(self, rows, rng):
        self.rows, self._rng = rows, rng

    def parquet(self, folder):
        """Writes files into `folder`; gives {name: path}."""
        rng, files = self._rng, {}
        for table, rows in self.rows.items():
            arrow = pyarrow.table({name: pyarrow.array([_structs(row[place]) if kind == "receipt_line[]" else row[place] for row in rows], _arrow[kind])
                                   for place, (name, _, kind) in enumerate(SCHEMA[table])})
            files[table] = str(Path(folder) / f"{table}.parquet")
            cut = {"row_group_size": rng.choice([2_000, 7_000, 100_000])} if len(rows) > 1_000 else {"row_group_size": rng.choice([5, 17, 1000]), "data_page_size": 64}
            pyarrow.parquet.write_table(arrow, files[table], use_dictionary=rng.random() < 0.6, write_page_index=rng.random() < 0.5, **cut)
        return files

    def script(self):
        """What makes the tables in PostgreSQL."""
        script = ["drop table if exists a, b, e, r; drop type if exists receipt_line cascade;",
                  "create type receipt_line as (" + ", ".join(f"{name} {kind}" for name, _, kind in LINE) + ");"]
        for table, rows in self.rows.items():
            script.append(f"create table {table} (" + ", ".join(f"{name} {kind}" for name, _, kind in SCHEMA[table]) + ");")
            script.append(f"copy {table} from stdin;")
            for row in rows:
                script.append("\t".join(_copied(_literal(value, kind)) for value, (_, _, kind) in zip(row, SCHEMA[table])))
            script.append("\\.")
        script.append("analyze;")
        return "\n".join(script) + "\n"


def _structs(lines):
    return None if lines is None else [dict(zip([part for part, _, _ in LINE], one)) for one in lines]


def make(seed, row_count=None, changes=CHANGES):
    """The tables of `seed`. `row_count`: of large tables, the first one's; `changes`: instants that times lie around."""
    rng = random.Random(seed)
    if row_count:
        counts = {"a": row_count, "b": row_count // 2, "e": 0, "r": row_count // 4}
    else:
        counts = {"a": rng.choice([0, 7, 40, 40, 40, 40, 60, 60, 60, 60, 60, 60]), "b": rng.choice([1, 15, 25, 25]), "e": 0, "r": rng.choice([3, 20, 20])}
    tables = {}
    for table, columns in SCHEMA.items():
        rows = tables[table] = []
        for number in range(counts[table]):
            rows.append([number if name == KEYS[table] else _value_of_many(rng, kind, row_count) if row_count and name in MANY else _value(rng, kind, changes)
                         for name, _, kind in columns])
        if row_count:
            rng.shuffle(rows)
    return Tables(tables, rng)
