"""The prompt of `till sql` in a pseudo-terminal: prompt.py TILL DATA FOLDER. Says ok at the end, or fails with what the terminal showed."""

import os
import pty
import re
import resource
import select
import subprocess
import sys
import time

TILL, DATA, FOLDER = sys.argv[1:4]
PATIENCE = 60
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("TILL_") and name not in ("PAGER", "EDITOR", "VISUAL")}


class Prompt:
    def __init__(self, environment=None, arguments=()):
        clean = CLEAN | {"TERM": "xterm", "HOME": FOLDER, "TILL_HISTORY": f"{FOLDER}/history", "PAGER": "cat"} | (environment or {})
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execve(TILL, [TILL, "sql", "--data", DATA, *arguments], clean)
        self.seen = ""
        self.until("till> ")

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def until(self, text):
        """What the terminal shows up to `text`, which must come."""
        deadline = time.monotonic() + PATIENCE
        while (place := self.seen.find(text)) < 0:
            left = deadline - time.monotonic()
            ready = select.select([self.terminal], [], [], max(0, left))[0]
            if not ready:
                raise SystemExit(f"waited for {text!r}, and saw {self.seen!r}")
            try:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:
                raise SystemExit(f"the prompt ended before {text!r}: {self.seen!r}") from None
        shown, self.seen = self.seen[: place + len(text)], self.seen[place + len(text):]
        return shown

    def ask(self, line):
        """The answer to a line: what is shown between it and the next prompt."""
        self.type(line + "\r")
        self.until("\n")
        return re.sub(r"\x1b\[[0-9]*[A-Za-z]|\r", "", self.until("till> "))

    def leave(self):
        self.type("\\q\r")
        assert os.waitpid(self.child, 0)[1] == 0


def check(condition, shown):
    if not condition:
        raise SystemExit(f"saw {shown!r}")


prompt = Prompt()
check("Query buffer is empty." in (shown := prompt.ask("\\p")), shown)
check("reset" in (shown := prompt.ask("SELECT nothing \\r")), shown)
check("extra argument \"x\" ignored\n" in (shown := prompt.ask("\\pset border 1 x")) and "Border style is 1." in shown, shown)
check("(1 row)" in (shown := prompt.ask("SELECT 1 AS one;")), shown)
check("R-2" in (shown := prompt.ask("SELECT receipt_id FROM receipts ORDER BY 1;")), shown)
# Keys that Ctrl is held with are whole sequences, of which nothing is left over and behind which nothing is swallowed; a lone Escape takes no key with it.
check("668" in (shown := prompt.ask("SELECT 70\x1b[1;5D\x1b[D\x1b[C\x1b[3~\x1b[F\x1b[1;2F + 661;")), shown)
prompt.type("SELECT 41")
prompt.type("\x1b")
time.sleep(0.5)
check("42" in (shown := prompt.ask(" + 1;")), shown)

# A fault has a caret under its place, and ends nothing.
shown = prompt.ask("SELECT receipt_id, nothing FROM receipts;")
check("LINE 1: SELECT receipt_id, nothing FROM receipts\n" + " " * 27 + "^" in shown, shown)

