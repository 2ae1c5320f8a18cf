"""PostgreSQL 15 in a cluster of its own: receipts and their lines as two tables, indexed for the questions."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from ..queries import Question

BINARIES = Path("/usr/lib/postgresql/15/bin")
TABLES = """
CREATE TABLE receipts (number bigint, receipt_id text, client_id text, business_day date, issued_at timestamptz, state text, store_id text, till_id text,
  customer_id text, currency text, total numeric(18,4), tax_total numeric(18,4), payment_type text);
CREATE TABLE lines (receipt bigint, product_code text, name text, category text, quantity numeric(18,6), unit_price numeric(18,6), vat_rate numeric(9,4),
  amount numeric(18,4));
"""
INDEXES = (
    "CREATE UNIQUE INDEX ON receipts (client_id, business_day, receipt_id)", "CREATE INDEX ON receipts (client_id, issued_at)",
    "CREATE INDEX ON receipts (issued_at)", "CREATE INDEX ON receipts (business_day)", "CREATE UNIQUE INDEX ON receipts (number)",
    "CREATE INDEX ON lines (receipt)", "CREATE INDEX ON lines (product_code)")


def available() -> bool:
    return (BINARIES / "postgres").exists()


class PostgreSQL:
    """Started and stopped here; runs as the user postgres when this is root, as PostgreSQL refuses root."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "cluster"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        if not self.data.exists():
            folder.mkdir(parents=True, exist_ok=True)
            for part in [folder, *folder.parents][:2]:
                part.chmod(0o755)
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres", "postgres")
            self._run("initdb", "-D", str(self.data), "-U", "bench", "--locale=C.UTF-8", "--encoding=UTF8", "-A", "trust")
            settings = (
                "shared_buffers = 4GB\nwork_mem = 256MB\nmaintenance_work_mem = 1GB\nmax_wal_size = 8GB\nmax_parallel_workers_per_gather = 1\n"
                f"effective_cache_size = 12GB\nrandom_page_cost = 1.1\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\ntimezone = 'UTC'\n")
            with open(self.data / "postgresql.conf", "a") as file:
                file.write(settings)
        self._start()
        self.result: list[tuple] = []

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr[-1000:]}")

    def _start(self) -> None:
        import psycopg2

        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "120", "-o", f"-p {self.port}", "-l", str(self.folder / "log"), "start")
        self.connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="bench", dbname="postgres")
        self.connection.autocommit = True

    def _stop(self) -> None:
        self.connection.close()
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")

    def version(self) -> str:
        return self._query("SHOW server_version")[0][0].split()[0]

    def _query(self, text: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def processor_seconds(self) -> float:
        """Of the one backend that works for us, its finished parallel workers and this process aside."""
        fields = Path(f"/proc/{self.connection.get_backend_pid()}/stat").read_text().rsplit(")", 1)[1].split() if not self.connection.closed else [0] * 15
        return (int(fields[11]) + int(fields[12])) / 100

    def load(self, prefix: str) -> None:
        """Rows that DuckDB exported, by COPY."""
        if not self._query("SELECT 1 FROM pg_tables WHERE tablename = 'receipts'"):
            self._query(TABLES)
        self._copy(prefix, "receipts", "lines")

    def _copy(self, prefix: str, receipts: str, lines: str) -> None:
        for part, table in (("receipts", receipts), ("lines", lines)):
            with open(f"{prefix}.{part}.csv") as file, self.connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv, DELIMITER E'\\t')", file)

    def finish(self) -> None:
        """Leaves out repeats that fell into two loads, then makes the indexes."""
        self._query(
            "CREATE TEMP TABLE repeated AS SELECT number FROM (SELECT number, row_number() OVER (PARTITION BY client_id, business_day, receipt_id ORDER BY number) AS place "
            "FROM receipts) r WHERE place > 1")
        if self._query("SELECT count(*) FROM repeated")[0][0]:
            self._query("DELETE FROM receipts WHERE number IN (SELECT number FROM repeated)")
            self._query("DELETE FROM lines WHERE receipt IN (SELECT number FROM repeated)")
        for index in INDEXES:
            self._query(index)
        self._query("VACUUM ANALYZE receipts")
        self._query("VACUUM ANALYZE lines")

    def add(self, prefix: str) -> None:
        """Rows that came after `finish`, without those that are there."""
        self._query("CREATE TEMP TABLE new_receipts (LIKE receipts); CREATE TEMP TABLE new_lines (LIKE lines)")
        self._copy(prefix, "new_receipts", "new_lines")
        self._query("INSERT INTO receipts SELECT * FROM new_receipts ON CONFLICT DO NOTHING")
        self._query("INSERT INTO lines SELECT * FROM new_lines WHERE receipt IN (SELECT number FROM receipts WHERE number >= (SELECT min(receipt) FROM new_lines))")
        self._query("DROP TABLE new_receipts; DROP TABLE new_lines")

    def ask(self, question: Question) -> None:
        self.result = self._query(question.texts["postgres"])

    def rows(self) -> list[list[object]]:
        return [list(row) for row in self.result]

    def cool(self) -> list[str]:
        self._stop()
        self._start()
        return [str(self.data)]

    def size(self) -> int:
        return int(self._query("SELECT pg_total_relation_size('receipts') + pg_total_relation_size('lines')")[0][0])

    def close(self) -> None:
        self._stop()
