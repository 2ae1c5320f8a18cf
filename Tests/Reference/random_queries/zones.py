"""Random queries that touch times, asked in time zones whose clocks change."""

import datetime
import random
import re
import zoneinfo

import tables
from comparison import Comparison
from expressions import Column
from generator import Generator
from server import NOT_STORABLE, Server, storable
from syntax import Node

UTC = datetime.timezone.utc
# Whole hours and not; changes of half an hour, southern summers, a winter that is the exception, a day that was left out, laws that changed.
NAMES = ["Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Kyiv", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia",
         "Europe/Dublin", "Asia/Tehran", "Pacific/Chatham", "America/Sao_Paulo", "America/Caracas", "Antarctica/Troll"]
# Years with a change by law: Kathmandu at the end of 1985, Apia and Moscow 2011, Moscow 2014, Caracas 2007 and 2016; and one of the rule that goes on for ever.
YEARS = [1985, 1986, 2007, 2011, 2014, 2016, 2026, 2045]
TOUCHES_TIME = re.compile(r"\.ts\b|\.day\b|TIMESTAMP|DATE|timestamp|date|series")


def changes(name):
    """The instants at which the zone's offset changes, to the second, in the years above."""
    zone, found = zoneinfo.ZoneInfo(name), []
    for year in YEARS:
        moment = datetime.datetime(year, 1, 1, tzinfo=UTC)
        while moment.year == year:
            later = moment + datetime.timedelta(days=1)
            if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
                low, high = 0, 86_400
                while high - low > 1:
                    middle = (low + high) // 2
                    same = (moment + datetime.timedelta(seconds=middle)).astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset()
                    low, high = (middle, high) if same else (low, middle)
                found.append(moment + datetime.timedelta(seconds=high))
            moment = later
    return found


class ZoneGenerator(Generator):
    """Times near the changes of one zone, as local times without an offset too."""

    keys = ["ts", "ts", "date", "text", "int", "bool", "dec"]
    left_out = NOT_STORABLE
    outputs = ["ts", "ts", "tsn", "tsn", "date", "text", "int", "bool", "span"]

    def __init__(self, seed, name):
        super().__init__(seed)
        self.zone, self.changes = zoneinfo.ZoneInfo(name), changes(name)

    def query(self):
        while True:
            query = super().query()
            if TOUCHES_TIME.search(query.text("till")):
                return query

    def local(self):
        """A local time near a change: often one that the clocks leave out or show twice."""
        change = self.rng.choice(self.changes)
        before = (change - datetime.timedelta(seconds=1)).astimezone(self.zone).utcoffset()
        minutes = self.rng.choice([0, 0, self.rng.randint(-90, 90), self.rng.randint(-2_000, 2_000)])
        return (change + before).replace(tzinfo=None) + datetime.timedelta(minutes=minutes)

    def literal(self, kind):
        if kind == "ts":
            if self.rng.random() < 0.5:
                return Node(f"TIMESTAMPTZ '{self.local()}'", kind=kind)
            moment = self.rng.choice(self.changes) + datetime.timedelta(seconds=self.one(0, -1, 1, 3_599, self.rng.randint(-90_000, 90_000)))
            return Node(f"TIMESTAMPTZ '{moment:%Y-%m-%d %H:%M:%S}Z'", kind=kind)
        if kind == "tsn":
            return Node(f"TIMESTAMP '{self.local()}'", kind=kind)
        if kind == "date" and self.rng.random() < 0.7:
            return Node(f"DATE '{self.local().date()}'", kind=kind)
        return super().literal(kind)

    def source(self):
        if self.rng.random() > 0.06:
            return super().source()
        alias, start = self.alias(), self.literal("ts")
        step, length = self.one(("1 day", "5 days"), ("12 hours", "2 days"), ("30 minutes", "3 hours"), ("-1 day", "-3 days"), ("1 month", "5 months"))
        return Node("generate_series(", start, ", ", start, f" + INTERVAL '{length}', INTERVAL '{step}') AS {alias}(s)"), [Column(f"{alias}.s", "ts")], [f"{alias}.s"]

    def window(self, scope, unique):
        if self.rng.random() > 0.3:
            return super().window(scope, unique)
        bounds = [f"INTERVAL '{self.one('1 day', '1 month', '36 hours')}' PRECEDING", "CURRENT ROW", f"INTERVAL '{self.one('1 day', '24 hours')}' FOLLOWING"]
        first = self.rng.randint(0, 2)
        frame = f" RANGE BETWEEN {bounds[first]} AND {bounds[max(first, self.rng.randint(0, 2))]}"
        call = self.one("count(*)", "min({})", "max({})").format(self.make("ts", scope, 1).text("till"))
        kind = "big" if call == "count(*)" else "ts"
        return Node(f"{call} OVER (ORDER BY ", self.make(self.one("ts", "ts", "tsn", "date"), scope, 1), self.one("", " DESC"), frame, ")", kind=kind)


class ZoneComparison(Comparison):
    """In a server, in one time zone for each set of tables."""

    def make_till(self):
        return Server(self.arguments.till)

    def make_tables(self, data_seed):
        self.zone = random.Random(data_seed).choice(NAMES)
        self.counts[f"in {self.zone}"] += self.arguments.batch
        return storable(tables.make(data_seed, changes=changes(self.zone)))

    def generator(self, seed, number):
        return ZoneGenerator(seed, self.zone)
