"""Q1 to Q9, hot and cold, warm and with the page cache dropped, alone and under load; points and pages; and whether the answers agree."""

import datetime
import random
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from . import analysis, machine
from .context import Context
from .loading import attach, into_finished, loaders
from .measure import Sample, alternate, difference, spread
from .queries import Choice, Question, choose, questions
from .server import Server, load, load_figures

POINTS = 1_500
#: How often and how long the 1,000 connections are let loose, and the rate while the server is killed.
FULL_ROUNDS, FULL_SECONDS = 3, 4
FULL_RATE_MAX = 18_000
KILL_RATE = 2_000
#: Days that `mixed` leaves in hot files for the compaction of all.
HOT_DAYS_LEFT = 10


def live_count(rounds: int, seconds: int) -> int:
    """Receipts that `mixed` and `ready` may post."""
    return 4 * seconds * 1_000 + FULL_ROUNDS * FULL_SECONDS * FULL_RATE_MAX + rounds * KILL_RATE


def choice(context: Context, hot: bool) -> Choice:
    peer = context.peer("DuckDB")
    return choose(lambda query: peer.call("sql", query), context.plan.since if hot else None, context.plan.today)


def ask(context: Context, part: str, hot: bool) -> None:
    """Each question to each side in turn; the same again with the page cache of all data dropped before each answer; then where Till's time goes."""
    names = [name for name in context.peer_names if not (hot and name.endswith("our Parquet"))]
    if not hot:
        attach(context)
    context.progress.begin(part)
    saved: dict[str, dict] = {}
    with context.serving() as server, machine.MemoryWatch(server.pid) as watch:
        asked = questions(choice(context, hot))
        # What was loaded, into Till and its peers, is not written to the disk beside the first answers.
        machine.settle()
        for number, question in enumerate(asked):
            saved[question.name] = one(context, server, names, question)
            context.progress.advance((number + 1) / len(asked))
        pages = page_of_documents(context, server, hot)
        points = point_reads(context, server, hot)
    context.save(part, {"questions": saved, "page": pages, "points": points, "memory_peak": watch.peak, "versions": {name: context.peer(name).version for name in names}})
    context.progress.end()


def one(context: Context, server: Server, names: list[str], question: Question) -> dict:
    sides = {"Till": lambda: server.ask(question.texts["till"])}
    for name in names:
        sides[name] = lambda peer=context.peer(name): peer.ask(question)

    def cool(name: str) -> None:
        if name == "Till":
            machine.drop_page_cache([context.data])
        else:
            context.peer(name).cool()

    warm, answers = alternate(sides, context.rounds)
    cold, _ = alternate(sides, context.rounds, before=cool)
    differences = {name: found for name in names if (found := difference(answers["Till"], answers[name]))}
    medians = ", ".join(f"{name} {warm[name].figures()['median']:.1f} (cold {cold[name].figures()['median']:.1f})" for name in sides)
    context.progress.say(f"{question.name} {question.title}: {medians} ms" + (f" ANSWERS DIFFER: {differences}" if differences else ""))
    return {
        "title": question.title, "rows": len(answers["Till"]), "differences": differences, "warm": {name: series.figures() for name, series in warm.items()},
        "cold": {name: series.figures() for name, series in cold.items()},
        "analysis": analysis.analyse(server.ask, question.texts["till"], context.rounds)}


def page_of_documents(context: Context, server: Server, hot: bool) -> dict:
    """A page of 10,000 receipts of the greatest client with their documents."""
    where = f"business_day >= DATE '{context.plan.since}'" if hot else f"business_day < DATE '{context.plan.since}'"
    client = context.peer("DuckDB").call("sql", f"SELECT client_id FROM receipts WHERE {where} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")[0][0]
    start = context.plan.since if hot else context.plan.since.replace(year=context.plan.since.year - min(4, context.plan.years))
    path = f"/v1/receipts?client={client}&from={start}&limit=10000"
    found: dict[str, dict] = {}
    for name, before in (("warm", None), ("cold", lambda _: machine.drop_page_cache([context.data]))):
        series, answers = alternate({"Till": lambda: server.get(path)}, context.rounds, before=before)
        body = answers["Till"][0][0]
        found[name] = {**series["Till"].figures(), "bytes": len(body), "receipts": body.count(b'"ticket_id":')}
    context.progress.say(f"page of {found['warm']['receipts']:,} documents: {found['warm']['median']:.0f} ms (cold {found['cold']['median']:.0f})")
    return found


