"""Makes a client from a running server's description, and works with it.

Usage: generated_client.py URL ADMIN_KEY FOLDER

Validates /openapi.json (openapi-spec-validator), generates a client (openapi-python-client) into FOLDER, and with its own functions and
models puts a contract, a key and a type, posts a receipt, an array and the array again, lists and asks. Says of each what the client's
own types say. Exits 1 with what went wrong, 77 without the two packages; a warning of the generator counts as wrong.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys
import urllib.request


def receipt(number):
    return {"schema": "pos/1", "id": f"G-{number}", "store": {"id": "S17", "till": "3"}, "issued_at": "2026-11-19T14:03:07+02:00",
            "currency": "UAH", "customer": "U1", "total": 65, "tax_total": 10.83, "payment": {"type": "card"},
            "lines": [{"code": "48", "name": "x", "category": "y", "qty": 1, "price": 65, "vat": 20, "amount": 65}]}


def generate(url, folder):
    description = json.load(urllib.request.urlopen(url + "/openapi.json"))
    from openapi_spec_validator import validate
    validate(description)
    path = pathlib.Path(folder) / "openapi.json"
    path.write_text(json.dumps(description))
    made = subprocess.run([sys.executable, "-m", "openapi_python_client", "generate", "--path", str(path), "--output-path", f"{folder}/client",
                           "--meta", "none"], capture_output=True, text=True, cwd=folder)
    print(made.stdout, made.stderr)
    made.check_returncode()
    # What it cannot make of some media types (XML, lines) it leaves out, and says so; JSON it must all make.
    for line in (made.stdout + made.stderr).splitlines():
        assert "application/json" not in line or "unsupported" not in line.lower(), line


def main():
    url, key, folder = sys.argv[1:4]
    if not all(map(importlib.util.find_spec, ("openapi_spec_validator", "openapi_python_client"))):
        print("openapi-spec-validator and openapi-python-client are not installed: script/bootstrap does that")
        sys.exit(77)
    generate(url, folder)
    sys.path.insert(0, folder)
    from client import AuthenticatedClient, models
    from client.api.default import (contracts, make_key, put_contract, put_type, sql, receipts, take_receipts, types)
    api = AuthenticatedClient(base_url=url, token=key)

    def done(answer, status):
        assert answer.status_code == status, (answer.status_code, answer.content)
        return answer.parsed

    contract = models.Contract.from_dict({"access": "read-write", "scope": "own", "types": ["pos-receipt", "kiosk"]})
    made = done(put_contract.sync_detailed("shop", client=api, body=contract), 201)
    assert made.client_id == "shop" and made.access == "read-write", made
    token = done(make_key.sync_detailed("shop", client=api, body=models.KeyRequest.from_dict({"label": "generated"})), 201)
    assert token.key.startswith("till_") and token.label == "generated", token
    kind = models.Type.from_dict({"name": "kiosk", "version": 1, "format": "json", "match": {"/kiosk": {"exists": True}}, "receipt_id": "/id",
                                  "issued_at": "/at", "columns": {"total": {"path": "/total", "type": "DECIMAL(18,4)"}}})
    assert done(put_type.sync_detailed("kiosk", client=api, body=kind), 201).name == "kiosk"

    shop = AuthenticatedClient(base_url=url, token=token.key)
    body = models.TakeReceiptsJsonBodyType0.from_dict(receipt(1))
    first = done(take_receipts.sync_detailed(client=shop, body=body), 201)
    assert first.receipt_id == "G-1" and first.state == "COMPLETE", first
    batch = [models.TakeReceiptsJsonBodyType1Item.from_dict(receipt(number)) for number in (1, 2)]
    taken = done(take_receipts.sync_detailed(client=shop, body=batch), 200)
    assert taken.accepted == 2, taken
    assert [result.to_dict().get("repeat") for result in taken.results] == [True, None], taken
    page = done(receipts.sync_detailed(client=shop, client_query="shop") if "client_query" in receipts.sync_detailed.__code__.co_varnames
                else receipts.sync_detailed(client=shop), 200)
    assert len(page.receipts) == 2, page
    assert {kind.name for kind in done(types.sync_detailed(client=shop), 200).types} == {"pos-receipt", "kiosk"}
    assert done(contracts.sync_detailed(client=api, limit=1), 200).contracts[0].client_id == "shop"
    rows = done(sql.sync_detailed(client=shop, body=models.Query.from_dict({"query": "SELECT count(*) FROM receipts"})), 200)
    assert rows.rows == [[2]], rows
    print("everything was taken")


if __name__ == "__main__":
    main()
