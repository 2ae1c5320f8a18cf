"""What a month costs, from measured bytes and requests: writes docs/cost.md.

Usage: python3 benchmarks/cost.py

Bytes a receipt come from `results/full.json` (`script/bench`), those of the log from `results/log.json` (`log.py`), what a pair says between its machines and to its bucket from `results/traffic.json` (`traffic.py`).
Everything else is a price or an assumption, each of which stands in one place below.
"""
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "results"
HOURS = 730.5
MONTHS = 12
GB = 1e9

#: Dollars, us-east-1, on demand, as far as they were known in January 2025; no bill and no price page was read for this.
PRICES = {
    "m7g.large, an hour": 0.0816, "gp3, a GB a month": 0.08, "snapshot, a GB a month": 0.05, "public address, an hour": 0.005, "load balancer, an hour": 0.0225, "its unit (LCU), an hour": 0.008,
    "S3 Standard, a GB a month": 0.023, "S3 Glacier Instant Retrieval, a GB a month": 0.004, "moving an object to it": 0.02 / 1000, "reading a GB from it": 0.03,
    "S3 PUT or LIST": 0.005 / 1000, "S3 GET": 0.0004 / 1000, "transfer between regions, a GB": 0.02, "copying to another region in time, a GB": 0.015,
    "transfer between zones, a GB, out and in": 0.02, "private zone, a month": 0.5, "CloudWatch figure, a month": 0.3, "CloudWatch put": 0.01 / 1000,
    "API Gateway (HTTP), a million calls": 1.0, "function, a million calls": 0.20, "function, a GB-second (arm)": 0.0000133334, "queue, a million requests": 0.40,
    "DynamoDB, a million write units": 0.625, "DynamoDB, a GB a month": 0.25, "Redshift ra3.xlplus, an hour": 1.086, "Redshift storage, a GB a month": 0.024,
}

#: What is assumed and not measured.
ASSUMED = {
    "receipts a second, on average": 240, "hot days": 30, "days in S3 Standard before the colder class": 90, "of what is stored, read from the colder class in a month": 0.02, "how often a byte is written by moving and merging": 3,
    "GETs a million receipts for questions": 2_000, "PUTs a million receipts, for moving and merging once": 1_000, "GETs a million receipts, for moving and merging once": 1_000, "LCUs": 1.6 * 1.25, "disk, of hot bytes: one machine, cold in a bucket": 1.5, "disk, of hot bytes: a machine of a pair, with its checkpoint": 3.5, "disk beside, GB": 50,
    "days that segments and former checkpoints of the log stay": 5, "seconds of a segment": 5, "bytes of segments between checkpoints": 2**30, "bytes of a part of an upload": 16 * 2**20, "hourly and daily snapshots together, of the disk's bytes": 1.5,
    "functions: intake and worker, seconds each": 0.05, "functions: memory, GB": 0.5, "queue: requests a receipt, in batches of ten": 1.2, "days in DynamoDB": 90, "Redshift: nodes": 2,
}


class Load:
    """What the design's load is in a month, by what was measured."""

    def __init__(self) -> None:
        traffic = json.loads((RESULTS / "traffic.json").read_text())["parts"]["traffic"]
        quiet, posts = traffic["quiet"], traffic["posts"]
        full = json.loads((RESULTS / "full.json").read_text())["parts"]["load"]
        self.receipts = ASSUMED["receipts a second, on average"] * 3600 * HOURS
        self.hot = full["hot_bytes"] / full["hot_receipts"]
        self.raw = full["hot_raw_bytes"] / full["hot_receipts"]
        self.log = json.loads((RESULTS / "log.json").read_text())["parts"]["log"]["bytes"]
        #: Both ways, of receipts that come one by one at the measured rate; signs of life are within.
        self.between = posts["link_bytes"] / posts["receipts"]
        self.rate, self.looks = traffic["per_second"], sum(quiet["requests"].values()) / quiet["seconds"]
        self.cold = full["cold_bytes"] * self.raw / full["raw_bytes"]
        self.puts = ASSUMED["PUTs a million receipts, for moving and merging once"] / 1e6
        self.gets = ASSUMED["GETs a million receipts, for moving and merging once"] / 1e6

    def stored(self, years: int) -> float:
        """GB in cold."""
        return self.receipts * MONTHS * years * self.cold / GB