def point_reads(context: Context, server: Server, hot: bool) -> dict:
    """Receipts by id and day, and tickets, one after another: milliseconds."""
    where = f"business_day >= DATE '{context.plan.since}'" if hot else f"business_day < DATE '{context.plan.since}'"
    rows = context.peer("DuckDB").call("sql", f"SELECT client_id, receipt_id, business_day FROM (SELECT * FROM receipts WHERE {where}) USING SAMPLE {POINTS} ROWS (reservoir, 7)")
    rows = [(client, receipt, str(day)[:10]) for client, receipt, day in rows]
    random.Random(7).shuffle(rows)
    receipts, tickets, found = [], [], []
    for client, receipt, day in rows:
        sample = server.get(f"/v1/receipts/{urllib.parse.quote(receipt)}?client={client}&day={day}")
        receipts.append(sample.milliseconds)
        body = sample.rows[0][0]
        mark = body.index(b'"ticket_id":"') + 13
        found.append(body[mark:mark + 26].decode())
    random.Random(8).shuffle(found)
    for ticket in found:
        tickets.append(server.get(f"/v1/tickets/{ticket}").milliseconds)
    context.progress.say(f"points: receipt p99 {spread(receipts)['p99']:.2f} ms, ticket p99 {spread(tickets)['p99']:.2f} ms")
    return {"receipt": spread(receipts), "ticket": spread(tickets)}


def mixed(context: Context) -> None:
    """1,000 connections of 90 % POSTs and 10 % GETs at 1,000 requests a second by the clock, alone, while one client of analytics asks
    the questions one after another, and while hot files become cold ones, a day after another; then at full load for the memory that it
    takes. What was posted goes to the peers too, and the questions are compared once more: nothing was lost or doubled."""
    context.progress.begin("mixed")
    plan = context.plan
    file = context.work / "live.ndjson"
    plan.live_stream.write(0, plan.live, file)
    found: dict[str, object] = {}
    posted = context.state.get("posted", 0)
    with context.serving() as server:
        for name, work in (("alone", None), ("with hot questions", True), ("with cold questions", False), ("with a compaction", None)):
            asked = [] if work is None else questions(choice(context, work))
            processor = machine.processor_seconds(server.pid)
            with machine.MemoryWatch(server.pid) as watch:
                driver = load(server, file, connections=1_000, rate=1_000, seconds=context.seconds, skip=posted)
                times: dict[str, list[float]] = {}
                while asked and driver.poll() is None:
                    for question in asked:
                        times.setdefault(question.name, []).append(server.ask(question.texts["till"]).milliseconds)
                        if driver.poll() is not None:
                            break
                moved = move_days(server, context, lambda: driver.poll() is None) if name == "with a compaction" else 0
                figures = load_figures(driver)
            posted += figures["post"]["count"]
            context.remember(posted=posted)
            found[name] = {
                **figures, "memory_peak": watch.peak, "processor_seconds": machine.processor_seconds(server.pid) - processor, "rows_moved": moved,
                "questions": {question: spread(values) for question, values in times.items()}}
            context.progress.say(
                f"1,000 connections, 1,000 a second, {name}: POST p99 {figures['post']['p99_ms']} ms, slowest {figures['post']['max_ms']} ms, "
                f"GET p99 {figures['get']['p99_ms']} ms" + (f"; {moved:,} rows moved" if moved else ""))
            context.progress.advance(len(found) / 6)
        rounds = []
        with machine.MemoryWatch(server.pid) as watch:
            for _ in range(FULL_ROUNDS):
                processor = machine.processor_seconds(server.pid)
                figures = load_figures(load(server, file, connections=1_000, rate=0, seconds=FULL_SECONDS, skip=posted))
                posted += figures["post"]["count"]
                context.remember(posted=posted)
                rounds.append({**figures, "processor_seconds": machine.processor_seconds(server.pid) - processor})
                if figures["out_of_lines"]:
                    break
        found["full"] = {"rounds": rounds, "memory_peak": watch.peak}
        rates = ", ".join(f"{each['per_second']:.0f}/s p99 {each['post']['p99_ms']} ms" for each in rounds)
        context.progress.say(f"1,000 connections, full load: {rates}; RssAnon {watch.peak >> 20} MiB")
    add_posted(context, file, posted)
    found["differences"] = compare(context)
    context.save("mixed", found)
    file.unlink()
    context.progress.end()


