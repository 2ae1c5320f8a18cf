"""The real Till binary under measurement: started, fed, asked over HTTP, stopped."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import http.client
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binary(name: str) -> Path:
    return ROOT / ".build" / "release" / name


def build() -> None:
    for product in ("till", "till-generate", "till-load"):
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True)


class Server:
    """A server on a directory of its own; a context manager that stops it."""

    def __init__(self, data: Path, environment: dict[str, str] | None = None):
        self.data = data
        self.key = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {**os.environ, "TILL_ADMIN_KEY": self.key, **(environment or {})}
        self.process: subprocess.Popen | None = None
        self.connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Server":
        log = open(self.data.parent / f"{self.data.name}.log", "ab")
        self.process = subprocess.Popen(
            [str(binary("till")), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"], env=self.environment, stderr=log, stdout=log)
        started = time.perf_counter()
        while time.perf_counter() - started < 120:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    self.ready_seconds = time.perf_counter() - started
                    return self
            except OSError:
                pass
            if self.process.poll() is not None:
                raise RuntimeError(f"till serve ended with {self.process.returncode}: see {log.name}")
            time.sleep(0.02)
        raise RuntimeError("till serve was not ready within two minutes")

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> tuple[int, bytes]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
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

    def import_file(self, file: Path, client: str | None = None) -> subprocess.CompletedProcess:
        command = [str(binary("till")), "import", "--url", f"http://127.0.0.1:{self.port}"]
        if client:
            command += ["--client", client]
        return subprocess.run([*command, str(file)], env={**self.environment, "TILL_KEY": self.key}, check=True, capture_output=True, text=True)


def command(*arguments: str, **options: object) -> subprocess.CompletedProcess:
    """Runs `till` with these arguments, without a server."""
    return subprocess.run([str(binary("till")), *arguments], check=True, capture_output=True, text=True, **options)
