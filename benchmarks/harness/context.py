"""What the parts of a run share."""

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .peers import Peer
from .progress import Progress
from .receipts import CLIENTS, Plan
from .results import Run, stamp
from .server import ROOT, Server


@dataclass
class Context:
    plan: Plan
    run: Run
    progress: Progress
    #: Data of the run; kept for a later run that names the same folder.
    work: Path
    #: Where figures are saved.
    results: Path
    rounds: int
    seconds: int
    peer_names: list[str]
    peers: dict[str, Peer] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.work / "DATA"

    @property
    def state(self) -> dict:
        """What of the loading is done: a run that was broken off goes on from here."""
        file = self.work / "state.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def remember(self, **facts: object) -> None:
        (self.work / "state.json").write_text(json.dumps({**self.state, **facts}))

    def save(self, part: str, figures: dict) -> None:
        self.run.parts[part] = {**stamp(ROOT), **figures}
        self.run.save(self.results)

    def peer(self, name: str) -> Peer:
        if name not in self.peers:
            self.peers[name] = Peer(name, self.work / "".join(letter for letter in name.lower() if letter.isalpha()))
        return self.peers[name]

    def close(self) -> None:
        for peer in self.peers.values():
            peer.close()
        self.peers = {}

    @contextmanager
    def serving(self, environment: dict[str, str] | None = None):
        with Server(self.data, environment) as server:
            yield server

    def live_files(self, data: Path | None = None) -> list[dict]:
        """The data files of the receipts' current snapshot, in this run's store or another, read with pyiceberg: `path`, `bytes`, `rows`."""
        done = subprocess.run(
            [str(ROOT / ".venv/bin/python"), str(Path(__file__).with_name("iceberg_files.py")), str((data or self.data) / "warehouse/receipts")],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"pyiceberg: {done.stderr[-1500:]}")
        return json.loads(done.stdout)


def contracts(server: Server) -> None:
    """One for each client of the generator, so that the server takes their receipts."""
    for number in range(1, CLIENTS + 1):
        server.call("PUT", f"/v1/contracts/C{number:05}", {"access": "read-write", "scope": "own"})


def put_type(server: Server) -> None:
    document = json.loads((ROOT / "benchmarks/types/shop-receipt.json").read_text())
    server.call("PUT", f"/v1/types/{document['name']}", document)
