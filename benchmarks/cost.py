"""What a month costs, from measured bytes and requests: writes docs/cost.md.

Usage: python3 benchmarks/cost.py [--measure TILL TILL-GENERATE]

Bytes a receipt come from `results/full.json` (`script/bench`), requests to the bucket from `results/bucket-requests.json`, which `--measure` makes: receipts over several days through the real
binary into `bucket_server.py`, which counts. Everything else is a price or an assumption, each of which stands in one place below.
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
    "S3 PUT or LIST": 0.005 / 1000, "S3 GET": 0.0004 / 1000, "transfer between regions, a GB": 0.02,
    "API Gateway (HTTP), a million calls": 1.0, "function, a million calls": 0.20, "function, a GB-second (arm)": 0.0000133334, "queue, a million requests": 0.40,
    "DynamoDB, a million write units": 0.625, "DynamoDB, a GB a month": 0.25, "Redshift ra3.xlplus, an hour": 1.086, "Redshift storage, a GB a month": 0.024,
}

#: What is assumed and not measured.
ASSUMED = {
    "receipts a second, on average": 240, "hot days": 30, "days in S3 Standard before the colder class": 90, "of what is stored, read from the colder class in a month": 0.02, "how often a byte is written by moving and merging": 3,
    "GETs a million receipts for questions": 2_000, "PUTs a million receipts, for moving and merging once": 1_000, "GETs a million receipts, for moving and merging once": 1_000, "LCUs": 1.6 * 1.25, "hourly and daily snapshots together, of the disk's bytes": 1.5,
    "functions: intake and worker, seconds each": 0.05, "functions: memory, GB": 0.5, "queue: requests a receipt, in batches of ten": 1.2, "days in DynamoDB": 90, "Redshift: nodes": 2,
}


class Load:
    """What the design's load is in a month, by what was measured."""

    def __init__(self) -> None:
        full = json.loads((RESULTS / "full.json").read_text())["parts"]["load"]
        self.receipts = ASSUMED["receipts a second, on average"] * 3600 * HOURS
        self.hot = full["hot_bytes"] / full["hot_receipts"]
        self.raw = full["hot_raw_bytes"] / full["hot_receipts"]
        self.cold = full["cold_bytes"] * self.raw / full["raw_bytes"]
        self.puts = ASSUMED["PUTs a million receipts, for moving and merging once"] / 1e6
        self.gets = ASSUMED["GETs a million receipts, for moving and merging once"] / 1e6

    def stored(self, years: int) -> float:
        """GB in cold."""
        return self.receipts * MONTHS * years * self.cold / GB


def machine(load: Load, years: int, bucket: bool) -> dict[str, float]:
    hot = load.receipts * ASSUMED["hot days"] / 30.44 * load.hot / GB
    disk = (hot * 1.5 + 50) if bucket else (hot * 1.5 + load.stored(years) * 1.2)
    costs = {
        "machine": PRICES["m7g.large, an hour"] * HOURS, "disk": disk * PRICES["gp3, a GB a month"],
        "snapshots": disk * PRICES["snapshot, a GB a month"] * (ASSUMED["hourly and daily snapshots together, of the disk's bytes"] if bucket else 1.1),
        "load balancer and addresses": HOURS * (PRICES["load balancer, an hour"] + ASSUMED["LCUs"] * PRICES["its unit (LCU), an hour"] + 3 * PRICES["public address, an hour"]),
    }
    if bucket:
        fresh = min(load.stored(years), load.receipts * ASSUMED["days in S3 Standard before the colder class"] / 30.44 * load.cold / GB)
        old = load.stored(years) - fresh
        writes = ASSUMED["how often a byte is written by moving and merging"]
        costs["bucket"] = fresh * PRICES["S3 Standard, a GB a month"] + old * (
            PRICES["S3 Glacier Instant Retrieval, a GB a month"] + ASSUMED["of what is stored, read from the colder class in a month"] * PRICES["reading a GB from it"])
        costs["requests"] = load.receipts * (
            load.puts * writes * PRICES["S3 PUT or LIST"] + load.gets * writes * PRICES["S3 GET"] + ASSUMED["GETs a million receipts for questions"] / 1e6 * PRICES["S3 GET"])
    return costs


def region(load: Load, years: int) -> dict[str, float]:
    """What the copy in another region adds to a machine with a bucket."""
    monthly = load.receipts * load.cold * ASSUMED["how often a byte is written by moving and merging"] / GB
    return {
        "copied bytes": monthly * PRICES["transfer between regions, a GB"], "their copies": load.stored(years) * PRICES["S3 Glacier Instant Retrieval, a GB a month"],
        "snapshots there": load.receipts * load.hot / GB * PRICES["snapshot, a GB a month"],
    }


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
        ("the same, copied to another region", both(lambda years: machine(load, years, bucket=True) | region(load, years))),
        ("gateway, functions, queue, DynamoDB, Redshift", both(lambda years: services(load, years))),
    ]
    sums = {name: {count: sum(parts.values()) for count, parts in years.items()} for name, years in rows}
    share = [sums["one machine, cold in a bucket"][count] / sums["gateway, functions, queue, DynamoDB, Redshift"][count] for count in (1, 20)]
    return f"""# What it costs

Made by `python3 benchmarks/cost.py`. The load is the one of [scale.md](scale.md): {ASSUMED["receipts a second, on average"]} receipts of {load.raw:,.0f} bytes a second, day and night, {load.receipts / 1e6:,.0f} million a month.

**Measured** (`script/bench`): {load.hot:,.0f} bytes a receipt hot, {load.cold:,.0f} cold. Requests to the bucket are assumed, generously; at their price they do not matter.
That is {load.stored(1) / 1000:,.1f} TB after a year and {load.stored(20) / 1000:,.1f} TB after twenty. A machine of two cores took far more than this load ([README](../README.md#figures)).

{table(rows, load)}

One machine with a bucket is {share[0]:.0%} of the services after a year, {share[1]:.0%} after twenty. Not measured, and so not here: a pair of machines, which is not there yet (a second machine, its disk and its address would add {sums["one machine, cold in a bucket"][1] - machine(load, 1, True)["load balancer and addresses"] - machine(load, 1, True)["bucket"] - machine(load, 1, True)["requests"]:,.0f} $ a month before what the two say to each other between zones).
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