# Commands.
check("receipts" in (shown := prompt.ask("\\d")) and "Schema" in shown, shown)
check("receipt_id" in (shown := prompt.ask("\\d receipts")), shown)
check("receipts_lines" not in (shown := prompt.ask("\\dt")) and "receipts" in shown, shown)
check("receipts_lines" in (shown := prompt.ask("\\dv")), shown)
check("public" in (shown := prompt.ask("\\dn")), shown)
check("date_trunc" in (shown := prompt.ask("\\df trunc")), shown)
check("the start of the step" in (shown := prompt.ask("\\df+ date_trunc")), shown)
check("string_agg" in (shown := prompt.ask("\\dfa")) and "date_trunc" not in shown, shown)
prompt.ask("\\x on")
check("-[ RECORD 1 ]" in (shown := prompt.ask("SELECT 1 AS one, 'b' AS two;")) and "one | 1" in shown, shown)
prompt.ask("\\x auto")
check(" one " in (shown := prompt.ask("SELECT 1 AS one;")) and "RECORD" not in shown, shown)
check("RECORD" in (shown := prompt.ask("SELECT repeat('a', 300) AS wide, 1 AS n;")), shown)
# A value a line would be no narrower.
check("RECORD" not in (shown := prompt.ask("SELECT repeat('a', 300) AS wide;")), shown)
prompt.ask("\\x off")
prompt.ask("\\timing on")
check(" ms" in (shown := prompt.ask("SELECT 1;")), shown)
prompt.ask("\\timing off")
check("RECORD" in (shown := prompt.ask("SELECT 7 AS seven \\gx")), shown)
check("seven" in (shown := prompt.ask("\\g")), shown)
check("no command" in (shown := prompt.ask("\\nonsense")), shown)
check("Ctrl-C" in (shown := prompt.ask("\\?")), shown)

# Files.
prompt.ask(f"\\copy (SELECT receipt_id, '(a)' AS p FROM receipts ORDER BY 1) TO '{FOLDER}/out.csv' csv header")
check(open(f"{FOLDER}/out.csv", newline="").read() == "receipt_id,p\r\nR-0,(a)\r\nR-1,(a)\r\nR-2,(a)\r\n", "csv")
prompt.ask(f"\\copy (SELECT receipt_id FROM receipts ORDER BY 1) TO '{FOLDER}/bare.csv' csv")
check(open(f"{FOLDER}/bare.csv", newline="").read() == "R-0\r\nR-1\r\nR-2\r\n", open(f"{FOLDER}/bare.csv", newline="").read())
prompt.ask(f"\\copy receipts TO '{FOLDER}/all.parquet'")
check(open(f"{FOLDER}/all.parquet", "rb").read(4) == b"PAR1", "parquet")
prompt.ask(f"\\o {FOLDER}/answer.txt")
check("eleven" not in (shown := prompt.ask("SELECT 11 AS eleven;")), shown)
prompt.ask("\\o")
check("eleven" in open(f"{FOLDER}/answer.txt").read(), "answer.txt")
with open(f"{FOLDER}/some.sql", "w") as file:
    file.write("SELECT 21 AS a;\nSELECT nothing;\n\\echo here\nSELECT 22 AS b")
shown = prompt.ask(f"\\i {FOLDER}/some.sql")
check("21" in shown and "22" in shown and "here" in shown and "LINE 1" in shown, shown)

# Variables, what a row gives them, and several commands on a line.
prompt.ask("\\set who R-1 \\set n 40")
check("R-1" in (shown := prompt.ask("SELECT receipt_id FROM receipts WHERE receipt_id = :'who' AND ':n' = ':' || 'n';")) and "(1 row)" in shown, shown)
check(" 42 " in (shown := prompt.ask("SELECT :n::int + 2 AS sum;")), shown)
prompt.ask("SELECT 7 AS seven, 'a''b' AS word \\gset got_")
check("7 a'b" in (shown := prompt.ask("\\echo :got_seven :got_word")), shown)
check("a'b" in (shown := prompt.ask("SELECT :'got_word' AS w;")), shown)
check("expected" in (shown := prompt.ask("SELECT :nosuch;")), shown)
prompt.ask("\\unset n")
check("\nn = " not in (shown := prompt.ask("\\set")) and "who = 'R-1'" in shown, shown)
check("Expanded display is on." in (shown := prompt.ask("\\x \\\\ SELECT 5 AS five;")) and "five | 5" in shown, shown)
check("Expanded display is off." in (shown := prompt.ask("\\x \\dt")) and "receipts" in shown, shown)

