"""Compares Till's answers to random queries over random tables with PostgreSQL 15's.

    python Tests/Reference/random_queries --till .build/release/till [--queries N] [--seed N] [--threads N] [--rows N | --zones | --pages | --versions]

PostgreSQL decides: the same rows (in the order that the query tells, else as a multiset), or an error from both. A disagreement is made as
small as it gets before it is printed with its tables' seed, and with what DuckDB, which is asked of those alone, says.
`--seed random` takes one and prints it. Exit status 1 when something disagrees. What differs for a reason is in differences.py.

--rows: the tables are large and a query may use 1 MiB, so that it spills; exit status 1 also when some kind of operator never did.
--zones: a server is asked, in other time zones than UTC, over times near their changes of clocks.
--pages: a server is asked in small pages while receipts arrive and compactions run: together they must be the answer before the first page.
--versions: a server is asked whose documents had earlier versions, and others that were removed.
"""

import argparse
import random
import signal
import sys

from comparison import Comparison
from pages import PageComparison
from spilling import SpillingComparison
from versions import VersionComparison
from zones import ZoneComparison


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--batch", type=int, default=200, help="queries over one set of tables")
    parser.add_argument("--stop", type=int, default=20, help="disagreements after which to end")
    parser.add_argument("--shrink", type=int, default=60, help="steps of making a query smaller")
    parser.add_argument("--shrink-seconds", type=int, default=60, help="time for making a query smaller")
    parser.add_argument("--rows", type=int, help="of the largest table, so that queries spill")
    parser.add_argument("--zones", action="store_true", help="time zones other than UTC")
    parser.add_argument("--pages", action="store_true", help="answers in pages")
    parser.add_argument("--versions", action="store_true", help="documents that change")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    # Ended from outside, the servers end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed == "random" else int(arguments.seed)
    print(f"seed {seed}, {arguments.queries} queries", flush=True)
    kinds = [(arguments.rows, SpillingComparison), (arguments.zones, ZoneComparison), (arguments.pages, PageComparison), (arguments.versions, VersionComparison),
             (True, Comparison)]
    comparison = next(kind for wanted, kind in kinds if wanted)(arguments)
    try:
        comparison.run(seed)
    finally:
        comparison.close()
    return 0 if comparison.conclude() else 1


if __name__ == "__main__":
    sys.exit(main())
