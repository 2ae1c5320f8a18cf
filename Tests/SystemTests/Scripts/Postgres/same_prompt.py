"""Scripts that `till sql` and psql, which asks the same server by its door, answer alike: what commands make of answers, variables, how rows are shown, and \\copy.

Usage: same_prompt.py PORT URL ADMIN_KEY TILL
"""
import os
import shutil
import subprocess
import sys

PORT, URL, KEY, TILL = sys.argv[1:5]
# Pages of answers have an order of their own where a query says none.
CROSSED = "SELECT r, c, d, s FROM (VALUES (1, 'x', 'a', 1, 3), (2, 'y', 'b', 2, 2), (3, 'x', 'b', NULL, 2), (4, 'y', 'c', 7, 1), (5, NULL, 'a', 9, 3), (6, 'z', NULL, 5, NULL)) v(o, r, c, d, s)"
TOLD = "\\echo :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_SQLSTATE\n"
SCRIPTS = {
    "gexec": "SELECT 'SELECT 1 AS a' AS q, NULL AS n, 'SELECT 2 AS b; SELECT 3 AS c' AS r \\gexec\n" + TOLD
             + "SELECT q FROM (VALUES (1, 'SELECT nosuch'), (2, 'SELECT 4 AS d')) v(o, q) ORDER BY o \\gexec\n" + TOLD + "SELECT 'SELECT 5' \\; SELECT 'SELECT 6 AS f' \\gexec\n",
    "gset": "SELECT 5 AS five, NULL AS none, 'a b' AS word \\gset p_\n\\echo :p_five :p_none :'p_word' :{?p_five} :{?p_none} :ROW_COUNT\nSELECT 1 AS \"ECHO\", 2 AS two \\gset\n\\echo :two\n"
            "SELECT 3 AS a UNION ALL SELECT 4 \\gset\n\\echo :{?a}\nSELECT 3 AS a WHERE false \\gset\n\\echo :{?a}\n",
    "variables": "\\echo :{?ERROR} :LAST_ERROR_SQLSTATE [:LAST_ERROR_MESSAGE]\nSELECT 1 / 0;\n" + TOLD + "\\echo :LAST_ERROR_MESSAGE\nSELECT * FROM nosuch;\n" + TOLD + "SELECT nosuch;\n" + TOLD
                 + "SELECT nosuch(1);\n" + TOLD + "SELECT 'x'::int;\n" + TOLD + "SELECT 7 AS n UNION ALL SELECT 8 ORDER BY 1;\n" + TOLD + "SELECT 7 AS n WHERE false;\n" + TOLD
                 + "\\if :ERROR\n\\echo never\n\\else\n\\echo fine\n\\endif\nSELECT 1 AS a \\; SELECT nosuch \\; SELECT 2 AS b;\n" + TOLD,
    "gdesc": "SELECT 1 AS a, 'x'::text AS b, now() AS c, ARRAY[1, 2] AS d, 1.5::numeric(10,2) AS e, true AS f, 1::float8 AS g, date '2026-01-01' AS h, 2::bigint AS i, interval '1 day' AS j,"
             " time '10:00' AS k, timestamp '2026-01-01' AS l, '\\x01'::bytea AS m, '{}'::jsonb AS n, ARRAY['a'] AS o, 1 / 0 AS p -- the end\n\\gdesc\nSET TIME ZONE 'UTC' \\gdesc\nSELECT nosuch \\gdesc\n" + TOLD,
    "crosstabview": "\n".join(f"{CROSSED}{behind} ORDER BY o \\crosstabview {words}" for behind, words in [
        ("", "1 2 3"), ("", "r c d"), ("", "2 1 3"), ("", "r c d s"), ("", "R C \"d\" 4"), ("", ""), ("", "1 1 3"), ("", "1 2 9"), ("", "1 2 0"), ("", "nosuch 2 3"), (" WHERE d = 1", "r c d"), (" WHERE false", "r c d")])
        + "\nSELECT 1 AS a, 2 AS b, 3 AS c \\crosstabview\nSELECT 1 AS a, 2 AS a, 3 AS c \\crosstabview a\nSELECT 1, 2 \\crosstabview\n"
        "SELECT * FROM (VALUES (1, 2, 3), (1, 2, 4)) v(a, b, c) \\crosstabview\n\\pset null -\n" + CROSSED + " ORDER BY o \\crosstabview r c d\n\\x\n" + CROSSED + " ORDER BY o \\crosstabview r c d\n\\x \\pset format csv\n"
        "SELECT * FROM (VALUES ('x', 'a', 1), ('y', 'b,c', 2)) v(r, c, d) \\crosstabview\n",
    "separators": "\\pset recordsep ';'\nSELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4 ORDER BY 1;\nSELECT 1 AS a WHERE false;\n\\x\nSELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4 ORDER BY 1;\nSELECT 1 AS a WHERE false;\n"
                  "\\x \\t\nSELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4 ORDER BY 1;\nSELECT 1 AS a WHERE false;\n\\t \\pset recordsep_zero \\pset fieldsep_zero\n"
                  "SELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4 ORDER BY 1;\n\\x\nSELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4 ORDER BY 1;\n",
    "titles": "\\pset title 'a title'\nSELECT 1 AS a;\n\\x\nSELECT 1 AS a, 2 AS b;\nSELECT 1 AS a WHERE false;\n\\x \\t\nSELECT 1 AS a;\n\\t \\C other\nSELECT 1 AS a;\n\\H \\T 'class=x'\nSELECT 1 AS a, 'b<' AS b;\n"
              "\\C\n\\T\nSELECT 1 AS a;\n",
    "numericlocale": "\\pset numericlocale on\nSELECT 1234567.891 AS a, -12345 AS b, 123 AS c, 1000 AS d, '12345' AS e, 'NaN'::float8 AS f, 0.12345 AS g;\n\\x\nSELECT -1234567 AS a;\n",
    "csv_fieldsep": "\\pset format csv \\pset csv_fieldsep ';'\nSELECT 'a;b' AS x, 'c,d' AS \"y;z\", 'q\"r' AS z;\n\\t\nSELECT 1 AS a, 2 AS b;\n",
    "copy": "".join(f"\\copy (SELECT 'a;b' AS x, NULL AS y, '' AS z, 'q\"r' AS w, E'a\\tb\\\\c\\nd' AS v, 7 AS n) TO STDOUT {options}\n" for options in [
        "(FORMAT csv, DELIMITER ';', NULL '-', HEADER)", "WITH (FORMAT csv, QUOTE '''', FORCE_QUOTE (x, w))", "(FORMAT csv, FORCE_QUOTE *, ESCAPE '\\')", "(FORMAT text)", "(FORMAT text, HEADER, DELIMITER '|', NULL 'none')",
        "WITH CSV NULL AS 'n' FORCE QUOTE x, w", "CSV HEADER DELIMITER AS E'\\t'", "(FORMAT csv, DELIMITER ';;')", "(FORMAT csv, NOSUCH 1)", "(FORMAT csv, HEADER, HEADER)", "(FORMAT csv, FORCE_QUOTE (q))",
        "(FORMAT text, QUOTE '-')", "(FORMAT nosuch)", "(FORMAT csv, HEADER false, ENCODING 'UTF8')"]),
    "echo": "\\set ECHO queries\nSELECT 1 AS a;\nSELECT 2 AS b \\g\nSELECT 'SELECT 3 AS c' AS q \\gexec\n\\set ECHO none\nSELECT 4 AS d;\n\\getenv it SAME_PROMPT\n\\getenv it SAME_PROMPT_NOT\n\\echo :it\n",
}


def answers(arguments, script, environment):
    run = subprocess.run(arguments, input=script, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C", "SAME_PROMPT": "a b"} | environment)
    # CSV has the line ends of RFC 4180 here, which are read as psql's; blanks at the ends of lines are those of what was typed.
    return [line.rstrip(" ") for line in run.stdout.split("\n")], run.stderr


def main():
    psql = shutil.which("psql")
    if psql is None:
        print("psql not installed: script/bootstrap does that")
        sys.exit(77)
    failed = False
    for name, script in SCRIPTS.items():
        ours = answers([TILL, "sql", "--url", URL], "\\a \\pset null ''\n\\set ON_ERROR_STOP off\n" + script, {"TILL_KEY": KEY})
        theirs = answers([psql, f"host=127.0.0.1 port={PORT} user=admin dbname=till sslmode=disable", "-X", "-q", "-A"], script, {"PGPASSWORD": KEY})
        if ours[0] != theirs[0]:
            failed = True
            print(f"{name}: till sql has\n{ours[0]!r}\nand psql\n{theirs[0]!r}\nwith the faults\n{ours[1]}\nand\n{theirs[1]}")
    if failed:
        sys.exit(1)
    print("the client is served")


main()
