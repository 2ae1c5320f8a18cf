"""Random queries over tables whose documents change: what PostgreSQL has once came in earlier versions, and more that was removed, in cold files and hot."""

import random

import tables
from comparison import Comparison
from generator import Generator
from server import NOT_STORABLE, Server, document, storable

STAGES = 4
# Keys of documents that are removed in the end: of no row that there is.
GONE = range(200_000, 200_012)


class VersionServer(Server):
    """Each row is the newest version of its document."""

    type_options = {"on_repeat": "replace"}

    def fill(self, made):
        """Earlier versions in stages with compactions between them; then those that count, half of them before the last one."""
        rng = random.Random(repr(made.rows))
        for _ in range(STAGES):
            others = storable(tables.make(rng.randrange(10**9)))
            for table, rows in made.rows.items():
                keys = [row[0] for row in rows if rng.random() < 0.6] + ([key for key in GONE if rng.random() < 0.5] if rows else [])
                contents = others.rows[table]
                self.post([document(table, [key, *rng.choice(contents)[1:]]) for key in keys] if contents else [])
                for key in keys:
                    if rng.random() < 0.1:
                        self.remove(table, key)
            if rng.random() < 0.7:
                self.compact()
        for half in (0, 1):
            for table, rows in made.rows.items():
                middle = len(rows) // 2
                self.post([document(table, row) for row in (rows[middle:] if half else rows[:middle])])
                for key in GONE[::2] if half else GONE[1::2]:
                    self.remove(table, key)
            if half == 0:
                self.compact()

    def remove(self, table, key):
        status, content = self.call("DELETE", f"/v1/receipts/{key}?table={table}&client=shop")
        if status not in (204, 404):
            raise SystemExit(f"DELETE of {key}: {status} {content.decode()[:1000]}")


class VersionGenerator(Generator):
    left_out = NOT_STORABLE


class VersionComparison(Comparison):
    def make_till(self):
        return VersionServer(self.arguments.till)

    def make_tables(self, data_seed):
        return storable(tables.make(data_seed))

    def generator(self, seed, number):
        return VersionGenerator(seed)
