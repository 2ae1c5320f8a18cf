"""Compares the groups that random patterns capture in random texts with PostgreSQL 15's.

    python Tests/Reference/random_patterns.py --till .build/release/till [--count N] [--seed N]

Choices, groups and repetitions stand within each other; texts are short and of few letters, so that most patterns divide them in several ways. A pattern is greedy, or lazy throughout: what mixes
the two is refused. A refusal is no disagreement, but few may be refused. Exit status 1 when something disagrees, too much is refused or too little matches.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent))
from random_queries.engines import PostgreSQL, Till  # noqa: E402

ATOMS = ["a", "b", "c", "ї", ".", "[ab]", r"\w", r"\W", r"[^\sa]", r"[\W\w]", "[^b]"]
QUANTIFIERS = ["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}"]


class Patterns:
    def __init__(self, seed):
        self.source = random.Random(seed)
        self.is_lazy = False

    def piece(self, depth):
        choice = self.source.random()
        if choice < 0.42 or depth == 0:
            # A lazy repetition of parentheses that may be empty is divided otherwise in PostgreSQL, once in some thousand patterns.
            return self.source.choice(ATOMS) + self.quantifier()
        head = "(" if choice < 0.8 else "(?:"
        return head + self.branches(depth - 1) + ")" + ("" if self.is_lazy else self.quantifier())

    def quantifier(self):
        if self.source.random() < 0.55:
            return ""
        return self.source.choice(QUANTIFIERS) + ("?" if self.is_lazy else "")

    def sequence(self, depth):
        return "".join(self.piece(depth) for _ in range(self.source.choice([1, 1, 2, 2, 3])))

    def branches(self, depth):
        # A choice is greedy.
        return "|".join(self.sequence(depth) for _ in range(1 if self.is_lazy else self.source.choice([1, 1, 1, 2, 2, 3])))

    def make(self):
        """A pattern, its flags and a text."""
        self.is_lazy = self.source.random() < 0.1
        pattern = self.branches(self.source.choice([1, 2, 2, 3]))
        if self.source.random() < 0.3:
            pattern = "^(?:" + pattern + ")"
        if self.source.random() < 0.3:
            pattern = "(?:" + pattern + ")$"
        flags = self.source.choice(["", "", "", "i"])
        text = "".join(self.source.choice("aabbc ї") for _ in range(self.source.choice([0, 1, 2, 3, 4, 6, 8])))
        return pattern, flags, text.upper() if flags and self.source.random() < 0.5 else text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    patterns = Patterns(arguments.seed)
    questions = [patterns.make() for _ in range(arguments.count)]
    queries = [f"SELECT array_to_string(regexp_match('{text}', '{pattern}', '{flags}'), '|', '*')" for pattern, flags, text in questions]
    postgres = PostgreSQL()
    try:
        expected = postgres.ask(queries)
    finally:
        postgres.close()
    till = Till(arguments.till, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(pa.table({"n": [1]}), f"{folder}/n.parquet")
        till.load(None, {"n": f"{folder}/n.parquet"})
        found = till.ask(queries)
    refused = disagreeing = matching = 0
    for query, own, other in zip(queries, found, expected):
        if own[0] == "error" and "not supported" in own[1]:
            refused += 1
        elif own != other:
            disagreeing += 1
            print(f"-- {query}\n  till: {own}\n  PostgreSQL: {other}")
        elif own[1] != [[None]]:
            matching += 1
    print(f"seed {arguments.seed}: {min(len(found), len(expected))} patterns, {matching} match, {refused} refused, {disagreeing} disagree")
    return 1 if disagreeing or len(expected) < len(queries) or refused > len(queries) // 20 or matching < len(queries) // 3 else 0


if __name__ == "__main__":
    sys.exit(main())