check("Record separator is <newline>." in (shown := prompt.ask("\\pset recordsep")), shown)
check("Field separator is zero byte." in (shown := prompt.ask("\\pset fieldsep_zero")) and "fieldsep_zero            on\n" in prompt.ask("\\pset"), shown)
check("Field separator is \"|\"." in (shown := prompt.ask("\\pset fieldsep |")), shown)
check("Title is \"All\"." in (shown := prompt.ask("\\C All")) and re.search(r"^ *All\n one", prompt.ask("SELECT 1 AS one;"), re.M), shown)
check("Title is unset." in (shown := prompt.ask("\\C")), shown)
check(" one    | integer" in (shown := prompt.ask("SELECT 1 AS one \\gdesc")) and "(1 row)" in shown, shown)
check("Tuples" not in (shown := prompt.ask("\\set QUIET \\t \\t")) and "Tuples only is on." in prompt.ask("\\unset QUIET \\t"), shown)
prompt.ask("\\t")

# How rows are shown.
check("(none)" in (shown := prompt.ask("\\pset null (none)")), shown)
check("(none)" in (shown := prompt.ask("SELECT NULL AS nothing;")), shown)
prompt.ask("\\t \\a")
check("1|b\n" in (shown := prompt.ask("SELECT 1 AS one, 'b' AS two;")) and "row" not in shown and "one|" not in shown, shown)
prompt.ask("\\t \\a")
prompt.ask("\\pset format csv")
check("one,two\n1,b\n" in (shown := prompt.ask("SELECT 1 AS one, 'b' AS two;")), shown)
check("one,1\ntwo,b\n" in (shown := prompt.ask("SELECT 1 AS one, 'b' AS two \\gx")), shown)
# From whatever there is, \a leads to what is aligned.
check("Output format is aligned." in (shown := prompt.ask("\\a")), shown)
check("one | 1\n" in (shown := prompt.ask("SELECT 1 AS one \\gx")) and "row" not in shown, shown)
check("Output format is unaligned." in (shown := prompt.ask("\\a")), shown)
check("one|1\n" in (shown := prompt.ask("SELECT 1 AS one \\gx")), shown)
check("a·b" in (shown := prompt.ask("SELECT chr(27) || 'x' AS e, 'a' || chr(9) || 'b' AS t;")) and "\x1b" not in shown, shown)
prompt.ask("\\pset format wrapped \\pset columns 20")
check("| aaaaaaaaaaaaaa.\n" in (shown := prompt.ask("SELECT 1 AS n, repeat('a', 30) AS wide;")) and "|.aa  " in shown, shown)
check("columns                  20\n" in (shown := prompt.ask("\\pset")) and "wrapped" in shown, shown)
prompt.ask("\\pset columns 0 \\pset footer off")
check("row" not in (shown := prompt.ask("SELECT 1 AS n;")), shown)
prompt.ask("\\pset footer on \\pset format al")

prompt.ask("\\pset format html")
check('    <td align="right">1</td>\n  </tr>\n</table>\n<p>(1 row)<br />\n</p>\n' in (shown := prompt.ask("SELECT 1 AS one;")), shown)
check("format                   html\n" in (shown := prompt.ask("\\pset")), shown)
check("aligned." in (shown := prompt.ask("\\H")) and " one \n" in (shown := prompt.ask("SELECT 1 AS one;")), shown)
prompt.ask("\\pset border 2")
check("+-----+\n| one |\n+-----+\n|   1 |\n+-----+\n" in (shown := prompt.ask("SELECT 1 AS one;")), shown)
check("border                   2\n" in (shown := prompt.ask("\\pset")), shown)
check("0, 1 or 2" in (shown := prompt.ask("\\pset border 3")), shown)
prompt.ask("\\pset border 1")

# Branches: what does not run is told, and Ctrl-C leaves them.
prompt.type("\\if false\r")
prompt.until("\n")
prompt.until("till@> ")
prompt.type("SELECT nosuch;\r")
prompt.until("\n")
check("does not run" in (shown := prompt.until("till@> ")) and "no column" not in shown, shown)
os.write(prompt.terminal, b"\x03")
check("escaped" in (shown := prompt.until("till> ")), shown)
check("yes" in (shown := prompt.ask("\\if tru \\echo yes \\else \\echo never \\endif")) and "never" not in shown, shown)

