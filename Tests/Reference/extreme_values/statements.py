"""Statements at random over values at the ends of their types: through every function, operator, cast, aggregate and clause that takes numbers."""

from templates import Templates

INTEGERS = ["0", "1", "-1", "2", "7", "10", "2147483647", "(-2147483647-1)", "2147483648"]
BIGS = ["0::bigint", "9223372036854775807", "(-9223372036854775807-1)", "-9223372036854775807", "4611686018427387904", "3037000500::bigint", "-1::bigint"]
_NINES = "9" * 38
DECIMALS = ["0.0", "0.1", "-0.1", "0.5", "1.5", "-2.5", _NINES, "-" + _NINES, "5" + "0" * 37, _NINES[:37] + ".9", "-" + _NINES[:28] + "." + "9" * 10, "0." + "9" * 38,
            "0." + "0" * 37 + "1", "1::decimal(38,37)", "123456789.123456789", "99999999999999999.99", "170141183460469231731687303715884105727"]
DOUBLES = [f"'{text}'::double precision" for text in (
    "0", "-0", "1", "-1", "0.5", "2.5", "-1.5", "nan", "infinity", "-infinity", "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308",
    "5e-324", "9223372036854775807", "-9223372036854775808", "2147483647.5", "1e38", "1e15", "123456.789", "0.1")]
TEXTS = ["''", "'a'", "' '", "'-9223372036854775808'", "'9223372036854775808'", f"'{_NINES}9'", "'1e-9223372036854775808'", "'1e38'", "'-0'", "'nan'", "'-infinity'",
         "'0044-03-15 BC'", "'294276-12-31 23:59:59.999999'", "'5874897-12-31'", "'-9223372036854775808 microseconds'", "'P-178956970Y'", "'24:00'", "'true'", "'їжа'",
         "'2020-01-01 10:00 PM CET'", "'10000-01-01'", "'\\x00ff'"]
