"""Statements with faults of every kind, from asked_errors.sql: the codes of their errors are PostgreSQL 15's.

Usage: asked_errors.py PORT URL ADMIN_KEY
"""
import asked_suite
import rig


def client(till, peer):
    texts = asked_suite.statements(__file__)
    assert len(texts) > 500, len(texts)
    asked_suite.ask(till, peer, texts)


if __name__ == "__main__":
    rig.run(client)
