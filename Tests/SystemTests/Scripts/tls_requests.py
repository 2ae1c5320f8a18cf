"""Sends each request of standard input (a JSON list of Latin-1 texts) over TLS and prints a JSON list of what came back."""

import json
import socket
import ssl
import sys

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
answers = []
for text in json.loads(sys.argv[2]):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)) as connection:
        answer = b""
        try:
            connection.sendall(text.encode("latin-1"))
            while not answer.endswith(b"}"):
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except OSError:
            pass
        answers.append(answer.decode("latin-1"))
print(json.dumps(answers))
