"""Random queries over the tables of tables.py."""

import random
import re

from expressions import KEYS, LINE_COLUMNS, Column, Expressions
from syntax import Dialects, Node, listed
from tables import KEYS as TABLE_KEYS
from tables import SCHEMA

OUTPUTS = KEYS + ["tsn", "span"]


class Query:
    """A tree, the type of each output column, and whether the rows' order is told by the query."""

    def __init__(self, tree, kinds, ordered):
        self.tree, self.kinds, self.ordered = tree, kinds, ordered

    def text(self, dialect):
        return self.tree.text(dialect)

    def smaller(self):
        """The same query with one thing less, for each thing."""
        for node in list(self.tree.walk()):
            for new in node.smaller():
                yield Query(self.tree.replacing(node, new), self.kinds, self.ordered)


class Generator(Expressions):
    outputs = OUTPUTS
    # Types of columns that the tables lack.
    left_out = ()

    def __init__(self, seed):
        super().__init__(random.Random(seed))
        self.count, self.subquery_depth, self.named = 0, 2, []

    def alias(self, letter="t"):
        self.count += 1
        return f"{letter}{self.count}"

    def query(self):
        form = self.rng.random()
        if form < 0.07:
            return self.risky()
        prefix = Node()
        if form < 0.22:
            prefix = self.common_tables()
        if form > 0.86:
            body, kinds = self.set_operation()
        else:
            body, kinds = self.select([], top=True)
        ordered = Node()
        exact = not any(kind in ("quotient", "float", "array") for kind in kinds)
        has_order = exact and self.rng.random() < 0.4
        if has_order:
            ordered = self.order_by_all(len(kinds))
        return Query(Node(prefix, body, ordered), kinds, has_order)

    def order_by_all(self, count):
        """An order by every column leaves nothing open; so a LIMIT may follow."""
        places = list(range(1, count + 1))
        self.rng.shuffle(places)
        keys = [Node(str(place), self.one("", " ASC", " DESC"), self.one("", "", " NULLS FIRST", " NULLS LAST")) for place in places]
        tail = []
        if self.rng.random() < 0.5:
            tail.append(Node(f" LIMIT {self.rng.choice([0, 1, 3, 3, 3, 10, 10, 10, 10])}", spare=True))
        if self.rng.random() < 0.2:
            tail.append(Node(f" OFFSET {self.rng.choice([0, 1, 4])}", spare=True))
        return Node(" ORDER BY ", listed(keys), *tail)

    def common_tables(self):
        parts = []
        for _ in range(self.one(1, 1, 2)):
            name = self.alias("w")
            body, kinds = self.select([], kinds=[self.rng.choice(self.outputs) for _ in range(self.one(2, 3))])
            parts.append(Node(name, " AS ", self.one("", "", "MATERIALIZED "), "(", body, ")"))
            self.named.append((name, kinds))
        return Node("WITH ", listed(parts), " ")

    def set_operation(self):
        kinds = [self.rng.choice(self.outputs) for _ in range(self.one(1, 2, 3))]
        sides = [self.select([], kinds=kinds)[0]]
        parts = ["(", sides[0], ")"]
        for _ in range(self.one(1, 1, 2)):
            parts += [self.one(" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " INTERSECT ALL ", " EXCEPT ALL "), "(", self.select([], kinds=kinds)[0], ")"]
        return Node(*parts), kinds

    # FROM

    def base(self, name=None):
        """A stored table under a new alias: what FROM says, the columns, what makes a row unique."""
        name = name or self.rng.choice(["a"] * 8 + ["b"] * 6 + ["r"] * 4 + ["e"])
        alias = self.alias()
        columns = [Column(f"{alias}.{column}", kind) for column, kind, _ in SCHEMA[name] if kind not in self.left_out]
        return Node(f"{name} {alias}"), columns, [f"{alias}.{TABLE_KEYS[name]}"]

    def source(self):
        form = self.rng.random()
        if form < 0.72 or self.subquery_depth <= 0:
            return self.base()
        alias = self.alias()
        if form < 0.76:
            return Node(f"generate_series(1, {self.rng.randint(0, 6)}) AS {alias}(s)"), [Column(f"{alias}.s", "int")], [f"{alias}.s"]
        if form < 0.80:
            rows = ["(", self.literal("int"), ", ", self.literal("text"), ")", Node(", (2, NULL)", spare=True), Node(", (NULL, 'milk')", spare=True)]
            return Node("(VALUES ", *rows, f") AS {alias}(s, z)"), [Column(f"{alias}.s", "int"), Column(f"{alias}.z", "text")], None
        if self.named and form < 0.92:
            name, kinds = self.rng.choice(self.named)
            return Node(f"{name} {alias}"), [Column(f"{alias}.c{place}", kind) for place, kind in enumerate(kinds)], None
        self.subquery_depth -= 1
        body, kinds = self.select([], kinds=[self.rng.choice(self.outputs) for _ in range(self.one(1, 2, 3))])
        self.subquery_depth += 1
        if self.rng.random() < 0.25:
            body = Node(body, self.order_by_all(len(kinds)))
        return Node("(", body, f") AS {alias}"), [Column(f"{alias}.c{place}", kind) for place, kind in enumerate(kinds)], None

    def condition(self, left, right):
        """An equality over columns of both sides, and more."""
        pairs = [(one, other) for one in left for other in right if one.kind == other.kind and one.kind in self.keys]
        if not pairs:
            return None
        one, other = self.rng.choice(self.equal_pairs(pairs))
        parts = [Node(f"{one.sql} = {other.sql}")]
        if self.rng.random() < 0.3:
            one, other = self.rng.choice(pairs)
            parts.append(Node(" AND ", f"{one.sql}{self.one(' = ', ' < ', ' <> ', ' IS NOT DISTINCT FROM ')}{other.sql}", spare=True))
        if self.rng.random() < 0.3:
            self.subquery_depth, depth = 0, self.subquery_depth
            parts.append(Node(" AND ", self.make("bool", left + right, 2), self.one("", " IS NOT FALSE"), spare=True))
            self.subquery_depth = depth
        return Node(*parts)

    def equal_pairs(self, pairs):
        """Pairs of columns that find each other often enough."""
        return [pair for pair in pairs if pair[0].kind in ("int", "text", "date")] or pairs

    def tables(self):
        text, columns, unique = self.source()
        parts = [text]
        count = self.one(0, 0, 0, 1, 1, 1, 2)
        for place in range(count):
            owner = next((column.sql for column in columns if column.kind == "lines"), None)
            if owner and self.rng.random() < 0.6:
                joined, more = self.unnest(owner)
                parts.append(joined)
                columns, unique = columns + more, None
                continue
            number = next((column.sql for column in columns if column.kind == "int"), None)
            if number and self.rng.random() < 0.04:
                alias = self.alias("g")
                parts.append(Node(self.one(f" CROSS JOIN generate_series(1, {number} % 5) AS {alias}(s)",
                                           f" LEFT JOIN LATERAL generate_series({number} - 2, {number}) AS {alias}(s) ON {alias}.s > 1")))
                columns, unique = columns + [Column(f"{alias}.s", "int")], None
                continue
            if self.subquery_depth > 0 and self.rng.random() < 0.06:
                joined, more = self.lateral(columns)
                parts.append(joined)
                columns, unique = columns + more, None
                continue
            text, more, others = self.source()
            condition, form = self.condition(columns, more), self.rng.random()
            if place == 0 and form > 0.88 and self.has_key(columns) and self.has_key(more):
                name = self.one("k", "k", "day")
                parts.append(Node(self.one(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "), text, f" USING ({name})"))
                columns = columns + more + [Column(name, "int" if name == "k" else "date")]
                unique = unique + others if unique and others else None
                continue
            if condition is None or form < 0.06:
                parts.append(Node(self.one(" CROSS JOIN ", ", ") if place == count - 1 else " CROSS JOIN ", text))
            else:
                word = self.one(" JOIN ", " INNER JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ")
                parts.append(Node(word, text, " ON ", condition))
            columns = columns + more
            unique = unique + others if unique and others else None
        return Node(*parts), columns, unique

    @staticmethod
    def has_key(columns):
        """Whether these are a table's of those that share names."""
        names = [column.sql.split(".")[-1] for column in columns]
        return "k" in names and "day" in names

    def lateral(self, columns):
        """A subquery that looks at the tables before it."""
        alias = self.alias("v")
        source, inner, where = self.correlated(columns)
        self.subquery_depth, depth = 0, self.subquery_depth
        kinds = [self.rng.choice(self.keys) for _ in range(2)]
        items = [self.make(kind, inner + columns, 1) for kind in kinds]
        if self.rng.random() < 0.4:
            items[0] = self.aggregate(inner, kinds[0]) if kinds[0] not in ("int",) else Node("count(*)::integer", kind="int")
            items[1] = Node("max(", self.make(kinds[1], inner, 1), ")", kind=kinds[1]) if kinds[1] != "bool" else Node("bool_or(", self.make("bool", inner, 1), ")", kind="bool")
            tail = Node()
        else:
            tail = Node(" ORDER BY 1, 2", self.one(" LIMIT 1", " LIMIT 2", " LIMIT 2 OFFSET 1", ""))
        self.subquery_depth = depth
        body = Node("(SELECT ", self.items(items), " FROM ", source, where, tail, f") AS {alias}")
        named = [Column(f"{alias}.c{place}", item.kind) for place, item in enumerate(items)]
        if self.rng.random() < 0.5:
            return Node(" CROSS JOIN LATERAL ", body), named
        return Node(" LEFT JOIN LATERAL ", body, " ON true"), named

    def unnest(self, owner):
        alias, form = self.alias("u"), self.rng.random()
        if form < 0.35:
            names = ", ".join(name for name, _ in LINE_COLUMNS)
            columns = [Column(f"{alias}.{name}", kind) for name, kind in LINE_COLUMNS] + [Column(f"{alias}.o", "big")]
            start = self.one(" CROSS JOIN ", " LEFT JOIN ")
            return Node(start, f"UNNEST({owner}) WITH ORDINALITY AS {alias}({names}, o)", " ON true" if "LEFT" in start else ""), columns
        columns = [Column(f"{alias}.{name}", kind) for name, kind in LINE_COLUMNS]
        if form < 0.75:
            return Node(" CROSS JOIN ", f"UNNEST({owner}) AS {alias}"), columns
        return Node(f" LEFT JOIN UNNEST({owner}) AS {alias} ON true"), columns

    # SELECT

    def select(self, outer, kinds=None, top=False):
        """A SELECT of columns c0, c1, …; the node and its columns' types."""
        source, columns, unique = self.tables()
        scope = columns + outer
        where = Node(" WHERE ", self.make("bool", scope, 3), self.one("", " IS NOT FALSE", " IS NOT TRUE"), spare=True) if self.rng.random() < 0.35 else Node()
        form = self.rng.random()
        if form < 0.3:
            return self.grouped(source, columns, where, kinds, top)
        items, types = [], []
        for kind in kinds or [self.rng.choice(self.outputs) for _ in range(self.one(1, 2, 3))]:
            items.append(self.make(kind, scope, 3))
        if top:
            if form < 0.5:
                items.append(self.approximate(columns))
            if form > 0.8:
                items += [item for item in [self.over_lists(columns)] if item]
            if unique and 0.45 < form < 0.75:
                items += [self.window(columns, unique) for _ in range(self.one(1, 1, 2))]
        types = [item.kind for item in items]
        distinct = Node()
        exact = not any(kind in ("quotient", "float", "array") for kind in types)
        if exact and self.rng.random() < 0.12:
            distinct = Node("DISTINCT ", spare=True)
        elif top and exact and self.rng.random() < 0.06:
            return self.distinct_on(items, source, where), types
        elif top and self.rng.random() < 0.07:
            return self.first_ranks(items, source, columns, unique, where), types + ["big"]
        return Node("SELECT ", distinct, self.items(items), " FROM ", source, where), types

    @staticmethod
    def items(items):
        return Node(*[part for place, item in enumerate(items) for part in ([", "] if place else []) + [item, f" AS c{place}"]])

    def distinct_on(self, items, source, where):
        rest = ", ".join(f"{place}{self.one('', ' DESC', ' NULLS FIRST')}" for place in range(2, len(items) + 1))
        body = Node("SELECT DISTINCT ON (1) ", self.items(items), " FROM ", source, where, " ORDER BY 1", ", " + rest if rest else "")
        return Node("SELECT * FROM (", body, ") z")

    def first_ranks(self, items, source, columns, unique, where):
        """The rows of each partition whose rank passes a test above the window; beside it a second window, at times."""
        key = Node(self.make(self.rng.choice(self.keys), columns, 1), self.one("", " DESC", " NULLS FIRST", " DESC NULLS LAST"))
        partition, call, ties = self.partition(columns), self.one("rank()", "dense_rank()"), ""
        if unique and self.rng.random() < 0.4:
            call, ties = "row_number()", ", " + ", ".join(unique)
        number = Node(f"{call} OVER (", partition, "ORDER BY ", key, ties, ")", kind="big")
        others = [Node("count(*) OVER (", partition, ")", kind="big")] if self.rng.random() < 0.2 else []
        name = f"c{len(items)}"
        test = self.one(f"{name} <= 1", f"{name} < 4", f"{name} = 2", f"3 >= {name}", f"{name} BETWEEN 2 AND 5", f"{name} IN (1, 3)", f"{name} <= 0", f"{name} <= 3000000000")
        if self.rng.random() < 0.3:
            test += self.one(f" OR {name} = 7", " AND c0 IS NOT NULL", f" AND {name} <> 2")
        body = Node("SELECT ", self.items(items + [number] + others), " FROM ", source, where)
        wanted = ", ".join(f"c{place}" for place in range(len(items) + 1))
        return Node(f"SELECT {wanted} FROM (", body, f") z WHERE {test}")

    def aggregate(self, scope, kind=None, top=False):
        make = lambda kind: self.make(kind, scope, 2)
        choice = kind or self.one("count", "count", "int", "dec", "wide", "text", "bool", "date", "ts", "dbl", "mode", "big", "disc", "span", *(["rough"] * 4 if top else []))
        if choice in ("count", "big"):
            node = Node(self.one("count(*)", "count(", "count(DISTINCT "), kind="big")
            if node.parts[0] != "count(*)":
                node.parts += [make(self.rng.choice(self.keys)), ")"]
            if self.rng.random() < 0.2:
                node = Node("sum(", make("int"), ")", kind="big")
        elif choice == "dec":
            node = Node(self.one("sum(", "sum(", "sum(DISTINCT ", "min(", "max("), make(self.one("dec", "dec", "big") if not kind else "dec"), ")", kind="dec")
        elif choice == "wide":
            node = Node(self.one("sum(", "min(", "max("), make("wide"), ")", kind="wide")
        elif choice == "bool":
            node = Node(self.one("bool_and(", "bool_or("), make("bool"), ")", kind="bool")
        elif choice == "text" and self.rng.random() < 0.4:
            value = make("text")
            node = Node("string_agg(", value, ", ", self.one("','", "''", "'; '"), " ORDER BY ", value, self.one("", " DESC", " NULLS FIRST"), ")", kind="text")
        elif choice == "mode":
            kind = self.one("int", "text", "date", "dec")
            node = Node("mode() WITHIN GROUP (ORDER BY ", make(kind), ")", kind=kind)
        elif choice == "disc":
            kind = self.one("int", "text", "date", "dec", "ts")
            node = Node("percentile_disc(", self.one("0.5", "0", "1", "0.25"), ") WITHIN GROUP (ORDER BY ", make(kind), self.one("", " DESC"), ")", kind=kind)
        elif choice == "rough":
            node = self.rough_aggregate(make)
        elif choice == "dbl":
            node = Node(self.one("min(", "max("), make("dbl"), ")", kind="dbl")
        else:
            node = Node(self.one("min(", "max("), make(choice), ")", kind=choice)
        if node.kind != "array" and self.rng.random() < 0.15:
            node = Node(node, Node(" FILTER (WHERE ", make("bool"), ")", spare=True), kind=node.kind)
        return node

    def rough_aggregate(self, make):
        form = self.rng.randint(0, 5)
        if form == 0:
            return Node("avg(", make(self.one("int", "dec", "big")), ")", kind="quotient")
        if form == 1:
            return Node(self.one("stddev(", "variance(", "stddev_pop(", "var_pop(", "stddev_samp(", "var_samp("), make(self.one("int", "dec")), ")::double precision",
                        kind="spread")
        if form == 2:
            return Node("percentile_cont(", self.one("0.5", "0.1", "1", "0"), ") WITHIN GROUP (ORDER BY ", make(self.one("int", "dec", "dbl")), ")", kind="float")
        if form == 3:
            return Node(self.one("sum(", "avg("), make("dbl"), ")", kind="float")
        kind = self.one("int", "text")
        # The same expression twice: a subquery would be two.
        self.subquery_depth, depth = 0, self.subquery_depth
        value = Node("(", make(kind), f")::{'integer' if kind == 'int' else 'text'}")
        self.subquery_depth = depth
        array = Node("array_agg(", self.one("", "DISTINCT "), value, " ORDER BY ", value, self.one("", " DESC", " NULLS FIRST"), ")")
        return Dialects(array, Node("to_json(", array, ")"), array, kind="array")

    def grouped(self, source, scope, where, kinds, top):
        """GROUP BY with keys told as expressions, ordinals or aliases; sets of keys at times."""
        items, keys = [], []
        if kinds:
            for kind in kinds:
                if self.rng.random() < 0.5 or kind in ("tsn", "span"):
                    items.append(self.make(kind, scope, 2))
                    keys.append(len(items))
                else:
                    items.append(self.aggregate(scope, kind))
                    if items[-1].kind != kind:
                        items[-1] = Node("(", items[-1], f")::{'integer' if kind == 'int' else 'numeric(38,4)'}", kind=kind)
        else:
            for _ in range(self.one(0, 1, 1, 2)):
                items.append(self.make(self.rng.choice(self.keys), scope, 2))
                keys.append(len(items))
            for _ in range(self.one(1, 2)):
                items.append(self.aggregate(scope, top=top))
        group = Node()
        simple = [place for place in keys if re.fullmatch(r"\w+\.\w+", items[place - 1].text("till"))]
        if len(simple) == len(keys) and keys and self.rng.random() < 0.6:
            names = [items[place - 1].parts[0] for place in keys]
            form = self.one("ROLLUP ({})", "CUBE ({})", "GROUPING SETS (({}), ())", "{}")
            group = Node(" GROUP BY ", form.format(", ".join(names)))
            if form != "{}" and top and len(set(names)) == len(names):
                items.append(Node(f"grouping({', '.join(names)})", kind="int"))
        elif keys:
            group = Node(" GROUP BY ", ", ".join(str(place) for place in keys))
        having = Node(" HAVING ", self.one("count(*) > 1", "count(*) >= 0", "min(1) IS NOT NULL"), spare=True) if self.rng.random() < 0.2 else Node()
        types = [item.kind for item in items]
        if top and keys and not kinds and self.rng.random() < 0.1:
            items.append(Node("sum(count(*)) OVER ()", kind="dec"))
            types.append("dec")
        return Node("SELECT ", self.items(items), " FROM ", source, where, group, having), types

    # Subqueries

    def correlated(self, scope):
        """FROM and WHERE of a subquery that looks out by a comparison, a condition of any kind, or not at all."""
        self.subquery_depth -= 1
        source, columns, _ = self.base(self.one("a", "b", "e", "b"))
        near = [column for column in scope if column.kind in ("int", "text", "date")]
        parts = []
        if near and self.rng.random() < 0.6:
            outer = self.rng.choice(near)
            inner = [column for column in columns if column.kind == outer.kind]
            if inner:
                parts.append(Node(f"{self.rng.choice(inner).sql} {self.one('=', '=', '=', '=', '<', '>=', '<>', 'IS NOT DISTINCT FROM')} {outer.sql}"))
                if self.rng.random() < 0.4:
                    parts.append(Node(" AND ", self.make("bool", columns + scope, 1), spare=True))
        if not parts and self.rng.random() < 0.4:
            parts.append(self.make("bool", columns + scope if self.rng.random() < 0.5 else columns, 1))
        self.subquery_depth += 1
        return source, columns, Node(" WHERE ", *parts) if parts else Node()

    def scalar_subquery(self, kind, scope):
        source, columns, where = self.correlated(scope)
        self.subquery_depth -= 1
        value = self.make(kind, columns, 1)
        self.subquery_depth += 1
        if kind in ("bool",):
            return Node("(SELECT bool_or(", value, ") FROM ", source, where, ")", kind=kind)
        if self.rng.random() < 0.3:
            return Node("(SELECT ", value, " FROM ", source, where, f" ORDER BY 1{self.one('', ' DESC', ' NULLS FIRST')} LIMIT 1)", kind=kind)
        return Node("(SELECT ", self.one("min(", "max("), value, ") FROM ", source, where, ")", kind=kind)

    def predicate_subquery(self, scope):
        source, columns, where = self.correlated(scope)
        form, kind = self.rng.random(), self.one("int", "text", "date", "dec")
        if form < 0.45:
            return Node("(", self.one("EXISTS", "NOT EXISTS"), " (SELECT 1 FROM ", source, where, "))", kind="bool")
        self.subquery_depth -= 1
        value, test = self.make(kind, columns, 1), self.make(kind, scope, 1)
        self.subquery_depth += 1
        if form < 0.9:
            return Node("(", test, self.one(" IN ", " NOT IN "), "(SELECT ", value, " FROM ", source, where, "))", kind="bool")
        return Node("(", test, self.one(" = ANY ", " <> ALL ", " > ALL ", " <= ANY "), "(SELECT ", value, " FROM ", source, where, "))", kind="bool")

    # Windows

    def window(self, scope, unique):
        def make(kind):
            return self.make(kind, scope, 1)
        keys = [Node(make(self.rng.choice(self.keys)), self.one("", " DESC", " NULLS FIRST", " DESC NULLS LAST")) for _ in range(self.one(0, 1, 1))]
        partition = self.partition(scope)
        total = Node("ORDER BY ", *[part for key in keys for part in (key, ", ")], ", ".join(unique))
        form, kind = self.rng.random(), self.one("int", "text", "dec", "date")
        if form < 0.2:
            call = self.one("row_number()", "ntile(3)", "ntile(1)")
            return Node(f"{call} OVER (", partition, total, ")", kind="big")
        if form < 0.35 and keys:
            call = self.one("rank()", "dense_rank()", "count(*)", "cume_dist()", "percent_rank()")
            return Node(f"{call} OVER (", partition, "ORDER BY ", keys[0], ")", kind="float" if "_dist" in call or "percent" in call else "big")
        if form < 0.55:
            name = self.one("lag(", "lead(")
            return Node(name, make(kind), self.one("", ", 2", ", 0", ", -1"), ") OVER (", partition, total, ")", kind=kind)
        bounds = ["UNBOUNDED PRECEDING", "3 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "2 FOLLOWING", "UNBOUNDED FOLLOWING"]
        first = self.rng.randint(0, 5)
        last = self.rng.randint(max(first, 1), 6)
        frame, order = f" {self.one('ROWS', 'ROWS', 'GROUPS')} BETWEEN {bounds[first]} AND {bounds[last]}", total
        if self.rng.random() < 0.25:
            frame += self.one(" EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS")
        if form > 0.85:
            frame = f" RANGE BETWEEN {bounds[first]} AND {bounds[last]}"
            order = Node("ORDER BY ", make("int"), self.one("", " DESC", " NULLS FIRST"))
        if form < 0.7:
            call = Node(self.one("first_value(", "last_value("), make(kind), ")") if self.rng.random() < 0.7 else Node("nth_value(", make(kind), ", 2)")
            if "RANGE" in frame or "GROUPS" in frame:
                frame = ""
            return Node(call, " OVER (", partition, total, frame, ")", kind=kind)
        node = self.aggregate(scope)
        while any(isinstance(part, str) and ("DISTINCT" in part or "WITHIN" in part or "ORDER BY" in part) for one in node.walk() for part in one.parts):
            node = self.aggregate(scope)
        return Node(node, " OVER (", partition, order, frame, ")", kind=node.kind)

    def partition(self, scope):
        return Node("PARTITION BY ", self.make(self.rng.choice(self.keys), scope, 1), " ", spare=True) if self.rng.random() < 0.5 else Node()

    # What may fail

    def risky(self):
        """One expression over one row that may be an error: here as there, or nowhere."""
        source, columns, unique = self.base(self.one("a", "b"))
        def make(kind):
            return self.make(kind, columns, 1)
        self.subquery_depth = 0
        item = self.one(
            lambda: Node("(", make("int"), self.one(" / ", " % "), make("int"), ")", kind="int"),
            lambda: Node("(", make("dec"), self.one(" / ", " % "), make("dec"), ")", kind="quotient"),
            lambda: Node("(", make("text"), ")::", self.one("integer", "date", "boolean", "double precision", "numeric(9,2)", "timestamptz"), " IS NULL", kind="bool"),
            lambda: Node("(", make("big"), ")::integer", kind="int"),
            lambda: Node("(", make("int"), " * 1000000 * 1000)", kind="int"),
            lambda: Node("(", make("big"), " * 10000000000)", kind="big"),
            lambda: Node("(", make("dec"), ")::numeric(5,2)", kind="dec"),
            lambda: Node("make_date(2026, ", make("int"), ", ", make("int"), ")", kind="date"),
            lambda: Node("(", make("date"), " + ", make("int"), " * 100000)", kind="date"),
            lambda: Node("sqrt(", make("int"), ")::double precision", kind="float"),
            lambda: Node("substring(", make("text"), ", 1, ", make("int"), ")", kind="text"),
            lambda: Node("(", make("dbl"), ")::integer", kind="int"),
            lambda: Node("power(", make("int"), ", ", make("int"), ")::double precision", kind="float"),
            lambda: Node("(", make("dbl"), " / ", make("dbl"), ")", kind="float"),
            lambda: Node("split_part(", make("text"), ", ',', ", make("int"), ")", kind="text"),
        )()
        where = Node(" WHERE ", f"{unique[0]} = {self.rng.randint(0, 30)}") if self.rng.random() < 0.7 else Node()
        return Query(Node("SELECT ", item, " AS c0 FROM ", source, where), [item.kind], False)
