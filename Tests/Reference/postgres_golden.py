"""Compares the golden answers of Tests/QueryTests/Golden with a running PostgreSQL 15.

    postgres_golden.py [--conn "host=… port=… user=…"] FILE…

The tables of tables.txt become views. Answers may differ in the digits that the API's number rules fix (a quotient has six digits
where PostgreSQL has sixteen): numbers are compared at the scale of ours. `error: …` must be an error there too. A query that
starts with `-- differs:` and a reason is not asked.
"""

import argparse
import csv
import io
import re
import subprocess
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "QueryTests" / "Golden"


def blocks(path):
    for block in path.read_text().split("\n\n"):
        block = block.strip("\n")
        if block:
            query, _, expected = block.partition("\n----")
            yield query, expected.lstrip("\n")


def rows(text):
    return [["" if cell == "NULL" else cell for cell in row] or [""] for row in csv.reader(io.StringIO(text))]


def moment(text):
    text = re.sub(r"(\d)T(\d)", r"\1 \2", text)
    match = re.fullmatch(r"((?:\d{4,}-\d\d-\d\d )?\d\d:\d\d:\d\d)(\.\d+)?(Z|\+00)?( BC)?", text)
    if not match:
        return text
    return match[1] + (match[2] or "").rstrip("0").rstrip(".") + (match[4] or "")


def number(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def same(ours, theirs):
    if ours == theirs or moment(ours) == moment(theirs):
        return True
    if {ours, theirs} in ({"true", "t"}, {"false", "f"}):
        return True
    a, b = number(ours), number(theirs)
    if a is None or b is None or not a.is_finite() or not b.is_finite():
        return False
    digits = max(0, -a.as_tuple().exponent)
    return abs(a - b) <= Decimal(1).scaleb(-digits) or abs(a - b) <= abs(b) * Decimal("1e-14")


def ask(connection, views, query):
    script = f"set intervalstyle=iso_8601; set timezone='UTC';\n{views}\ncopy ({query}) to stdout with (format csv);\n"
    run = subprocess.run(["psql", connection, "-qAt", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    return ("error", run.stderr.strip()) if run.returncode else ("rows", run.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--conn", default="")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    views = "\n".join(
        "create temp view {} as {};".format(*(part.strip() for part in query.split(":", 1))) for query, _ in blocks(GOLDEN / "tables.txt"))
    bad = total = known = 0
    for name in arguments.files:
        for query, expected in blocks(GOLDEN / name):
            if query.startswith("-- differs:"):
                known += 1
                continue
            total += 1
            kind, answer = ask(arguments.conn, views, query)
            if expected.startswith("error:") or kind == "error":
                agrees = expected.startswith("error:") and kind == "error"
            else:
                ours, theirs = rows(expected), rows(answer)
                agrees = len(ours) == len(theirs) and all(
                    len(a) == len(b) and all(same(x, y) for x, y in zip(a, b)) for a, b in zip(ours, theirs))
            if not agrees:
                bad += 1
                print(f"{query}\n  till: {expected}\n  postgres: {answer.strip()}\n")
    print(f"{total - bad} of {total} agree; {known} differ for the reason that each names")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
