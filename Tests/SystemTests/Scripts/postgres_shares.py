"""What one key may have at a running server's door for PostgreSQL's clients, and what is left to others.

Usage: postgres_shares.py PORT USER ADMIN_KEY URL
"""
import json
import struct
import sys
import time
import urllib.request

import postgres_attacks as raw

ADMIN, URL = sys.argv[3], sys.argv[4]
# Of 64 open answers one key may have three quarters.
OWN = 48


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def contract(name, **more):
    call("PUT", f"/v1/contracts/{name}", {"access": "read", "scope": "own", **more})
    return json.loads(call("POST", f"/v1/contracts/{name}/keys", {}))["key"]


def ask(connection, text):
    connection.sendall(raw.typed(b"Q", text.encode() + b"\0"))
    return raw.until_ready(connection)


def row_count(found):
    return sum(kind == b"D" for kind, _ in found)


def fails(found, state):
    return any(kind == b"E" and b"C" + state + b"\0" in body for kind, body in found)


def test_open_answers():
    """Who opens as many cursors as it may closes the door to nobody else."""
    greedy, _ = raw.session("greedy", contract("greedy"))
    other, _ = raw.session("modest", contract("modest"))
    ask(greedy, "BEGIN")
    for number in range(OWN):
        ask(greedy, f"DECLARE c{number} CURSOR FOR SELECT * FROM generate_series(1, 1000000)")
        found = ask(greedy, f"FETCH 1 FROM c{number}")
        assert row_count(found) == 1, (number, found)
    ask(greedy, "DECLARE more CURSOR FOR SELECT * FROM generate_series(1, 1000000)")
    found = ask(greedy, "FETCH 1 FROM more")
    assert fails(found, b"53300"), found
    found = ask(other, "SELECT count(*) FROM receipts")
    assert row_count(found) == 1, found
    ask(greedy, "ROLLBACK")
    found = ask(greedy, "SELECT count(*) FROM receipts")
    assert row_count(found) == 1, found
    for connection in (greedy, other):
        connection.close()


def test_long_questions():
    """Who asks what does not end has half of the threads: others' questions and everybody's pages are answered."""
    key = contract("endless")
    held = [raw.session("endless", key)[0] for _ in range(12)]
    for connection in held:
        connection.sendall(raw.typed(b"Q", b"SELECT pg_sleep(600)\0"))
    while 'till_pool_jobs{pool="query",state="waiting"} 0\n' in call("GET", "/metrics"):
        time.sleep(0.05)
    other, _ = raw.session("patient", contract("patient"))
    for _ in range(3):
        found = ask(other, "SELECT count(*) FROM receipts")
        assert row_count(found) == 1, found
        assert '"rows"' in call("POST", "/v1/sql", {"query": "SELECT 1"})
        call("GET", "/v1/tickets")
    # Whose answer came may not have gone yet.
    while 'till_pool_jobs{pool="query",state="running"} 4\n' not in call("GET", "/metrics"):
        time.sleep(0.05)
    for connection in held + [other]:
        connection.close()


def test_questions_without_rows():
    """Nothing comes of them for hours: they let others' questions in all the same. (Of four processors or fewer: where there are more, some are free.)"""
    key = contract("fruitless")
    held = [raw.session("fruitless", key)[0] for _ in range(4)]
    for connection in held:
        connection.sendall(raw.typed(b"Q", b"SELECT i FROM generate_series(1, 100000000000) AS g(i) WHERE i < 0\0"))
    while 'till_pool_jobs{pool="query",state="running"} 4\n' not in call("GET", "/metrics"):
        time.sleep(0.05)
    other, _ = raw.session("hopeful", contract("hopeful"))
    for _ in range(3):
        found = ask(other, "SELECT count(*) FROM receipts")
        assert row_count(found) == 1, found
        assert '"rows"' in call("POST", "/v1/sql", {"query": "SELECT i FROM generate_series(1, 10) AS g(i)"})
    for connection in held + [other]:
        connection.close()


def test_rate():
    """A statement is one request, and so is a Bind: to log in and to prepare take nothing of the rate."""
    simple = contract("simple", rate_per_second=0.001)
    first, _ = raw.session("simple", simple)
    found = ask(first, "SELECT count(*) FROM receipts")
    assert row_count(found) == 1, found
    found = ask(first, "SELECT count(*) FROM receipts")
    assert fails(found, b"53300"), found
    again, _ = raw.session("simple", simple)
    found = ask(again, "SELECT count(*) FROM receipts")
    assert fails(found, b"53300"), found
    extended, _ = raw.session("extended", contract("extended", rate_per_second=0.001))
    for _ in range(3):
        extended.sendall(raw.typed(b"P", b"\0SELECT count(*) FROM receipts\0\0\0") + raw.typed(b"D", b"S\0") + raw.typed(b"S"))
        found = raw.until_ready(extended)
        assert not any(kind == b"E" for kind, _ in found), found
    run = raw.typed(b"B", b"\0\0\0\0\0\0\0\0") + raw.typed(b"E", b"\0" + struct.pack("!i", 0)) + raw.typed(b"S")
    extended.sendall(run)
    found = raw.until_ready(extended)
    assert row_count(found) == 1, found
    extended.sendall(run)
    found = raw.until_ready(extended)
    assert fails(found, b"53300"), found
    for connection in (first, again, extended):
        connection.close()


def test_connections():
    """Idle connections have no end of their own: of a thousand places one contract has half."""
    key = contract("crowded")
    held = [raw.session("crowded", key)[0] for _ in range(500)]
    refused = raw.connect()
    refused.sendall(raw.startup(user="crowded", database="till"))
    raw.scram(refused, "crowded", key)
    said = raw.to_end(refused)
    assert b"53300" in said and b"of this contract: 500" in said, said
    for user, secret in (("alone", contract("alone")), ("admin", ADMIN)):
        connection, _ = raw.session(user, secret)
        found = ask(connection, "SELECT 1")
        assert row_count(found) == 1, found
        connection.close()
    held.pop().close()
    # The end of one is seen a little later.
    while True:
        again = raw.connect()
        again.sendall(raw.startup(user="crowded", database="till"))
        raw.scram(again, "crowded", key)
        kind, body = raw.message(again)
        again.close()
        if kind == b"R":
            break
        assert b"53300" in body, body
        time.sleep(0.05)
    for connection in held:
        connection.close()


def held():
    lines = call("GET", "/metrics").splitlines()
    return float(next(line for line in lines if line.startswith("till_request_memory_bytes ")).split()[1])


def test_plans():
    """Plans that a connection keeps are its key's to pay for: two kilobytes of text may be megabytes of constants."""
    connection, _ = raw.session()
    long = "SELECT " + ", ".join(f"repeat('x', {60_000 + number})" for number in range(100))
    before = held()
    connection.sendall(raw.typed(b"P", b"long\0" + long.encode() + b"\0\0\0") + raw.typed(b"S"))
    found = raw.until_ready(connection)
    assert not any(kind == b"E" for kind, _ in found), found
    kept = held()
    assert kept - before > 6_000_000, (before, kept)
    ask(connection, "DEALLOCATE long")
    assert held() < kept - 6_000_000, (before, kept, held())
    connection.close()


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, flush=True)
    print("each has a share")


main()
