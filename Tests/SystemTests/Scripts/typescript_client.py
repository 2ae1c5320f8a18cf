"""Checks clients/typescript by tsc, builds it, and tries it in Node against a running server.

Usage: typescript_client.py URL ADMIN_KEY FOLDER

Exits with the first that fails, 77 without tsc and node, which script/bootstrap installs.
"""
import pathlib
import shutil
import subprocess
import sys

CLIENT = pathlib.Path(__file__).resolve().parents[3] / "clients" / "typescript"


def run(*arguments):
    process = subprocess.run(arguments, cwd=CLIENT)
    if process.returncode:
        sys.exit(process.returncode)


def main():
    url, key, folder = sys.argv[1:4]
    if not shutil.which("tsc") or not shutil.which("node"):
        print("node-typescript and nodejs are not installed: script/bootstrap does that")
        sys.exit(77)
    # With the package's own file beside it Node takes what comes out for the modules that they are.
    shutil.copy(CLIENT / "package.json", folder)
    run("tsc", "-p", ".", "--outDir", f"{folder}/dist")
    run("tsc", "-p", "tests")
    run("node", "tests/client.mjs", f"{folder}/dist", url, key)


if __name__ == "__main__":
    main()