def move_days(server: Server, context: Context, goes_on: Callable[[], bool]) -> int:
    """Moves hot files to cold from the oldest day on, as long as `goes_on` says so and some are left for what comes after."""
    moved, day = 0, context.plan.since
    while goes_on() and day < context.plan.today - datetime.timedelta(days=HOT_DAYS_LEFT):
        day += datetime.timedelta(days=1)
        moved += server.call("POST", "/v1/admin/compact", {"before": day.isoformat()})["rows_moved"]
    return moved


def add_posted(context: Context, file: Path, count: int) -> None:
    part = context.work / "posted.ndjson"
    with open(file, "rb") as lines, open(part, "wb") as out:
        for _ in range(count):
            out.write(lines.readline())
    into_finished(context, part)
    part.unlink()


def compare(context: Context) -> dict[str, dict]:
    """Every question once to every side that holds all rows."""
    found: dict[str, dict] = {}
    with context.serving() as server:
        for hot in (True, False):
            for question in questions(choice(context, hot)):
                answer = server.ask(question.texts["till"]).rows
                for name in loaders(context):
                    if problem := difference(answer, context.peer(name).ask(question).rows):
                        found.setdefault(f"{question.name} {'hot' if hot else 'all'}", {})[name] = problem
    if found:
        context.progress.say(f"ANSWERS DIFFER after the load: {found}")
    return found


def ready(context: Context) -> None:
    """Killed while it takes receipts, then started again: seconds until /readyz says 200."""
    context.progress.begin("ready")
    plan = context.plan
    file = context.work / "kill.ndjson"
    posted = context.state.get("posted", 0)
    plan.live_stream.write(posted, context.rounds * KILL_RATE, file)
    times, skip = [], 0
    for _ in range(context.rounds):
        server = Server(context.data)
        with server:
            driver = load(server, file, connections=64, rate=KILL_RATE, seconds=1, skip=skip)
            time.sleep(0.8)
            server.kill()
            driver.kill()
            driver.communicate()
            skip += KILL_RATE
        with Server(context.data) as again:
            times.append(again.ready_seconds)
    # What was taken before each kill is in the store, and nobody counted it: let it be whole, and give it to the peers.
    with context.serving() as server:
        figures = load_figures(load(server, file, connections=16, rate=0, seconds=30, get_share=0))
        posted += figures["post"]["count"]
    context.remember(posted=posted)
    into_finished(context, file)
    file.unlink()
    context.save("ready", {"seconds": times, "hot_files": len(list((context.data / "hot").glob("*.sqlite"))), "differences": compare(context)})
    context.progress.say(f"ready after kill -9: {', '.join(f'{each:.2f}' for each in times)} s")
    context.progress.end()


def compact(context: Context) -> None:
    """Everything into cold files; then what the receipts take there."""
    context.progress.begin("compact hot")
    before = machine.bytes_under(context.data / "hot")
    with context.serving() as server, machine.MemoryWatch(server.pid) as watch:
        machine.settle()
        start, processor = time.perf_counter(), machine.processor_seconds(server.pid)
        answer = server.call("POST", "/v1/admin/compact", {})
        elapsed = time.perf_counter() - start
        processor = machine.processor_seconds(server.pid) - processor
    files = context.live_files()
    raw = sum(context.state["figures"][name] for name in ("raw_bytes", "hot_raw_bytes"))
    context.save("compact", {
        "seconds": elapsed, "processor_seconds": processor, "memory_peak": watch.peak, "answer": answer, "hot_bytes_before": before, "files": len(files),
        "bytes": sum(file["bytes"] for file in files), "rows": sum(file["rows"] for file in files), "raw_bytes_loaded": raw,
        "receipts_loaded": context.plan.cold + context.plan.hot, "by_column": column_bytes(files)})
    context.progress.end()


def column_bytes(files: list[dict]) -> dict[str, int]:
    """Compressed bytes of each column over all files, from their footers."""
    import pyarrow.parquet as parquet

    found: dict[str, int] = {}
    for file in files:
        footer = parquet.read_metadata(file["path"])
        for group in range(footer.num_row_groups):
            for index in range(footer.num_columns):
                column = footer.row_group(group).column(index)
                top = column.path_in_schema.split(".")[0]
                found[top] = found.get(top, 0) + column.total_compressed_size
    return found
