"""What PostgreSQL makes of values: each in text and in binary, as its own output functions write them.

    postgres_values.py < LINES

A line of input: time zone, number of a type, text in base64, with tabs between. A line of output for each: `ok`, text and binary in base64, or `error` and
an SQLSTATE. Exits 77 without psycopg.
"""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    from psycopg import pq
except ImportError:
    print("psycopg is not installed: script/bootstrap does that")
    sys.exit(77)

from random_queries.engines import PostgreSQL  # noqa: E402


def main():
    lines = [line.split("\t") for line in sys.stdin.read().splitlines()]
    server = PostgreSQL()
    try:
        connection = pq.PGconn.connect(f"host={server.folder} user=till dbname=postgres".encode())
        assert connection.status == pq.ConnStatus.OK, connection.error_message
        connection.exec_(b"SET intervalstyle = postgres; SET extra_float_digits = 1; SET bytea_output = hex")
        zone = None
        for wanted, number, text in lines:
            if wanted != zone:
                assert connection.exec_(f"SET timezone = '{wanted}'".encode()).status == pq.ExecStatus.COMMAND_OK
                zone = wanted
            answers = []
            for form in (0, 1):
                answer = connection.exec_params(b"SELECT $1", [base64.b64decode(text)], [int(number)], [0], form)
                if answer.status != pq.ExecStatus.TUPLES_OK:
                    print("error", (answer.error_field(pq.DiagnosticField.SQLSTATE) or b"?").decode(), sep="\t")
                    break
                answers.append(base64.b64encode(answer.get_value(0, 0)).decode())
            else:
                print("ok", *answers, sep="\t")
    finally:
        server.close()


if __name__ == "__main__":
    main()
