"""Queues and executions: their part of RESULTS.md, from saved figures (`benchmarks/queues.py`, `benchmarks/processes.py`)."""

import statistics

WAYS = {"by_tens": ("messages a second in and out, by tens", 10_000), "singly": ("messages a second in and out, singly", 2_000)}


def verdict(meets: bool) -> str:
    return "**met**" if meets else "**not met**"


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def queues(part: dict, table) -> str:
    rows = []
    for name, (what, required) in WAYS.items():
        sides = {side: found["messages_per_second"] for side, found in part[name].items()}
        text = spread(sides["till"])
        if peer := sides.get("postgresql"):
            text += f"; PostgreSQL {spread(peer)}; {statistics.median(one / other for one, other in zip(sides['till'], peer)):.1f} ×"
        rows.append([what, text, f"{required:,}", verdict(statistics.median(sides["till"]) >= required)])
    if waiting := part.get("waiting"):
        memory = max(waiting["mib"], waiting["mib_after_kill"])
        rows.append([
            f"anonymous memory with {waiting['messages']:,} messages that wait",
            f"{waiting['mib']:.0f} MiB, {waiting['mib_after_kill']:.0f} MiB after `kill -9`, ready {waiting['ready_seconds_after_kill']:.2f} s after it; {waiting['file_mib']:,} MiB of file", "below 64 MiB",
            verdict(memory < 64 and waiting["messages"] >= 1_000_000)])
    return (
        f"\n## Queues\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/queues.py`; {part['beside']}. {part['machine']['workers']} workers go round: send, receive, complete, each durable before the "
        "answer; PostgreSQL 15 by `FOR UPDATE SKIP LOCKED`, in turn with Till. Load and servers share two cores. Medians; the ratio is the rounds' median.\n\n"
        + table(["", "figure", "required", ""], rows))


def executions(part: dict, table) -> str:
    count = part["executions"]
    rows = [
        ["transitions a second", f"{part['transitions_per_second']:,}: {count:,} executions went on together, and had ended after {part['drain_seconds']:.1f} s", "3,000", verdict(part["transitions_per_second"] >= 3_000)],
        [f"anonymous memory with {part['running_after_kill']:,} running executions", f"{part['waiting_mib']} MiB as they had come, {part['ready_mib']} MiB after `kill -9`", "below 256 MiB",
         verdict(max(part["waiting_mib"], part["ready_mib"]) < 256 and part["running_after_kill"] >= 100_000)],
        ["ready after `kill -9` with them", f"{part['ready_seconds']:.2f} s", "5 s", verdict(part["ready_seconds"] <= 5)],
        ["timers, the latest of a hundred", f"{part['timer_late_ms_max']:.0f} ms late", "1 s", verdict(part["timer_late_ms_max"] <= 1_000)],
        ["starts a second over HTTP, 16 connections", f"{part['starts_per_second']:,}; {part['file_mib']:,} MiB of file in the end", "–", ""],
    ]
    return (
        f"\n## Executions of state machines\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/processes.py`; {part['beside']}. Each execution waits, and then passes three more states. Load and "
        "server share two cores.\n\n" + table(["", "figure", "required", ""], rows))
