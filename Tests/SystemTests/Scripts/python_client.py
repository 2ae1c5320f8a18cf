"""Tests clients/python against a running server.

Usage: python_client.py URL ADMIN_KEY FOLDER

Installs the package into FOLDER as pip does, without reaching out (pip install --no-deps --no-build-isolation), checks it by mypy --strict,
and runs its tests on what was installed, then the code of docs/clients.md. Exits with the first that fails, 77 without the packages that
script/bootstrap installs.
"""
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

CLIENT = pathlib.Path(__file__).resolve().parents[3] / "clients" / "python"


def run(*arguments, **environment):
    process = subprocess.run([sys.executable, "-m", *arguments], cwd=CLIENT, env={**os.environ, **environment})
    if process.returncode:
        sys.exit(process.returncode)


def key_of_shop(url, key):
    def call(method, path, body):
        request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, method=method)
        return json.load(urllib.request.urlopen(request))
    call("PUT", "/v1/contracts/corner-shop", {"access": "read-write", "scope": "own"})
    return call("POST", "/v1/contracts/corner-shop/keys", {})["key"]


def document(url, key, folder):
    """What docs/clients.md shows as python runs as one program; what needs another server's calls it shows as py."""
    text = (CLIENT.parent.parent / "docs" / "clients.md").read_text()
    program = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    assert program.count("\n") > 40, program
    process = subprocess.run([sys.executable, "-c", program], cwd=folder, env={
        **os.environ, "PYTHONPATH": folder, "MPLBACKEND": "svg", "MPLCONFIGDIR": folder, "TILL_URL": url, "TILL_KEY": key_of_shop(url, key)})
    if process.returncode:
        sys.exit(f"docs/clients.md: its code ended with {process.returncode}")


def main():
    url, key, folder = sys.argv[1:4]
    missing = [name for name in ("httpx", "hatchling", "mypy", "pytest", "pandas", "pyarrow", "matplotlib") if not importlib.util.find_spec(name)]
    if missing:
        print(f"{', '.join(missing)} not installed: script/bootstrap does that")
        sys.exit(77)
    run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--target", folder, str(CLIENT))
    run("mypy", "--strict", "--cache-dir", f"{folder}/.mypy_cache", "src/till", "tests")
    # What was installed comes first, so that a module that the wheel lacks is missed.
    run("pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "pythonpath=tests", "tests", PYTHONPATH=folder, PYTHONDONTWRITEBYTECODE="1", TILL_TEST_URL=url, TILL_TEST_KEY=key)
    document(url, key, folder)
    print("the client is whole")


if __name__ == "__main__":
    main()
