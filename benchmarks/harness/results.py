"""The figures of runs as JSON files, one for each run, so that a report can be made again and runs be put together."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import machine


@dataclass
class Run:
    """One run's figures: `parts[name]` is what that part of the benchmark found."""

    name: str
    receipts: int
    years: int
    parts: dict[str, dict] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{self.name}.json"
        aside = target.with_suffix(".json.new")
        aside.write_text(json.dumps(self.__dict__, indent=1, ensure_ascii=False, default=str) + "\n")
        aside.replace(target)


def stamp(root: Path) -> dict[str, str]:
    """When, from what and on what a part was measured."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True).stdout.strip()
    described = machine.describe()
    return {"date": described["date"], "commit": commit or "unknown", "processor": described["processor"]}


def read(folder: Path, name: str) -> Run | None:
    file = folder / f"{name}.json"
    return Run(**json.loads(file.read_text())) if file.is_file() else None


#: Of runs with as many receipts, the one that measured more comes first.
RANK = ("full", "peers", "default")


def read_all(folder: Path) -> list[Run]:
    """Every run there, the one with the most receipts first."""
    runs = [Run(**json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))]
    return sorted(runs, key=lambda run: (-run.receipts, RANK.index(run.name) if run.name in RANK else len(RANK), run.name))


def parts(runs: list[Run], name: str) -> Iterator[tuple[Run, dict]]:
    """The parts of that name, the one of the run with the most receipts first."""
    return ((run, run.parts[name]) for run in runs if name in run.parts)


def part(runs: list[Run], name: str) -> tuple[Run, dict] | None:
    """The first of them."""
    return next(parts(runs, name), None)