def cold_store(load: Load, years: int) -> float:
    """Dollars for cold files to lie in a bucket: the young in Standard, the rest in the colder class."""
    fresh = min(load.stored(years), load.receipts * ASSUMED["days in S3 Standard before the colder class"] / 30.44 * load.cold / GB)
    return fresh * PRICES["S3 Standard, a GB a month"] + (load.stored(years) - fresh) * PRICES["S3 Glacier Instant Retrieval, a GB a month"]


def hot(load: Load) -> float:
    """GB."""
    return load.receipts * ASSUMED["hot days"] / 30.44 * load.hot / GB


def machine(load: Load, years: int, bucket: bool, count: int = 1) -> dict[str, float]:
    """One machine, or two that keep one store."""
    if bucket:
        share = ASSUMED["disk, of hot bytes: a machine of a pair, with its checkpoint" if count == 2 else "disk, of hot bytes: one machine, cold in a bucket"]
        disk = hot(load) * share + ASSUMED["disk beside, GB"]
    else:
        disk = hot(load) * 1.5 + load.stored(years) * 1.2
    costs = {
        "machines" if count > 1 else "machine": count * PRICES["m7g.large, an hour"] * HOURS, "disks" if count > 1 else "disk": count * disk * PRICES["gp3, a GB a month"],
        "snapshots": count * disk * PRICES["snapshot, a GB a month"] * (ASSUMED["hourly and daily snapshots together, of the disk's bytes"] if bucket else 1.1),
        # Two of the addresses are the load balancer's.
        "load balancer and addresses": HOURS * (PRICES["load balancer, an hour"] + ASSUMED["LCUs"] * PRICES["its unit (LCU), an hour"] + (2 + count) * PRICES["public address, an hour"]),
    }
    if bucket:
        writes = ASSUMED["how often a byte is written by moving and merging"]
        read = max(0.0, load.stored(years) - load.receipts * ASSUMED["days in S3 Standard before the colder class"] / 30.44 * load.cold / GB) * ASSUMED["of what is stored, read from the colder class in a month"]
        costs["bucket"] = cold_store(load, years) + read * PRICES["reading a GB from it"]
        costs["requests"] = load.receipts * (
            load.puts * writes * PRICES["S3 PUT or LIST"] + load.gets * writes * PRICES["S3 GET"] + ASSUMED["GETs a million receipts for questions"] / 1e6 * PRICES["S3 GET"])
        costs["log and checkpoints"] = log(load, years)
    if count == 2:
        costs["requests"] += load.looks * HOURS * 3600 * PRICES["S3 GET"]
        costs["between zones"] = load.receipts * load.between / GB * PRICES["transfer between zones, a GB, out and in"]
        # Each machine puts its three figures in one call a minute.
        costs["names and figures"] = PRICES["private zone, a month"] + 3 * PRICES["CloudWatch figure, a month"] + 2 * HOURS * 60 * PRICES["CloudWatch put"]
    return costs


def checkpointed(load: Load) -> float:
    """GB in a month that checkpoints copy: each time the day file that has grown, which on the average is half of a day's."""
    return load.receipts * load.log / ASSUMED["bytes of segments between checkpoints"] * load.receipts / 30.44 * load.hot / 2 / GB


def passing(load: Load) -> float:
    """GB of the log that are there for some days: what came, and what checkpoints replaced."""
    return (load.receipts * load.log / GB + checkpointed(load)) * ASSUMED["days that segments and former checkpoints of the log stay"] / 30.44


def log(load: Load, years: int) -> float:
    """Cold files once more, hot files once, and what is passing. Of a pair the same commits, in records: its archive has no head, but is reckoned as if."""
    # A segment is put, and the head behind it.
    puts = 2 * HOURS * 3600 / ASSUMED["seconds of a segment"] + checkpointed(load) * GB / ASSUMED["bytes of a part of an upload"]
    return cold_store(load, years) + (hot(load) + passing(load)) * PRICES["S3 Standard, a GB a month"] + puts * PRICES["S3 PUT or LIST"]


