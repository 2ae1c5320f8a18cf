"""Records a second of an uploaded file, from the answer to its PUT until the upload has ended: receipts as NDJSON, licences as CSV, a second time as further versions.

uploads.py [--records 300000] [--beside RATE] [--json FILE]
uploads.py --memory 10,100,1000 [--at-once 4] [--json FILE]

With `--beside` receipts are posted one by one at that rate meanwhile (an open loop over 64 connections), and the times from when each was due to its answer are given. Prints a table.

With `--memory` files of each form and of these lengths (in MB, as they are once unpacked) come to a server of their own each, one alone, and several at once in the least but one length: by how much the server's anonymous memory
was greater at its most, from before the PUT until the last upload has ended, than before. A hundred megabytes of such records have been posted then: a store keeps rows that it took last, however they came.
"""

import argparse
import csv
import gzip
import http.client
import io
import itertools
import json
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

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


def licences(count: int, name: str, first: int = 0, years: int = 1) -> bytes:
    """A file of the licences from `first` on, with a header, issued over so many years."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(first, first + count):
        writer.writerow([
            f"L{number}", "audiologist", "active", "eligible", f"{number % 900 + 100}-45-{number % 9000 + 1000}", f"{number % 10**10:010}", name, "", f"Family{number % 4999}", "1980-01-02",
            f"{2020 - number % years}-01-01", "", "2030-01-01", f"{number} Main Street", "Springfield", "Ohio", "43215", f"a{number}@example.org", "+12025550123"])
    return text.getvalue().encode()


def put(server, name: str, type: str | None, data, byte_count: int) -> str:
    """Announces a file and puts it.

    data -- bytes, or an open file
    """
    made = server.call("POST", f"/v1/uploads?client={CLIENT}", {"name": name, "type": type, "bytes": byte_count})
    path = made["url"].split("/", 3)[3]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("PUT", "/" + path, data, {"Content-Length": str(byte_count)})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    return made["upload_id"]


def ended(server, name: str) -> dict:
    """The upload, once it has ended."""
    while True:
        seen = server.call("GET", f"/v1/uploads/{name}")
        if seen["state"] not in ("NEW", "PROCESSING"):
            assert seen["state"] == "PROCESSED" and seen["rejected"] == 0, seen
            return seen
        time.sleep(0.02)


def upload(server, name: str, type: str | None, data: bytes) -> tuple[float, dict]:
    made = put(server, name, type, data, len(data))
    began = time.perf_counter()
    seen = ended(server, made)
    return time.perf_counter() - began, seen


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


# MARK: Memory

MEGABYTE = 1_000_000
#: What stands around the records of an envelope is read from each.
ENVELOPE = {
    "name": "shift", "version": 1, "table": "shift_receipts", "format": "json", "match": {"/shift": {"exists": True}}, "each": {"path": "/receipts/*"}, "batch": "each", "receipt_id": "/id",
    "issued_at": "/issued_at", "columns": {
        "shift": {"path": "/shift", "from_root": True, "type": "VARCHAR"}, "closed_by": {"path": "/closed/by", "from_root": True, "type": "VARCHAR"}, "total": {"path": "/total", "type": "DECIMAL(18,4)"}}}


@dataclass(frozen=True)
class Form:
    """A form of files: a piece of records from a number on, and what stands before, between and behind pieces."""

    title: str
    name: str
    type: str | None
    before: str
    between: str
    behind: str

    def piece(self, first: int, count: int, between: str) -> str:
        if self.type == "licence":
            return licences(count, "Ann", first).split(b"\r\n", 1)[1].decode()
        return between.join(receipt(number)[:-1] for number in range(first, first + count))

    def pieces(self, byte_count: int, first: int) -> Iterator[bytes]:
        """About so many bytes."""
        yield self.before.encode()
        made, number = 0, first
        while made < byte_count:
            text = ((self.between if made else "") + self.piece(number, 1_000, self.between)).encode()
            number += 1_000
            made += len(text)
            yield text
        yield self.behind.encode()


FORMS = (
    Form("licences, CSV", "a.csv", "licence", ",".join(HEADER) + "\r\n", "", ""), Form("receipts, NDJSON", "a.ndjson", None, "", "\n", "\n"),
    Form("receipts, NDJSON in gzip", "a.ndjson.gz", None, "", "\n", "\n"), Form("receipts, JSON array", "a.json", None, "[", ",", "]"),
    Form("receipts, JSON envelope", "a.json", "shift", '{"shift":"S-7","receipts":[', ",", '],"closed":{"by":"Olena"}}'))


def written(form: Form, file: pathlib.Path, byte_count: int, first: int) -> pathlib.Path:
    with gzip.open(file, "wb", 1) if form.name.endswith(".gz") else open(file, "wb") as target:
        for piece in form.pieces(byte_count, first):
            target.write(piece)
    return file


#: What a store keeps of the rows that it took last, however they came, is full by then.
FILLED_MEGABYTES = 100


def fill(server, form: Form) -> None:
    """Posts records of that form, a megabyte at a time."""
    query = f"/v1/receipts?client={CLIENT}" + (f"&type={form.type}" if form.type else "")
    if form.type == "shift":
        content_type, query = "application/json", f"/v1/receipts?client={CLIENT}&type=shift"
    else:
        content_type = "text/csv" if form.type else "application/x-ndjson"
    around = (form.before, form.behind) if form.type else ("", "\n")
    between = "\n" if content_type == "application/x-ndjson" else form.between
    for number in range(0, FILLED_MEGABYTES * MEGABYTE // 400, 2_000):
        body = around[0] + between.join(form.piece(number + part, 1_000, between) for part in (0, 1_000)) + around[1]
        status, answer = server.request("POST", query, body.encode(), content_type)
        assert status < 300, (status, answer[:500])


def remembered(form: Form, megabytes: int, at_once: int, types: list[dict]) -> dict:
    """What uploads of files of that form take of a server's memory."""
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "data") as server:
        server.call("PUT", f"/v1/contracts/{CLIENT}", {"access": "read-write", "scope": "own"})
        for type_file in types:
            server.call("PUT", f"/v1/types/{type_file['name']}", type_file)
        fill(server, form)
        files = [written(form, pathlib.Path(folder) / f"file{number}", megabytes * MEGABYTE, 10**9 * (number + 1)) for number in range(at_once)]
        before = machine.anonymous_memory(server.pid)
        began = time.perf_counter()
        with machine.MemoryWatch(server.pid) as watch:
            made = []
            for file in files:
                with open(file, "rb") as data:
                    made.append(put(server, form.name, form.type, data, file.stat().st_size))
            records = sum(ended(server, name)["processed"] for name in made)
        return {
            "file": form.title, "megabytes": megabytes, "at_once": at_once, "records": records, "seconds": time.perf_counter() - began, "before_mib": before / 2**20, "most_mib": watch.peak / 2**20,
            "of_each_mib": (watch.peak - before) / 2**20 / at_once}