BOOLEANS = ["true", "false"]
DATES = [f"date '{text}'" for text in ("1970-01-01", "2020-02-29", "4714-11-24 BC", "0001-01-01 BC", "0001-01-01", "5874897-12-31", "294246-06-01", "9999-12-31", "1999-12-31")]
LOCALS = [f"timestamp '{text}'" for text in (
    "1970-01-01 00:00", "4714-11-24 00:00 BC", "0001-12-31 23:59:59.999999 BC", "294246-12-31 23:59:59.999999", "2000-02-29 12:00:00.5", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999")]
INSTANTS = [f"timestamptz '{text}+00'" for text in ("1970-01-01 00:00", "4714-11-24 00:00", "294246-12-31 23:59:59.999999", "2026-03-29 01:00", "0044-03-15 12:00")]
INSTANTS[1] = "timestamptz '4714-11-24 00:00+00 BC'"
INTERVALS = [f"interval '{text}'" for text in (
    "0", "1 month", "30 days", "-1 day 24 hours", "178956970 years 7 months", "-178956970 years -8 months", "2147483647 days", "-2147483648 days",
    "9223372036854775807 microseconds", "-9223372036854775808 microseconds", "1 year 2 months 3 days 04:05:06.789", "-1 year 2 mons -3 days 04:05:06", "0.000001 seconds", "-1 year")]

VALUES = {"int": INTEGERS, "big": BIGS, "dec": DECIMALS, "dbl": DOUBLES, "text": TEXTS, "bool": BOOLEANS, "date": DATES, "local": LOCALS, "instant": INSTANTS, "span": INTERVALS}
NUMBERS = ["int", "big", "dec", "dbl"]
TIMES = ["date", "local", "instant"]
ALL = list(VALUES)
TYPES = ["integer", "bigint", "decimal(38,0)", "decimal(38,2)", "decimal(38,38)", "decimal(5,2)", "decimal(1,0)", "double precision", "text", "varchar(3)", "boolean", "date",
         "timestamp", "timestamptz", "timestamp(0)", "timestamp(3)", "interval", "bytea", "uuid"]
FIELDS = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium", "dow", "isodow", "doy",
          "isoyear", "epoch", "julian", "timezone", "timezone_hour", "timezone_minute"]
ZONES = ["UTC", "Europe/Kyiv", "America/New_York", "CET", "est", "Asia/Kathmandu", "Nowhere/City", "Pacific/Kiritimati", "", "MSK", "VET", "UTC+3", "+02:00", "-3:30", "<+02>-02", "foo-5", "EST5EDT4,M3.2.0,M11.1.0"]
NUMBER_PIECES = ["9", "9", "99", "0", "00", ".", "D", ",", "G", "FM", "MI", "S", "SG", "PL", "PR", "TH", "V", "RN", "EEEE", "L", "B", " ", "x", '"q"', "$"]
TIME_PIECES = ["YYYY", "Y,YYY", "YYY", "YY", "Y", "IYYY", "IYY", "IY", "I", "MONTH", "Month", "month", "MON", "Mon", "mon", "MM", "DAY", "Day", "day", "DY", "Dy", "dy", "DDD",
               "IDDD", "DD", "ID", "D", "W", "WW", "IW", "CC", "J", "Q", "RM", "rm", "HH24", "HH12", "HH", "MI", "SS", "MS", "US", "FF1", "FF3", "FF6", "SSSS", "SSSSS", "AM",
               "pm", "a.m.", "BC", "ad", "B.C.", "TZ", "tz", "TZH", "tzm", "OF", "of", "FM", "FM", "TH", "th", "TM", " ", "-", ":", "/", '"text"', "\\", "x", "T"]
FRAME_DISTANCES = ["0", "1", "2", "9223372036854775807", "2147483648", "-1", "NULL"]
COUNTS = ["0", "1", "2", "3", "2147483648", "9223372036854775806", "9223372036854775807", "NULL", "ALL", "-1", "9223372036854775808"]
AGGREGATES = ["sum", "avg", "min", "max", "count", "stddev", "stddev_pop", "variance", "var_pop", "sum(distinct {})", "avg(distinct {})", "string_agg({}::text, ',' order by n)", "array_agg({} order by n)",
              "mode() within group (order by {})", "percentile_cont(0.5) within group (order by {})", "percentile_disc(1) within group (order by {} desc)", "bool_and({} is null)"]


class Statements:
    def __init__(self, rng):
        self.rng, self.templates = rng, Templates(rng)

    def one(self, *choices):
        return self.rng.choice(choices)

    def value(self, *kinds):
        return self.rng.choice(VALUES[self.rng.choice(kinds or ALL)]) if self.rng.random() > 0.03 else "NULL"

    def small(self):
        """A count or a place: never one that makes a long text."""
        return self.one("0", "1", "-1", "2", "3", "(-2147483647-1)", "-2147483647", "NULL")

    def statement(self):
        kind = self.rng.random()
        if kind < 0.55:
            return self.expression()
        if kind < 0.75:
            return self.aggregate()
        if kind < 0.9:
            return self.window()
        return self.one(self.limit, self.series)()

    # Expressions

    def expression(self):
        """Of constants, or over columns of a row, where nothing is computed before the query runs."""
        form, arguments = self.one(
            self.operator, self.operator, self.comparison, self.cast, self.cast, self.number, self.number, self.round, self.text, self.time, self.time, self.to_char,
            self.to_char, self.templates.moment, self.templates.number, self.choice, self.literal)()
        if self.rng.random() < 0.4:
            return "SELECT " + form.format(*arguments)
        names = [f"c{place}" for place in range(len(arguments))]
        if not names:
            return "SELECT " + form
        return f"SELECT {form.format(*names)} FROM (VALUES ({', '.join(arguments)})) v({', '.join(names)})"

    def operator(self):
        form = "{} " + self.one("+", "-", "*", "/", "%", "+", "-", "*") + " {}"
        kinds = self.one((NUMBERS, NUMBERS), (NUMBERS, NUMBERS), (TIMES, ["span"]), (["span"], ["span"]), (["span"], NUMBERS), (["date"], ["int", "big"]), (TIMES, TIMES), (ALL, ALL))
        return form, [self.value(*kinds[0]), self.value(*kinds[1])]

    def comparison(self):
        kinds = self.one(NUMBERS, NUMBERS, TIMES, ["span"], ["text"], ["bool"])
        form = self.one("{} = {}", "{} < {}", "{} >= {}", "{} <> {}", "{} is distinct from {}", "{} between {} and {}", "{} in ({}, {})", "{} not in ({}, {})")
        return form, [self.value(*kinds) for _ in range(form.count("{}"))]

    def cast(self):
        return "({})::" + self.rng.choice(TYPES) + self.one("", "", "::text"), [self.value()]

    def number(self):
        form = self.one("abs({})", "-({})", "sign({})", "ceil({})", "floor({})", "sqrt({})", "power({}, {})", "mod({}, {})", "greatest({}, {})", "least({}, {}, {})", "round({})")
        return form, [self.value(*NUMBERS) for _ in range(form.count("{}"))]

    def round(self):
        digits = self.one("0", "1", "-1", "2", "-2", "37", "38", "39", "-37", "-38", "-39", "1000", "2147483647", "(-2147483647-1)")
        return "round({}, {})", [self.value("int", "big", "dec"), digits]

    def text(self):
        form = self.one("left({}, {})", "right({}, {})", "substring({}, {})", "repeat({}, {})", "lpad({}, {})", "rpad({}, {}, 'xy')", "split_part({}, 'a', {})")
        if self.rng.random() < 0.3:
            return "substring({} from {} for {})", [self.value("text"), self.small(), self.one(self.small(), "2147483647")]
        if self.rng.random() < 0.3:
            return "overlay({} placing 'z' from {} for {})", [self.value("text"), self.small(), self.small()]
        if self.rng.random() < 0.3:
            return self.one("length({})", "reverse({})", "upper({})", "trim({})", "concat({}, {})", "{} || {}", "replace({}, 'a', {})", "position({} in 'aa')"), [
                self.value("text"), self.value("text")]
        return form, [self.value("text"), self.small()]

    def time(self):
        field = self.rng.choice(FIELDS)
        form = self.one("extract(%s from {})", "date_part('%s', {})", "date_trunc('%s', {})").replace("%s", field)
        if self.rng.random() < 0.4:
            form = self.one("age({}, {})", "({}) at time zone '%s'", "make_date({}, {}, {})", "({})::timestamptz at time zone '%s'", "greatest({}, {})").replace("%s", self.rng.choice(ZONES))
        if form.startswith("make_date"):
            return form, [self.value("int") for _ in range(3)]
        return form, [self.value(*(TIMES + ["span"])) for _ in range(form.count("{}"))]

    def to_char(self):
        if self.rng.random() < 0.5:
            pieces, kinds = NUMBER_PIECES, NUMBERS
        else:
            pieces, kinds = TIME_PIECES, TIMES + ["span"]
        template = "".join(self.rng.choice(pieces) for _ in range(self.rng.randint(1, 7))).replace("'", "''")
        return "to_char({}, '" + template.replace("{", "").replace("}", "") + "')", [self.value(*kinds)]

    def choice(self):
        form = self.one("coalesce({}, {})", "nullif({}, {})", "case when {} is null then {} else {} end", "greatest({}, {})")
        kinds = self.one(NUMBERS, TIMES, ["span"], ["text"])
        return form, [self.value(*kinds) for _ in range(form.count("{}"))]

    def literal(self):
        digits = "".join(self.rng.choice("0123456789") for _ in range(self.one(1, 18, 19, 20, 37, 38, 39, 60)))
        return self.one(digits, f"-{digits}", f"{digits}.5", f".{digits}", f"{digits}e{self.one('0', '-400', '400', '308')}", f"interval '{digits} {self.one('us', 'days', 'months', 'years', 'hours')}'",
                        f"'{digits}'::{self.one('integer', 'bigint', 'decimal(38,2)', 'double precision')}", f"-({digits})"), []

    # Many rows

    def rows(self, kind):
        if kind == "number":
            kinds = [self.rng.choice(NUMBERS)]
        else:
            kinds = [kind]
        return [f"({self.one('1', '2')}, {number}, {self.value(*kinds)})" for number in range(self.one(1, 2, 3, 5, 8))]

    def table(self, kind):
        return f"(VALUES {', '.join(self.rows(kind))}) v(g, n, x)"

    def call(self):
        call = self.rng.choice(AGGREGATES)
        return call.format("x") if "{}" in call else f"{call}(x)"

    def aggregate(self):
        kind = self.one("number", "number", "number", "span", "date", "local", "instant", "text")
        call, table = self.call(), self.table(kind)
        return self.one(f"SELECT {call} FROM {table}", f"SELECT g, {call} FROM {table} GROUP BY g ORDER BY g", f"SELECT {call} FROM {table} GROUP BY ROLLUP(g) ORDER BY g",
                        f"SELECT x, count(*) FROM {table} GROUP BY x ORDER BY x", f"SELECT DISTINCT x FROM {table} ORDER BY x DESC", f"SELECT n, x FROM {table} ORDER BY x, n")

    def window(self):
        kind = self.one("number", "number", "number", "date", "local", "instant")
        table = self.table(kind)
        call = self.one("sum(n)", "count(*)", "max(n)", "first_value(n)", self.call().replace("distinct ", ""), "lag(n, %s)", "lead(n, %s)", "ntile(%s)", "nth_value(n, %s)")
        if "within group" in call:
            call = "count(*)"
        call = call.replace("%s", self.one("0", "1", "-1", "2147483647", "(-2147483647-1)", "NULL"))
        unit = self.one("rows", "range", "groups")
        if unit == "range":
            # Rows that the order does not tell apart come in any order.
            call = self.one("sum(n)", "count(*)", "max(n)", "sum(x)", "min(x)", "stddev(n)") if kind == "number" else self.one("count(*)", "max(x)", "sum(n)")
        order = f"x{self.one('', ' desc')}" + (", n" if unit != "range" else "")

        def distance():
            if unit != "range":
                return self.rng.choice(FRAME_DISTANCES)
            return self.value(*(NUMBERS if kind == "number" else ["span"]))

        start = self.one("unbounded preceding", f"{distance()} preceding", "current row", f"{distance()} following")
        end = self.one("unbounded following", f"{distance()} following", "current row", f"{distance()} preceding")
        exclude = self.one("", "", "", " exclude current row", " exclude group", " exclude ties")
        return f"SELECT n, {call} OVER (ORDER BY {order} {unit} between {start} and {end}{exclude}) FROM {table} ORDER BY n"

    def limit(self):
        table, count, offset = self.table("int"), self.rng.choice(COUNTS), self.rng.choice([one for one in COUNTS if one != "ALL"])
        return self.one(
            f"SELECT n FROM {table} ORDER BY n LIMIT {count} OFFSET {offset}", f"SELECT n FROM {table} ORDER BY 1 OFFSET {offset} LIMIT {count}",
            f"SELECT count(*) FROM (SELECT n FROM {table} LIMIT {count} OFFSET {offset}) q",
            f"SELECT n FROM {table} UNION ALL SELECT g FROM {table} ORDER BY 1 LIMIT {count} OFFSET {offset}",
            f"SELECT n FROM {table} ORDER BY n OFFSET {offset} FETCH FIRST {count if count not in ('ALL', 'NULL') else '1'} ROWS ONLY",
            f"SELECT count(*) FROM (SELECT DISTINCT n FROM {table} ORDER BY n LIMIT {count} OFFSET {offset}) q")

    def series(self):
        number = self.one("2147483646", "9223372036854775805", "-9223372036854775808", "0", _NINES + "-3")
        step = self.one("1", "-1", "2147483647", "9223372036854775807", "0", "3")
        if self.rng.random() < 0.5:
            return f"SELECT g FROM generate_series({number}, {number} + {self.one('2', '-2', '0')}, {step}) g(g) ORDER BY g LIMIT 5"
        moment = self.value("local", "instant")
        span = self.one("1 day", "-1 day", "1 month", "0", "1 year", "100000 years", "-1 us")
        length = "3 us" if span == "-1 us" else self.one("3 days", "-3 days", "3 us")
        return f"SELECT g FROM generate_series({moment}, {moment} + interval '{length}', interval '{span}') g(g) ORDER BY g LIMIT 5"
