"""benchmarks/RESULTS.md and the charts: what was promised, what was measured, and whether it was kept. Made from saved figures only."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from . import analysis, bucketdoc, charts, doordoc, pairdoc, processdoc, promises, results, rollupdoc, suitedoc, uploaddoc
from .results import Run

HEAD = """# Results

Made by `script/bench` from the figures in `benchmarks/results/`; `script/bench --report` makes it again. Everything runs on the one machine
below, load generators included, at the same time as nothing else. Sides take turns in one run, the first one another each time; a figure is the
median unless it says otherwise. *Cold* is with the page cache of all data files dropped before each answer; DuckDB is opened anew for it, since it
keeps blocks in its own memory, ClickHouse's caches are dropped, PostgreSQL is started anew; a Till server goes on running, with footers and
manifests in memory. Till answers over HTTP in JSON from a server process;
the others inside the process that asks, into Arrow or their own text. Answers are compared, not only times.
"""
#: What the README shows stands between these.
MARKS = ("<!-- figures: written by script/bench -->", "<!-- end of figures -->")
#: Runs in the order of their sections.
TITLES = {"default": "Till and DuckDB", "peers": "Till and its peers", "full": "Twenty million receipts"}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def write(folder: Path, is_official: bool) -> str:
    """Writes RESULTS.md and the charts beside the figures (of the project's own folder: one above, where the README looks); returns the table of promises."""
    runs = results.read_all(folder)
    target = folder.parent if is_official else folder
    pictures = target / "charts"
    pictures.mkdir(parents=True, exist_ok=True)
    drawn = draw(runs)
    for name, picture in drawn.items():
        (pictures / f"{name}.svg").write_text(picture)
    is_measured = any(verdict.verdict != promises.NOT_MEASURED for verdict in promises.verdicts(runs))
    if is_measured:
        (target / "RESULTS.md").write_text(markdown(runs, sorted(drawn)))
    grown, divided = results.part(runs, "scale"), results.part(runs, "servers")
    if grown or divided:
        from . import scaledoc

        scale = target.parent / "docs/scale.md" if is_official else target / "scale.md"
        scale.write_text(scaledoc.markdown(grown, divided, results.part(runs, "rollups")))
    if is_official and is_measured:
        readme = target.parent / "README.md"
        readme.write_text(with_figures(readme.read_text(), runs, drawn))
    return promise_table(runs)


def with_figures(readme: str, runs: list[Run], drawn: Sequence[str]) -> str:
    """The README with the table of promises and two charts between its marks; without marks it stays as it is."""
    head, mark, rest = readme.partition(MARKS[0])
    _, end, tail = rest.partition(MARKS[1])
    if not mark or not end:
        return readme
    pictures = [next((f"{part}-{run.name}" for run in runs if f"{part}-{run.name}" in drawn), None) for part in ("cold", "hot")]
    shown = "".join(f"\n![{name}](benchmarks/charts/{name}.svg)\n" for name in pictures if name)
    return f"{head}{mark}\n{promise_table(runs)}{shown}{end}{tail}"


def markdown(runs: list[Run], pictures: Sequence[str]) -> str:
    text = HEAD + "\n"
    if runs:
        text += table(["machine", ""], [[key, value] for key, value in runs[0].machine.items()]) + "\nOf the run with the most receipts; where another processor was at work, the run's own section says which.\n\n"
    text += "## Promise, figure, verdict\n\n" + promise_table(runs)
    text += "\nThe last column names the run: " + "; ".join(f"*{run.name}* {run.receipts:,} receipts over {run.years} years" for run in runs if run.parts) + ".\n"
    for name in pictures:
        text += f"\n![{name}](charts/{name}.svg)\n"
    for run in sorted(runs, key=lambda run: (list(TITLES).index(run.name) if run.name in TITLES else 9, run.name)):
        text += section(run)
    sums = results.part(runs, "rollups")
    text += rollupdoc.results(sums[1], table) if sums else ""
    for name, write in (("rollups bucket", rollupdoc.from_bucket), ("rollups keep", rollupdoc.keeping), ("rollups store", rollupdoc.of_store), ("suites", suitedoc.results), ("uploads", uploaddoc.results), ("queues", processdoc.queues), ("executions", processdoc.executions),
                        ("doors", doordoc.results), ("pair", pairdoc.results), ("log", bucketdoc.log), ("bucket", bucketdoc.questions)):
        found = results.part(runs, name)
        text += write(found[1], table) if found else ""
    return text


def promise_table(runs: list[Run]) -> str:
    rows = [
        [verdict.promise.what, verdict.promise.required, verdict.promise.aim, verdict.figure, f"**{verdict.verdict}**", verdict.source]
        for verdict in promises.verdicts(runs)]
    return table(["what", "required", "aim", "measured", "verdict", "run"], rows)


def section(run: Run) -> str:
    parts = run.parts
    writers = (
        ("load", loaded), ("compact", compacted), ("hot", lambda part: asked("Last thirty days, from the hot tier", part)),
        ("cold", lambda part: asked("All years, from cold files", part)),
        ("cold" if "cold" in parts else "hot", lambda _: analysed(parts)), ("mixed", mixed), ("ready", ready), ("import", imported), ("ingest", ingested),
        ("tpch", tpch), ("columns", lambda part: columns(run, part)), ("documents", documents),
        ("registration", registration), ("calls", called), ("hostile", attacked))
    bodies = [writer(parts[name]) for name, writer in writers if name in parts]
    if not bodies:
        return ""
    stamps = sorted({f"{part['date']} at {part['commit']} on {part.get('processor', run.machine.get('processor', 'unknown'))}" for part in parts.values() if "commit" in part})
    head = f"\n## {TITLES.get(run.name, f'Run {run.name}')}: {run.receipts:,} receipts, {run.years} years\n\nMeasured {', '.join(stamps)}.\n"
    return head + "".join(bodies)


def loaded(part: dict) -> str:
    count, seconds = part["receipts"], part["till_seconds"]
    rows = [[
        "Till, cold", f"{count / seconds:,.0f}", f"{count / (seconds + part['compact_seconds']):,.0f}",
        f"{part['cold_bytes'] / max(part['cold_rows'], 1):,.0f}, documents included, {part['cold_files']} files"]]
    if part["hot_seconds"]:
        rows.append([
            f"Till, hot, over HTTP, {part['hot_files']} days", f"{part['hot_receipts'] / part['hot_seconds']:,.0f}", "–",
            f"{part['hot_bytes'] / part['hot_receipts']:,.0f}, documents included"])
    whole = count + part["hot_receipts"]
    for name, taken in part["peers"].items():
        finish = part["finish"].get(name, 0.0)
        rows.append([f"{name} {part['versions'].get(name, '')}", f"{whole / taken:,.0f}", f"{whole / (taken + finish):,.0f}", f"{part['peer_bytes'][name] / whole:,.0f}, columns only"])
    raw = (part["raw_bytes"] + part["hot_raw_bytes"]) / whole
    return f"\n### Loading\n\nA receipt has {raw:,.0f} bytes of JSON.\n\n" + table(["store", "receipts a second, NDJSON to rows", "… and in order", "bytes a receipt"], rows)


def compacted(part: dict) -> str:
    count = part["rows"]
    rows = [[name, f"{value / count:,.1f}", f"{100 * value / part['bytes']:.1f} %"] for name, value in sorted(part["by_column"].items(), key=lambda item: -item[1])[:12]]
    columns = sum(value for name, value in part["by_column"].items() if name not in ("document", "history"))
    return (
        f"\n### In cold files\n\n{count:,} receipts in {part['files']} files, {part['bytes'] / count:,.0f} bytes each: {columns / count:,.0f} of columns, the rest documents and "
        f"history. Moving the hot ones took {part['seconds']:,.0f} s ({part['processor_seconds']:,.0f} s of processor, RssAnon {part['memory_peak'] / 1048576:,.0f} MiB at most).\n\n"
        + table(["column", "bytes a receipt", "share"], rows))


def asked(title: str, part: dict) -> str:
    questions = part["questions"]
    sides = list(dict.fromkeys(side for question in questions.values() for side in question["warm"]))
    rows = []
    for name, question in questions.items():
        row = [name, question["title"], f"{question['rows']:,}"]
        for side in sides:
            row.append(f"{milliseconds(question['warm'][side]['median'])} / {milliseconds(question['cold'][side]['median'])}")
        row += [milliseconds(question["warm"]["Till"]["processor_ms"]), "no: " + ", ".join(question["differences"]) if question["differences"] else "yes"]
        rows.append(row)
    page, points = part["page"], part["points"]
    return (
        f"\n### {title}\n\nMilliseconds, warm / cold; all sides gave the same answer where it says so.\n\n"
        + table(["", "question", "rows", *sides, "Till's processor ms, warm", "same answer"], rows)
        + f"\nA page of {page['warm']['receipts']:,} receipts with their documents ({page['warm']['bytes'] / 1e6:.1f} MB): {milliseconds(page['warm']['median'])} ms, "
        f"cold {milliseconds(page['cold']['median'])}. Receipts by id and day, one after another: p50 {points['receipt']['p50']:.1f}, p99 {points['receipt']['p99']:.1f} ms; "
        f"tickets: p50 {points['ticket']['p50']:.1f}, p99 {points['ticket']['p99']:.1f} ms. RssAnon of the server {part['memory_peak'] / 1048576:,.0f} MiB at most.\n")


def analysed(parts: dict) -> str:
    """Where the time goes, of each part of questions that was analysed."""
    text = ""
    for name, title in (("hot", "Last thirty days, from the hot tier"), ("cold", "All years, from cold files")):
        if rows := analysis.rows(parts.get(name, {}).get("questions", {})):
            text += f"\n{title}:\n\n" + table(analysis.HEAD, rows)
    return f"\n### Where the time goes\n\n{analysis.INTRODUCTION}\n{text}" if text else ""


def mixed(part: dict) -> str:
    rows = []
    for name in ("alone", "with hot questions", "with cold questions", "with a compaction"):
        if name not in part:
            continue
        run = part[name]
        rows.append([
            name, f"{run['per_second']:,.0f}", f"{run['post']['p50_ms']} / {run['post']['p99_ms']} / {run['post']['p999_ms']} / {run['post']['max_ms']}", f"{run['get']['p50_ms']} / {run['get']['p99_ms']}",
            f"{run['processor_seconds']:.1f}", f"{run['memory_peak'] / 1048576:,.0f}"])
    for run in part["full"]["rounds"]:
        rows.append([
            "full load", f"{run['per_second']:,.0f}", f"{run['post']['p50_ms']} / {run['post']['p99_ms']} / {run['post']['p999_ms']} / {run['post']['max_ms']}", f"{run['get']['p50_ms']} / {run['get']['p99_ms']}",
            f"{run['processor_seconds']:.1f}", f"{part['full']['memory_peak'] / 1048576:,.0f}"])
    text = (
        "\n### 1,000 connections on this store\n\n90 % POST, 10 % GET of tickets, at 1,000 requests a second by the clock (latency counts from the time a request was due), "
        "alone, while one client asks the questions one after another, and while hot files become cold ones; then as fast as answers come.\n\n"
        + table(["", "requests a second", "POST p50 / p99 / p99.9 / slowest ms", "GET p50 / p99 ms", "processor s", "RssAnon MiB"], rows))
    rows = []
    for question in part["with hot questions"]["questions"]:
        hot, cold = (part[name]["questions"].get(question) for name in ("with hot questions", "with cold questions"))
        rows.append([question, *(f"{milliseconds(each['p50'])} / {milliseconds(each['max'])} ({each['count']})" if each else "–" for each in (hot, cold))])
    text += "\nThe questions meanwhile, ms: median / greatest (how many).\n\n" + table(["", "last thirty days", "all years"], rows)
    if part["differences"]:
        text += f"\nAnswers that differed afterwards: {part['differences']}\n"
    else:
        text += "\nWhat was posted went to the peers too; all questions gave the same answers afterwards.\n"
    return text


def ready(part: dict) -> str:
    times = ", ".join(f"{each:.2f}" for each in part["seconds"])
    after = f"answers that differ: {part['differences']}" if part["differences"] else "all answers as before"
    return f"\n### Killed and started again\n\n`kill -9` while it takes 2,000 receipts a second, {part['hot_files']} hot files: ready after {times} s; {after}.\n"


def imported(part: dict) -> str:
    rows = [[side, f"{part[side]['per_second']:,.0f}", f"{part[side]['processor_ms'] / part['receipts'] * 1000:,.1f}", f"{size / part['receipts']:,.0f}"]
            for side, size in (("Till", part["till_bytes"]), ("DuckDB", part["duckdb_bytes"]))]
    return (f"\n### NDJSON to finished Parquet\n\n{part['receipts']:,} receipts, documents and columns; DuckDB reads, sorts and writes without checking. Till also makes the sums of the four rollups it comes with, some 15 % of its processor's time.\n\n"
            + table(["", "receipts a second", "processor µs a receipt", "bytes a receipt"], rows))


def ingested(part: dict) -> str:
    rows = []
    for each in part["measurements"]:
        turns = each["rounds"]
        rates = sorted(turn["per_second"] for turn in turns)
        middle = lambda key: statistics.median(turn[key] for turn in turns)
        name = " ".join(str(word) for word in (each["what"], each.get("side", "Till"), each.get("connections", ""), each.get("size", "")) if word != "")
        rows.append([name, f"{rates[0]:,.0f} / {statistics.median(rates):,.0f} / {rates[-1]:,.0f}", f"{middle('p50_ms'):.2f}", f"{middle('p99_ms'):.2f}", f"{middle('processor_us'):.1f}"])
    return ("\n### Durable posts\n\nBy `benchmarks/ingest.py`, which says what each row is.\n\n"
            + table(["", "receipts a second, least / median / most", "p50 ms", "p99 ms", "server's processor µs a receipt"], rows))


def tpch(part: dict) -> str:
    rows = [[name, milliseconds(query["Till"]), milliseconds(query["DuckDB"]), f"{query['Till'] / query['DuckDB']:.2f}", "yes" if query["agrees"] else "**no**"]
            for name, query in part["queries"].items()]
    totals = [statistics.median(part["totals"][side]) for side in ("Till", "DuckDB")]
    rows.append(["total", milliseconds(totals[0]), milliseconds(totals[1]), f"{totals[0] / totals[1]:.2f}", ""])
    return "\n### TPC-H, scale factor 1, Parquet files\n\nMilliseconds, two threads; of each turn the better of two runs, then the median of the turns.\n\n" + table(["", "Till", "DuckDB", "Till / DuckDB", "right"], rows)


def columns(run: Run, part: dict) -> str:
    rows = [
        [each.promise.what, each.promise.required, each.promise.aim, each.figure, f"**{each.verdict}**"]
        for each in promises.verdicts([run], promises.COLUMN_PROMISES)]
    return (
        f"\n### Columns, on one data file of {part['bytes'] / 1048576:.1f} MiB\n\n" + table(["what", "required", "aim", "measured", "verdict"], rows)
        + verbatim("Columns one by one, milliseconds: wall clock / processor", part["text"]))


def verbatim(title: str, text: str) -> str:
    return f"\n### {title}\n\n```\n{text.strip()}\n```\n"


def documents(part: dict) -> str:
    texts = [text.strip() for name, text in part.items() if name not in ("date", "commit", "processor")]
    return verbatim("A document's bytes to its row, one thread, no HTTP and no disk", "\n".join(texts))


def registration(part: dict) -> str:
    times = part["complete_seconds"]
    text = (
        f"\n### Registration\n\n{part['receipts']:,} receipts at {part['rate']:,} a second, each accepted by two registrars that take 200 ms: COMPLETE after p50 {times['p50']} s, "
        f"p99 {times['p99']} s, at most {times['max']} s.")
    if "post" in part:
        post, used = part["post"], part["processor_seconds"]
        text += (
            f" A POST meanwhile took p50 {post['p50_ms']} ms, p99 {post['p99_ms']} ms, at most {post['max_ms']} ms. Processor: the server {used['till']} s, the registrars {used['registrars']} s.")
    return text + "\n"


def called(part: dict) -> str:
    rows = [[f"{each['calls']:,}", f"{each['connections']:,}", f"{each['seconds']:.1f}", f"{each['per_second']:,}", f"{each['per_processor_second']:,}"] for each in part["rounds"]]
    return (
        f"\n### Calls to registrars\n\nTwo waiting steps of each of {part['receipts']:,} receipts, worked off by a server on one core; the registrars, on the other, take "
        f"{part['delay_seconds'] * 1000:.0f} ms for each call (`benchmarks/calls.py`).\n\n"
        + table(["calls", "connections", "seconds", "calls a second", "calls a second of the core"], rows))


def attacked(part: dict) -> str:
    rows = [
        [kind["title"], f"{kind['peak_mib']:,}", f"{kind['after_mib']:,}", f"{kind['answered']:,}", f"{kind['refused']:,}", f"{kind['slowest_seconds']:.2f}", "yes" if kind["is_alive"] else "**no**"]
        for kind in part["kinds"].values()]
    scale = "" if part["scale"] == 1 else f" At {part['scale']:g} of their usual number."
    return (
        "\n### Hostile requests\n\nThe worst request of each kind against a server at default settings, while another client asks (`benchmarks/hostile.py`)."
        + scale + " After is ten seconds later.\n\n"
        + table(["what", "RssAnon MiB, peak", "after", "others' answers", "others refused", "slowest of others, s", "lives"], rows))


def draw(runs: list[Run]) -> dict[str, str]:
    """The charts that the figures allow."""
    drawn: dict[str, str] = {}
    for part, name, title in (("cold", "cold", "Q1–Q9 over {years} years, {receipts:,} receipts, page cache dropped"), ("hot", "hot", "Q1–Q9 over thirty days, {hot:,} receipts, hot")):
        for run in runs:
            if part not in run.parts:
                continue
            temperature = "cold" if part == "cold" else "warm"
            groups = [
                (f"{key} {question['title'].split(',')[0][:36]}", {side: series["median"] for side, series in question[temperature].items()})
                for key, question in run.parts[part]["questions"].items()]
            hot = int(run.parts.get("load", {}).get("hot_receipts", 0))
            drawn[f"{name}-{run.name}"] = charts.bars(title.format(years=run.years, receipts=run.receipts, hot=hot), "ms", groups)
    found = results.part(runs, "tpch")
    if found:
        groups = [(name.upper(), {side: query[side] for side in ("Till", "DuckDB") if query[side] > 0}) for name, query in found[1]["queries"].items()]
        drawn["tpch"] = charts.bars("TPC-H, scale factor 1, Parquet files, two threads", "ms", groups)
    found = results.part(runs, "ingest")
    if found:
        sides: dict[str, list[tuple[float, float]]] = {}
        for each in found[1]["measurements"]:
            if each["what"] == "single":
                sides.setdefault(each["side"], []).append((each["connections"], statistics.median(turn["per_second"] for turn in each["rounds"])))
        if any(len(points) > 1 for points in sides.values()):
            drawn["ingest"] = charts.lines("Durable single-receipt posts", "connections", "receipts a second", sides)
    found = results.part(runs, "scale")
    if found:
        points = found[1]["points"]
        names = list(points[0]["questions"])
        series = {name: [(point["receipts"] / 1e6, point["questions"][name]["cold"]) for point in points] for name in names}
        drawn["scale"] = charts.lines("Q1–Q9 as the years grow, page cache dropped", "million receipts", "ms", series)
    return drawn
