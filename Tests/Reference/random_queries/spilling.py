"""Random queries over large tables whose groups, joins, orders and sets outgrow a small budget of memory."""

import collections
import re

import tables
from comparison import Comparison
from engines import Till
from expressions import KEYS, Column
from generator import OUTPUTS, Generator, Query
from syntax import Node, listed
from tables import MANY

# The least that a server lets a query have.
SMALL_BUDGET = "1MiB"
# One partition of a window, and one group's list, percentile or distinct values, have to lie in memory.
REFUSAL = re.compile("(a partition of a window|one group's [a-z_ ]+) needs more memory than the query has left")
# The forms of queries, in turn, and the operators of a plan of which some have to spill in a run of all forms.
FORMS = ["groups", "join", "order", "distinct", "union", "windows", "semijoin", "distinct_values", "shared", "intersect", "joined_groups", "grouping_sets",
         "several_joins", "except_"]
OPERATORS = {"Aggregate", "join", "Sort", "Window", "Distinct", "Union", "Intersect", "Except", "Shared"}


def operators_that_spilled(plan):
    """The operators that EXPLAIN ANALYZE says have written rows aside; the kind of a join is left out."""
    found = set()
    for line in plan:
        match = re.match(r" *(?:[\w-]+ ){1,2}(join)\b| *(\w+)", line)
        if match and re.search(r", [1-9]\d* bytes spilled\)$", line):
            found.add(match[1] or match[2])
    return found


