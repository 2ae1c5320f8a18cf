"""What a store of any size costs, by straight lines fitted to measured ones; prices and speeds that are assumed stand in one place.

A figure that grows is taken as `fixed + each * size`, with both parts at least zero (least squares; where one would be negative it is zero and
the other is fitted alone). That is how the engine works: files, bytes, rows that a question must read and plan entries all grow in proportion.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

TERABYTE = 1e12
GIBIBYTE = 1 << 30
SECONDS_PER_YEAR = 365.25 * 86_400
DAYS_PER_MONTH = 30.44


@dataclass(frozen=True)
class Assumptions:
    """What is not measured here. Prices are list prices of large clouds, rounded, in dollars; change them here."""

    raw_bytes_a_year: float = 14 * TERABYTE
    years: int = 20
    #: The design's ceiling of a data file.
    file_bytes_max: float = 512 * (1 << 20)
    #: Object storage: a GB a month, a thousand GETs, and what a worker reads of it a second, with a first byte after.
    bucket_dollars_a_gb_month: float = 0.023
    bucket_dollars_a_thousand_gets: float = 0.0004
    bucket_bytes_a_second: float = 400e6
    bucket_first_byte_seconds: float = 0.03
    #: A GET of a column chunk's part.
    bytes_a_get: float = 4e6
    #: Local disk of a machine: a GB a month (replicated block storage), and its sequential reading.
    disk_dollars_a_gb_month: float = 0.08
    disk_bytes_a_second: float = 1e9
    #: A worker is what this was measured on: 2 cores.
    worker_cores: int = 2
    worker_dollars_an_hour: float = 0.10
    #: The greatest that one machine is given: cores, and disk.
    machine_cores: int = 64
    machine_disk_bytes: float = 60 * TERABYTE
    machine_dollars_an_hour: float = 3.2


@dataclass(frozen=True)
class Line:
    """`fixed + each * size`."""

    fixed: float
    each: float

    def at(self, size: float) -> float:
        return self.fixed + self.each * size


def fit(points: Sequence[tuple[float, float]]) -> Line:
    """The line with the least squared relative error: a point at a small size counts as much as one at a great one."""
    if not points:
        raise ValueError("no points")
    if len(points) == 1:
        size, value = points[0]
        return Line(0.0, value / size)
    weights = [1 / max(value, 1e-12) ** 2 for _, value in points]
    total = sum(weights)
    sx = sum(w * x for w, (x, _) in zip(weights, points))
    sy = sum(w * y for w, (_, y) in zip(weights, points))
    sxx = sum(w * x * x for w, (x, _) in zip(weights, points))
    sxy = sum(w * x * y for w, (x, y) in zip(weights, points))
    spread = total * sxx - sx * sx
    each = (total * sxy - sx * sy) / spread if spread > 0 else 0.0
    fixed = (sy - each * sx) / total
    if each < 0:
        return Line(sy / total, 0.0)
    if fixed < 0:
        return Line(0.0, sxy / sxx)
    return Line(fixed, each)


def grown(points: Sequence[tuple[float, float]], tolerance: float = 0.35) -> Line:
    """The line, or a constant where every point is near one: noise must not be carried on for orders of magnitude."""
    constant = Line(sum(value for _, value in points) / len(points), 0.0)
    return constant if error(constant, points) <= tolerance else fit(points)


def error(line: Line, points: Sequence[tuple[float, float]]) -> float:
    """The greatest relative difference between the line and a point."""
    return max(abs(line.at(size) - value) / max(value, 1e-12) for size, value in points)


@dataclass(frozen=True)
class Measured:
    """What the runs of several sizes say; sizes are receipts."""

    raw_bytes_each: float
    stored_bytes: Line
    #: Receipts a second into finished files, on `worker_cores` cores.
    load_rate: float
    #: Seconds until the server is ready, by data files.
    ready_seconds: Line
    #: RssAnon of the server after the questions.
    memory_bytes: Line
    #: Seconds of a plan over all files, by files (docs/decisions/0007).
    plan_seconds: Line
    #: By question: seconds with the page cache dropped, seconds of processor, and bytes read, by receipts.
    cold_seconds: dict[str, Line]
    processor_seconds: dict[str, Line]
    bytes_read: dict[str, Line]


@dataclass(frozen=True)
class Answer:
    """One question at one size: seconds, and what bounds it."""

    seconds: float
    bound: str


class Model:
    def __init__(self, measured: Measured, assumptions: Assumptions = Assumptions()):
        self.measured = measured
        self.assumed = assumptions

    @property
    def receipts_a_year(self) -> float:
        return self.assumed.raw_bytes_a_year / self.measured.raw_bytes_each

    def receipts(self, years: float) -> float:
        return self.receipts_a_year * years

    def stored(self, receipts: float) -> float:
        return self.measured.stored_bytes.at(receipts)

    def files(self, receipts: float, years: float) -> float:
        """At least one a year, none above the ceiling."""
        return max(math.ceil(self.stored(receipts) / self.assumed.file_bytes_max), math.ceil(years))

    def cores_to_load(self) -> float:
        """Cores that are busy with taking what comes, day and night."""
        return self.receipts_a_year / SECONDS_PER_YEAR / self.measured.load_rate * self.assumed.worker_cores

    def answer(self, question: str, receipts: float, years: float, cores: int) -> Answer:
        """On one machine whose disk holds all: the greatest of the disk's time and the cores', after the plan."""
        plan = self.measured.plan_seconds.at(self.files(receipts, years))
        disk = self.measured.bytes_read[question].at(receipts) / self.assumed.disk_bytes_a_second
        work = self.measured.processor_seconds[question]
        processor = work.fixed + work.each * receipts / cores
        return Answer(plan + max(disk, processor), "disk" if disk > processor else "processor" if processor > plan else "plan")

    def answer_on_bucket(self, question: str, receipts: float, years: float, workers: int) -> Answer:
        """k workers over files in object storage: files are dealt out evenly, so there are never more workers at work than files."""
        files = self.files(receipts, years)
        busy = max(min(workers, files), 1)
        plan = self.measured.plan_seconds.at(files)
        read = self.measured.bytes_read[question].at(receipts)
        gets = read / self.assumed.bytes_a_get
        network = read / busy / self.assumed.bucket_bytes_a_second
        work = self.measured.processor_seconds[question]
        processor = work.fixed + work.each * receipts / (busy * self.assumed.worker_cores)
        first = self.assumed.bucket_first_byte_seconds * math.ceil(gets / busy / 16)
        return Answer(plan + max(network + first, processor), "network" if network + first > processor else "processor" if processor > plan else "plan")

    def dollars_of_gets(self, question: str, receipts: float) -> float:
        return self.measured.bytes_read[question].at(receipts) / self.assumed.bytes_a_get / 1_000 * self.assumed.bucket_dollars_a_thousand_gets

    def workers_for(self, question: str, receipts: float, years: float, seconds: float) -> int | None:
        """The fewest workers that answer within `seconds`; None when no number does."""
        workers = 1
        while workers <= 1 << 16:
            if self.answer_on_bucket(question, receipts, years, workers).seconds <= seconds:
                break
            workers *= 2
        else:
            return None
        low = workers // 2
        while low + 1 < workers:
            middle = (low + workers) // 2
            if self.answer_on_bucket(question, receipts, years, middle).seconds <= seconds:
                workers = middle
            else:
                low = middle
        return workers

    def dollars_a_month(self, years: float, place: str, workers: int = 0) -> float:
        """Of holding all receipts: `disk` is one machine with block storage, `bucket` object storage and `workers` that are always on."""
        stored = self.stored(self.receipts(years)) / 1e9
        hours = DAYS_PER_MONTH * 24
        if place == "disk":
            return stored * self.assumed.disk_dollars_a_gb_month + self.assumed.machine_dollars_an_hour * hours
        return stored * self.assumed.bucket_dollars_a_gb_month + workers * self.assumed.worker_dollars_an_hour * hours

    def breaking_points(self, seconds: float = 30.0) -> list[tuple[str, float]]:
        """What breaks, with the number of receipts at which it does, the first one first."""
        found = [(f"one machine's disk of {self.assumed.machine_disk_bytes / TERABYTE:.0f} TB is full",
                  (self.assumed.machine_disk_bytes - self.measured.stored_bytes.fixed) / self.measured.stored_bytes.each)]
        for question in self.measured.cold_seconds:
            for cores in (self.assumed.worker_cores, self.assumed.machine_cores):
                size = self._receipts_until(question, cores, seconds)
                if size is not None:
                    found.append((f"{question} over all years takes more than {seconds:.0f} s on {cores} cores", size))
        return sorted(found, key=lambda each: each[1])

    def _receipts_until(self, question: str, cores: int, seconds: float) -> float | None:
        """By bisection over sizes up to 1e15 receipts: answers never get faster with more."""
        years = lambda receipts: max(receipts / self.receipts_a_year, 1 / 365)
        low, high = 1.0, 1e15
        if self.answer(question, high, years(high), cores).seconds <= seconds:
            return None
        for _ in range(100):
            middle = math.sqrt(low * high)
            if self.answer(question, middle, years(middle), cores).seconds > seconds:
                high = middle
            else:
                low = middle
        return high