def memory(megabytes: list[int], at_once: int, types: list[dict]) -> list[dict]:
    several = sorted(megabytes)[:2][-1]
    rows = []
    for form in FORMS:
        for length, count in [(length, 1) for length in megabytes] + [(several, at_once)]:
            row = remembered(form, length, count, types)
            rows.append(row)
            print(f"{form.title:28} {count} × {length:>6,} MB {row['records']:>10,} records {row['seconds']:>7.1f} s   {row['before_mib']:.0f} to {row['most_mib']:.0f} MiB, {row['of_each_mib']:.1f} of each", flush=True)
    return rows


def save(name: str, rows: list[dict], beside: str) -> None:
    """Into the figures that the report is made of; rows of another run of the same kind of call are kept."""
    folder = ROOT / "benchmarks/results"
    run = results.read(folder, "uploads") or results.Run("uploads", 0, 0, {}, machine.describe())
    part = run.parts.setdefault("uploads", {})
    kept = [row for row in part.get(name, {}).get("rows", []) if ("p99_ms" in row) != ("p99_ms" in rows[0])] if name == "uploads" else []
    part[name] = results.stamp(ROOT) | {"beside": beside, "rows": kept + rows}
    run.save(folder)


def speed(records: int, rate: int, type_file: dict) -> list[dict]:
    rows = []
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "data") as server:
        server.call("PUT", f"/v1/contracts/{CLIENT}", {"access": "read-write", "scope": "own"})
        server.call("PUT", "/v1/types/licence", type_file)
        files = [
            ("receipts, NDJSON", "a.ndjson", None, "".join(receipt(number) for number in range(records)).encode()),
            ("licences, CSV", "a.csv", "licence", licences(records, "Ann")),
            ("licences again, all changed", "a.csv", "licence", licences(records, "Bob")),
            ("licences again, all the same", "a.csv", "licence", licences(records, "Bob")),
        ]
        for title, name, type, data in files:
            beside = Beside(server, pathlib.Path(folder), rate) if rate else None
            seconds, seen = upload(server, name, type, data)
            row = {"file": title, "records": seen["processed"], "bytes": len(data), "seconds": seconds, "per_second": seen["processed"] / seconds} | (beside.end() if beside else {})
            rows.append(row)
            more = f"   POST p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, p99.9 {row['p999_ms']:.1f} ms, max {row['max_ms']:.0f} ms of {row['posts']}" if beside else ""
            print(f"{title:32} {seen['processed']:>9,} records {seconds:>7.2f} s {row['per_second']:>9,.0f}/s{more}", flush=True)
    return rows


def lengths(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, default=300_000)
    arguments.add_argument("--beside", type=int, default=0)
    arguments.add_argument("--memory", metavar="MB", type=lengths, help="lengths of files")
    arguments.add_argument("--at-once", type=int, default=4)
    arguments.add_argument("--json", type=pathlib.Path)
    arguments.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    options = arguments.parse_args()
    type_file = json.loads((ROOT / "examples/licences/licence.json").read_text())
    # A store that has no sensitive columns yet takes the others.
    for column in type_file["columns"].values():
        column.pop("sensitive", None), column.pop("description", None)
    rows = memory(options.memory, options.at_once, [type_file, ENVELOPE]) if options.memory else speed(options.records, options.beside, type_file)
    if options.json:
        options.json.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if options.save:
        save("memory" if options.memory else "uploads", rows, options.save)


if __name__ == "__main__":
    main()
