"""A query as a tree that can be written in three dialects and made smaller."""


class Node:
    """Parts in order: texts and nodes. `kind` is the type of an expression; `spare` says that the part may be left out."""

    def __init__(self, *parts, kind=None, spare=False):
        self.parts, self.kind, self.spare = list(parts), kind, spare

    def text(self, dialect):
        return "".join(part if isinstance(part, str) else part.text(dialect) for part in self.parts)

    def smaller(self):
        """What may stand in this node's place, the shortest first."""
        if self.spare:
            yield Node()
        if self.kind:
            if self.kind in NULLS and self.parts != [NULLS[self.kind]]:
                yield Node(NULLS[self.kind], kind=self.kind)
            yield from (node for node in self.walk() if node is not self and node.kind == self.kind)

    def walk(self):
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.walk()

    def replacing(self, old, new):
        """The same tree with one node replaced."""
        if self is old:
            return new
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__)
        copy.parts = [part.replacing(old, new) if isinstance(part, Node) else part for part in self.parts]
        return copy


class Dialects(Node):
    """The same thing in the words of Till, PostgreSQL and DuckDB."""

    NAMES = ("till", "postgres", "duckdb")

    def text(self, dialect):
        part = self.parts[self.NAMES.index(dialect)]
        return part if isinstance(part, str) else part.text(dialect)


NULLS = {
    "int": "NULL::integer", "big": "NULL::bigint", "dec": "NULL::numeric(18,4)", "wide": "NULL::numeric(38,6)", "dbl": "NULL::double precision",
    "text": "NULL::text", "bool": "NULL::boolean", "date": "NULL::date", "ts": "NULL::timestamptz", "tsn": "NULL::timestamp", "span": "NULL::interval",
}


def listed(nodes, separator=", "):
    """Nodes in a list, of which all but the first may be left out."""
    return Node(*[node if place == 0 else Node(separator, node, spare=True) for place, node in enumerate(nodes)])
