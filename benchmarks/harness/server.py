"""The real Till binary under measurement: started, fed, asked over HTTP, stopped."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import machine
from .measure import Sample

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = ("till", "till-generate", "till-load", "till-queries", "till-columns", "till-documents", "till-sums")


def binary(name: str) -> Path:
    """A built program; TILL_BENCH_BINARIES names another folder than the release build's."""
    return Path(os.environ.get("TILL_BENCH_BINARIES", ROOT / ".build" / "release")) / name


#: Replaced files go at once: nobody else reads the store, and the disk is not wide.
SETTINGS = {"TILL_LOG_LEVEL": "error", "TILL_SNAPSHOT_KEEP": "10s"}


def build() -> None:
    if "TILL_BENCH_BINARIES" in os.environ:
        return
    for product in PRODUCTS:
        subprocess.run(["swift", "build", "-c", "release", "--product", product, "--static-swift-stdlib"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def shifted_clock(folder: Path, seconds: int) -> dict[str, str]:
    """The environment of a server whose wall clock is `seconds` behind."""
    library = folder / "clock.so"
    if not library.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(Path(__file__).with_name("clock.c")), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "TILL_BENCH_CLOCK": str(-seconds)}


class Server:
    """A server on a directory of its own; a context manager that stops it."""

    def __init__(self, data: Path, environment: dict[str, str] | None = None, binary: str | None = None):
        self.data = data
        #: Else the one that was built.
        self.binary = binary
        self.key = "bench-" + secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {**os.environ, **SETTINGS, "TILL_ADMIN_KEY": self.key, **(environment or {})}
        self.process: subprocess.Popen | None = None
        self.connection: http.client.HTTPConnection | None = None
        self.last_used = 0.0
        self.ready_seconds = 0.0
        #: Of the last question asked.
        self.statistics: dict = {}

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> "Server":
        self._key_of_directory()
        log = open(self.data.parent / f"{self.data.name}.log", "ab")
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary or str(binary("till")), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"], env=self.environment, stderr=log, stdout=log)
        while time.perf_counter() - started < 300:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    self.ready_seconds = time.perf_counter() - started
                    return self
            except (OSError, http.client.HTTPException):
                pass
            if self.process.poll() is not None:
                raise RuntimeError(f"till serve ended with {self.process.returncode}: see {log.name}")
            time.sleep(0.002)
        raise RuntimeError("till serve was not ready within five minutes")

    def _key_of_directory(self) -> None:
        """A directory keeps the admin key of its first start: ask with that one."""
        file = self.data.parent / f"{self.data.name}.key"
        if file.exists():
            self.key = file.read_text()
        else:
            file.write_text(self.key)
        self.environment["TILL_ADMIN_KEY"] = self.key

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def kill(self) -> None:
        """As a power cut would end the process."""
        self.process.kill()
        self.process.wait()
        self.connection = None

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> tuple[int, bytes]:
        # The server ends a connection that was idle for a minute.
        if self.connection is not None and time.monotonic() - self.last_used > 20:
            self.connection.close()
            self.connection = None
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3_600)
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            status, content = answer.status, answer.read()
            self.last_used = time.monotonic()
            return status, content
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection = None
            raise

    def call(self, method: str, path: str, document: object | None = None) -> dict:
        body = None if document is None else json.dumps(document).encode()
        status, answer = self.request(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer[:2000].decode()}")
        return json.loads(answer) if answer else {}

    def sql(self, query: str) -> list[list[object]]:
        """All rows of an answer of at most 10,000."""
        return self.call("POST", "/v1/sql", {"query": query, "limit": 10_000})["rows"]

    def ask(self, query: str) -> Sample:
        """The rows with the time until the answer's last byte; reading its JSON is not counted, as no reading is for the peers."""
        body = json.dumps({"query": query, "limit": 10_000}).encode()
        processor, read = machine.processor_seconds(self.pid), machine.bytes_read(self.pid)
        start = time.perf_counter()
        status, answer = self.request("POST", "/v1/sql", body)
        elapsed = time.perf_counter() - start
        processor, read = machine.processor_seconds(self.pid) - processor, machine.bytes_read(self.pid) - read
        if status != 200:
            raise RuntimeError(f"{query}: {status} {answer[:2000].decode()}")
        document = json.loads(answer)
        self.statistics = document["statistics"]
        return Sample(elapsed * 1000, processor * 1000, document["rows"], read)

    def get(self, path: str) -> Sample:
        """A GET with the time until its last byte."""
        processor = machine.processor_seconds(self.pid)
        start = time.perf_counter()
        status, answer = self.request("GET", path)
        elapsed = time.perf_counter() - start
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {answer[:2000].decode()}")
        return Sample(elapsed * 1000, (machine.processor_seconds(self.pid) - processor) * 1000, [[answer]])

    def import_file(self, file: Path, client: str | None = None) -> subprocess.CompletedProcess:
        arguments = ["import", "--url", f"http://127.0.0.1:{self.port}"]
        if client:
            arguments += ["--client", client]
        return command(*arguments, str(file), environment={**self.environment, "TILL_KEY": self.key, "LD_PRELOAD": ""})


def command(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Runs `till` with these arguments; what it says of a failure is in the error."""
    done = subprocess.run([str(binary("till")), *arguments], capture_output=True, text=True, env=environment or {**os.environ, **SETTINGS})
    if done.returncode != 0:
        raise RuntimeError(f"till {' '.join(arguments)}: exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-500:]}")
    return done


def load(server: Server, file: Path, *, connections: int, rate: int, seconds: int, skip: int = 0, get_share: float = 0.1, path: str = "/v1/receipts") -> subprocess.Popen:
    """Starts the open-loop driver against a server, once the disk has what was written before; its figures are one JSON object on standard output."""
    machine.settle()
    return subprocess.Popen(
        [str(binary("till-load")), "--port", str(server.port), "--key", server.key, "--path", path, "--file", str(file), "--skip", str(skip), "--connections",
         str(connections), "--rate", str(rate), "--seconds", str(seconds), "--get-share", str(get_share)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def load_figures(process: subprocess.Popen) -> dict:
    output, complaint = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"till-load: {complaint}")
    return json.loads(output)
