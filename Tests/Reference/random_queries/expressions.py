"""Random typed expressions over the columns in sight. What they give is exact in every engine, or marked as not."""

from documents import Documents
from syntax import Dialects, Node
from tables import LINE, WORDS, ZONES

# The types that may be compared, grouped and ordered by.
KEYS = ["int", "int", "text", "text", "dec", "bool", "date", "ts", "big", "wide", "dbl"]
FIELDS = ["year", "month", "day", "hour", "minute", "dow", "doy", "isodow", "week", "quarter", "isoyear", "century", "decade"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
SPANS = ["1 day", "1 month", "-1 month", "25 hours", "1 year 2 months", "90 minutes", "1 day 2 hours", "-36 hours", "0.5 seconds", "1 week", "13 months -1 day"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Column:
    def __init__(self, sql, kind):
        self.sql, self.kind = sql, kind


class Expressions(Documents):
    """- `rng`: the source of all choices. `subquery(scope, kind, form)` is the one of the whole generator."""

    keys = KEYS

    def __init__(self, rng):
        self.rng = rng

    def one(self, *choices):
        return self.rng.choice(choices)

    def column(self, scope, kind):
        found = [column for column in scope if column.kind == kind]
        return Node(self.rng.choice(found).sql, kind=kind) if found else None

    def literal(self, kind):
        rng = self.rng
        if kind in ("int", "big"):
            text = str(rng.choice([0, 1, 2, 3, 5, rng.randint(-40, 40)]))
            if text.startswith("-"):
                text = f"({text})"
            return Node(text if kind == "int" else text + "::bigint", kind=kind)
        if kind == "dec":
            return Node(self.one("1.5", "0.0", "2.25", "(-0.5)", "100.00", "0.125", "7::numeric(9,2)", "3.0"), kind=kind)
        if kind == "wide":
            return Node(self.one("1000000000000000000000.5", "0.000001", "(-1.5)", "1.0"), kind=kind)
        if kind == "dbl":
            return Node(self.one("0.5", "1e0", "(-2.5)", "0", "1e3") + "::double precision", kind=kind)
        if kind == "text":
            return Node(quoted(rng.choice(WORDS)), kind=kind)
        if kind == "bool":
            return Node(self.one("true", "false"), kind=kind)
        if kind == "date":
            return Node(f"DATE '2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}'", kind=kind)
        if kind == "ts":
            return Node(f"TIMESTAMPTZ '2026-{self.one('03-29', '10-25', '03-08', '11-01')} 0{rng.randint(0, 9)}:30:00Z'", kind=kind)
        if kind == "tsn":
            return Node(f"TIMESTAMP '2026-{self.one('03-29', '10-25', '03-08', '02-28')} 0{rng.randint(0, 9)}:30:00'", kind=kind)
        return Node(f"INTERVAL '{rng.choice(SPANS)}'", kind=kind)

    def make(self, kind, scope, depth=3):
        leaf = self.column(scope, kind)
        if depth <= 0 or self.rng.random() < 0.25:
            return leaf if leaf is not None and self.rng.random() < 0.8 else self.literal(kind)
        if self.rng.random() < 0.16:
            return self.choice(kind, scope, depth)
        if self.rng.random() < 0.03 and self.subquery_depth > 0:
            return self.scalar_subquery(kind, scope)
        if kind in ("int", "text", "bool") and self.rng.random() < 0.05:
            return getattr(self, "path_" + kind)(scope, depth - 1)
        return getattr(self, "make_" + kind)(scope, depth - 1)

    def choice(self, kind, scope, depth):
        """CASE, COALESCE and the like, which every type has."""
        def part():
            return self.make(kind, scope, depth - 2)
        form = self.rng.randint(0, 5)
        if form == 0:
            return Node("CASE WHEN ", self.make("bool", scope, depth - 2), " THEN ", part(), Node(" ELSE ", part(), spare=True), " END", kind=kind)
        if form == 1:
            test = self.one("int", "text", "date")
            return Node("CASE ", self.make(test, scope, depth - 2), " WHEN ", self.literal(test), " THEN ", part(), " WHEN ", self.literal(test), " THEN ",
                        part(), " ELSE ", part(), " END", kind=kind)
        if form == 2:
            return Node("coalesce(", part(), ", ", part(), Node(", ", part(), spare=True), ")", kind=kind)
        if form == 3:
            return Node("nullif(", part(), ", ", part(), ")", kind=kind)
        return Node(self.one("greatest(", "least("), part(), ", ", part(), ")", kind=kind)

    def make_int(self, scope, depth):
        def of(kind):
            return self.make(kind, scope, depth)
        form = self.rng.randint(0, 14)
        if form <= 2:
            return Node("(", of("int"), self.one(" + ", " - "), of("int"), ")", kind="int")
        if form == 14:
            return Node("extract(", self.one("timezone", "timezone_hour", "timezone_minute"), " from ", of("ts"), ")::integer", kind="int")
        if form == 3:
            return Node("(", of("int"), self.one(" * 2", " * 3", " / 3", " / 7", " % 5", " % 3", " * (-1)"), ")", kind="int")
        if form == 4:
            return Node(self.one("length(", "char_length("), of("text"), ")", kind="int")
        if form == 5:
            return Node("position(", self.literal("text"), " in ", of("text"), ")", kind="int")
        if form == 6:
            return Node(self.one("extract(", "extract("), self.rng.choice(FIELDS), " from ", of(self.one("ts", "tsn")), ")::integer", kind="int")
        if form == 7:
            return Node("abs(", of("int"), ")", kind="int")
        if form == 8:
            return Node("(", of("date"), " - ", of("date"), ")", kind="int")
        if form == 9:
            return Node("(", of("dec"), " % 1000)::integer", kind="int")
        if form == 10:
            return Node("mod(", of("int"), ", ", self.one("4", "7", "(-3)"), ")", kind="int")
        if form == 11:
            return Node("(- ", of("int"), ")", kind="int")
        if form == 12:
            return Node("(", of("bool"), ")::integer", kind="int")
        return Node("date_part('", self.one("year", "month", "day", "dow"), "', ", of("date"), ")::integer", kind="int")

    def make_big(self, scope, depth):
        form = self.rng.randint(0, 3)
        if form == 0:
            return Node("(", self.make("int", scope, depth), ")::bigint", kind="big")
        if form == 1:
            return Node("(", self.make("big", scope, depth), self.one(" + ", " - "), self.make("int", scope, depth), ")", kind="big")
        if form == 2:
            return Node("(", self.make("big", scope, depth), self.one(" / 7", " % 10", " * 2"), ")", kind="big")
        return Node("abs(", self.make("big", scope, depth), ")", kind="big")

    def make_dec(self, scope, depth):
        def of(kind):
            return self.make(kind, scope, depth)
        form = self.rng.randint(0, 9)
        if form <= 2:
            return Node("(", of("dec"), self.one(" + ", " - "), of("dec"), ")", kind="dec")
        if form == 3:
            return Node("(", of("dec"), " * ", self.one("2", "1.5", "(-0.5)", "10"), ")", kind="dec")
        if form == 4:
            return Node("round(", of("dec"), self.one("", ", 1", ", 2", ", 0", ", -1"), ")", kind="dec")
        if form == 5:
            return Node(self.one("floor(", "ceil(", "ceiling(", "abs("), of("dec"), ")", kind="dec")
        if form == 6:
            return Node("(", of("int"), ")::numeric(12,2)", kind="dec")
        if form == 7:
            return Node("(", of("dec"), self.one(" + ", " - ", " * "), of("int"), ")", kind="dec")
        if form == 8:
            return Node("(", of("dec"), self.one(" % 7", " % 2.5"), ")", kind="dec")
        return Node("(", of("dec"), ")::numeric(18,", self.one("0", "1", "3"), ")", kind="dec")

    def make_wide(self, scope, depth):
        form = self.rng.randint(0, 2)
        if form == 0:
            return Node("(", self.make("wide", scope, depth), self.one(" + ", " - "), self.make("dec", scope, min(depth, 1)), ")", kind="wide")
        if form == 1:
            return Node(self.one("abs(", "(- "), self.make("wide", scope, depth), ")", kind="wide")
        return Node("round(", self.make("wide", scope, depth), self.one("", ", 2"), ")", kind="wide")

    def make_dbl(self, scope, depth):
        form = self.rng.randint(0, 5)
        if form <= 1:
            return Node("(", self.make("dbl", scope, depth), self.one(" + ", " - "), self.make("dbl", scope, depth), ")", kind="dbl")
        if form == 2:
            return Node("(", self.make("dbl", scope, depth), self.one(" * 2", " / 4", " * 0.5::double precision"), ")", kind="dbl")
        if form == 3:
            return Node("abs(", self.make("dbl", scope, depth), ")", kind="dbl")
        if form == 4:
            return Node(self.one("floor(", "ceil(", "round("), self.make("dbl", scope, depth), ")", kind="dbl")
        return Node("(", self.make("int", scope, depth), ")::double precision", kind="dbl")

    def make_text(self, scope, depth):
        def of(kind):
            return self.make(kind, scope, depth)
        form, number = self.rng.randint(0, 20), str(self.rng.randint(0, 6))
        if form == 0:
            return Node(self.one("upper(", "lower("), of("text"), ")", kind="text")
        if form == 1:
            return Node("substring(", of("text"), ", ", self.one("1", "2", "0", "-1", "3"), Node(", ", number, spare=True), ")", kind="text")
        if form == 2:
            return Node("substring(", of("text"), " from ", self.one("1", "2", "4"), " for ", number, ")", kind="text")
        if form == 3:
            return Node("replace(", of("text"), ", ", self.literal("text"), ", ", of("text"), ")", kind="text")
        if form == 4:
            return Node("(", of("text"), " || ", of("text"), ")", kind="text")
        if form == 5:
            return Node("concat(", of("text"), ", ", of(self.one("int", "text", "date")), ", ", of("text"), ")", kind="text")
        if form == 6:
            return Node("split_part(", of("text"), ", ", self.one("','", "'i'", "' '", "'ab'"), ", ", self.one("1", "2", "-1", "9"), ")", kind="text")
        if form == 7:
            return Node(self.one("left(", "right("), of("text"), ", ", self.one("0", "1", "2", "-1", "-2", "9"), ")", kind="text")
        if form == 8:
            return Node("lpad(", of("text"), ", ", number, Node(", ", self.one("'*'", "'яx'", "''"), spare=True), ")", kind="text")
        if form == 9:
            return Node(self.one("trim(", "ltrim(", "rtrim(", "trim(both 'mzх' from ", "trim(leading from ", "trim(trailing 'б' from "), of("text"), ")", kind="text")
        if form <= 12:
            return Node("(", of(self.one("int", "date", "bool", "big")), ")::", self.one("text", "varchar"), kind="text")
        if form == 13:
            # A value's own digits are PostgreSQL's, a type's are ours: of a type that is told they are the same, whatever is done to the text.
            return Node("(", self.column(scope, "dec") or self.literal("dec"), ")::numeric(18,4)::text", kind="text")
        if form == 14:
            return Node("to_char(", of(self.one("ts", "tsn", "date")), ", ", self.one(
                "'YYYY-MM-DD HH24:MI:SS'", "'Dy, DD Mon YYYY'", "'Q IYYY-IW ID'", "'FMMonth FMDD'", "'HH12:MI:SS.US am'", "'DDD J'", "'\"day\" D'", "'YY MS'"),
                ")", kind="text")
        if form == 15:
            return Node("to_char(", of(self.one("dec", "int")), ", ", self.one(
                "'9990.00'", "'FM999999990.099'", "'0000'", "'S9999.9'", "'999G990D0'", "'FM9999990'", "'9999999MI'", "'PR99999'"[0:0] + "'9999999PR'"), ")",
                kind="text")
        if form == 16:
            return Node("regexp_replace(", of("text"), ", ", self.one("'[aeiх]'", "'^.'", "'(.)(.)'", "'l+'", "'[a-z]+$'"), ", ",
                        self.one("'*'", "''", "'<\\1>'", "'\\&\\&'"), Node(", 'g'", spare=True) if self.rng.random() < 0.5 else "", ")", kind="text")
        if form == 17:
            return Node(self.one("reverse(", "repeat("), of("text"), ")", kind="text") if self.rng.random() < 0 else Node("reverse(", of("text"), ")", kind="text")
        if form == 18:
            return Node("to_char(", of("ts"), ", ", self.one("'OF'", "'TZH:TZM'", "'DD HH24:MI TZ'"), ")", kind="text")
        return Node("(", of(self.one("ts", "ts", "tsn")), ")::text", kind="text")

    def make_bool(self, scope, depth):
        def of(kind):
            return self.make(kind, scope, depth)
        form, kind = self.rng.randint(0, 20), self.rng.choice(self.keys)
        if form <= 3:
            return Node("(", of(kind), self.one(" = ", " <> ", " < ", " <= ", " > ", " >= "), of(kind), ")", kind="bool")
        if form == 4:
            return Node("(", of("bool"), self.one(" AND ", " OR "), of("bool"), ")", kind="bool")
        if form == 5:
            return Node("(NOT ", of("bool"), ")", kind="bool")
        if form == 6:
            return Node("(", of(kind), self.one(" IS NULL", " IS NOT NULL"), ")", kind="bool")
        if form == 7:
            return Node("(", of(kind), self.one(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "), of(kind), ")", kind="bool")
        if form == 8:
            return Node("(", of(kind), self.one(" BETWEEN ", " NOT BETWEEN "), of(kind), " AND ", of(kind), ")", kind="bool")
        if form == 9:
            return Node("(", of(kind), self.one(" IN (", " NOT IN ("), self.literal(kind), Node(", ", self.literal(kind), spare=True),
                        Node(", ", of(kind), spare=True), ")", ")", kind="bool")
        if form == 10:
            return Node("(", of("text"), self.one(" LIKE ", " NOT LIKE ", " ILIKE ", " NOT ILIKE "), self.one(
                "'%i%'", "'m%'", "'M%'", "'%к'", "'_i%'", "'%'", "''", "'%\\%%'", "'a\\_b'", "'%ß%'", "'__'", "'Х%'", "'%\\\\'", "'%a%b%'"), ")", kind="bool")
        if form == 11:
            return Node("(", of("text"), self.one(" LIKE '%!_%' ESCAPE '!'", " LIKE 'a!%%' ESCAPE '!'", " LIKE '%\\%' ESCAPE ''"), ")", kind="bool")
        if form == 12:
            return Node("(", of("text"), self.one(" ~ ", " !~ ", " ~* "), self.one("'i'", "'^m'", "'[а-я]+'", "'^.{2,4}$'", "'(a|b)'", "'x$'", "'[0-9]'"), ")", kind="bool")
        if form == 13:
            return Node("starts_with(", of("text"), ", ", self.literal("text"), ")", kind="bool")
        if form == 14:
            return Node("(", of("bool"), self.one(" IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE", " IS UNKNOWN", " IS NOT UNKNOWN"), ")", kind="bool")
        if form == 15:
            mixed = self.one(("int", "dec"), ("int", "big"), ("dec", "dbl"), ("date", "ts"), ("date", "tsn"), ("dec", "wide"), ("int", "dbl"), ("ts", "tsn"))
            return Node("(", of(mixed[0]), self.one(" = ", " < ", " >= "), of(mixed[1]), ")", kind="bool")
        if form == 16 and depth > 0:
            return Node("((", of("int"), ", ", of("text"), ")", self.one(" = ", " < ", " >= ", " <> "), "(", of("int"), ", ", of("text"), "))", kind="bool")
        if form == 17 and depth > 0:
            rows = [Node("(", of(kind), ", ", of("text"), ")") for _ in range(3)]
            return Node("(", rows[0], self.one(" IN (", " NOT IN ("), rows[1], Node(", ", rows[2], spare=True), "))", kind="bool") if self.one(True, False) else Node(
                "(", rows[0], self.one(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "), rows[1], ")", kind="bool")
        if form == 18:
            moment = self.one("date", "ts", "tsn")
            ends = [of(moment), of(moment) if self.one(True, False) else Node(f"INTERVAL '{self.rng.choice(SPANS)}'")]
            return Node("((", of(moment), ", ", of(moment), ") OVERLAPS (", ends[0], ", ", ends[1], "))", kind="bool")
        if form == 19:
            order = self.one("uk-x-icu", "und-x-icu", "de-x-icu")
            return Node("(", of("text"), f' COLLATE "{order}"', self.one(" < ", " <= ", " = ", " > "), of("text"), ")", kind="bool")
        return self.predicate_subquery(scope) if self.subquery_depth > 0 else of("bool")

    def make_date(self, scope, depth):
        form = self.rng.randint(0, 5)
        if form <= 1:
            return Node("(", self.make("date", scope, depth), self.one(" + ", " - "), self.make("int", scope, 0), ")", kind="date")
        if form == 2:
            return Node("(", self.make(self.one("ts", "tsn"), scope, depth), ")::date", kind="date")
        if form == 3:
            return Node("date_trunc('", self.one("month", "year", "week"), "', ", self.make("date", scope, depth), ")::date", kind="date")
        if form == 4:
            return Node("make_date(", self.one("2024", "2026"), ", ", str(self.rng.randint(1, 12)), ", ", str(self.rng.randint(1, 28)), ")", kind="date")
        return Node("(DATE '2026-01-31' + ", self.literal("span"), ")::date", kind="date")

    def make_ts(self, scope, depth):
        form = self.rng.randint(0, 6)
        if form <= 1:
            return Node("(", self.make("ts", scope, depth), self.one(" + ", " - "), self.make("span", scope, min(depth, 1)), ")", kind="ts")
        if form == 2:
            return Node("date_trunc('", self.rng.choice(UNITS), "', ", self.make("ts", scope, depth), ")", kind="ts")
        if form == 3:
            return Node("date_trunc('", self.one("day", "month", "week", "hour"), "', ", self.make("ts", scope, depth), ", '", self.rng.choice(ZONES), "')", kind="ts")
        if form == 4:
            return Node("(", self.make("tsn", scope, depth), " AT TIME ZONE '", self.rng.choice(ZONES), "')", kind="ts")
        return Node("(", self.make(self.one("date", "tsn") if form == 5 else "tsn", scope, depth), ")::timestamptz", kind="ts")

    def make_tsn(self, scope, depth):
        form = self.rng.randint(0, 4)
        if form <= 1:
            return Node("(", self.make("ts", scope, depth), " AT TIME ZONE '", self.rng.choice(ZONES), "')", kind="tsn")
        if form == 2:
            return Node("(", self.make("date", scope, depth), self.one(" + ", " - "), self.make("span", scope, min(depth, 1)), ")", kind="tsn")
        if form == 3:
            return Node("(", self.make("ts", scope, depth), ")::timestamp", kind="tsn")
        return Node("(", self.make("tsn", scope, depth), self.one(" + ", " - "), self.literal("span"), ")", kind="tsn")

    def make_span(self, scope, depth):
        form = self.rng.randint(0, 4)
        if form == 0:
            return Node("(", self.make("ts", scope, min(depth, 1)), " - ", self.make("ts", scope, min(depth, 1)), ")", kind="span")
        if form == 1:
            return Node("(", self.literal("span"), self.one(" * 2", " * 1.5", " / 2", " * (-1)"), ")", kind="span")
        if form == 2:
            return Node("(", self.literal("span"), " + ", self.literal("span"), ")", kind="span")
        if form == 3:
            return Node("(", self.make("int", scope, 0), " * ", self.literal("span"), ")", kind="span")
        return self.literal("span")

    def approximate(self, scope):
        """Numbers whose last digits differ by the number rules or by the library of functions: for the SELECT list only."""
        form = self.rng.randint(0, 4)
        dec, dbl = self.make("dec", scope, 1), self.make("dbl", scope, 1)
        if form == 0:
            return Node("(", dec, " / ", self.one("3", "7.5", "0.25"), ")", kind="quotient")
        if form == 1:
            return Node("sqrt(abs(", dbl, "))", kind="float")
        if form == 2:
            return Node("power(", self.make("int", scope, 0), ", ", self.one("2", "3", "0"), ")::double precision", kind="float")
        if form == 3:
            return Node("extract(epoch from ", self.make(self.one("ts", "date", "span"), scope, 1), ")", kind="dec")
        return Node("sign(", dec, ")", kind="dec")

    def over_lists(self, scope):
        """What only lists have; `r` is an alias whose lines and tags are in sight."""
        owner = next((column.sql for column in scope if column.kind == "lines"), None)
        if owner is None:
            return None
        name, field = self.one("sum", "min", "max", "avg"), self.one("amount", "qty")
        if self.rng.random() < 0.3 and any(column.kind == "tags" for column in scope):
            tags = owner.replace("lines", "tags")
            return Dialects(f"list_count({tags})", f"cardinality({tags})", f"len({tags})", kind="int")
        return Dialects(
            f"list_{name}({owner}.{field})", f"(SELECT {name}(z.{field}) FROM unnest({owner}) AS z)",
            f"list_{name}(list_transform({owner}, z -> z.{field}))", kind="quotient" if name == "avg" else "dec" if field == "amount" else "big")


LINE_COLUMNS = [(name, kind) for name, kind, _ in LINE]
