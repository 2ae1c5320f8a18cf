"""Compares Till's answers to random queries over random tables with PostgreSQL 15's and DuckDB's.

    python Tests/Reference/random_queries --till .build/release/till [--queries N] [--seed N] [--memory 1MiB] [--threads N]

PostgreSQL decides: the same rows (in the order that the query tells, else as a multiset), or an error from both. DuckDB is asked too: its
opinion stands beside each disagreement. A disagreement is made as small as it gets before it is printed with its tables' seed.
`--seed random` takes one and prints it. Exit status 1 when something disagrees. What differs for a reason is in differences.py.
"""

import argparse
import collections
import random
import signal
import sys
import tempfile

import tables
from compare import agree, known_difference
from engines import DuckDB, PostgreSQL, Till
from generator import Generator


class Comparison:
    def __init__(self, arguments):
        self.arguments, self.counts, self.disagreements = arguments, collections.Counter(), 0
        self.till, self.postgres, self.duckdb = Till(arguments.till, arguments.memory, arguments.threads), PostgreSQL(), DuckDB()

    def run(self, seed):
        done = 0
        while done < self.arguments.queries:
            data_seed = seed * 1_000_003 + done
            with tempfile.TemporaryDirectory(prefix="till-random-") as folder:
                files, script = tables.make(data_seed, folder)
                self.till.load(files)
                self.postgres.load(script)
                self.duckdb.load(files)
                count = min(self.arguments.batch, self.arguments.queries - done)
                self.compare([Generator(data_seed * 1_009 + number).query() for number in range(count)], data_seed)
                done += count
            if self.disagreements >= self.arguments.stop:
                break

    def compare(self, queries, data_seed):
        ours = self.till.ask([query.text("till") for query in queries])
        theirs = self.postgres.ask([query.text("postgres") for query in queries])
        others = self.duckdb.ask([query.text("duckdb") for query in queries]) if self.arguments.duckdb else [("error", "")] * len(queries)
        for query, answer, reference, other in zip(queries, ours, theirs, others):
            self.counts[("rows" if reference[0] == "rows" else "errors")] += 1
            self.counts["empty"] += reference == ("rows", [])
            fault = self.fault(query, answer, reference)
            if other[0] == "rows" and reference[0] == "rows":
                self.counts["DuckDB agrees" if not agree(query, other, reference) else "DuckDB differs"] += 1
            if fault is None:
                continue
            if fault == "known":
                self.counts["differ for a known reason"] += 1
                continue
            self.disagreements += 1
            self.report(*self.shrunk(query, fault), data_seed)
            sys.stdout.flush()
            if self.disagreements >= self.arguments.stop:
                return

    @staticmethod
    def fault(query, answer, reference):
        """None when they agree, "known" for a difference with a reason, else words."""
        found = agree(query, answer, reference)
        if found and answer[0] != "crash" and known_difference(query.text("till"), answer, reference):
            return "known"
        return found

    def shrunk(self, query, fault):
        for _ in range(self.arguments.shrink):
            for smaller in query.smaller():
                text = smaller.text("till")
                if len(text) >= len(query.text("till")):
                    continue
                answer, reference = self.till.ask([text])[0], self.postgres.ask([smaller.text("postgres")])[0]
                # An error only we give must stay the same error, else it is another question.
                found = self.fault(smaller, answer, reference)
                if found and found != "known" and found.split("|")[0] == fault.split("|")[0]:
                    query, fault = smaller, found
                    break
            else:
                break
        return query, fault

    def report(self, query, fault, data_seed):
        print(f"-- tables of seed {data_seed}\n{query.text('till')}\n  {fault.replace('|', ' ')}")
        other = self.duckdb.ask([query.text("duckdb")])[0]
        print(f"  duckdb: {str(other)[:300]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--batch", type=int, default=200, help="queries over one set of tables")
    parser.add_argument("--stop", type=int, default=20, help="disagreements after which to end")
    parser.add_argument("--shrink", type=int, default=60, help="steps of making a query smaller")
    parser.add_argument("--memory", help="what a query may use, so that it spills")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-duckdb", dest="duckdb", action="store_false")
    arguments = parser.parse_args()
    # Ended from outside, the server ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed == "random" else int(arguments.seed)
    print(f"seed {seed}, {arguments.queries} queries", flush=True)
    comparison = Comparison(arguments)
    try:
        comparison.run(seed)
    finally:
        comparison.postgres.close()
    print(f"{comparison.disagreements} disagree; " + ", ".join(f"{value} {name}" for name, value in sorted(comparison.counts.items())))
    return 1 if comparison.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
