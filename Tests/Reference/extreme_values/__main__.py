"""Asks Till and PostgreSQL 15 the same statements over values at the ends of their types.

    python Tests/Reference/extreme_values --till .build/release/till [--statements N] [--seed N|random] [--refusals]

No statement may end the server, or be an internal error. Where both answer, the answers must agree; where PostgreSQL answers and Till refuses,
the refusal must be one of the contract's; where PostgreSQL refuses, Till must too. `--refusals` prints what only Till refuses. What differs for
a reason is in known.py. Exit status 1 when something disagrees.
"""

import argparse
import json
import random
import re
import signal
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "random_queries"))

from engines import PostgreSQL
from known import agrees, is_known
from server import Server
from statements import Statements

REFUSALS = {"bad-sql", "unsupported-sql", "numeric-overflow", "data-error"}
FORMATS = ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]


class Till(Server):
    """A server without tables, begun again when a statement ended it."""

    def __init__(self, binary):
        super().__init__(binary)
        self.begin()

    def begin(self):
        class Nothing:
            rows = {}
        self.load(Nothing())

    def answer(self, query, accept="application/json"):
        """Types and rows; or a slug, which is `crash` when the server fell."""
        try:
            status, content = self.call("POST", "/v1/sql", {"query": query, "limit": 10_000}, accept=accept)
        except Exception as fault:  # Whatever ends the connection is the server's fall.
            log = Path(f"{self.folder}/log").read_text(errors="replace")
            where = re.findall(r"Fatal error[^\n]*|at /\S+/Sources/Query[^\n]*|at /\S+/Sources/ColumnStore/Values[^\n]*", log)
            self.begin()
            return "crash", f"{fault!r} {' | '.join(where[:3])}"
        if accept != "application/json":
            return "rows" if status == 200 else "refused", status
        answer = json.loads(content, parse_float=str, parse_int=str)
        if status != 200:
            return answer["type"].split("/")[-1], answer.get("detail")
        return "rows", ([column["type"] for column in answer["columns"]], answer["rows"])


class Comparison:
    def __init__(self, arguments):
        self.arguments, self.counts, self.faults = arguments, Counter(), 0
        self.postgres, self.till = PostgreSQL(), Till(arguments.till)

    def run(self, seed):
        rng = random.Random(seed)
        statements = Statements(rng)
        for start in range(0, self.arguments.statements, 100):
            queries = [statements.statement() for _ in range(min(100, self.arguments.statements - start))]
            # An INTERVAL as text is in PostgreSQL's own form here.
            texts = self.postgres.ask(queries, "UTC'; set intervalstyle = 'postgres")
            theirs = [text if re.search("::(text|varchar)", query) else answer for query, text, answer in zip(queries, texts, self.postgres.ask(queries))]
            for query, theirs in zip(queries, theirs):
                self.compare(query, self.till.answer(query), theirs)
                if rng.random() < 0.05:
                    self.encode(query, rng.choice(FORMATS))
                if self.faults >= self.arguments.stop:
                    return

    def encode(self, query, accept):
        """The other encoders see the values too."""
        kind, detail = self.till.answer(query, accept)
        if kind == "crash":
            self.fault(f"{query}\n  as {accept}: {detail}")

    def fault(self, text):
        self.faults += 1
        print(text, flush=True)

    def compare(self, query, ours, theirs):
        kind, answer = ours
        if kind == "crash" or (kind != "rows" and kind not in REFUSALS):
            return self.fault(f"{query}\n  {kind}: {answer}")
        self.counts["answered by both" if kind == theirs[0] == "rows" else "refused by both" if kind != "rows" and theirs[0] != "rows" else "refused by one"] += 1
        if theirs[0] != "rows" and "canceling statement" in theirs[1]:
            return None
        if kind != "rows":
            if theirs[0] == "rows" and self.arguments.refusals:
                print(f"{query}\n  {kind}: {answer}\n  PostgreSQL {theirs[1][:4]}")
            return None
        if theirs[0] == "rows" and agrees(*answer, theirs[1], " over (" in query.lower() or "order by" in query.lower()):
            return None
        if is_known(query, answer, theirs):
            self.counts["differ for a reason"] += 1
            return None
        return self.fault(f"{query}\n  ours {answer[0]} {str(answer[1])[:400]}\n  PostgreSQL {str(theirs[1])[:400]}")

    def close(self):
        self.postgres.close()
        self.till.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--statements", type=int, default=2_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--stop", type=int, default=20, help="faults after which to end")
    parser.add_argument("--refusals", action="store_true", help="print what only Till refuses")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed == "random" else int(arguments.seed)
    print(f"seed {seed}, {arguments.statements} statements", flush=True)
    comparison = Comparison(arguments)
    try:
        comparison.run(seed)
    finally:
        comparison.close()
    print(f"{comparison.faults} faults; " + ", ".join(f"{count} {name}" for name, count in sorted(comparison.counts.items())))
    return 1 if comparison.faults else 0


if __name__ == "__main__":
    sys.exit(main())
