"""Licences whose first versions are cold come again, all of them changed: records a second beside those of first versions, and what the index of versions takes.

versions.py [--records 300000] [--years 1,20] [--shuffled] [--json FILE]

The file of first versions is uploaded and moved to cold, then come the same licences changed, the same once more (nothing is new), and, after a restart, changed again. The contract asks for half the
speed of first versions. With `--years` they were issued over so many, each a cold file or more: finding one must not take longer for it. With `--shuffled` the further files have their records in another order
than the first one: the index is then asked at places far apart. Prints a table.
"""

import argparse
import datetime
import json
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.server import ROOT, Server
from uploads import CLIENT, licences, save, upload


def shuffled(data: bytes) -> bytes:
    header, *records = data.split(b"\r\n")[:-1]
    random.Random(52).shuffle(records)
    return b"\r\n".join([header, *records, b""])


def spent(process: int) -> float:
    """Seconds of processor time that a process has had so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def versions(records: int, years: int, type_file: dict, order) -> list[dict]:
    """The steps over licences that were issued over so many years."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"

        def move(server: Server) -> None:
            tomorrow = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1)
            server.call("POST", "/v1/admin/compact", {"before": tomorrow.isoformat()})

        def measured(server: Server, title: str, counted: str, name: str) -> None:
            data = licences(records, name, years=years)
            file = order(data) if rows else data
            cold = server.sql("SELECT count(*) FROM till.files WHERE \"table\" = 'licences_history' AND tier = 'cold'")[0][0]
            before = spent(server.pid)
            seconds, seen = upload(server, "a.csv", "licence", file)
            assert seen[counted] == records, seen
            processor_seconds = spent(server.pid) - before
            row = {"file": title, "years": years, "files": int(cold), "records": records, "seconds": seconds, "per_second": records / seconds, "processor_seconds": processor_seconds}
            rows.append(row)
            ratio = row["per_second"] / rows[0]["per_second"]
            print(
                f"{title:34} {row['files']:>3} files {records:>9,} records {seconds:>7.2f} s {row['per_second']:>9,.0f}/s {ratio:>5.2f} {row['processor_seconds']:>7.2f} s of processors", flush=True)

        with Server(data) as server:
            server.call("PUT", f"/v1/contracts/{CLIENT}", {"access": "read-write", "scope": "own"})
            server.call("PUT", "/v1/types/licence", type_file)
            measured(server, "first versions", "accepted", "Ann")
            move(server)
            measured(server, "next versions, the first cold", "replaced", "Bob")
            measured(server, "the same again", "repeated", "Bob")
            move(server)
        with Server(data) as server:
            print(f"{'start':34} {server.ready_seconds:.2f} s, index of {(data / 'versions.sqlite').stat().st_size / 1e6:.0f} MB", flush=True)
            measured(server, "third versions, two cold", "replaced", "Eve")
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, default=300_000)
    arguments.add_argument("--years", metavar="YEARS", type=lambda text: [int(part) for part in text.split(",")], default=[1])
    arguments.add_argument("--shuffled", action="store_true")
    arguments.add_argument("--json", type=pathlib.Path)
    arguments.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    options = arguments.parse_args()
    type_file = json.loads((ROOT / "examples/licences/licence.json").read_text())
    type_file |= {"issued_at": "dateOfIssuance", "time_zone": "UTC"}
    order = shuffled if options.shuffled else bytes
    rows = [row for years in options.years for row in versions(options.records, years, type_file, order)]
    if options.json:
        options.json.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if options.save:
        save("versions", rows, options.save)


if __name__ == "__main__":
    main()
