"""What an orderly stop leaves to the statements of a running server's door for PostgreSQL's clients: those that end within their grace are answered, and those that do not are told why they end.

Usage: postgres_stop.py PORT USER KEY CERTIFICATE PROCESS_ID
"""
import os
import signal
import sys
import time

import postgres_attacks as raw

PROCESS = int(sys.argv[5])


def begun(text):
    connection, _ = raw.session()
    connection.sendall(raw.typed(b"Q", text + b"\0"))
    return connection


def heard(connection):
    """Each message up to the end of the connection."""
    found = []
    try:
        while True:
            found.append(raw.message(connection))
    except (EOFError, ConnectionError):
        return found


def is_stop(kind, body):
    return kind == b"E" and b"SFATAL\0" in body and b"C57P01\0" in body


def main():
    idle, _ = raw.session()
    short, long = begun(b"SELECT 7, pg_sleep(1)"), begun(b"SELECT 8, pg_sleep(600)")
    began = time.monotonic()
    os.kill(PROCESS, signal.SIGTERM)
    found = heard(short)
    assert (b"D", b"\0\2\0\0\0\x017\0\0\0\0") in found, found
    # Its connection is one that nothing runs on from then on.
    assert (b"Z", b"I") in found and is_stop(*found[-1]), found
    found = heard(long)
    assert found and is_stop(*found[-1]), found
    assert not any(kind == b"D" for kind, _ in found), found
    assert time.monotonic() - began > 2, "it had no grace"
    found = heard(idle)
    assert len(found) == 1 and is_stop(*found[0]), found
    print("what runs has its grace")


if __name__ == "__main__":
    main()