class SpillingGenerator(Generator):
    """No query takes the square of the rows: joins are by columns of many values, and nothing is correlated."""

    def __init__(self, seed, form, is_sure):
        """`is_sure`: over all rows of the largest table, with its texts, so that one query of each form spills in every run."""
        super().__init__(seed)
        self.subquery_depth, self.form, self.is_sure = 0, form, is_sure

    def query(self):
        tree, kinds = getattr(self, self.form)()
        if self.form == "order":
            return Query(Node(tree, self.order_by_all(len(kinds))), kinds, True)
        exact = not any(kind in ("quotient", "float", "array") for kind in kinds)
        if exact and self.rng.random() < 0.3:
            return Query(Node(tree, self.order_by_all(len(kinds))), kinds, True)
        return Query(tree, kinds, False)

    # What differs from queries over a few rows

    def order_by_all(self, count):
        keys = [Node(str(place), self.one("", " ASC", " DESC"), self.one("", "", " NULLS FIRST", " NULLS LAST"))
                for place in self.rng.sample(range(1, count + 1), count)]
        tail = Node(self.one(" LIMIT 10", " LIMIT 3000 OFFSET 500", " OFFSET 4000", " LIMIT 60000"), spare=True) if self.rng.random() < 0.4 else Node()
        return Node(" ORDER BY ", listed(keys), tail)

    def equal_pairs(self, pairs):
        return [pair for pair in pairs if all(self.has_many(column) for column in pair)]

    def make_span(self, scope, depth):
        # Not by a number of many digits, which leaves the times that there are.
        return self.literal("span")

    def partition(self, scope):
        # A frame to the end of all rows takes their square, in PostgreSQL.
        key = self.many(scope) if self.rng.random() < 0.5 else Node("(", self.many(scope, "int"), self.one(" % 50", " / 200"), ")")
        return Node("PARTITION BY ", key, " ")

    @staticmethod
    def has_many(column):
        return column.sql.split(".")[-1] in MANY

    def base(self, name=None):
        return super().base("a" if self.is_sure else name)

    def many(self, columns, kind=None):
        """A column of many values."""
        if self.is_sure and kind is None:
            kind = "text"
        found = [column for column in columns if self.has_many(column) and (kind is None or column.kind == kind)]
        column = self.rng.choice(found)
        return Node(column.sql, kind=column.kind)

    def source(self):
        """A table, or the groups of one by a number of its own."""
        if self.is_sure or self.rng.random() < 0.75:
            return self.base(self.one("a", "a", "b", "b", "r", "e"))
        text, columns, _ = self.base(self.one("a", "b", "r"))
        alias, value = self.alias(), self.aggregate(columns)
        key = self.many(columns, "int")
        body = Node("(SELECT ", key, " AS k, ", value, " AS c1 FROM ", text, self.where(columns), " GROUP BY 1) AS ", alias)
        return body, [Column(f"{alias}.k", "int"), Column(f"{alias}.c1", value.kind)], [f"{alias}.k"]

    def where(self, columns):
        is_there = self.rng.random() < 0.3 and not self.is_sure
        return Node(" WHERE ", self.make("bool", columns, 2), " IS NOT FALSE", spare=True) if is_there else Node()

    def joined(self, count):
        text, columns, unique = self.base(self.one("a", "a", "b", "r"))
        parts = [text]
        for _ in range(count):
            text, more, others = self.source()
            word = self.one(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ")
            parts.append(Node(word, text, " ON ", self.condition(columns, more)))
            columns, unique = columns + more, unique + others
        return Node(*parts), columns, unique

    def listing(self, columns, count):
        """Some columns of many values and others."""
        return [self.many(columns) if self.rng.random() < 0.6 else self.make(self.rng.choice(OUTPUTS), columns, 2) for _ in range(count)]

    def plain(self, items, source, where, word="SELECT "):
        return Node(word, self.items(items), " FROM ", source, where), [item.kind for item in items]

    # The forms

    def groups(self, joins=0):
        source, columns, _ = self.joined(joins)
        keys = [self.many(columns)] + [self.make(self.rng.choice(KEYS), columns, 2) for _ in range(self.one(0, 0, 1))]
        items = keys + [self.aggregate(columns, top=True) for _ in range(self.one(1, 2, 3))]
        having = Node(" HAVING ", self.one("count(*) > 1", "min(1) IS NOT NULL"), spare=True) if self.rng.random() < 0.2 else Node()
        places = ", ".join(str(place + 1) for place in range(len(keys)))
        tree, kinds = self.plain(items, source, self.where(columns))
        return Node(tree, " GROUP BY ", places, having), kinds

    def joined_groups(self):
        return self.groups(joins=1)

    def grouping_sets(self):
        source, columns, _ = self.base("a")
        keys = [self.many(columns), Node(self.one("f", "day", "x"))]
        keys[1] = Node(*[next(column.sql for column in columns if column.sql.endswith("." + keys[1].parts[0]))])
        keys[1].kind = next(column.kind for column in columns if column.sql == keys[1].parts[0])
        items = keys + [self.aggregate(columns), Node("grouping(", keys[0], ", ", keys[1], ")", kind="int")]
        tree, kinds = self.plain(items, source, self.where(columns))
        form = self.one("ROLLUP ({}, {})", "CUBE ({}, {})", "GROUPING SETS (({0}), ({1}), ({0}, {1}))")
        return Node(tree, " GROUP BY ", form.format(keys[0].text("till"), keys[1].text("till"))), kinds

    def join(self):
        source, columns, _ = self.joined(1)
        return self.plain(self.listing(columns, self.one(1, 2, 3)), source, self.where(columns))

    def several_joins(self):
        source, columns, _ = self.joined(2)
        return self.plain(self.listing(columns, self.one(1, 2, 3)), source, self.where(columns))

    def order(self):
        source, columns, _ = self.base(self.one("a", "a", "b", "r"))
        return self.plain([self.many(columns)] + self.listing(columns, self.one(1, 2, 3)), source, self.where(columns))

    def distinct(self):
        source, columns, _ = self.joined(self.one(0, 1))
        return self.plain([self.many(columns)] + self.listing(columns, self.one(0, 1)), source, self.where(columns), "SELECT DISTINCT ")

    def distinct_values(self):
        """Aggregates of distinct values, in groups or of all rows."""
        source, columns, _ = self.base(self.one("a", "a", "b"))
        value = self.many(columns)
        aggregates = [Node("count(DISTINCT ", value, ")", kind="big"), Node("sum(DISTINCT ", self.many(columns, "dec"), ")", kind="dec"),
                      self.aggregate(columns)]
        items = [self.make(self.one("bool", "int", "date"), columns, 1)] if self.rng.random() < 0.6 else []
        tree, kinds = self.plain(items + aggregates[:self.one(1, 2, 3)], source, self.where(columns))
        return Node(tree, " GROUP BY 1" if items else ""), kinds

    def sets(self, words):
        first, columns, _ = self.base(self.one("a", "b"))
        second, others, _ = self.base(self.one("a", "b"))
        kinds = ["text"] + [self.one("int", "dec") for _ in range(self.one(0, 0, 1))]
        sides = [self.plain([self.many(scope, kind) for kind in kinds], source, self.where(scope))[0] for source, scope in [(first, columns), (second, others)]]
        return Node("(", sides[0], ")", self.rng.choice(words), "(", sides[1], ")"), kinds

    def union(self):
        return self.sets([" UNION "])

    def intersect(self):
        return self.sets([" INTERSECT ", " INTERSECT ALL "])

    def except_(self):
        return self.sets([" EXCEPT ", " EXCEPT ALL "])

    def windows(self):
        source, columns, unique = self.base(self.one("a", "a", "b"))
        items = [self.many(columns)] + [self.window(columns, unique) for _ in range(self.one(1, 1, 2))]
        return self.plain(items, source, self.where(columns))

    def semijoin(self):
        source, columns, _ = self.base(self.one("a", "b"))
        inner, others, _ = self.base(self.one("a", "b", "e"))
        kind = self.one("int", "text", "dec")
        outside, inside = self.many(columns, kind), self.many(others, kind)
        if self.rng.random() < 0.5:
            where = Node(" WHERE ", outside, self.one(" IN ", " NOT IN "), "(SELECT ", inside, " FROM ", inner, self.where(others), ")")
        else:
            more = Node(" AND ", self.make("bool", columns + others, 1), spare=True) if self.rng.random() < 0.4 else Node()
            where = Node(" WHERE ", self.one("EXISTS", "NOT EXISTS"), " (SELECT 1 FROM ", inner, " WHERE ", outside, " = ", inside, more, ")")
        return self.plain(self.listing(columns, self.one(1, 2)), source, where)

    def shared(self):
        """One subquery that two places read."""
        text, columns, _ = self.base("a")
        # A text of two columns lies in no dictionary: those are not counted with each row.
        text_of_two = Node("(", self.many(columns, "text"), " || ", self.many(columns, "int"), "::text)", kind="text")
        items = [self.many(columns, "int"), text_of_two] + self.listing(columns, 1)
        body, kinds = self.plain(items, text, self.where(columns))
        one, other = self.alias("s"), self.alias("s")
        sides = Node(f"w {one}", self.one(" JOIN ", " LEFT JOIN "), f"w {other} ON {one}.c0 = {other}.c0")
        return Node("WITH w AS MATERIALIZED (", body, ") SELECT ", f"{one}.c0 AS c0, {one}.c1 AS c1, {other}.c2 AS c2 FROM ", sides), kinds


class SpillingComparison(Comparison):
    """Over large tables with little memory."""

    def __init__(self, arguments):
        super().__init__(arguments)
        self.spilled = collections.Counter()
        self.windows_refused = 0

    def make_till(self):
        return Till(self.arguments.till, SMALL_BUDGET, self.arguments.threads)

    def make_tables(self, data_seed):
        return tables.make(data_seed, self.arguments.rows)

    def generator(self, seed, number):
        return SpillingGenerator(seed, FORMS[number % len(FORMS)], is_sure=number < len(FORMS))

    def compare(self, queries, data_seed):
        for query in queries:
            # Until each operator has spilled: beyond that it would be the same work for the same answer.
            if OPERATORS <= set(self.spilled):
                break
            answer = self.till.ask(["EXPLAIN ANALYZE " + query.text("till")])[0]
            operators = operators_that_spilled([row[0] for row in answer[1]]) if answer[0] == "rows" else set()
            self.counts["queries that spilled"] += bool(operators)
            self.spilled.update(operators)
        super().compare(queries, data_seed)

    def fault(self, query, answer, reference):
        """What must be in memory at once and is not is refused by name: not always, since a run in which most are refused proves nothing."""
        if answer[0] == "error" and REFUSAL.search(answer[1]):
            self.counts["refused for memory"] += 1
            self.windows_refused += "window" in answer[1]
            return "known"
        return super().fault(query, answer, reference)

    def conclude(self):
        if self.counts["refused for memory"] * 4 > self.counts["rows"]:
            print("more than a quarter was refused for memory")
            return False
        never = sorted(OPERATORS - set(self.spilled) - ({"Window"} if self.windows_refused else set()))
        print("spilled: " + ", ".join(f"{value} {name}" for name, value in sorted(self.spilled.items())))
        if never:
            print("never spilled: " + ", ".join(never))
        return super().conclude() and not never
