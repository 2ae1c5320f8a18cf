"""Till, PostgreSQL and DuckDB: each takes queries and gives `("rows", [[cell…]…])` or `("error", words)` for each.

A cell is None or a text (JSON's value for Till and DuckDB); `compare.py` knows what they mean.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import duckdb

_MARK = "-=< {} >=-"


class Till:
    """The real binary over Parquet files. A statement that fails ends `till sql`: it is begun again after that one."""

    def __init__(self, binary, memory=None, threads=2):
        self.binary, self.threads = binary, threads
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("TILL_")}
        if memory:
            self.environment["TILL_LIMITS_QUERY_MEMORY"] = memory

    def load(self, tables, files):
        self.tables = [part for name, path in files.items() for part in ("--table", f"{name}={path}")]

    def close(self):
        """Nothing is held."""

    def ask(self, queries, zone="UTC"):
        """`zone`: UTC, the only one that this command asks in."""
        answers = []
        while len(answers) < len(queries):
            rest = queries[len(answers):]
            text = "".join(f"{query}\n;\nSELECT '{_MARK.format('end')}' AS mark;\n" for query in rest)
            run = subprocess.run(
                [self.binary, "sql", "--format", "ndjson", "--threads", str(self.threads), *self.tables], input=text, capture_output=True, text=True,
                env=self.environment)
            rows = []
            for line in run.stdout.splitlines():
                row = json.loads(line, parse_float=str, parse_int=str)
                if row == {"mark": _MARK.format("end")}:
                    answers.append(("rows", rows))
                    rows = []
                elif "error" not in row:
                    rows.append(list(row.values()))
            if len(answers) < len(queries):
                died = run.returncode not in (0, 1) or not run.stderr.strip()
                answers.append(("crash" if died else "error", f"{run.stderr.strip()} (exit {run.returncode})" if died else run.stderr.strip()))
        return answers


class PostgreSQL:
    """A private cluster in a temporary folder, on a socket there; texts order by bytes and know Unicode's cases."""

    def __init__(self):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        bins = next((path for path in found if path.parent.name == "15"), found[-1] if found else None)
        if bins is None:
            raise SystemExit("no PostgreSQL to compare with: run script/bootstrap")
        self.bins, self.folder = bins, tempfile.mkdtemp(prefix="till-postgres-")
        # The server refuses to run as root.
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self._make(f"{self.folder}/data")
        # A long query is an answer too ("canceling statement"), which counts as none.
        self._run("pg_ctl", "start", "-w", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o",
                  f"-k {self.folder} -c listen_addresses= -c fsync=off -c timezone=UTC -c intervalstyle=iso_8601 -c statement_timeout=20s -c jit=off "
                  "-c work_mem=64MB")

    def _make(self, data):
        """A copy of the run's cluster that nobody has started, where the run has a place for one (`TILL_TEST_CLUSTER`): to make one takes ten times as long."""
        kept = os.environ.get("TILL_TEST_CLUSTER")
        if kept is None:
            return self._initialise(data)
        if not os.path.exists(kept):
            own = tempfile.mkdtemp(prefix="postgres-", dir=os.path.dirname(kept))
            if self.user:
                shutil.chown(own, "postgres")
            self._initialise(f"{own}/data")
            try:
                os.rename(f"{own}/data", kept)
            except OSError:  # Another test has made it meanwhile.
                pass
            shutil.rmtree(own)
        subprocess.run(["cp", "-a", kept, data], check=True)

    def _initialise(self, data):
        self._run("initdb", "-D", data, "-U", "till", "-E", "UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "-A", "trust", "-N")

    def _run(self, program, *arguments):
        subprocess.run([*self.user, str(self.bins / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def close(self):
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", f"{self.folder}/data")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _script(self, script):
        return subprocess.run(
            [str(self.bins / "psql"), "-h", self.folder, "-U", "till", "-d", "postgres", "-X", "-q"], input=script, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True).stdout

    def load(self, script):
        printed = self._script("set client_min_messages = error;\n" + script)
        if printed.strip():
            raise SystemExit(f"PostgreSQL refuses the tables: {printed[:2000]}")

    def ask(self, queries, zone="UTC"):
        script = f"set timezone = '{zone}';\n" + "".join(f"\\echo {_MARK.format(number)}\ncopy ({query}\n) to stdout;\n" for number, query in enumerate(queries))
        blocks = re.split(r"^-=< \d+ >=-\n", self._script("\\set VERBOSITY terse\n" + script), flags=re.MULTILINE)[1:]
        return [self._answer(block) for block in blocks]

    @staticmethod
    def _answer(block):
        fault = re.search(r"^(ERROR|FATAL):  .*", block, flags=re.MULTILINE)  # It may come after the first rows.
        if fault:
            return "error", fault[0]
        return "rows", [[_uncopied(cell) for cell in line.split("\t")] for line in block.split("\n")[:-1]]


def _uncopied(cell):
    if cell == "\\N":
        return None
    letters = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
    return re.sub(r"\\(.)", lambda match: letters.get(match[1], match[1]), cell, flags=re.DOTALL)


class DuckDB:
    """In this process, over the same Parquet files as Till."""

    def load(self, files):
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET default_null_order = 'nulls_last_on_asc_first_on_desc'; SET integer_division = true")
        for name, path in files.items():
            self.connection.execute(f"CREATE TABLE {name} AS FROM read_parquet('{path}')")

    def ask(self, queries, zone="UTC"):
        self.connection.execute(f"SET TimeZone = '{zone}'")
        answers = []
        for query in queries:
            try:
                answers.append(("rows", [list(row) for row in self.connection.execute(query).fetchall()]))
            except Exception as error:  # Any refusal of DuckDB's is an answer to compare.
                answers.append(("error", str(error).splitlines()[0]))
        return answers
