"""What a user would pick instead, on the same rows; each in a process of its own, so that its memory and processor time are its own."""

import importlib
import multiprocessing
import resource
import time
import traceback
from pathlib import Path

from .. import machine
from ..measure import Sample
from ..queries import Question

#: Name in reports, and the module and class that stand for it.
KINDS = {
    "DuckDB": ("duck", "DuckDB"),
    "DuckDB on our Parquet": ("duck", "DuckDBOnParquet"),
    "ClickHouse (chDB)": ("click", "ClickHouse"),
    "PostgreSQL": ("postgres", "PostgreSQL"),
    "polars on our Parquet": ("frames", "Polars"),
}


class Peer:
    """One peer behind a pipe. Calls are answered in order; an error there is an error here."""

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.folder = folder
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far, name, str(folder)), daemon=True)
        self.process.start()
        far.close()
        self.version = self.call("version")

    @property
    def pid(self) -> int:
        return self.process.pid

    def call(self, method: str, *arguments: object) -> object:
        return self._exchange(method, *arguments)[0]

    def timed(self, method: str, *arguments: object) -> tuple[object, float]:
        """The result, and the seconds that it took there."""
        value, seconds, _ = self._exchange(method, *arguments)
        return value, seconds

    def measured(self, method: str, *arguments: object) -> tuple[float, float]:
        """Seconds by the clock, and of its processors."""
        return self._exchange(method, *arguments)[1:]

    def ask(self, question: Question) -> Sample:
        """The answer; the time ends when the peer has all of it, before it becomes Python's rows."""
        read = machine.bytes_read(self.pid)
        _, seconds, processor = self._exchange("ask", question)
        read = machine.bytes_read(self.pid) - read
        return Sample(seconds * 1000, processor * 1000, self.call("rows"), read)

    def cool(self) -> None:
        """Drops what the peer itself keeps of its files, then their pages."""
        paths = self.call("cool")
        machine.drop_page_cache([Path(path) for path in paths])

    def close(self) -> None:
        if self.process.is_alive():
            try:
                self.call("close")
                self._pipe.send(None)
            except (RuntimeError, OSError, EOFError):
                pass
            self.process.join(timeout=60)
            if self.process.is_alive():
                self.process.kill()

    def _exchange(self, method: str, *arguments: object) -> tuple[object, float, float]:
        self._pipe.send((method, arguments))
        try:
            error, value, seconds, processor = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"{self.name} ended in {method}, exit {self.process.exitcode}") from None
        if error:
            raise RuntimeError(f"{self.name}: {method}: {error}")
        return value, seconds, processor


def _own_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _serve(pipe, name: str, folder: str) -> None:
    module, kind = KINDS[name]
    peer = None
    while (message := pipe.recv()) is not None:
        method, arguments = message
        try:
            if peer is None:
                peer = getattr(importlib.import_module(f".{module}", __package__), kind)(Path(folder))
            seconds_of = getattr(peer, "processor_seconds", _own_seconds)
            processor = seconds_of()
            start = time.perf_counter()
            value = getattr(peer, method)(*arguments)
            elapsed = time.perf_counter() - start
            pipe.send((None, value, elapsed, seconds_of() - processor))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            pipe.send((f"{type(error).__name__}: {str(error)[:1500]} ({Path(last.filename).name}:{last.lineno})", None, 0.0, 0.0))
