"""What machine this is, and how to make it forget its page cache."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def describe() -> dict[str, str]:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "unknown")
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": f"{os.cpu_count()} × {model}",
        "memory": f"{memory / 1024 / 1024:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "swift": swift,
    }


def drop_page_cache(paths: list[Path]) -> None:
    """Drops these files (and the files under these folders) from the page cache."""
    for path in paths:
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        for file in files:
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def bytes_under(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def live_parquet_bytes(data: Path) -> int:
    """Bytes of the data files of the current snapshot, replaced ones that readers may still hold left out."""
    import json

    total = 0
    for table in (data / "warehouse").iterdir():
        version = (table / "metadata/version-hint.text").read_text()
        metadata = json.loads((table / f"metadata/v{version}.metadata.json").read_text())
        current = next(each for each in metadata["snapshots"] if each["snapshot-id"] == metadata["current-snapshot-id"])
        total += int(current["summary"].get("total-files-size", 0)) or bytes_under(table / "data")
    return total


def free_bytes(path: Path) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def anonymous_memory(pid: int) -> int:
    """RssAnon of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
