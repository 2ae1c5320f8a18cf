"""The sums of the design point, and nothing else: 20 years of 10,000 clients at 21 million receipts a day, asked as a rollup is.

Makes the rows of `receipts_by_day` (73 million) and `lines_by_product` (24 million) as Parquet files of one year each, in the order in which a store keeps them, and asks `till sql --table`
for what Q3, Q5, Q6 and Q7 read of them. What it leaves out: hot rows, files of sums of a day each before they are merged, and the choice of a rollup.

    .venv/bin/python benchmarks/rollups.py DIRECTORY [--till .build/release/till] [--runs 3]
"""

import argparse
import datetime
import json
import subprocess
import time
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

YEARS = range(2006, 2026)
CLIENTS = 10_000
PRODUCTS = 100_000
RECEIPTS_A_DAY = 21_000_000
EPOCH = datetime.date(1970, 1, 1)


def days(year: int) -> numpy.ndarray:
    first, last = (datetime.date(year, 1, 1) - EPOCH).days, (datetime.date(year + 1, 1, 1) - EPOCH).days
    return numpy.arange(first, last, dtype=numpy.int32)


def decimals(cents: numpy.ndarray) -> pyarrow.Array:
    """DECIMAL(38, 4), as sums have: hundredths."""
    wide = numpy.zeros((len(cents), 2), dtype=numpy.int64)
    wide[:, 0] = cents * 100
    return pyarrow.Array.from_buffers(pyarrow.decimal128(38, 4), len(cents), [None, pyarrow.py_buffer(wide.tobytes())])


def by_day(year: int, random: numpy.random.Generator) -> pyarrow.Table:
    """A row for each day and client."""
    all_days = days(year)
    count = len(all_days) * CLIENTS
    weights = random.zipf(1.3, CLIENTS).clip(1, 1_000)
    receipts = random.poisson(numpy.tile(weights / weights.sum() * RECEIPTS_A_DAY, len(all_days))).astype(numpy.int64)
    names = pyarrow.array([f"C{number:05d}" for number in range(CLIENTS)])
    clients = pyarrow.DictionaryArray.from_arrays(pyarrow.array(numpy.tile(numpy.arange(CLIENTS, dtype=numpy.int32), len(all_days))), names)
    money = pyarrow.DictionaryArray.from_arrays(pyarrow.array(numpy.zeros(count, dtype=numpy.int8)), pyarrow.array(["UAH"]))
    revenue = receipts * random.integers(5_000, 60_000, count)
    return pyarrow.table({
        "day": pyarrow.array(numpy.repeat(all_days, CLIENTS)).cast(pyarrow.date32()), "client_id": clients, "currency": money, "receipts": pyarrow.array(receipts),
        "revenue": decimals(revenue), "tax": decimals(revenue // 6)})


def by_product(year: int, random: numpy.random.Generator) -> pyarrow.Table:
    """A row for each month and product."""
    months = numpy.array([(datetime.date(year, month, 1) - EPOCH).days for month in range(1, 13)], dtype=numpy.int32)
    count = len(months) * PRODUCTS
    names = pyarrow.array([f"{4_820_000_000_000 + number}" for number in range(PRODUCTS)])
    lines = random.poisson(40_000, count).astype(numpy.int64)
    return pyarrow.table({
        "month": pyarrow.array(numpy.repeat(months, PRODUCTS)).cast(pyarrow.date32()),
        "product_code": pyarrow.DictionaryArray.from_arrays(pyarrow.array(numpy.tile(numpy.arange(PRODUCTS, dtype=numpy.int32), len(months))), names),
        "currency": pyarrow.DictionaryArray.from_arrays(pyarrow.array(numpy.zeros(count, dtype=numpy.int8)), pyarrow.array(["UAH"])),
        "lines": pyarrow.array(lines), "quantity": decimals(lines * 130), "amount": decimals(lines * random.integers(1_000, 9_000, count))})


def make(directory: Path) -> None:
    random = numpy.random.default_rng(1)
    for name, rows in (("receipts_by_day", by_day), ("lines_by_product", by_product)):
        (directory / name).mkdir(parents=True, exist_ok=True)
        for year in YEARS:
            path = directory / name / f"{year}.parquet"
            if not path.exists():
                pyarrow.parquet.write_table(rows(year, random), path, compression="zstd", row_group_size=1_000_000, write_page_index=True)


QUESTIONS = {
    "Q3": "SELECT date_trunc('month', day), sum(receipts), sum(revenue) FROM receipts_by_day WHERE client_id = 'C00005' GROUP BY 1 ORDER BY 1",
    "Q5": "SELECT client_id, sum(revenue) FROM receipts_by_day GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100",
    "Q6": "SELECT day, sum(receipts), sum(revenue) FROM receipts_by_day GROUP BY 1 ORDER BY 1",
    "Q7": "SELECT sum(quantity), sum(lines) FROM lines_by_product WHERE product_code = '4820000000021'",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--till", default=".build/release/till")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    make(options.directory)
    tables = [f"--table={name}={options.directory}/{name}/*.parquet" for name in ("receipts_by_day", "lines_by_product")]
    sizes = {name: sum(file.stat().st_size for file in (options.directory / name).iterdir()) for name in ("receipts_by_day", "lines_by_product")}
    figures = {}
    for name, question in QUESTIONS.items():
        seconds = []
        for _ in range(options.runs):
            began = time.monotonic()
            subprocess.run([options.till, "sql", *tables, "--format", "csv", question], check=True, stdout=subprocess.DEVNULL)
            seconds.append(round(time.monotonic() - began, 3))
        figures[name] = seconds
    print(json.dumps({"bytes": sizes, "seconds": figures}, indent=1))


if __name__ == "__main__":
    main()
