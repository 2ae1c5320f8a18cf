"""Records a second of an uploaded file, from the answer to its PUT until the upload has ended: receipts as NDJSON, licences as CSV, a second time as further versions.

uploads.py [--records 300000] [--beside RATE] [--json FILE]

With `--beside` receipts are posted one by one at that rate meanwhile (an open loop over 64 connections), and the times from when each was due to its answer are given. Prints a table.
"""

import argparse
import csv
import http.client
import io
import itertools
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine, results
from harness.server import ROOT, Server, load, load_figures

CLIENT = "shop"
HEADER = (
    "licenseNumber,licenseType,licenseStatus,compactEligibility,ssn,npi,givenName,middleName,familyName,dateOfBirth,dateOfIssuance,dateOfRenewal,dateOfExpiration,"
    "homeAddressStreet1,homeAddressCity,homeAddressState,homeAddressPostalCode,emailAddress,phoneNumber").split(",")


def receipt(number: int) -> str:
    return (
        f'{{"schema":"pos/1","id":"R-{number}","store":{{"id":"S{number % 97}","till":"3"}},"issued_at":"2026-11-19T14:03:07+02:00","currency":"UAH","customer":"U{number % 5003:07}",'
        f'"lines":[{{"code":"4820000000017","name":"Хліб","category":"bakery","qty":2,"price":32.50,"vat":20,"amount":65.00}},{{"code":"4820000000024","name":"Молоко","category":"dairy",'
        f'"qty":1,"price":41.20,"vat":20,"amount":41.20}}],"total":106.20,"tax_total":17.70,"payment":{{"type":"card"}}}}\n')


def licences(count: int, name: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(count):
        writer.writerow([
            f"L{number}", "audiologist", "active", "eligible", f"{number % 900 + 100}-45-{number % 9000 + 1000}", f"{number % 10**10:010}", name, "", f"Family{number % 4999}", "1980-01-02",
            "2020-01-01", "", "2030-01-01", f"{number} Main Street", "Springfield", "Ohio", "43215", f"a{number}@example.org", "+12025550123"])
    return text.getvalue().encode()


def upload(server, name: str, type: str | None, data: bytes) -> tuple[float, dict]:
    made = server.call("POST", f"/v1/uploads?client={CLIENT}", {"name": name, "type": type, "bytes": len(data)})
    path = made["url"].split("/", 3)[3]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("PUT", "/" + path, data)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    began = time.perf_counter()
    while True:
        seen = server.call("GET", f"/v1/uploads/{made['upload_id']}")
        if seen["state"] not in ("NEW", "PROCESSING"):
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    assert seen["state"] == "PROCESSED" and seen["rejected"] == 0, seen
    return seconds, seen


class Beside:
    """Receipts posted at a rate by till-load, each at its instant, whatever became of the one before."""

    SECONDS = 120
    CONNECTIONS = 64
    # No receipt is posted twice, beside whichever file.
    numbers = itertools.count(10**9)

    def __init__(self, server, folder: pathlib.Path, rate: int):
        file = folder / "beside.ndjson"
        file.write_text("".join(receipt(next(self.numbers)) for _ in range(rate * self.SECONDS)))
        self.process = load(server, file, connections=self.CONNECTIONS, rate=rate, seconds=self.SECONDS, get_share=0, path=f"/v1/receipts?client={CLIENT}")

    def end(self) -> dict[str, float]:
        self.process.terminate()
        figures = load_figures(self.process)
        assert set(figures["statuses"]) == {"201"} and not figures["broken"], figures
        post = figures["post"]
        return {"posts": post["count"]} | {name: post[name] for name in ("p50_ms", "p99_ms", "p999_ms", "max_ms")}


def save(name: str, rows: list[dict], beside: str) -> None:
    """Into the figures that the report is made of; rows of another run of the same kind of call are kept."""
    folder = ROOT / "benchmarks/results"
    run = results.read(folder, "uploads") or results.Run("uploads", 0, 0, {}, machine.describe())
    part = run.parts.setdefault("uploads", {})
    kept = [row for row in part.get(name, {}).get("rows", []) if ("p99_ms" in row) != ("p99_ms" in rows[0])] if name == "uploads" else []
    part[name] = results.stamp(ROOT) | {"beside": beside, "rows": kept + rows}
    run.save(folder)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, default=300_000)
    arguments.add_argument("--beside", type=int, default=0)
    arguments.add_argument("--json", type=pathlib.Path)
    arguments.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    options = arguments.parse_args()
    type_file = json.loads((ROOT / "examples/licences/licence.json").read_text())
    # A store that has no sensitive columns yet takes the others.
    for column in type_file["columns"].values():
        column.pop("sensitive", None), column.pop("description", None)
    rows = []
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "data") as server:
        server.call("PUT", f"/v1/contracts/{CLIENT}", {"access": "read-write", "scope": "own"})
        server.call("PUT", "/v1/types/licence", type_file)
        files = [
            ("receipts, NDJSON", "a.ndjson", None, "".join(receipt(number) for number in range(options.records)).encode()),
            ("licences, CSV", "a.csv", "licence", licences(options.records, "Ann")),
            ("licences again, all changed", "a.csv", "licence", licences(options.records, "Bob")),
            ("licences again, all the same", "a.csv", "licence", licences(options.records, "Bob")),
        ]
        for title, name, type, data in files:
            beside = Beside(server, pathlib.Path(folder), options.beside) if options.beside else None
            seconds, seen = upload(server, name, type, data)
            row = {"file": title, "records": seen["processed"], "bytes": len(data), "seconds": seconds, "per_second": seen["processed"] / seconds} | (beside.end() if beside else {})
            rows.append(row)
            more = f"   POST p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, p99.9 {row['p999_ms']:.1f} ms, max {row['max_ms']:.0f} ms of {row['posts']}" if beside else ""
            print(f"{title:32} {seen['processed']:>9,} records {seconds:>7.2f} s {row['per_second']:>9,.0f}/s{more}", flush=True)
    if options.json:
        options.json.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if options.save:
        save("uploads", rows, options.save)


if __name__ == "__main__":
    main()
