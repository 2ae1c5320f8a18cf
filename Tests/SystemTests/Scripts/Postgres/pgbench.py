"""pgbench asks a running server in each of its three ways: by texts, by parsing each time, and by statements that are prepared once.

Usage: pgbench.py PORT URL ADMIN_KEY
"""
import os
import re
import subprocess
import tempfile

import rig

SCRIPTS = ("SELECT 1;", "\\set n random(1, 5)\nSELECT total FROM receipts WHERE receipt_id = 'R-' || :n::text;", "BEGIN; SELECT count(*) FROM receipts; COMMIT;")


def rate(bins, port, user, password, mode, script):
    """Transactions a second; none may have failed."""
    run = subprocess.run(
        [f"{bins}/pgbench", "-n", "-M", mode, "-f", script, "-c", "2", "-j", "1", "-t", "50", "-h", "127.0.0.1", "-p", str(port), "-U", user, "till"],
        env={**os.environ, "PGPASSWORD": password, "PGSSLMODE": "disable"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "number of transactions actually processed: 100/100" in run.stdout and "number of failed transactions: 0 " in run.stdout, run.stdout
    return float(re.search(r"tps = ([0-9.]+)", run.stdout)[1])


def client(till, peer):
    bins = peer.server.bins
    for text in SCRIPTS:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(text + "\n")
            script.flush()
            for mode in ("simple", "extended", "prepared"):
                ours, theirs = rate(bins, till.port, rig.USER, till.key, mode, script.name), rate(bins, peer.port, "till", "", mode, script.name)
                print(f"{mode:9} {ours:8.0f} {theirs:8.0f} {ours / theirs:5.2f}  {text.splitlines()[-1]}")


if __name__ == "__main__":
    rig.run(client)
