"""Compares `xpath` and `xpath_exists` over random XML with PostgreSQL 15's.

    python Tests/Reference/xpath_answers.py --till .build/release/till [--documents N] [--seed N]

Elements, attributes, namespaces with and without prefixes, entities, CDATA, comments and instructions; paths that select each of them, values of all four types
of XPath, and paths that are wrong. An error must be an error on both sides. Exit status 1 when something disagrees.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent))
from random_queries.engines import PostgreSQL, Till  # noqa: E402

NAMES = ["a", "b", "c", "line", "p:a", "p:line", "q:b"]
TEXTS = ["", "x", " ", "12.50", "-3", "a & b", "<b>", "]]", "Київ", "\"'", "1e3", "true", "two words", "\n  "]
SPACES = 'xmlns:p="urn:p" xmlns:q="urn:q"'


def content(source, depth):
    kind = source.random()
    if depth and kind < 0.55:
        return element(source, depth - 1)
    if kind < 0.85:
        return escape(source.choice(TEXTS))
    return source.choice(["<![CDATA[c & <d>]]>", "<!--note & more-->", "<?do it?>", "&#x20AC;", "&lt;&amp;&gt;&quot;&apos;"])


def element(source, depth, more=""):
    name = source.choice(NAMES)
    attributes = "".join(f" {key}={quoteattr(source.choice(TEXTS))}" for key in source.sample(["n", "id", "p:n"], source.randrange(3)))
    own = source.choice(["", "", "", ' xmlns="urn:d"', ' xmlns:r="urn:r"']) if not more else ""
    inside = "".join(content(source, depth) for _ in range(source.randrange(5)))
    return f"<{name}{more}{own}{attributes}/>" if not inside else f"<{name}{more}{own}{attributes}>{inside}</{name}>"


def document(source):
    head = source.choice(["", '<?xml version="1.0"?>\n', "<!--before-->"])
    return head + element(source, 4, " " + SPACES) + source.choice(["", "\n<!--behind-->"])


PLAIN = [
    "/", "/*", "//a", "//a/text()", "//@n", "//@*", "a", "*", "//a/b", "//a//b", "/a/*", "//line/@id", "//text()", "//comment()", "//processing-instruction()",
    "//node()", "//a[1]", "//a[last()]", "//a[@n]", "//a[@n='x']", "//*[local-name()='line']", "//*[text()='x']", "//*[contains(., '12')]", "//a | //b",
    "//b | //a | //@n", "//a/..", "//a/ancestor::*", "//a/following-sibling::*", "//b/preceding::*", "count(//*)", "sum(//@n)", "string(//a)", "concat(name(/*), '&<>')",
    "not(//a)", "count(//a) > 1", "1 div 0", "0 div 0", "-1 div 0", "1 div 3", "number('x')", "12345678901234567890", "0.000001", "string-length(string(/))", "boolean(//line)",
    "normalize-space(/*)", "translate(name(/*), 'abc', 'xyz')", "//*[position() mod 2 = 1]", "//*[name() = 'p:a']", "(//a)[2]", "(//*)[last()]", "/descendant::a[2]",
    "self::node()", ".", "..", "//a/self::a", "name(//*[2])", "namespace-uri(/*)", "id('x')", "lang('en')", "//*[count(*) > 1]/*[1]", "//a/@n | //b/text()", "''", "'a & b'", "true()",
    "floor(-1.5)", "round(2.5)", "ceiling(0.2)", "substring('12345', 2, 3)", "//a[not(b)]", "//*[@id = //@n]",
    "//", "a[", "foo(1)", "//a:b", "$x", "", " ", "1 +", "//a]", "@", "'open",
]
SPACED = ["//p:a", "//p:line/@p:n", "//d:*", "//d:a/text()", "//q:b | //d:b", "//*[self::p:a or self::d:a]", "count(//p:*)", "//r:a", "//@p:n", "//u:x"]
NAMESPACES = "ARRAY[ARRAY['p', 'urn:p'], ARRAY['q', 'urn:q'], ARRAY['d', 'urn:d'], ARRAY['r', 'urn:r']]"


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def questions(text):
    """`text`: the column, as the one asked wants it."""
    for path in PLAIN:
        yield f"SELECT id::text, to_json(xpath({quoted(path)}, {text}){{}})::text AS found FROM d"
        yield f"SELECT id::text, xpath_exists({quoted(path)}, {text})::text AS found FROM d"
    for path in SPACED:
        yield f"SELECT id::text, to_json(xpath({quoted(path)}, {text}, {NAMESPACES}){{}})::text AS found FROM d"
        yield f"SELECT id::text, xpath_exists({quoted(path)}, {text}, {NAMESPACES})::text AS found FROM d"
    yield f"SELECT id::text, ((xpath('//@n', {text})){{}})[1] AS found FROM d"
    yield f"SELECT id::text, to_json(xpath(CASE WHEN id % 2 = 0 THEN '//a' ELSE '//b' END, {text}){{}})::text AS found FROM d"
    yield f"SELECT max(id)::text, to_json(xpath('//a/text()', {text}){{}})::text AS found FROM d GROUP BY 2"
    yield f"SELECT id::text, to_json(xpath('//a', NULLIF({text}::text, ''){{xml}}){{}})::text AS found FROM d"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--till", required=True)
    parser.add_argument("--documents", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    source = random.Random(arguments.seed)
    rows = [(number, document(source)) for number in range(arguments.documents)]
    wrong = asked = refused = 0
    postgres = PostgreSQL()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/d.parquet"
            pq.write_table(pa.table({"id": pa.array([row[0] for row in rows], pa.int32()), "doc": pa.array([row[1] for row in rows])}), path)
            till = Till(arguments.till)
            till.load(None, {"d": path})
            postgres.load("CREATE TABLE d (id integer, doc xml);\n" + "".join(f"INSERT INTO d VALUES ({number}, {quoted(text)});\n" for number, text in rows))
            ours = [question.replace("{xml}", "").format("") for question in questions("doc")]
            theirs = [question.replace("{xml}", "::xml").format("::text[]") for question in questions("doc")]
            for question, mine, other in zip(ours, till.ask(ours), postgres.ask(theirs)):
                asked += 1
                refused += mine[0] == other[0] == "error"
                same = mine[0] == other[0] and (mine[0] == "error" or sorted(map(repr, map(list, mine[1]))) == sorted(map(repr, map(list, other[1]))))
                if not same:
                    wrong += 1
                    print(f"{question}\n  ours   {str(mine)[:300]}\n  theirs {str(other)[:300]}")
                    if mine[0] == other[0] == "rows":
                        for one, two in zip(sorted(map(list, mine[1])), sorted(map(list, other[1]))):
                            if one != two:
                                print(f"  of {rows[int(one[0])][1][:600]}\n  ours   {one}\n  theirs {two}")
                                break
    finally:
        postgres.close()
    print(f"{asked} questions of {len(rows)} documents, {refused} refused by both, {wrong} disagreements")
    return 1 if wrong or asked < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
