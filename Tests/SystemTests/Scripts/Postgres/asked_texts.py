"""Statements about texts, lists and numbers near to 0, from asked_texts.sql: answers, their columns' names and types, and codes of faults are PostgreSQL 15's.

Usage: asked_texts.py PORT URL ADMIN_KEY
"""
import asked_suite
import rig


def client(till, peer):
    texts = asked_suite.statements(__file__)
    assert len(texts) > 200, len(texts)
    asked_suite.ask(till, peer, texts)


if __name__ == "__main__":
    rig.run(client)
