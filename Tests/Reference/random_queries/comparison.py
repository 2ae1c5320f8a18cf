"""Asks random queries of Till and PostgreSQL, and makes small what they disagree on."""

import collections
import sys
import tempfile
import time

import tables
from compare import agree, known_difference
from engines import DuckDB, PostgreSQL, Till
from generator import Generator


class Comparison:
    def __init__(self, arguments):
        self.arguments, self.counts, self.disagreements = arguments, collections.Counter(), 0
        self.zone = "UTC"
        self.postgres = PostgreSQL()
        self.till = self.make_till()

    def make_till(self):
        return Till(self.arguments.till, threads=self.arguments.threads)

    def make_tables(self, data_seed):
        return tables.make(data_seed)

    def generator(self, seed, number):
        return Generator(seed)

    def run(self, seed):
        done = 0
        while done < self.arguments.queries and self.disagreements < self.arguments.stop:
            data_seed = seed * 1_000_003 + done
            with tempfile.TemporaryDirectory(prefix="till-random-") as folder:
                made = self.make_tables(data_seed)
                self.files = made.parquet(folder)
                self.till.load(made, self.files)
                self.postgres.load(made.script())
                count = min(self.arguments.batch, self.arguments.queries - done)
                queries = [self.generator(data_seed * 1_009 + number, number).query() for number in range(count)]
                # Large answers are not held all at once.
                for start in range(0, count, 12):
                    self.compare(queries[start:start + 12], data_seed)
                done += count

    def close(self):
        self.postgres.close()
        self.till.close()

    def compare(self, queries, data_seed):
        ours = self.till.ask([query.text("till") for query in queries], self.zone)
        theirs = self.postgres.ask([query.text("postgres") for query in queries], self.zone)
        for query, answer, reference in zip(queries, ours, theirs):
            self.counts[("rows" if reference[0] == "rows" else "errors")] += 1
            self.counts["empty"] += reference == ("rows", [])
            fault = self.fault(query, answer, reference)
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
        end = time.monotonic() + self.arguments.shrink_seconds
        for _ in range(self.arguments.shrink):
            for smaller in query.smaller():
                text = smaller.text("till")
                if len(text) >= len(query.text("till")):
                    continue
                if time.monotonic() > end:
                    return query, fault
                answer, reference = self.till.ask([text], self.zone)[0], self.postgres.ask([smaller.text("postgres")], self.zone)[0]
                # An error only we give must stay the same error, else it is another question.
                found = self.fault(smaller, answer, reference)
                if found and found != "known" and found.split("|")[0] == fault.split("|")[0]:
                    query, fault = smaller, found
                    break
            else:
                break
        return query, fault

    def report(self, query, fault, data_seed):
        print(f"-- tables of seed {data_seed}" + (f", {self.zone}" if self.zone != "UTC" else ""))
        print(f"{query.text('till')}\n  {fault.replace('|', ' ')}")
        duckdb = DuckDB()
        duckdb.load(self.files)
        other = duckdb.ask([query.text("duckdb")], self.zone)[0]
        print(f"  duckdb: {str(other)[:300]}\n")

    def conclude(self):
        """Prints what was found; gives whether all is well."""
        print(f"{self.disagreements} disagree; " + ", ".join(f"{value} {name}" for name, value in sorted(self.counts.items())))
        return self.disagreements == 0
