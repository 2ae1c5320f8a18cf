"""docs/scale.md: how the figures grow, what the design point costs, what breaks first, and how to go past one machine. Made from saved figures."""

from collections.abc import Sequence
from dataclasses import fields

from . import rollupdoc
from .model import Assumptions, Line, Measured, Model, error, fit, grown
from .report import milliseconds, table
from .results import Run

#: A plan over all of 100,000 files in 200 manifests takes 0.65 s, for a day 4 ms (docs/decisions/0007-iceberg-commits.md).
PLAN = Line(0.004, 6.5e-6)
YEARS = (1, 2, 5, 10, 20)
WORDS = {
    "raw_bytes_a_year": "bytes of documents a year", "years": "years", "file_bytes_max": "greatest data file, bytes",
    "bucket_dollars_a_gb_month": "object storage, $ a GB and month", "bucket_dollars_a_thousand_gets": "$ a thousand GETs",
    "bucket_bytes_a_second": "what a worker reads of it, bytes a second", "bucket_first_byte_seconds": "seconds to its first byte", "bytes_a_get": "bytes a GET",
    "disk_dollars_a_gb_month": "local block storage, $ a GB and month", "disk_bytes_a_second": "its reading, bytes a second", "worker_cores": "cores of a worker",
    "worker_dollars_an_hour": "a worker, $ an hour", "machine_cores": "greatest machine, cores", "machine_disk_bytes": "its greatest disk, bytes",
    "machine_dollars_an_hour": "that machine, $ an hour"}


