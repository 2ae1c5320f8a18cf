"""The generated receipts of a run: twenty years up to a month ago, the last thirty days, and what arrives while the benchmark looks."""

import datetime
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .server import binary

HOT_DAYS = 30
CLIENTS = 500
#: Sales of a day, Monday first, as the generator has them.
WEEK = (0.9, 0.85, 0.9, 0.95, 1.2, 1.35, 1.1)


@dataclass(frozen=True)
class Stream:
    """A stream of the generator. Receipt numbers run in order of time; a part of a stream is the same bytes as in the whole."""

    first_day: datetime.date
    days: int
    total: int
    seed: int
    prefix: str = "R-"
    #: Of the products: all streams of a run sell the same ones.
    catalogue: int = 1

    def write(self, start: int, count: int, file: Path, *more: str) -> None:
        with open(file, "wb") as out:
            subprocess.run(self._command(start, count, *more), stdout=out, check=True)

    def _command(self, start: int, count: int, *more: str) -> list[str]:
        return [
            str(binary("till-generate")), "--total", str(self.total), "--skip", str(start), "--receipts", str(start + count), "--from",
            self.first_day.isoformat(), "--days", str(self.days), "--seed", str(self.seed), "--clients", str(CLIENTS),
            "--prefix", self.prefix, "--catalogue", str(self.catalogue), *more]

    def parts(self, start: int, end: int, size: int) -> list[tuple["Stream", int, int]]:
        """Pieces of `size` receipts: the stream, the first number, the count."""
        return [(self, first, min(size, end - first)) for first in range(start, end, size)]


def files(parts: list[tuple[Stream, int, int]], folder: Path) -> Iterator[tuple[Path, int, int]]:
    """A file of each piece with its first number and count, two made at a time, each gone once the next is asked for."""
    for pair in range(0, len(parts), 2):
        made = []
        for stream, first, count in parts[pair:pair + 2]:
            file = folder / f"receipts-{stream.prefix}{first}.ndjson"
            with open(file, "wb") as out:
                made.append((file, first, count, subprocess.Popen(stream._command(first, count), stdout=out)))
        for *_, process in made:
            if process.wait() != 0:
                raise RuntimeError(f"till-generate ended with {process.returncode}")
        for file, first, count, _ in made:
            yield file, first, count
            file.unlink()
            # What `till import` says of the receipts that it must refuse.
            Path(f"{file}.rejected.ndjson").unlink(missing_ok=True)


@dataclass(frozen=True)
class Plan:
    """How many receipts of a run lie where."""

    today: datetime.date
    years: int
    cold: int
    hot: int
    #: Posted while the benchmark asks: yesterday's.
    live: int
    seed: int = 1

    @property
    def since(self) -> datetime.date:
        return self.today - datetime.timedelta(days=HOT_DAYS - 1)

    @property
    def first_day(self) -> datetime.date:
        return self.since - datetime.timedelta(days=int(self.years * 365.25) - HOT_DAYS)

    @property
    def cold_stream(self) -> Stream:
        return Stream(self.first_day, (self.since - self.first_day).days, self.cold, self.seed, "R-", self.seed)

    @property
    def hot_streams(self) -> list[Stream]:
        """A stream for each of the last days, each with ids of its own, so that each goes into a hot file of its own."""
        days = [self.since + datetime.timedelta(days=number) for number in range(HOT_DAYS)]
        weights = [WEEK[day.weekday()] for day in days]
        ends = [round(self.hot * sum(weights[:number + 1]) / sum(weights)) for number in range(HOT_DAYS)]
        return [
            Stream(day, 1, end - start, self.seed + 100 + number, f"H{number:02}-", self.seed)
            for number, (day, start, end) in enumerate(zip(days, [0, *ends], ends))]

    @property
    def live_stream(self) -> Stream:
        return Stream(self.today - datetime.timedelta(days=1), 1, self.live, self.seed + 2, "L-", self.seed)
