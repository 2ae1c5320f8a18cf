"""What machine this is; how to make it forget its page cache; what a process and a folder take of it."""

import datetime
import os
import platform
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path


def describe() -> dict[str, str]:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "unknown")
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    try:
        swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        swift = "unknown"
    return {
        "date": datetime.date.today().isoformat(),
        "processor": f"{os.cpu_count()} × {model}",
        "memory": f"{memory / 1024 / 1024:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "swift": swift,
    }


def files_of(paths: list[Path]) -> list[Path]:
    """The files that these paths are, or hold. What vanishes meanwhile is left out."""
    files = []
    for path in paths:
        if path.is_file():
            files.append(path)
        elif path.is_dir():
            files += [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
    return files


def drop_page_cache(paths: list[Path]) -> None:
    """Drops these files (and the files under these folders) from the page cache."""
    for file in files_of(paths):
        try:
            descriptor = os.open(file, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


#: So much may lie unwritten when a measurement begins: the disk takes it in a tenth of a second.
UNWRITTEN_MAX = 16 << 20
SETTLE_SECONDS = 60.0


def unwritten_bytes(text: str | None = None) -> int:
    """Pages that programs have written and the disk has not, and those on their way to it: Dirty and Writeback of proc_meminfo(5)."""
    lines = (Path("/proc/meminfo").read_text() if text is None else text).splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Dirty:", "Writeback:")))


def settle(
    unwritten: Callable[[], int] = unwritten_bytes, sync: Callable[[], None] = os.sync, pause: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.monotonic,
) -> bool:
    """Before something is timed: has all that was written so far brought to the disk, by whichever program and into whichever file.

    A load's file of hundreds of megabytes, a peer's tables and what was imported lie in memory for half a minute, and the system writes them in the middle of what is measured next, whose
    commits then wait for them. Where other programs write without a pause it is given up after a minute: then they are a part of every figure.

    Returns whether little is left.
    """
    end = now() + SETTLE_SECONDS
    while True:
        sync()
        if unwritten() <= UNWRITTEN_MAX:
            return True
        if now() >= end:
            return False
        pause(0.2)


def bytes_under(path: Path) -> int:
    total = 0
    for file in files_of([path]):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            pass
    return total


def free_bytes(path: Path) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def anonymous_memory(pid: int) -> int:
    """RssAnon of a process, in bytes; 0 when it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def processor_seconds(pid: int) -> float:
    """User and system time of all threads of a process, in nanoseconds' steps: its CPU clock (clock_getcpuclockid(3)); 0 when it has ended."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def bytes_read(pid: int) -> int:
    """What a process has had fetched from storage, so not what came from the page cache: read_bytes of proc(5)."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("read_bytes:"):
            return int(line.split()[1])
    return 0


class MemoryWatch:
    """The greatest RssAnon of a process while the watch is open, looked at every 20 ms."""

    def __init__(self, pid: int):
        self.pid = pid
        self.peak = anonymous_memory(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, anonymous_memory(self.pid))