# Statements together, what came of a fault, and a line as a value.
check(" 61 " in (shown := prompt.ask("SELECT 61 AS a \\; SELECT 62 AS b;")) and " 62 " in shown, shown)
prompt.ask("SELECT nosuch;")
check("status: 400" in (shown := prompt.ask("\\errverbose")) and "statement: SELECT nosuch" in shown, shown)
prompt.type("\\prompt 'Name? ' name\r")
prompt.until("\n")
prompt.until("Name? ")
prompt.type("Ann B\r")
prompt.until("\n")
prompt.until("till> ")
check("[Ann B]" in (shown := prompt.ask("\\echo [:name]")), shown)
check("UTF8" in (shown := prompt.ask("\\encoding")), shown)
check("UTF8 here" in (shown := prompt.ask("\\encoding LATIN1")), shown)

# What there is, and where.
check("Whose document it is" in (shown := prompt.ask("\\d+ receipts")), shown)
check("View definition:\nSELECT t." in (shown := prompt.ask("\\d+ receipts_lines")), shown)
check("CREATE OR REPLACE VIEW public.receipts_lines AS\nSELECT t." in (shown := prompt.ask("\\sv receipts_lines;")) and ";" not in shown, shown)
check("2       SELECT" in (shown := prompt.ask("\\sv+ till.comments")), shown)
check("no definition" in (shown := prompt.ask("\\sv receipts")), shown)
check("Description" in (shown := prompt.ask("\\dt+")) and "receipts" in shown, shown)
check("receipts_pkey" in (shown := prompt.ask("\\di")), shown)
check("shop" in (shown := prompt.ask("\\du")), shown)
check("UTF8" in (shown := prompt.ask("\\l")), shown)
check("http://" in (shown := prompt.ask("\\conninfo")), shown)
check("hello" in (shown := prompt.ask("\\! echo hello")), shown)
with open(f"{FOLDER}/outer.sql", "w") as file:
    file.write("\\ir some.sql\n")
check("22" in (shown := prompt.ask(f"\\i {FOLDER}/outer.sql")), shown)

# The home is FOLDER.
check("22" in (shown := prompt.ask("\\i ~/outer.sql")), shown)
prompt.ask("SELECT 45 AS home \\g ~/home.txt ;")
check("45" in open(f"{FOLDER}/home.txt").read(), "home.txt")
prompt.ask("\\copy (SELECT 46 AS home) TO '~/home.csv'")
check("46" in open(f"{FOLDER}/home.csv").read(), "home.csv")
check("(1 row)" in (shown := prompt.ask("SELECT 47 AS there \\g ;")), shown)

# Files and programs that take an answer, and those that do not.
check("hello" in (shown := prompt.ask(f"\\cd {FOLDER} \\! cat outer.sql; echo hello")) and "\\ir some.sql" in shown, shown)
check("told" in (shown := prompt.ask("\\warn told")), shown)
prompt.ask("SELECT 44 AS kept;")
prompt.ask("\\w kept.sql")
check(open(f"{FOLDER}/kept.sql").read() == "SELECT 44 AS kept\n", "kept.sql")
prompt.ask("\\w |cat > piped.sql")
check(open(f"{FOLDER}/piped.sql").read() == "SELECT 44 AS kept\n" and not os.path.exists(f"{FOLDER}/|cat > piped.sql"), "piped.sql")
check("SELECT 44 AS kept" in (shown := prompt.ask("\\s")), shown)
prompt.ask("\\s lines.txt")
check("SELECT 44 AS kept" in open(f"{FOLDER}/lines.txt").read(), "lines.txt")
check("nosuch" in (shown := prompt.ask("SELECT nosuch \\g kept.sql")), shown)
check(open(f"{FOLDER}/kept.sql").read() == "SELECT 44 AS kept\n" and not os.path.exists(f"{FOLDER}/kept.sql.part"), "a failed answer took the file's place")
check(re.search(r"^2\n", shown := prompt.ask("\\copy (SELECT 1 AS a) TO PROGRAM 'wc -l'"), re.M), shown)
check("wants a command" in (shown := prompt.ask("\\copy receipts TO PROGRAM")) and not os.path.exists(f"{FOLDER}/PROGRAM"), shown)
check("by \\set alone" in (shown := prompt.ask("SELECT 'off' AS \"ON_ERROR_STOP\" \\gset")), shown)
LONG = "SELECT repeat('x', 1000) FROM generate_series(1, 1000)"
for script, words in [(f"{LONG} \\g {FOLDER}/long.txt", "File too large"), (f"\\copy ({LONG}) TO '{FOLDER}/long.txt'", "File too large"), (f"\\o {FOLDER}/long.txt\n{LONG};", "File too large"),
                      (f"\\copy ({LONG}) TO PROGRAM 'exit 3'", "ended with status 3"), ("\\copy (SELECT 1) TO PROGRAM 'kill -9 $$'", "was ended by signal 9")]:
    # The signal of that limit is passed over, as Python has it.
    run = subprocess.run(
        [TILL, "sql", "--data", DATA, script], capture_output=True, text=True, env=CLEAN, restore_signals=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)))
    # What \o has had so far stays, as in psql.
    check(run.returncode == 1 and words in run.stderr and os.path.exists(f"{FOLDER}/long.txt") == script.startswith("\\o"), (script, run))
    if script.startswith("\\o"): os.remove(f"{FOLDER}/long.txt")

