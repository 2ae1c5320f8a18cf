"""Reads states of Iceberg tables with Spark and compares every row, as read_iceberg.py does with the other readers.

The argument is that script's. It runs by hand, with a Python that has what script/requirements-spark.txt names, which is too much to have everywhere.
"""

import decimal
import json
import pathlib
import sys

from pyspark.sql import types

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from cells import cell
from spark import session


def plain(value, kind):
    """A value as the other readers give it. Spark hands -4E-10 of a DECIMAL(38,10) to Python as -4.00E-10."""
    if value is None:
        return None
    if isinstance(kind, types.DecimalType):
        return value.quantize(decimal.Decimal(1).scaleb(-kind.scale))
    if isinstance(kind, types.ArrayType):
        return [plain(item, kind.elementType) for item in value]
    if isinstance(kind, types.StructType):
        return {field.name: plain(value[field.name], field.dataType) for field in kind}
    return bytes(value) if isinstance(value, bytearray) else value


def check(state, spark, problems):
    lines = pathlib.Path(state["rows"]).read_text().splitlines()
    names = json.loads(lines[0])
    expected = sorted((json.loads(line) for line in lines[1:]), key=lambda row: int(row[0]["i"]))
    table = f"store.`{pathlib.Path(state['directory']).name}`"
    version = f" VERSION AS OF {state['snapshot']}" if state.get("snapshot") else ""
    try:
        frame = spark.sql(f"SELECT * FROM {table}{version}")
        read = ([cell(plain(row[name], frame.schema[name].dataType)) for name in names] for row in frame.collect())
        found = sorted(read, key=lambda row: int(row[0]["i"]))
        if found != expected:
            different = next(((one, other) for one, other in zip(expected, found) if one != other), (len(expected), len(found)))
            problems.append(f"{state['name']}, spark: expected {str(different[0])[:400]}, read {str(different[1])[:400]}")
        if expected:
            day = expected[len(expected) // 2][1]["i"]
            wanted = sum(row[1]["i"] == day for row in expected)
            counted = spark.sql(f"SELECT count(*) FROM {table}{version} WHERE business_day = date_from_unix_date({day})").collect()[0][0]
            if counted != wanted:
                problems.append(f"{state['name']}, spark: {counted} rows of a day, not {wanted}")
    except Exception as error:
        problems.append(f"{state['name']}, spark: {type(error).__name__}: {str(error)[:400]}")


def main():
    states = json.loads(pathlib.Path(sys.argv[1]).read_text())
    # Only the newest version can be opened by directory.
    directory = next(state["directory"] for state in states if state.get("directory"))
    spark = session({"store": {"type": "hadoop", "warehouse": f"file://{pathlib.Path(directory).parent}", "cache-enabled": "false"}})
    problems = []
    # Older ones without a snapshot of their own were read while they were the newest.
    open_to_spark = [state for state in states if state.get("snapshot") or state.get("directory")]
    for state in open_to_spark:
        check({**state, "directory": directory}, spark, problems)
    for problem in problems:
        print(problem)
    print(f"{len(open_to_spark)} of {len(states)} states, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
