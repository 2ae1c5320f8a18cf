"""Statements of the kinds that public suites of SQL are made of, from asked_suite.sql: answers, their columns' names and types, and codes of faults are PostgreSQL 15's.

Usage: asked_suite.py PORT URL ADMIN_KEY
"""
from pathlib import Path

import asked
import rig


def statements(script):
    found, lines = [], []
    for line in Path(script).with_suffix(".sql").read_text().split("\n"):
        if line.startswith("--") or not line:
            continue
        lines.append(line)
        if line.endswith(";"):
            found.append("\n".join(lines)[:-1])
            lines = []
    return found


def ask(till, peer, texts):
    wrong = []
    with till.connect() as ours, peer.connect() as theirs:
        for text in texts:
            said, wanted = (asked.answer(connection.pgconn.exec_(text.encode())) for connection in (ours, theirs))
            if said != wanted:
                wrong.append(f"{text}\n  till       {said}\n  PostgreSQL {wanted}")
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(texts)} differ\n" + "\n".join(wrong[:20]))


def client(till, peer):
    texts = statements(__file__)
    assert len(texts) > 700, len(texts)
    ask(till, peer, texts)


if __name__ == "__main__":
    rig.run(client)