# The zone.
prompt.ask("SET TIME ZONE 'Europe/Kyiv';")
check("Europe/Kyiv" in (shown := prompt.ask("SHOW TIME ZONE;")), shown)
check(" 3 " in (shown := prompt.ask("SELECT extract(hour FROM TIMESTAMPTZ '2026-07-01 00:00Z') AS h;")), shown)

# Tab: a word of SQL, a table after FROM, a column of it.
prompt.type("SELECT receipt_i\t")
prompt.until("receipt_id ")
prompt.type("FROM receip\t")
prompt.until("receipts")
prompt.type("\x15")
prompt.ask("SELECT 1;")

# Ctrl-C ends the statement, here and on the server, and leaves the prompt.
prompt.type("SELECT count(*) FROM generate_series(1, 2000000000) a(i) WHERE i % 7 = 3 AND sqrt(i) > 5;\r")
prompt.until("\n")
second = Prompt()
RUNNING = "SELECT count(*) AS n FROM till.queries WHERE query LIKE '%2000' || '000000%' AND state = 'RUNNING' \\gx"
deadline = time.monotonic() + PATIENCE
while not re.search(r"n \| 1\n", shown := second.ask(RUNNING)):
    check(time.monotonic() < deadline, shown)
os.write(prompt.terminal, b"\x03")
shown = prompt.until("till> ")
check("cancel" in shown, shown)
check("(1 row)" in (shown := prompt.ask("SELECT 1;")), shown)
check(re.search(r"n \| 0\n", shown := second.ask(RUNNING)), shown)

# In a file of statements it leaves the file: the next statement does not run.
with open(f"{FOLDER}/long.sql", "w") as file:
    file.write("SELECT count(*) FROM generate_series(1, 2000000000) a(i) WHERE i % 7 = 3 AND sqrt(i) > 5; SELECT 771 AS after;\nSELECT 772 AS later;\n")
prompt.type(f"\\i {FOLDER}/long.sql\r")
prompt.until("\n")
deadline = time.monotonic() + PATIENCE
while not re.search(r"n \| 1\n", shown := second.ask(RUNNING)):
    check(time.monotonic() < deadline, shown)
os.write(prompt.terminal, b"\x03")
shown = prompt.until("till> ")
check("cancel" in shown and "after" not in shown and "later" not in shown, shown)
check("(1 row)" in (shown := prompt.ask("SELECT 1;")), shown)
second.leave()

