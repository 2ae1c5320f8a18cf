"""Holds a running server to its own description: schemathesis over /openapi.json.

Usage: describe.py URL ADMIN_KEY SECONDS [SEED]

Puts a little data in first, so that calls with ids find something, then makes calls as the description allows, and others: all with any ids, and
those that have ids once more with such as exist. Exits 1 when an answer is a server error, or is not as described: status, content type, fields, schema.
What the description cannot say (a document that no type matches, SQL that is none) may be refused: those checks are left out.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
          "unsupported_method,allow_header_conformance,ignored_auth")
RECEIPT = {"schema": "pos/1", "id": "R-1", "store": {"id": "S17", "till": "3"}, "issued_at": "2026-11-19T14:03:07+02:00", "currency": "UAH",
           "customer": "U1", "lines": [{"code": "48", "name": "x", "category": "y", "qty": 1, "price": 65, "vat": 20, "amount": 65}], "total": 65,
           "tax_total": 10.83, "payment": {"type": "card"}}


def call(url, key, method, path, body=None):
    request = urllib.request.Request(
        url + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def paths_with(url, names):
    """Of calls that have one of these parameters, as `path.id`."""
    with urllib.request.urlopen(url + "/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    return [path for path, calls in paths.items()
            if any(f"{parameter['in']}.{parameter['name']}" in names for call in calls.values() for parameter in call.get("parameters", []))]


def run(url, key, phase, limits, seed, parameters):
    # 503 is how a full queue answers, and hundreds of calls for backups fill the queue of jobs; it is held to its description like any other.
    lines = ["warnings = false", "", "[checks.not_a_server_error]", 'expected-statuses = ["2xx", "3xx", "4xx", 503]', "", "[parameters]"] + [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in parameters.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "schemathesis.toml"
        # Pieces of files are bytes like others.
        hooks = pathlib.Path(folder) / "media_types.py"
        hooks.write_text('import schemathesis\nschemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")\n')
        lines.insert(0, f"hooks = {json.dumps(str(hooks))}")
        path.write_text("\n".join(lines) + "\n")
        return subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", str(path), "run", url + "/openapi.json", "-H", f"Authorization: Bearer {key}",
             "--checks", CHECKS, "--phases", phase, *limits, "--seed", str(seed), "--request-timeout", "30", "--suppress-health-check", "all", "--no-color"],
            cwd=folder).returncode


def main():
    url, key, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    call(url, key, "PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own"})
    made = call(url, key, "POST", "/v1/contracts/shop/keys")
    taken = call(url, key, "POST", "/v1/receipts?client=shop", RECEIPT)
    call(url, key, "POST", "/v1/receipts?client=shop", {"schema": "pos/1", "id": "bad"})
    # A long poll waits as long as it is asked to.
    ids = {"query.wait": 0, "path.client_id": "shop", "path.receipt_id": "R-1", "path.ticket_id": taken["ticket_id"], "path.name": "pos-receipt",
           "path.id": made["id"], "path.slug": "not-found", "path.registrar": "tax", "query.client": "shop"}
    codes = []
    # What has no id is the same in both rounds: the second one leaves it out, which is nearly half of all paths.
    found = [word for path in paths_with(url, set(ids) - {"query.wait"}) for word in ("--include-path", path)]
    for parameters, calls, share in (({"query.wait": 0}, [], seconds * 3 // 5), (ids, found, seconds * 2 // 5)):
        # The cases that the description names take as long as they take; beyond them chance has its time.
        codes.append(run(url, key, "coverage", calls, seed, parameters))
        limits = ["--max-time", str(max(share, 5)), "--max-examples", "10000"]
        codes.append(run(url, key, "fuzzing", calls + limits, seed, parameters))
    sys.exit(1 if any(codes) else 0)


if __name__ == "__main__":
    main()