def moved(load: Load) -> float:
    """GB in a month that moving and merging write."""
    return load.receipts * load.cold * ASSUMED["how often a byte is written by moving and merging"] / GB


def region(load: Load) -> dict[str, float]:
    """What a log in another region adds to one here: its way there (segments, cold files as they are made, checkpoints), and snapshots."""
    return {
        "log's way there": (load.receipts * load.log / GB + moved(load) + checkpointed(load)) * PRICES["transfer between regions, a GB"],
        "snapshots there": load.receipts * load.hot / GB * PRICES["snapshot, a GB a month"],
    }


def copies(load: Load, years: int) -> float:
    """Of the bucket, which has no log then, to that region besides: dollars a month."""
    return moved(load) * (PRICES["transfer between regions, a GB"] + PRICES["copying to another region in time, a GB"]) + load.stored(years) * PRICES["S3 Glacier Instant Retrieval, a GB a month"]


def services(load: Load, years: int) -> dict[str, float]:
    million = load.receipts / 1e6
    kilobytes = -(-load.raw // 1000)
    return {
        "API gateway": million * PRICES["API Gateway (HTTP), a million calls"],
        "functions": 2 * million * (PRICES["function, a million calls"] + 1e6 * ASSUMED["functions: intake and worker, seconds each"] * ASSUMED["functions: memory, GB"] * PRICES["function, a GB-second (arm)"]),
        "queue": million * ASSUMED["queue: requests a receipt, in batches of ten"] * PRICES["queue, a million requests"],
        "DynamoDB, writes": million * kilobytes * PRICES["DynamoDB, a million write units"],
        "DynamoDB, storage": load.receipts * ASSUMED["days in DynamoDB"] / 30.44 * load.raw / GB * PRICES["DynamoDB, a GB a month"],
        "Redshift": ASSUMED["Redshift: nodes"] * PRICES["Redshift ra3.xlplus, an hour"] * HOURS + load.stored(years) * PRICES["Redshift storage, a GB a month"],
    }


def table(rows: list[tuple[str, dict[int, dict[str, float]]]], load: Load) -> str:
    lines = ["| what | of it | 1 year, $ a month | 20 years, $ a month | $ a million receipts, 1 year | 20 years |", "| --- | --- | --- | --- | --- | --- |"]
    million = load.receipts / 1e6
    for name, years in rows:
        for part in years[20]:
            lines.append(f"| {name} | {part} | {years[1][part]:,.0f} | {years[20][part]:,.0f} | | |")
        sums = {count: sum(parts.values()) for count, parts in years.items()}
        lines.append(f"| **{name}** | **all** | **{sums[1]:,.0f}** | **{sums[20]:,.0f}** | **{sums[1] / million:.3f}** | **{sums[20] / million:.3f}** |")
    return "\n".join(lines)


def page(load: Load) -> str:
    def both(of) -> dict[int, dict[str, float]]:
        return {years: of(years) for years in (1, 20)}
    rows = [
        ("one machine, all on its disk", both(lambda years: machine(load, years, bucket=False))),
        ("one machine, cold in a bucket", both(lambda years: machine(load, years, bucket=True))),
        ("the same, its log in another region", both(lambda years: machine(load, years, bucket=True) | region(load))),
        ("a pair with a bucket", both(lambda years: machine(load, years, bucket=True, count=2))),
        ("a pair with a bucket, no snapshots", both(lambda years: {part: cost for part, cost in machine(load, years, bucket=True, count=2).items() if part != "snapshots"})),
        ("a pair, its log in another region", both(lambda years: machine(load, years, bucket=True, count=2) | region(load))),
        ("gateway, functions, queue, DynamoDB, Redshift", both(lambda years: services(load, years))),
    ]
    sums = {name: {count: sum(parts.values()) for count, parts in years.items()} for name, years in rows}

    def share(name: str) -> str:
        after = [sums[name][count] / sums["gateway, functions, queue, DynamoDB, Redshift"][count] for count in (1, 20)]
        return f"{after[0]:.0%} after a year, {after[1]:.0%} after twenty"
    traffic = json.loads((RESULTS / "traffic.json").read_text())["parts"]["traffic"]
    alone = traffic["alone"]
    puts = alone["requests"]["PUT log"] / alone["seconds"]
    return f"""# What it costs

Made by `python3 benchmarks/cost.py`. The load is the one of [scale.md](scale.md): {ASSUMED["receipts a second, on average"]} receipts of {load.raw:,.0f} bytes a second, day and night, {load.receipts / 1e6:,.0f} million a month.

**Measured**: {load.hot:,.0f} bytes a receipt hot, {load.cold:,.0f} cold (`script/bench`); {load.log:,.0f} in the log (`benchmarks/log.py`); {load.between:,.0f} between two machines, both ways, TLS and signs of life within, where {load.rate:,.0f} receipts a second come each by itself, and a look at the object that says who leads every {1 / load.looks:.0f} seconds (`benchmarks/traffic.py`, {traffic["date"]}). Other requests to the bucket are assumed, generously; at their price they do not matter.
That is {load.stored(1) / 1000:,.1f} TB after a year and {load.stored(20) / 1000:,.1f} TB after twenty. A machine of two cores took far more than this load ([README](../README.md#figures)).

{table(rows, load)}

Of what the services cost, one machine with a bucket is {share("one machine, cold in a bucket")}; a pair {share("a pair with a bucket")}; a pair with its log in another region {share("a pair, its log in another region")}.
Snapshots of disks are a second way back beside the log, whose place has the store of any instant of the last day. Without them (`DiskSnapshots=no`, [delivery](delivery.md)) a pair is {share("a pair with a bucket, no snapshots")}.
*Log and checkpoints* are what `log.url` takes: cold files once more, hot files once, and for some days segments and what checkpoints replaced. A pair's archive has the same commits as one machine's log, and is reckoned as one; it was not measured by itself ([operations](operations.md#two-machines)). Slots come only while a machine is away.
In another region it costs the same to keep, and its way there, of {load.receipts * load.log / GB + moved(load) + checkpointed(load):,.0f} GB a month: segments {load.receipts * load.log / GB:,.0f}, cold files each time they are made {moved(load):,.0f}, checkpoints {checkpointed(load):,.0f} (each has the day that grows once more). The bucket copied there besides (`BackupBucketArn`) is {copies(load, 1):,.0f} $ a month more after a year, {copies(load, 20):,.0f} after twenty: what a restore needs is in the log.
While one of the two is away each group of commits is a put: {puts:,.0f} a second in the measurement (20 ms a request, {alone["receipts"] / alone["seconds"]:,.0f} receipts a second), {puts * 86400 * PRICES["S3 PUT or LIST"]:,.0f} $ a day. To another region a put takes longer, so that there are fewer; what they have goes between regions then, {load.rate * 86400 * load.between / GB * PRICES["transfer between regions, a GB"]:,.1f} $ a day at the most. That the load balancer sends a request to a machine of another zone costs nothing, nor does the way to the bucket.
Registrars, webhooks and answers leave the cloud at the same price either way and are left out of both; so is the work of people.

## What the services do not do for that

DynamoDB keeps {ASSUMED["days in DynamoDB"]} days here: a repeat of an older receipt is not recognised. Keeping all of them there would cost {load.receipts * MONTHS * 20 * load.raw / GB * PRICES["DynamoDB, a GB a month"]:,.0f} $ a month after twenty years. Redshift is taken to store a receipt in the same bytes as Till.

## Prices

On-demand list prices of AWS for us-east-1, in dollars, as they were known in January 2025. They were not looked up for this page, and discounts for commitment are left out on both sides: put in those of the day before a decision.

| what | $ |
| --- | --- |
""" + "".join(f"| {name} | {f'{price:.7f}'.rstrip('0')} |\n" for name, price in PRICES.items()) + """
## Assumptions

| what | |
| --- | --- |
""" + "".join(f"| {name} | {value:,} |\n" for name, value in ASSUMED.items())


def main() -> None:
    (HERE.parent / "docs/cost.md").write_text(page(Load()))


if __name__ == "__main__":
    main()
