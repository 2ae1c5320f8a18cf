"""Questions over twenty years from sums: their part of docs/scale.md and of RESULTS.md. Made from saved figures (`benchmarks/rollups.py design`)."""

import statistics

from .model import Model

#: What a question may take, and what is aimed at: milliseconds with the page cache dropped.
BOUNDS = {"Q3": (1_000, 100), "Q4": (3_000, 300), "Q5": (10_000, 1_000), "Q6": (10_000, 1_000), "Q7": (3_000, 300), "Q8": (3_000, 1_000)}


def span(figures: list[float]) -> str:
    """The median, and what it lies between."""
    text = lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    return f"{text(statistics.median(figures))} ({text(min(figures))} to {text(max(figures))})"


def verdict(name: str, cold: list[float]) -> str:
    required, aim = BOUNDS[name]
    found = statistics.median(cold)
    return "aim" if found <= aim else "required" if found <= required else "missed"


def results(part: dict, table) -> str:
    """For RESULTS.md."""
    rows = []
    for name, found in part["questions"].items():
        required, aim = BOUNDS[name]
        beside = part["duckdb"]["questions"].get(name)
        rows.append([
            name, found["rollup"][0].removeprefix("Rollup "), f"{found['rows']:,}", span(found["cold_ms"]), span(found["warm_ms"]), f"{required:,} / {aim:,}", f"**{verdict(name, found['cold_ms'])}**",
            *((span(beside["cold_ms"]), span(beside["warm_ms"]), span(beside["parquet_cold_ms"]),
               f"{statistics.median(found['cold_ms']) / statistics.median(beside['cold_ms']):.2f}") if beside else ("–", "–", "–", "–")), *clickhouse(part, name)])
    sizes = ", ".join(f"{name.removeprefix('rollup_')} {size / 1e6:,.1f} MB" for name, size in part["bytes"].items())
    return (
        "\n## Rollups: the sums of twenty years at 14 TB a year\n\n"
        f"Measured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/rollups.py design DIRECTORY`; {part['beside']}.\n\n"
        f"A store of sums alone: 73 million rows by day and client, 24 million by month and product, beside the names of 92,440 cold files ({sizes}; {sum(part['bytes'].values()) / 49.6e12:.6f} of the cold bytes "
        "that the model has). `till serve` is asked over HTTP in the words of the benchmark. Cold: a new server, the page cache dropped. Milliseconds: the median, the least and the greatest of "
        f"{len(next(iter(part['questions'].values()))['cold_ms'])}. DuckDB {part['duckdb']['version']} has a table of its own of the same sums ({part['duckdb']['bytes'] / 1e9:.2f} GB, {part['duckdb']['make_s']:.0f} s to make), opened anew for each cold figure; "
        "its last column reads Till's files of sums. It keeps nothing up to date by itself."
        + (f" ClickHouse (chDB) has MergeTree tables in the order of their keys ({part['clickhouse']['bytes'] / 1e9:.2f} GB, {part['clickhouse']['make_s']:.0f} s to make and merge), a process for each cold figure." if "clickhouse" in part else "") + "\n\n"
        + table(["", "rollup (files)", "rows", "Till, cold", "Till, warm", "required / aim, cold", "verdict", "DuckDB's table, cold", "warm", "DuckDB over Till's files, cold", "Till : DuckDB, cold", "ClickHouse's table, cold", "warm"], rows)
        + "\nNot in these figures: hot rows, a file of sums for each of a year's last days (here a file a year), a bucket in place of the disk.\n")


def clickhouse(part: dict, name: str) -> tuple[str, str]:
    found = part.get("clickhouse", {}).get("questions", {}).get(name)
    return (span(found["cold_ms"]), span(found["warm_ms"])) if found else ("–", "–")


def from_bucket(part: dict, table) -> str:
    """For RESULTS.md: the same store in a bucket."""
    rows = [
        [name, span(found["cold_ms"]), span(found["warm_ms"]), "10,000 / 30,000", *((f"{found['requests']:,}", f"{found['bytes'] / 1e6:,.1f}") if "requests" in found else ("–", "–"))] for name, found in part["questions"].items()]
    return (
        f"\n### The same from a bucket\n\nMeasured {part['date']} at {part['commit']}, by `benchmarks/rollups.py bucket DIRECTORY`; {part['beside']}. {part['delay_ms']} ms to the first byte, {part['rate_mb']} MB a second on each "
        "connection (the bucket is a script on the same two cores). Cold: a new server and an empty cache. Milliseconds; requests and MB are those of one cold question.\n\n"
        + table(["", "cold", "warm", "aim / required", "requests", "MB"], rows))


