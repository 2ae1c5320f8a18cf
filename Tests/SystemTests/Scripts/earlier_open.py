"""A store of an earlier version is opened by this one, and holds what it held: `python earlier_open.py TILL ARCHIVE.tar.xz`."""
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

from earlier_store import SAMPLES, Server, receipt


def till(binary: str, *arguments: str, status: int = 0) -> str:
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{arguments}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout


def main() -> None:
    binary, archive = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        known = json.loads(pathlib.Path(f"{folder}/known.json").read_text())
        data = f"{folder}/DATA"

        before = {path: path.read_bytes() for path in pathlib.Path(data).rglob("*") if path.is_file()}
        plan = till(binary, "migrate", "--check", "--data", data)
        assert f"catalog.sqlite: version {known['catalog']};" in plan, plan
        assert before == {path: path.read_bytes() for path in pathlib.Path(data).rglob("*") if path.is_file()}, "a check changed the store"

        server = Server(binary, data)
        try:
            assert server.sql() == known["answer"], server.sql()
            # What was sent then is the repeat that it is, hot and cold, by the key of then.
            for body, kind, name in [
                (receipt(6, "2025-06-11"), "application/json", "E-6"), (receipt(2, "2025-02-10"), "application/json", "E-2"),
                ((SAMPLES / "es-ticketbai-1.xml").read_bytes(), "application/xml", "T25-000381"),
            ]:
                status, answer = server.call("POST", "/v1/receipts", body, known["key"], kind)
                assert (status, json.loads(answer)["ticket_id"]) == (200, known["tickets"][name]), answer
            status, answer = server.call("GET", "/v1/quarantine?client=shop")
            assert status == 200 and answer.count(b'"ticket_id"') == 1, answer
            assert server.call("POST", "/v1/receipts", receipt(8, "2025-08-11"), known["key"])[0] == 201
            # All of it goes to cold, beside what an earlier version wrote there.
            assert server.call("POST", "/v1/admin/compact", "{}")[0] == 200
            assert set(server.sql().splitlines()) > set(known["answer"].splitlines()), server.sql()
            server.stop()
        finally:
            server.process.kill()
        assert "nothing will change" in till(binary, "migrate", "--check", "--data", data)
        assert till(binary, "verify", "--data", data).endswith("no fault\n")
    print("everything held")


if __name__ == "__main__":
    main()
