"""pgjdbc asks a running server and PostgreSQL 15 the same: the metadata that tools browse by, values of all types, pages, cancelling, faults.

Usage: jdbc.py PORT URL ADMIN_KEY
"""
import shutil
import subprocess
import tempfile
from pathlib import Path

import rig

JAR = Path("/usr/share/java/postgresql.jar")
# Topics where a store differs from a database of one's own, with why.
DIFFERENT = {
    "product": "versions", "schemas": "the schema `till`", "types": "fewer types", "table-rights": "nobody may write", "column-rights": "nobody may write",
    "user-types": "a type for each table and view, of which a store has more",
}


def lines(url, user, password, classes):
    run = subprocess.run(["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", f"{JAR}:{classes}", "JdbcClient", url, user, password, rig.COLUMNS], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-3000:]
    found = {}
    for line in run.stdout.splitlines():
        topic, _, rest = line.partition("|")
        found.setdefault(topic, []).append(rest)
    return found


def client(till, peer):
    classes = tempfile.mkdtemp(prefix="till-jdbc-")
    try:
        subprocess.run(["javac", "-nowarn", "-cp", str(JAR), "-d", classes, str(Path(__file__).with_name("JdbcClient.java"))], check=True)
        ours = lines(f"jdbc:postgresql://127.0.0.1:{till.port}/till", rig.USER, till.key, classes)
        theirs = lines(f"jdbc:postgresql://127.0.0.1:{peer.port}/till", "till", "", classes)
    finally:
        shutil.rmtree(classes)
    for topic in sorted(set(ours) | set(theirs)):
        if topic not in DIFFERENT:
            rig.same(topic, ours.get(topic, []), theirs.get(topic, []))
    # But for lists of rows of tables and views, of which a store has more.
    names = {line.split("|")[0] for line in ours["types"]}
    more = {line for line in set(ours["types"]) - set(theirs["types"]) if not line.startswith("_") or line.split("|")[0][1:] in names}
    assert not more, more
    assert ours["product"] == ["PostgreSQL|15|true|false"], ours["product"]


if __name__ == "__main__":
    if not JAR.exists() or not shutil.which("javac"):
        rig.skip("pgjdbc or a JDK is")
    rig.run(client)
