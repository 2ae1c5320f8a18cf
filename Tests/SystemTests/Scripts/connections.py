"""Holds a TLS connection over a change of the server's certificate. Prints one line a step.

Usage: connections.py PORT, then a line on standard input for each step: `old` asks over the first connection, `new` over a fresh one.
A line says the status, and the SHA-256 of the certificate that the connection was made with.
"""
import hashlib
import socket
import ssl
import sys


def connect(port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))


def ask(connection):
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    return head.split()[1].decode(), hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()


port = int(sys.argv[1])
first = connect(port)
for line in sys.stdin:
    connection = first if line.strip() == "old" else connect(port)
    print(*ask(connection), flush=True)
