"""Plays bytes of PostgreSQL's protocol to a real server, and gives back what it answered.

    postgres_histories.py < LINES

A line of input: what a client sends after authentication, in base64. A line of output for each: what came back from then to the end of the connection, in
base64. Exits 77 without PostgreSQL.
"""

import base64
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from random_queries.engines import PostgreSQL  # noqa: E402


def read(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def play(folder, sent):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(f"{folder}/.s.PGSQL.5432")
        options = {"user": "till", "database": "postgres", "default_transaction_read_only": "on", "client_min_messages": "notice"}
        body = struct.pack("!i", 196608) + b"".join(f"{name}\0{value}\0".encode() for name, value in options.items()) + b"\0"
        connection.sendall(struct.pack("!i", len(body) + 4) + body)
        kind = b""
        while kind != b"Z":
            kind, length = struct.unpack("!ci", read(connection, 5))
            read(connection, length - 4)
        connection.sendall(sent)
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
        return answer


def main():
    server = PostgreSQL()
    try:
        for line in sys.stdin.read().splitlines():
            for attempt in range(100):
                try:
                    answer = play(server.folder, base64.b64decode(line))
                    break
                except EOFError:
                    # Backends that are about to end still count as connections.
                    time.sleep(0.05)
                except TimeoutError:
                    # One that ended badly takes all others with it, and on a busy machine the server needs its time to come back.
                    if attempt >= 3:
                        raise
            print(base64.b64encode(answer).decode())
    finally:
        server.close()


if __name__ == "__main__":
    main()