def keeping(part: dict, table) -> str:
    """For RESULTS.md: what it costs to have sums."""
    words = {"import": "import", "merge": "merging after it", "move": "moving hot rows to cold"}
    rows = [
        [words[kind], *(f"{statistics.median(part['found'][side][f'{kind}_s']):.2f} ({statistics.median(part['found'][side][f'{kind}_cpu_s']):.2f})" for side in ("with", "without")),
         f"{part['ratio'][f'{kind}_s']:.2f} ({part['ratio'][f'{kind}_cpu_s']:.2f})"] for kind in words]
    return (
        f"\n### What keeping them costs\n\nMeasured {part['date']} at {part['commit']}, by `benchmarks/rollups.py keep DIRECTORY`; {part['beside']}. {part['receipts']:,} receipts of {part['days']:,} days imported, {part['moved']:,} of the last month "
        "posted and moved, with the four rollups of a new store and without any, in turn. Seconds, of processors in brackets; at most 1.15 is required.\n\n" + table(["", "with", "without", "ratio"], rows)
        + (keeping_beside(part, table) if "peers" in part else ""))


def keeping_beside(part: dict, table) -> str:
    """What the same sums cost the peers."""
    words = {"import": "the year's receipts", "merge": "merging, or putting in order", "move": "a month's receipts more"}
    rows = []
    for name, kept in {"Till": part, **part["peers"]}.items():
        sides = kept["found"]
        spent = {side: sum(statistics.median(sides[side][f"{step}_s"]) for step in words) for side in sides}
        rows.append([
            f"{name} {kept.get('version', '')}".strip(), *(" / ".join(f"{statistics.median(sides[side][f'{step}_s']):.2f}" for side in ("with", "without")) + f" = {kept['ratio'][f'{step}_s']:.2f}" for step in words),
            f"{spent['with'] - spent['without']:.1f} s, {spent['with'] / spent['without']:.2f}", f"{kept['bytes']['sums'] / 1e6:.1f}", f"{kept['bytes']['rows'] / 1e6:.1f}"])
    return (
        "\nThe same receipts and the same sums elsewhere, seconds with / without. ClickHouse has a table of columns and lines and a materialized view for each rollup (`SummingMergeTree`; `uniq` for customers), which adds the sums of each insert; a repeated "
        "receipt stays in its sums, so the receipts here have none. DuckDB keeps no sums: three tables are made by statements after the rows are in order, and grown by them in the same transaction (it has no state of distinct counts to be added to, "
        "so that customers by month are left out). Neither keeps the documents that Till keeps, validates, numbers and proves beside. Sums and rows are checked against each other in each run.\n\n"
        + table(["", *words.values(), "all, for the sums", "sums, MB", "rows, MB"], rows))


def of_store(part: dict, table) -> str:
    """For RESULTS.md: a store with its rows."""
    rows = [[name, found["rollup"][0].removeprefix("Rollup ") if found["rollup"] else "–", f"{found['with_ms']:.1f}", f"{found['without_ms']:.1f}"] for name, found in part["questions"].items()]
    return (
        f"\n### A store with its rows\n\nMeasured {part['date']} at {part['commit']}, by `benchmarks/rollups.py store DATA`; {part['beside']}. The sums are {part['share'] * 100:.2f} % of the cold bytes (at most 3 % at 20 million). Milliseconds, warm, medians; "
        "both ways give the same answers.\n\n" + table(["", "rollup (files)", "with", "without"], rows))


def scale(part: dict, model: Model, points, table, seconds, amount) -> str:
    """For docs/scale.md."""
    receipts = model.receipts(model.assumed.years)
    rows = []
    for name, line in model.measured.cold_seconds.items():
        found = part["questions"].get(name)
        without = model.answer(name, receipts, model.assumed.years, model.assumed.worker_cores)
        need = model.workers_for(name, receipts, model.assumed.years, 30)
        rows.append([
            name, points[0]["questions"][name]["title"], seconds(without.seconds), "–" if need is None else f"{need:,}",
            seconds(statistics.median(found["cold_ms"]) / 1e3) if found else "–", seconds(statistics.median(found["warm_ms"]) / 1e3) if found else "–",
            found["rollup"][0].removeprefix("Rollup ").split(" ")[0] if found else "rows"])
    return (
        "\n### With rollups and without\n\nWithout is the model above: rows are read. With was measured "
        f"({part['date']}, two cores, local disk, page cache dropped and warm; benchmarks/RESULTS.md): the sums of twenty years, {amount(sum(part['bytes'].values()))}, which a store keeps from its first day.\n\n"
        + table(["", "question", "without: one machine, 2 cores", "without: workers for 30 s", "with, cold", "with, warm", "answered from"], rows)
        + "\nQ8 with is approximate (`approx_count_distinct`, standard error 1.15 %); without it counts exactly.\n\n"
        "**What still needs many workers**: whatever is asked of single rows over all years: a column that no key has (a cashier, a tax rate of a line), text within documents, distinct values that are "
        "to be exact, medians, joins of receipts with receipts. It costs what the table of workers says, and a part of it where clients, days or bloom filters leave files out.\n\n"
        "**What to declare**: let people ask, then ask `till advise` (docs/rollups.md). A rollup pays while its groups are far fewer than its rows: by day and shop (10,000 × 7,300 days: 73 million rows, "
        "0.8 GB), by month and product (24 million, 0.2 GB), by month and anything with thousands of values. By customer and month it does not: 40 million customers a month are nearly as many sums as receipts; "
        "a sketch of customers by month and shop is 8 KB for each of 2.4 million groups, 20 GB, which still is a thousandth of the rows. Keys of two large lists (shop × product × day) are rows again: declare them by month, or for one list.\n")