def measured(points: Sequence[dict]) -> Measured:
    """Lines through the points; milliseconds become seconds."""
    sizes = lambda key, scale=1.0: [(point["receipts"], point[key] * scale) for point in points]
    asked = lambda key, scale: {
        name: grown([(point["receipts"], max(point["questions"][name][key] * scale, 1e-9)) for point in points]) for name in points[0]["questions"]}
    added = sum(point["added"] for point in points)
    middle = [(point["files"], sorted(point["ready_seconds"])[len(point["ready_seconds"]) // 2]) for point in points]
    return Measured(
        raw_bytes_each=sum(point["raw_bytes_added"] for point in points) / added, stored_bytes=fit(sizes("bytes")),
        load_rate=added / sum(point["import_seconds"] + point["compact_seconds"] for point in points), ready_seconds=grown(middle), memory_bytes=grown(sizes("memory")),
        plan_seconds=PLAN, cold_seconds=asked("cold", 1e-3), processor_seconds=asked("processor", 1e-3), bytes_read=asked("bytes_read", 1.0))


def amount(value: float) -> str:
    for limit, unit in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if value >= limit:
            return f"{value / limit:,.3g} {unit}"
    return f"{value:,.0f} B"


def seconds(value: float) -> str:
    if value < 120:
        return f"{value:,.2g} s" if value < 10 else f"{value:,.0f} s"
    return f"{value / 60:,.0f} min" if value < 7_200 else f"{value / 3_600:,.1f} h"


def markdown(scale: tuple[Run, dict] | None, servers: tuple[Run, dict] | None, sums: tuple[Run, dict] | None = None) -> str:
    text = "# Scale\n\nMade by `script/bench --scale` and `--servers` from figures in `benchmarks/results/`; `script/bench --report` makes it again.\n"
    if scale:
        text += growth(scale[1]["points"], scale[1]["receipts_a_year"]) + design_point(Model(measured(scale[1]["points"])), scale[1]["points"], sums and sums[1])
    if servers:
        text += past_one_machine(servers[1])
    return text


def growth(points: Sequence[dict], a_year: int) -> str:
    rows = []
    for point in points:
        rate = point["added"] / (point["import_seconds"] + point["compact_seconds"])
        ready = sorted(point["ready_seconds"])[len(point["ready_seconds"]) // 2]
        rows.append([
            f"{point['receipts']:,}", f"{rate:,.0f}", f"{point['files']}", f"{point['bytes'] / point['rows']:,.0f}", amount(point["metadata_bytes"]),
            f"{point['memory'] / 1048576:,.0f}", f"{ready:.2f}"])
    text = (
        f"\n## What was measured\n\nOne store that takes year after year, {a_year:,} receipts each, all clients and products as in `benchmarks/RESULTS.md`; two cores.\n\n"
        + table(["receipts", "receipts a second, NDJSON to merged files", "data files", "bytes a receipt", "Iceberg metadata", "RssAnon after the questions, MiB", "ready after s"], rows))
    names = list(points[0]["questions"])
    rows = []
    for name in names:
        cold = [(point["receipts"], point["questions"][name]["cold"]) for point in points]
        line = grown(cold)
        rows.append([
            name, points[0]["questions"][name]["title"], *(f"{milliseconds(point['questions'][name]['warm'])} / {milliseconds(point['questions'][name]['cold'])}" for point in points),
            f"{line.fixed:.1f} + {line.each * 1e6:.2f} a million", f"{error(line, cold):.0%}"])
    text += (
        "\nMilliseconds over all years that are there, warm / with the page cache dropped:\n\n"
        + table(["", "question", *(f"{point['receipts'] / 1e6:g} M" for point in points), "fitted, cold, ms", "greatest error"], rows)
        + "\nA question about one client, day, receipt or month reads what it names, and hardly grows; one over all years grows with its rows.\n")
    return text


def design_point(model: Model, points: Sequence[dict], sums: dict | None) -> str:
    assumed, found = model.assumed, model.measured
    text = (
        f"\n## The design point: {amount(assumed.raw_bytes_a_year)} of documents a year\n\nThat is {model.receipts_a_year / 1e9:.2f} billion receipts of "
        f"{found.raw_bytes_each:,.0f} bytes a year, {model.receipts_a_year / 365.25 / 1e6:,.0f} million a day, {model.receipts_a_year / 31_557_600:,.0f} a second on average. "
        f"The largest measured store has {points[-1]['receipts'] / 1e6:g} million: what follows is {model.receipts(20) / points[-1]['receipts']:,.0f} times beyond it, by straight lines, "
        "and no better than its assumptions, which stand at the end (and in `benchmarks/harness/model.py`, where they are changed).\n\n")
    rows = []
    for years in YEARS:
        receipts = model.receipts(years)
        files = model.files(receipts, years)
        rows.append([
            str(years), f"{receipts / 1e9:,.1f}", amount(receipts * found.raw_bytes_each), amount(model.stored(receipts)), f"{files:,.0f}",
            f"{max(files / 512, 1):,.0f}", seconds(found.plan_seconds.at(files)),
            f"{model.dollars_a_month(years, 'disk'):,.0f}", f"{model.dollars_a_month(years, 'bucket'):,.0f}"])
    text += table(
        ["years", "billion receipts", "documents", "stored", "data files", "manifests", "plan over all",
         "$ a month, one machine and its disk", "$ a month, bucket alone"], rows)
    most = max(point["memory"] for point in points) / 1048576
    text += (
        f"\nMemory does not grow with the store but with what is asked, up to `memory_budget` (768 MiB): {most:,.0f} MiB of RssAnon was the most here. "
        f"Taking what comes keeps {model.cores_to_load():.2f} cores busy day and night at the measured {found.load_rate:,.0f} receipts a second on "
        f"{assumed.worker_cores} cores (bulk import; single posts cost more, see RESULTS.md).\n"
        "\n### Questions over all twenty years, of rows\n\n")
    receipts = model.receipts(assumed.years)
    rows = []
    for name in found.cold_seconds:
        two, many = (model.answer(name, receipts, assumed.years, cores) for cores in (assumed.worker_cores, assumed.machine_cores))
        row = [name, points[0]["questions"][name]["title"], amount(found.bytes_read[name].at(receipts)), seconds(two.seconds), f"{seconds(many.seconds)} ({many.bound})"]
        for workers in (16, 64, 256):
            row.append(seconds(model.answer_on_bucket(name, receipts, assumed.years, workers).seconds))
        need = model.workers_for(name, receipts, assumed.years, 30)
        row += ["–" if need is None else f"{need:,}", f"{model.dollars_of_gets(name, receipts):,.2f}"]
        rows.append(row)
    text += table(
        ["", "question", "bytes read", f"one machine, {assumed.worker_cores} cores", f"one machine, {assumed.machine_cores} cores", "bucket, 16 workers", "64", "256", "workers for 30 s", "$ of GETs a question"], rows)
    text += (
        "\nWorkers are an outside engine's, or servers of the kind below: Till itself reads the disk of its machine. Q1, Q2, Q3 and Q9 name a client, a time or an id "
        "and stay with what they name as long as a year's files are sorted by it; the lines fitted here carry their small growth on to sizes nobody tried.\n")
    if sums:
        text += rollupdoc.scale(sums, model, points, table, seconds, amount)
    text += "\n### What breaks first without rollups\n\n"
    rows = [[what, f"{size / 1e9:,.2f}", f"{size / model.receipts_a_year:,.2f}"] for what, size in model.breaking_points()[:14]]
    text += table(["what", "billion receipts", "years of the design point"], rows)
    largest = model.dollars_a_month(assumed.years, "bucket", 64)
    text += f"\nTwenty years in a bucket with 64 workers always on cost ${largest:,.0f} a month; with workers only while a question runs, ${model.dollars_a_month(assumed.years, 'bucket'):,.0f} and their minutes.\n"
    text += "\n### Assumptions\n\nNot measured here; list prices of large clouds, rounded.\n\n" + table(
        ["what", "value"], [[WORDS[field.name], f"{getattr(assumed, field.name):,}" if isinstance(getattr(assumed, field.name), int) else f"{getattr(assumed, field.name):,g}"] for field in fields(Assumptions)])
    return text


def past_one_machine(part: dict) -> str:
    count = part["servers"]
    text = (
        f"\n## Past one machine\n\nA client's receipts, tickets, pages and identity never touch another client's, so clients are divided over servers: a router in front "
        "sends each request to the server of its client, by SHA-256 of the client's id, its first eight bytes as a big-endian number, modulo the number of servers. "
        "Each server has a directory, a warehouse and backups of its own; document types are put to all of them. A question of one client goes to its server. A question over all "
        "clients goes to an engine over the Iceberg tables of all, or to every server, and the sums are added.\n\n"
        "```python\ndef server_of(client: str, count: int) -> int:\n    return int.from_bytes(hashlib.sha256(client.encode()).digest()[:8], \"big\") % count\n```\n\n"
        f"Tried with {count} servers on this machine (`script/bench --servers {count}`): {part['receipts']:,} generated receipts of 500 clients, routed in NDJSON batches; "
        f"they took {', '.join(f'{number:,}' for number in part['taken'])} receipts, then moved them to cold files. Over the {count} tables together: "
        f"{int(part['answer'][0][0][0]):,} accepted receipts, revenue {part['answer'][0][0][1]}, {part['answer'][0][0][2]} clients.\n\n")
    rows = []
    for engine, found in part["engines"].items():
        if "error" in found:
            rows.append([engine, "–", "–", found["error"].replace("|", "\\|")[:160]])
        else:
            rows.append([engine, found["version"], f"{found['seconds']:.2f}", "the same answer as the servers' own, added up" if not found["difference"] else found["difference"]])
    text += table(["engine", "version", "seconds, both questions", "answer"], rows)
    text += (
        "\n```sql\n-- DuckDB 1.5 with its iceberg extension; the same in chDB, started above the tables, with icebergLocal('DIR')\n"
        + "\n".join(f"{'CREATE VIEW receipts AS ' if number == 0 else 'UNION ALL '}SELECT * FROM iceberg_scan('/srv/till-{number}/warehouse/receipts')" for number in range(count))
        + ";\nSELECT client_id, sum(total) AS revenue FROM receipts WHERE state = 'COMPLETE' GROUP BY 1 ORDER BY 2 DESC LIMIT 5;\n```\n\n"
        + table(["client_id", "revenue"], [[str(value) for value in row] for row in part["answer"][1]])
        + "\n`benchmarks/harness/iceberg_engines.py` has the four engines' programs, `servers.py` the router. The seconds are an order of magnitude only. Going from N to M "
        "servers moves clients: export their documents (`GET /v1/receipts?client=…`), import them at the new server, where they get new tickets and sequences, and switch the router; with a fixed large number of slots (say 1,024) and a table of slot to server "
        "instead of the modulo, only the moved slots' clients move. Spark, Trino and Athena were not tried: what they need to read Iceberg could not be had whole on this machine.\n")
    return text