# Names with wildcards and schemas, and semicolons out of habit.
for line, wanted, other in [
    ("\\dt public.receipts;", "(1 row)", "DESCRIBE"), ("\\dv till.tickets", "(1 row)", "quarantine"), ("\\dt till.*", "(0 rows)", "tickets"), ("\\d till.tick*", "till.tickets\n", "quarantine"),
    ("\\d rec*", "receipts_lines\n", "till.tickets"), ("\\d;", "receipts", "no command"), ("\\dt;", "receipts", "no command"), ("\\dn ti*", "(1 row)", "information_schema"), ("\\d no*such", "there is no table", "(0"),
]:
    check(wanted in (shown := prompt.ask(line)) and other not in shown, (line, shown))
check("(1 row)" in (shown := prompt.ask("SELECT 1;")), shown)

# An empty line, a half statement, and Ctrl-C over it.
prompt.type("SELECT 1,\r")
prompt.until("  ... ")
os.write(prompt.terminal, b"\x03")
prompt.until("till> ")
check("(1 row)" in (shown := prompt.ask("SELECT 2;")), shown)
prompt.leave()

# A pager takes what the screen has no room for, and what it refuses ends nothing.
pager = f"{FOLDER}/paged.txt"
prompt = Prompt({"PAGER": f"cat > {pager}"})
prompt.ask("SELECT * FROM generate_series(1, 1000) g(n);")
check("1000" in open(pager).read(), "paged")
check("(1 row)" in (shown := prompt.ask("SELECT 1;")), shown)
prompt.leave()
prompt = Prompt({"PAGER": "true"})
prompt.ask("SELECT * FROM generate_series(1, 30000) g(n);")
check("(1 row)" in (shown := prompt.ask("SELECT 1;")), shown)
prompt.leave()

# An empty PAGER is none.
prompt = Prompt({"PAGER": ""})
check("1000" in (shown := prompt.ask("SELECT * FROM generate_series(1, 1000) g(n);")), shown)
prompt.type("\\q;\r")
assert os.waitpid(prompt.child, 0)[1] == 0

prompt = Prompt()
prompt.type("quit\r")
assert os.waitpid(prompt.child, 0)[1] == 0

# What a terminal would obey is shown as signs, whether a document has it, or the history.
with open(f"{FOLDER}/obeyed", "w") as file:
    file.write("SELECT '\x1b]0;title\x07';\n")
prompt = Prompt({"TILL_HISTORY": f"{FOLDER}/obeyed"})
prompt.type("\x1b[A")
check("\x1b]0" not in (shown := prompt.until("]0;title")), shown)
prompt.type("\x15")
prompt.type("SELECT E'\\x1b]0;name'::int;\r")
check("\x1b]0" not in (shown := prompt.until("]0;name”")), shown)
prompt.until("till> ")
prompt.ask("SELECT E'\\x1b]0;value\\x07' AS v \\gset")
prompt.ask("SELECT :'v' AS b;")
for line in ("\\pset null :v", "\\pset fieldsep :v", "\\p"):
    prompt.type(line + "\r")
    check("\x1b]0" not in (shown := prompt.until("]0;value")), shown)
    prompt.until("till> ")
prompt.leave()

# An editor's text runs.
with open(f"{FOLDER}/editor", "w") as file:
    file.write("#!/bin/sh\necho 'SELECT 33 AS edited;' > \"$1\"\n")
os.chmod(f"{FOLDER}/editor", 0o755)
prompt = Prompt({"EDITOR": f"{FOLDER}/editor"})
check("edited" in (shown := prompt.ask("\\e")), shown)
prompt.leave()

# It is given back as it was typed: what a server answered is no command in it.
with open(f"{FOLDER}/editor", "w") as file:
    file.write(f"#!/bin/sh\ncp \"$1\" {FOLDER}/given\necho ';' >> \"$1\"\n")
prompt = Prompt({"EDITOR": f"{FOLDER}/editor"})
prompt.ask(f"SELECT E'1 \\\\! touch {FOLDER}/obeyed-value\\n' AS v \\gset")
prompt.ask("SELECT :v AS w;")
prompt.ask("\\e")
with open(f"{FOLDER}/given") as file:
    check((shown := file.read()) == "SELECT :v AS w\n", shown)
check(not os.path.exists(f"{FOLDER}/obeyed-value"), "a value ran")
prompt.leave()
print("ok")
