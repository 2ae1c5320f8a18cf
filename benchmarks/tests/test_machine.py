"""That nothing is timed while the system still writes what was made before."""

import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from harness import asking, loading, machine, server


class Disk:
    """Of which so many bytes are unwritten at each look, and a clock that pauses alone move."""

    def __init__(self, *unwritten: int):
        self.unwritten = list(unwritten)
        self.seconds = 0.0
        self.syncs = 0

    def look(self) -> int:
        return self.unwritten.pop(0) if len(self.unwritten) > 1 else self.unwritten[0]

    def sync(self) -> None:
        self.syncs += 1

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def settle(self) -> bool:
        return machine.settle(self.look, self.sync, self.pause, lambda: self.seconds)


class SettleTests(unittest.TestCase):
    def test_unwritten_isWhatIsDirtyAndWhatIsOnItsWay(self):
        text = "MemTotal: 8 kB\nDirty:             12 kB\nWriteback:          3 kB\nWritebackTmp:       9 kB\n"
        self.assertEqual(machine.unwritten_bytes(text), 15 * 1024)
        self.assertGreaterEqual(machine.unwritten_bytes(), 0)

    def test_settle_syncsOnceWhereNothingIsLeft(self):
        disk = Disk(machine.UNWRITTEN_MAX)
        self.assertTrue(disk.settle())
        self.assertEqual((disk.syncs, disk.seconds), (1, 0.0))

    def test_settle_waitsUntilLittleIsLeft(self):
        disk = Disk(400 << 20, 90 << 20, 1 << 20)
        self.assertTrue(disk.settle())
        self.assertEqual(disk.syncs, 3)

    def test_settle_besideProgramsThatWriteWithoutAPause_ends(self):
        disk = Disk(machine.UNWRITTEN_MAX + 1)
        self.assertFalse(disk.settle())
        self.assertLess(disk.seconds, 2 * machine.SETTLE_SECONDS)


class TimedPartTests(unittest.TestCase):
    """What is done in which order, where a part is timed."""

    def setUp(self):
        self.done: list[str] = []
        patch = mock.patch.object(machine, "settle", lambda: self.done.append("settle"))
        patch.start()
        self.addCleanup(patch.stop)

    def note(self, what: str):
        def noted(*_: object, **__: object):
            self.done.append(what)
            return SimpleNamespace(stdout="0 refused 0", returncode=0), 1.0

        return noted

    def test_load_beginsOnceTheDiskHasItsFile(self):
        with mock.patch.object(server.subprocess, "Popen", self.note("driver")):
            server.load(SimpleNamespace(port=1, key="k"), Path("live.ndjson"), connections=1, rate=1, seconds=1)
        self.assertEqual(self.done, ["settle", "driver"])

    def test_eachPeersLoad_beginsOnceTheDiskHasTheOnesBefore(self):
        peers = {name: SimpleNamespace(timed=self.note(name)) for name in ("DuckDB", "ClickHouse (chDB)")}
        context = SimpleNamespace(peer_names=list(peers), peer=peers.get)
        loading.into_peers(context, Path("part.ndjson"), {"peers": {}})
        self.assertEqual(self.done, ["settle", "DuckDB", "settle", "ClickHouse (chDB)"])

    def test_compaction_beginsOnceTheDiskHasWhatCameBefore(self):
        calls = SimpleNamespace(pid=0, call=lambda *_: self.done.append("compact") or {})
        serving = mock.MagicMock()
        serving.__enter__.return_value = calls
        context = mock.MagicMock(data=Path("/nowhere"), plan=SimpleNamespace(cold=0, hot=0))
        context.serving.return_value = serving
        context.live_files.return_value = []
        context.state = {"figures": {"raw_bytes": 0, "hot_raw_bytes": 0}}
        with mock.patch.object(machine, "MemoryWatch", mock.MagicMock()), mock.patch.object(asking, "column_bytes", lambda _: {}):
            asking.compact(context)
        self.assertEqual(self.done, ["settle", "compact"])


if __name__ == "__main__":
    unittest.main()
