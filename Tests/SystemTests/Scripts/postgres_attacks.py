"""Says to a running server over PostgreSQL's protocol what no client would.

Usage: postgres_attacks.py PORT USER KEY CERTIFICATE

Lengths of 0 and 2^31, halves of messages, messages that there are none of, floods of beginnings, pipelines of thousands, a cancel request with another's key, bytes
before TLS: each must end in an error or an end, and the next honest client be served.
"""
import base64
import hashlib
import hmac
import os
import random
import select
import socket
import ssl
import struct
import sys
import time

PORT, USER, KEY, CERTIFICATE = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
HOST = "127.0.0.1"


def connect():
    connection = socket.create_connection((HOST, PORT), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def message(connection):
    kind, length = struct.unpack("!ci", read(connection, 5))
    return kind, read(connection, length - 4)


def to_end(connection):
    """Everything up to the end of the connection."""
    data = b""
    try:
        while piece := connection.recv(1 << 16):
            data += piece
    except ConnectionError:
        pass
    return data


def startup(**parameters):
    body = struct.pack("!i", 196608) + b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def typed(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def until_ready(connection):
    found = []
    while True:
        kind, body = message(connection)
        found.append((kind, body))
        if kind == b"Z":
            return found


def scram(connection, user=USER, key=KEY):
    kind, body = message(connection)
    assert kind == b"R" and body[:4] == struct.pack("!i", 10), (kind, body)
    nonce = base64.b64encode(os.urandom(18)).decode()
    bare = f"n=,r={nonce}"
    first = ("n,," + bare).encode()
    connection.sendall(typed(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
    kind, body = message(connection)
    assert kind == b"R", (kind, body)
    server = body[4:].decode()
    fields = dict(part.split("=", 1) for part in server.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", key.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    client = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={fields['r']}"
    signed = f"{bare},{server},{final}".encode()
    signature = hmac.digest(hashlib.sha256(client).digest(), signed, "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, signature))).decode()
    connection.sendall(typed(b"p", f"{final},p={proof}".encode()))


def session(user=USER, key=KEY, **more):
    connection = connect()
    connection.sendall(startup(user=user, database="till", **more))
    scram(connection, user, key)
    found = until_ready(connection)
    key_data = next(body for kind, body in found if kind == b"K")
    return connection, key_data


def honest():
    connection, _ = session()
    connection.sendall(typed(b"Q", b"SELECT 41 + 1\0"))
    found = until_ready(connection)
    assert (b"D", b"\0\1\0\0\0\x0242") in found, found
    connection.close()


# MARK: Before a session


def test_lengths():
    for code in (196608, 80877103, 80877102, 0, -1, 2**31 - 1, 0x00040000, 0x00020000):
        for length in (0, 1, 4, 7, 8, 9, 10_001, 2**31 - 1, -1, -(2**31)):
            connection = connect()
            connection.sendall(struct.pack("!ii", length, code) + b"\0" * 64)
            connection.shutdown(socket.SHUT_WR)
            answer = to_end(connection)
            assert answer[:1] in (b"", b"E", b"S"), (length, code, answer)
            connection.close()
    honest()


def test_halves():
    whole = startup(user=USER, database="till")
    for cut in range(0, len(whole), 3):
        connection = connect()
        connection.sendall(whole[:cut])
        connection.close()
    honest()


def test_password_only():
    """Before the password nothing else is heard, however long."""
    for kind in (b"Q", b"P", b"S", b"X", b"\0", b"\xff"):
        for length in (0, 3, 4, 100, 2**31 - 1, -5):
            connection = connect()
            connection.sendall(startup(user=USER, database="till"))
            message(connection)
            connection.sendall(kind + struct.pack("!i", length) + b"x" * 96)
            connection.shutdown(socket.SHUT_WR)
            answer = to_end(connection)
            assert b"SELECT" not in answer and answer[:1] in (b"", b"E"), answer
            connection.close()
    honest()


def test_proofs():
    random.seed(7)
    for wrong in (b"", b"SCRAM-SHA-256", b"SCRAM-SHA-256\0", b"SCRAM-SHA-256\0\xff\xff\xff\xff", b"SCRAM-SHA-256-PLUS\0\0\0\0\3p=t", b"NONE\0\0\0\0\0", random.randbytes(60_000)):
        connection = connect()
        connection.sendall(startup(user=USER, database="till"))
        message(connection)
        connection.sendall(typed(b"p", wrong))
        connection.shutdown(socket.SHUT_WR)
        answer = to_end(connection)
        assert answer[:1] in (b"E", b""), answer
    # An unknown user is asked for the same as a known one, and the same each time.
    salts = []
    for user in ("nobody-there", "nobody-there", USER):
        connection = connect()
        connection.sendall(startup(user=user, database="till"))
        mechanisms = message(connection)
        first = b"n,,n=,r=abcdefgh"
        connection.sendall(typed(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        challenge = message(connection)[1][4:].decode()
        salts.append((mechanisms, dict(part.split("=", 1) for part in challenge.split(","))["s"]))
        connection.close()
    assert salts[0] == salts[1] and salts[0][0] == salts[2][0] and salts[0][1] != salts[2][1], salts
    honest()


def test_before_tls():
    """What came in clear before TLS is nobody's."""
    connection = connect()
    connection.sendall(struct.pack("!ii", 8, 80877103) + startup(user="admin", database="till"))
    assert read(connection, 1) == b"S"
    context = ssl.create_default_context(cafile=CERTIFICATE)
    secured = context.wrap_socket(connection, server_hostname="localhost")
    secured.sendall(startup(user=USER, database="till"))
    kind, body = message(secured)
    assert kind == b"R" and b"SCRAM-SHA-256-PLUS" in body, (kind, body)
    # Once is enough.
    again = connect()
    again.sendall(struct.pack("!ii", 8, 80877104))
    assert read(again, 1) == b"N"
    again.sendall(struct.pack("!ii", 8, 80877103))
    assert read(again, 1) == b"S"
    secured = context.wrap_socket(again, server_hostname="localhost")
    secured.sendall(struct.pack("!ii", 8, 80877103))
    assert message(secured)[0] == b"E"
    # It may begin with TLS at once, by the protocol's name.
    context.set_alpn_protocols(["postgresql"])
    direct = context.wrap_socket(connect(), server_hostname="localhost")
    assert direct.selected_alpn_protocol() == "postgresql"
    direct.sendall(startup(user=USER, database="till"))
    scram(direct)
    until_ready(direct)
    # What is no TLS ends it.
    wrong = connect()
    wrong.sendall(b"\x16\x03\x01" + b"\xff" * 500)
    assert b"S" not in to_end(wrong)[:1]
    honest()


def test_flood():
    """Beginnings that never go on take no place of others."""
    held = []
    for _ in range(400):
        connection = connect()
        held.append(connection)
    honest()
    for connection in held[::2]:
        try:
            connection.sendall(startup(user=USER, database="till"))
        except ConnectionError:
            pass
    honest()
    for connection in held:
        connection.close()
    honest()


def test_newer_protocol():
    connection = connect()
    body = struct.pack("!i", 196610) + f"user\0{USER}\0database\0till\0_pq_.wishes\0x\0\0".encode()
    connection.sendall(struct.pack("!i", len(body) + 4) + body)
    kind, answer = message(connection)
    assert kind == b"v" and answer == struct.pack("!ii", 196608, 1) + b"_pq_.wishes\0", (kind, answer)
    scram(connection)
    until_ready(connection)


# MARK: In a session


def test_messages():
    for data in (
        b"Q" + struct.pack("!i", 0), b"Q" + struct.pack("!i", 3), b"Q" + struct.pack("!i", 2**31 - 1) + b"x" * 100, b"Q" + struct.pack("!i", -1), typed(b"z", b"?"),
        typed(b"p", b"again\0"), b"\0" * 100, typed(b"S", b"x" * 40_000)[:5],
    ):
        connection, _ = session()
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = to_end(connection)
        assert answer[:1] == b"E" and b"FATAL" in answer or answer == b"", (data[:20], answer)
        connection.close()
    for data in (b"Q" + struct.pack("!i", 5) + b"x", typed(b"B", b"\0\0\xff\xff"), typed(b"P", b"a\0SELECT 1\0\xff\xff"), typed(b"D", b"Q\0"), typed(b"C", b""), typed(b"E", b"\0"), typed(b"F", b"x")):
        connection, _ = session()
        connection.sendall(data + typed(b"S"))
        found = until_ready(connection)
        assert any(kind == b"E" for kind, _ in found), (data, found)
        if data[:1] in b"Q" or data[:1] == b"F":
            until_ready(connection)
        connection.sendall(typed(b"Q", b"SELECT 1\0"))
        assert any(kind == b"D" for kind, _ in until_ready(connection))
        connection.close()
    honest()


def test_sync_with_bytes():
    """It is a fault, and ends what is passed over all the same."""
    connection, _ = session()
    connection.sendall(typed(b"P", b"\0SELEC\0\0\0") + typed(b"S", b"x"))
    found = until_ready(connection)
    assert [kind for kind, _ in found] == [b"E", b"E", b"Z"] and b"C08P01\0" in found[1][1], found
    connection.sendall(typed(b"Q", b"SELECT 1\0"))
    assert any(kind == b"D" for kind, _ in until_ready(connection))
    connection.close()


def test_pipeline():
    """Ten thousand questions before the first answer is read."""
    connection, _ = session()
    one = typed(b"P", b"\0SELECT 1\0\0\0") + typed(b"B", b"\0\0\0\0\0\0\0\0") + typed(b"E", b"\0\0\0\0\0") + typed(b"S")
    connection.settimeout(60)
    count = 10_000
    import threading

    sender = threading.Thread(target=lambda: connection.sendall(one * count))
    sender.start()
    stream = connection.makefile("rb")
    ready = 0
    while ready < count:
        kind, length = struct.unpack("!ci", stream.read(5))
        stream.read(length - 4)
        ready += kind == b"Z"
        assert kind != b"E"
    sender.join()
    connection.close()
    # Nobody reads: the server waits, and then it does not.
    connection, _ = session()
    connection.settimeout(1)
    connection.sendall(typed(b"Q", b"SELECT repeat('x', 1000) FROM generate_series(1, 1000000)\0"))
    time.sleep(1)
    honest()
    connection.close()
    honest()


def test_cancel():
    """Another's key cancels nothing, and neither does one's own twice."""
    connection, key = session()
    process_id, secret = struct.unpack("!iI", key)
    connection.sendall(typed(b"Q", b"SELECT count(*) FROM generate_series(1, 2000000) AS a(x) WHERE x % 7 = 8\0"))
    for wrong in ((process_id, secret ^ 1), (process_id + 1, secret), (0, 0), (-1, secret)):
        other = connect()
        other.sendall(struct.pack("!iiiI", 16, 80877102, *wrong))
        assert to_end(other) == b""
    found = until_ready(connection)
    assert any(kind == b"D" for kind, _ in found), found
    # Between two questions there is nothing to end.
    other = connect()
    other.sendall(struct.pack("!iiiI", 16, 80877102, process_id, secret))
    assert to_end(other) == b""
    connection.sendall(typed(b"Q", b"SELECT 1\0"))
    assert any(kind == b"D" for kind, _ in until_ready(connection))
    connection.sendall(typed(b"Q", b"SELECT count(*) FROM generate_series(1, 100000000000) AS a(x) WHERE x % 7 = 8\0"))
    time.sleep(0.3)
    other = connect()
    other.sendall(struct.pack("!iiiI", 16, 80877102, process_id, secret))
    found = until_ready(connection)
    assert any(kind == b"E" and b"57014" in body for kind, body in found), found
    connection.close()


def test_planning():
    """A statement's time and its client's cancel end it while it is planned, too: 1 MB of conditions take a second or more of that, and nothing runs yet."""
    long = "SELECT count(*) FROM receipts WHERE " + " AND ".join(f"sequence > -{number}" for number in range(40_000))
    connection, key = session()
    connection.sendall(typed(b"Q", b"SET statement_timeout = 1\0"))
    until_ready(connection)
    for messages in (
        typed(b"Q", f"PREPARE p AS {long}\0".encode()),
        typed(b"P", f"\0{long}\0\0\0".encode()) + typed(b"D", b"S\0") + typed(b"S"),
        typed(b"Q", f"EXPLAIN {long}\0".encode()),
    ):
        connection.sendall(messages)
        found = until_ready(connection)
        assert any(kind == b"E" and b"57014" in body and b"statement timeout" in body for kind, body in found), found
    connection.sendall(typed(b"Q", b"SET statement_timeout = 0\0"))
    until_ready(connection)
    connection.sendall(typed(b"P", f"\0{long}\0\0\0".encode()) + typed(b"S"))
    # It may come before the message was read: then there is nothing to end, and it comes again.
    connection.setblocking(False)
    while True:
        other = connect()
        other.sendall(struct.pack("!iiiI", 16, 80877102, *struct.unpack("!iI", key)))
        assert to_end(other) == b""
        time.sleep(0.01)
        try:
            connection.recv(1, socket.MSG_PEEK)
            break
        except BlockingIOError:
            pass
    connection.settimeout(30)
    found = until_ready(connection)
    assert any(kind == b"E" and b"57014" in body and b"user request" in body for kind, body in found), found
    connection.close()
    honest()


def test_statements():
    """What a session may keep is bounded, and so is what one message may ask."""
    connection, _ = session()
    for number in range(1_100):
        connection.sendall(typed(b"P", f"s{number}\0SELECT {number}\0\0\0".encode()))
    connection.sendall(typed(b"S"))
    found = until_ready(connection)
    assert any(kind == b"E" and b"53300" in body for kind, body in found), found[-3:]
    connection.sendall(typed(b"Q", b";".join(b"SELECT 1" for _ in range(2_000)) + b"\0"))
    found = until_ready(connection)
    assert any(kind == b"E" and b"54000" in body for kind, body in found), found[-3:]
    connection.sendall(typed(b"Q", b"SELECT " + b"(" * 100_000 + b"\0"))
    assert any(kind == b"E" for kind, _ in until_ready(connection))
    connection.sendall(typed(b"Q", b"BEGIN\0"))
    until_ready(connection)
    for number in range(110):
        connection.sendall(typed(b"Q", f"DECLARE c{number} CURSOR FOR SELECT * FROM generate_series(1, 10)\0".encode()))
        found = until_ready(connection)
    assert any(kind == b"E" for kind, _ in found), found
    connection.close()
    honest()


def test_computed_values():
    """Values that EXECUTE computes are charged as long as they are there: two kilobytes of text mean seven megabytes, of each connection whose question waits for its turn."""
    lengths = " + ".join(f"length(${place}::text)" for place in range(1, 121))
    computed = ", ".join(f"repeat('x', {60_000 + place})" for place in range(120))
    held = [session()[0] for _ in range(64)]
    for connection in held:
        connection.sendall(typed(b"Q", f"PREPARE q AS SELECT g, {lengths} FROM generate_series(1, 1000000000) g\0".encode()))
        found = until_ready(connection)
        assert not any(kind == b"E" for kind, _ in found), found
    for connection in held:
        connection.sendall(typed(b"Q", f"EXECUTE q({computed})\0".encode()))
    # Rows come first on those whose turn it is; nobody reads on.
    refused, waiting = b"", set(held)
    while waiting and b"53200" not in refused:
        ready, _, _ = select.select(list(waiting), [], [], 120)
        assert ready, "nobody is refused"
        for connection in ready:
            waiting.remove(connection)
            kind, body = message(connection)
            refused += body if kind == b"E" else b""
    assert b"53200" in refused, refused
    for connection in held:
        connection.close()
    honest()


def test_many_idle():
    held = [session()[0] for _ in range(int(os.environ.get("IDLE", "60")))]
    honest()
    for connection in held:
        connection.sendall(typed(b"Q", b"SELECT 1\0"))
    for connection in held:
        assert any(kind == b"D" for kind, _ in until_ready(connection))
        connection.close()


def main():
    chosen = sys.argv[5:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not chosen or name[5:] in chosen):
            test()
            print(name, flush=True)
    print("the door stands")


if __name__ == "__main__":
    main()
