"""Random documents and lists, asked of Till and of PostgreSQL 15: operators and functions of JSONB, lists, regular expressions and numbers.

    random_documents.py BINARY [--count N] [--seed S]

Each statement gives texts, so that the two are compared byte by byte; an error must be an error in both. Exits 1 where they differ, 77 without what it needs.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import pyarrow
    import pyarrow.parquet

    from random_queries.engines import PostgreSQL, Till
except ImportError as missing:
    print(f"{missing}: script/bootstrap installs it")
    sys.exit(77)

KEYS = ["a", "b", "cc", "ж", "a b", 'q"', ""]


def document(chance, depth=0):
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind >= 6:
        if kind == 6:
            return [document(chance, depth + 1) for _ in range(chance.randrange(4))]
        return {chance.choice(KEYS): document(chance, depth + 1) for _ in range(chance.randrange(4))}
    return [None, True, chance.randrange(-5, 20), round(chance.uniform(-3, 3), chance.randrange(3)), chance.choice(["", "x", "a\nb", "хліб", "1", "\\"]), False][kind]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def jsonb(chance):
    return quoted(json.dumps(document(chance), ensure_ascii=chance.random() < 0.5)) + "::jsonb"


def numbers(chance):
    return "ARRAY[" + ",".join(chance.choice(["1", "2", "3", "NULL"]) for _ in range(chance.randrange(1, 5))) + "]::int[]"


def path(chance):
    return quoted("{" + ",".join(chance.choice(["a", "b", "cc", "0", "1", "-1"]) for _ in range(chance.randrange(3))) + "}")


def expression(chance):
    one, other, key = jsonb(chance), jsonb(chance), quoted(chance.choice(KEYS))
    left, right = numbers(chance), numbers(chance)
    text, pattern = quoted(chance.choice(["foobar", "a1b22c333", "", "хліб і сіль", "aaa"])), quoted(chance.choice(["a", "[0-9]+", "(o+)(b)?", "x*", "^a", "і"]))
    integer, small = chance.randrange(-40, 40), chance.randrange(-3, 4)
    return chance.choice([
        f"({one})", f"({one} -> {key})", f"({one} ->> {key})", f"({one} -> {small})", f"({one} ->> {small})", f"({one} #> {path(chance)})",
        f"({one} #>> {path(chance)})", f"({one} @> {other})", f"({one} <@ {other})", f"({one} ? {key})", f"({one} = {other})", f"({one} || {other})", f"({one} - {key}::text)",
        f"jsonb_typeof({one})", f"jsonb_strip_nulls({one})", f"jsonb_pretty({one})", f"jsonb_build_object({key}, {one}, 'z', {integer})",
        f"jsonb_build_array({one}, {text}, NULL, {integer})", f"jsonb_set({one}, '{{a}}', {other})", f"({one} #- {path(chance)})",
        f"(SELECT string_agg(e::text, '|') FROM jsonb_array_elements({one}) e)", f"(SELECT string_agg(key || '=' || coalesce(value, 'NULL'), '|') FROM jsonb_each_text({one}))",
        f"({left} || {right})", f"({left} = {right})", f"({left} < {right})", f"({left} @> {right})", f"({left} && {right})", f"array_remove({left}, {small})",
        f"array_position({left}, {abs(small)})", f"array_to_string({left}, ',', '-')", f"cardinality({left})", f"array_length({left}, 1)", f"to_jsonb({left})",
        f"string_to_array({text}, {quoted(chance.choice(['a', '', 'b2', ' ']))})", f"regexp_match({text}, {pattern})", f"regexp_count({text}, {pattern})",
        f"regexp_split_to_array({text}, {pattern})", f"regexp_instr({text}, {pattern})", f"(SELECT string_agg(m::text, '|') FROM regexp_matches({text}, {pattern}, 'g') m)",
        f"({integer} & {small})", f"({integer} | {small})", f"({integer} # {small})", f"({integer} << {abs(small)})", f"({integer} >> {abs(small)})", f"gcd({integer}, {small})",
        f"lcm({integer}, {small})", f"trunc({integer / 7:.4f}, {small})", f"div({integer}, {small})", f"width_bucket({integer}, -20, 20, 5)", f"initcap({text})",
        f"translate({text}, 'abі', 'x')", f"md5({text})", f"to_hex({integer})", f"quote_literal({text})", f"quote_ident({text})", f"format('%5s|%-4s|%L', {text}, {integer}, {text})",
        f"justify_interval(INTERVAL '{integer} days {integer * small} hours')", f"make_interval({small}, {integer}, {small}, {integer})",
        f"date_bin('{abs(integer) + 1} minutes', TIMESTAMP '2024-02-29 12:34:56', TIMESTAMP '2024-03-01')", f"(TIME '10:20:30' + INTERVAL '{integer} minutes')",
        f"to_date('{abs(integer) % 28 + 1} Mar 20{abs(integer):02}', 'DD Mon YYYY')", f"({integer}::smallint)", f"(({integer}::float8 / 7)::real)",
        f"({text} SIMILAR TO {quoted(chance.choice(['%a%', 'a_', '(foo|a)%', '%[0-9]']))})",
    ])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    queries = [f"SELECT ({expression(chance)})::text AS x" for _ in range(arguments.count)]
    postgres = PostgreSQL()
    try:
        theirs = []
        for query in queries:
            run = subprocess.run(["psql", "-qAtX", "-h", postgres.folder, "-U", "till", "postgres", "-c", "SET intervalstyle = postgres", "-c", query], capture_output=True, text=True)
            theirs.append("error" if run.returncode else run.stdout.removesuffix("\n"))
    finally:
        postgres.close()
    with tempfile.TemporaryDirectory() as folder:
        pyarrow.parquet.write_table(pyarrow.table({"n": [1]}), f"{folder}/one.parquet")
        till = Till(arguments.binary)
        till.load(None, {"one": f"{folder}/one.parquet"})
        ours = ["error" if kind != "rows" else "" if rows[0][0] is None else rows[0][0] for kind, rows in till.ask(queries)]
    truths = {"t": "true", "f": "false"}
    bad = [(query, one, other) for query, one, other in zip(queries, ours, theirs) if one != other and one != truths.get(other)]
    for query, one, other in bad:
        print(f"{query}\n  till: {one}\n  postgres: {other}")
    print(f"{len(queries) - len(bad)} of {len(queries)} agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
