"""Random queries whose answers are walked in pages while receipts arrive and compactions run."""

import collections
import http.client
import itertools
import random
import threading

import tables
from compare import agree
from comparison import Comparison
from generator import Generator
from server import NOT_STORABLE, Server, document, storable
from syntax import Node

# About so many pages a walk, whatever its answer has.
PAGE_COUNT = 12
# Each page asks the query anew: those of more rows take long and find no more.
ROW_COUNT_MAX = 3_000


class PageGenerator(Generator):
    """Lists, too, stand in the answers: they have no order."""

    left_out = NOT_STORABLE

    def over_lists(self, scope):
        owner = next((column.sql for column in scope if column.kind == "lines"), None)
        return Node(owner, kind="array") if owner and self.rng.random() < 0.5 else super().over_lists(scope)


class Disturbance:
    """From the end of a walk's first page to its last: new receipts in every table, and compactions."""

    def __init__(self, server, seed):
        self.server, self.rng = server, random.Random(seed)
        # Their keys are of no row that there is: what makes rows unique stays so.
        self.numbers = itertools.count(100_000)
        self.thread, self.fault = None, None
        self.receipts, self.compactions = 0, 0

    def start(self):
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def end(self):
        """- Raises: what went wrong meanwhile."""
        if self.thread:
            self.ended.set()
            self.thread.join()
            self.thread = None
        if self.fault:
            raise SystemExit(f"while pages were read: {self.fault}")

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        try:
            for round in range(6):
                more = storable(tables.make(self.rng.randrange(10**9)))
                documents = [document(table, [next(self.numbers), *row[1:]]) for table, rows in more.rows.items() for row in rows[:2]]
                self.server.post(documents, connection)
                self.receipts += len(documents)
                if self.rng.random() < 0.3:
                    self.server.compact(connection)
                    self.compactions += 1
                if self.ended.wait(0.005):
                    break
        except (Exception, SystemExit) as fault:  # It is told where the walk ends.
            self.fault = repr(fault)
        finally:
            connection.close()


def limits(rng, row_count):
    """Sizes of pages: a new one for each."""
    least = max(1, row_count // PAGE_COUNT)
    return lambda: rng.randint(least, least + rng.choice([0, 1, 3, 10]))


class PageComparison(Comparison):
    """Pages with the whole answer, both of a server; PostgreSQL knows nothing of what arrives meanwhile."""

    def __init__(self, arguments):
        self.arguments, self.counts, self.disagreements = arguments, collections.Counter(), 0
        self.zone, self.till = "UTC", Server(arguments.till)

    def run(self, seed):
        done = 0
        while done < self.arguments.queries and self.disagreements < self.arguments.stop:
            data_seed = seed * 1_000_003 + done
            self.till.load(storable(tables.make(data_seed)))
            self.disturbance, self.rng = Disturbance(self.till, data_seed), random.Random(data_seed)
            for number in range(min(self.arguments.batch, self.arguments.queries - done)):
                self.check(PageGenerator(data_seed * 1_009 + number).query(), data_seed)
                done += 1
            self.counts["receipts meanwhile"] += self.disturbance.receipts
            self.counts["compactions meanwhile"] += self.disturbance.compactions

    def check(self, query, data_seed):
        fault = self.walk(query)
        self.counts["walks"] += 1
        if fault:
            self.disagreements += 1
            print(f"-- tables of seed {data_seed}\n{query.text('till')}\n  {fault.replace('|', ' ').replace('PostgreSQL', 'the whole')}\n", flush=True)

    def walk(self, query):
        """What the pages have that the whole answer has not, or None."""
        text = query.text("till")
        whole = self.till.ask([text])[0]
        if len(whole[1]) > ROW_COUNT_MAX and whole[0] == "rows":
            self.counts["too large"] += 1
            return None
        try:
            walked = self.till.walk(text, limits(self.rng, len(whole[1]) if whole[0] == "rows" else 1), after_first=self.disturbance.start)
        finally:
            self.disturbance.end()
        self.counts["rows"] += len(walked[1]) if walked[0] == "rows" else 0
        return agree(query, walked, whole)

    def close(self):
        self.till.close()
