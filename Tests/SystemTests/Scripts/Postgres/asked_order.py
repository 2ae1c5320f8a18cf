"""Random documents and lists in order, in groups, in windows, joined, and as what is left of sets. PostgreSQL 15 is asked the same.

Usage: asked_order.py PORT URL ADMIN_KEY
"""
import hashlib
import json
import random
from pathlib import Path

import asked
import rig

NUMBERS = ["0", "-0", "0.0", "1", "1.0", "1.50", "1.5", "10", "9", "-1", "-1.0", "-10", "0.05", "1e3", "1000", "1e-3", "12345678901234567890", "1e40", "-1e40", "100.10"]
TEXTS = ["", "a", "b", "ab", "é", "\"", "\\", "\t", "😀", "A"]


def document(chance, depth):
    kind = chance.randrange(8 if depth else 5)
    if kind == 0:
        return "null"
    if kind == 1:
        return chance.choice(["true", "false"])
    if kind in (2, 3):
        return chance.choice(NUMBERS)
    if kind == 4:
        return json.dumps(chance.choice(TEXTS), ensure_ascii=False)
    if kind < 7:
        return "[" + ", ".join(document(chance, depth - 1) for _ in range(chance.randrange(3))) + "]"
    return "{" + ", ".join(f"{json.dumps(chance.choice(TEXTS))}: {document(chance, depth - 1)}" for _ in range(chance.randrange(3))) + "}"


def array(chance):
    return "{" + ",".join(chance.choice(["1", "2", "10", "-1", "NULL"]) for _ in range(chance.randrange(4))) + "}"


def rows(values, form):
    texts = [value.replace("'", "''") for value in values]
    return "(VALUES " + ", ".join(f"({number}, '{text}'::{form})" for number, text in enumerate(texts)) + f", (-1, NULL::{form})) v(n, x)"


# Of values that are equal either may stand for a group: what is shown does not tell them apart.
QUESTIONS = [
    "SELECT n, x FROM {a} ORDER BY x, n", "SELECT n FROM {a} ORDER BY x DESC, n", "SELECT n, dense_rank() OVER (ORDER BY x) FROM {a} ORDER BY n", "SELECT n, min(n) OVER (PARTITION BY x) FROM {a} ORDER BY n",
    "SELECT min(n), count(*) FROM {a} GROUP BY x ORDER BY 1", "SELECT count(DISTINCT x) FROM {a}", "SELECT count(*) FROM (SELECT DISTINCT x FROM {a}) t", "SELECT DISTINCT ON (x) n FROM {a} ORDER BY x, n",
    "SELECT a.n, b.n FROM (SELECT * FROM {a}) a JOIN (SELECT * FROM {b}) b ON a.x = b.x ORDER BY 1, 2", "SELECT a.n, b.n FROM (SELECT * FROM {a}) a JOIN (SELECT * FROM {b}) b ON a.x < b.x AND a.n < 9 ORDER BY 1, 2",
    "SELECT n FROM {a} WHERE x IN (SELECT x FROM {b}) ORDER BY n", "SELECT n FROM {a} WHERE x NOT IN (SELECT x FROM {b} WHERE x IS NOT NULL) ORDER BY n", "SELECT count(*) FROM (SELECT x FROM {a} INTERSECT SELECT x FROM {b}) t",
    "SELECT count(*) FROM (SELECT x FROM {a} EXCEPT ALL SELECT x FROM {b}) t", "SELECT count(*) FROM (SELECT x FROM {a} UNION SELECT x FROM {b}) t", "SELECT n FROM {a} WHERE x >= ALL (SELECT x FROM {a} WHERE x IS NOT NULL) ORDER BY n",
    "SELECT n, x IS DISTINCT FROM (SELECT x FROM {b} WHERE n = 3) FROM {a} ORDER BY n", "SELECT array_agg(n ORDER BY x DESC NULLS LAST, n) FROM {a}", "SELECT n FROM {a} ORDER BY (x, n) DESC LIMIT (SELECT 20)",
    "SELECT x IS NULL, count(*) FROM {a} GROUP BY ROLLUP (x), x IS NULL ORDER BY 2 DESC, 1 LIMIT 3",
]


def client(till, peer):
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).resolve().parents[4].glob("Sources/Query/Kernels/*.swift")))
    seed = hashlib.sha256(sources).hexdigest()
    chance = random.Random(seed)
    with till.connect() as ours, peer.connect() as theirs:
        for form in ["jsonb", "int[]"] * 3:
            a, b = (rows([document(chance, 3) if form == "jsonb" else array(chance) for _ in range(count)], form) for count in (120, 60))
            # Lists of lists are arrays of two dimensions there.
            for question in QUESTIONS + ["SELECT n FROM {a} ORDER BY ARRAY[x, x], n"][: form == "jsonb"]:
                text = question.replace("{a}", a).replace("{b}", b)
                rig.same(f"{question} of {form}, seed {seed}", *(asked.answer(connection.pgconn.exec_(text.encode())) for connection in (ours, theirs)))


if __name__ == "__main__":
    rig.run(client)
