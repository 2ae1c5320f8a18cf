"""Reads a store's tables through its REST catalog as pyiceberg and DuckDB do: python iceberg_rest.py URL ADMIN_KEY"""

import base64
import importlib.util
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

URL, ADMIN = sys.argv[1], sys.argv[2]


def call(method, path, key=ADMIN, body=None, headers=None, kind="application/json"):
    request = urllib.request.Request(URL + path, method=method, data=body, headers={"Content-Type": kind, **({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})})
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text else None, error.headers


def key_of(client, **contract):
    assert call("PUT", f"/v1/contracts/{client}", body=json.dumps({"access": "read-write", **contract}).encode())[0] in (200, 201)
    return call("POST", f"/v1/contracts/{client}/keys", body=b"{}")[1]["key"]


def basic(client_id, secret):
    """A token as DuckDB asks for one: the client is in the header alone."""
    header = {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}
    return call("POST", "/iceberg/v1/oauth/tokens", key=None, body=b"grant_type=client_credentials&scope=PRINCIPAL_ROLE%3AALL", headers=header, kind="application/x-www-form-urlencoded")


def token(client_id, secret, path="/iceberg/v1/oauth/tokens"):
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": "catalog"}).encode()
    return call("POST", path, key=None, body=form, kind="application/x-www-form-urlencoded")


def refused(answer, status, kind):
    assert answer[0] == status and answer[1]["error"]["type"] == kind and answer[1]["error"]["code"] == status, answer


def protocol(own, whole):
    root = "/iceberg/v1"
    config = call("GET", root + "/config?warehouse=any", whole)[1]
    assert "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}" in config["endpoints"] and config["overrides"] == {} and config["defaults"] == {}
    assert call("GET", root + "/namespaces", whole)[1]["namespaces"] == [["till"]]
    assert call("HEAD", root + "/namespaces/till", whole)[0] == 204
    names = [table["name"] for table in call("GET", root + "/namespaces/till/tables", whole)[1]["identifiers"]]
    assert "receipts" in names, names
    status, table, headers = call("GET", root + "/namespaces/till/tables/receipts", whole)
    assert status == 200 and table["metadata-location"].startswith("file:///") and table["metadata"]["format-version"] == 2
    etag = headers["ETag"]
    again = {"If-None-Match": etag}
    assert call("GET", root + "/namespaces/till/tables/receipts", whole, headers=again)[0] == 304
    refs = call("GET", root + "/namespaces/till/tables/receipts?snapshots=refs", whole, headers=again)
    assert refs[0] == 200 and [s["snapshot-id"] for s in refs[1]["metadata"]["snapshots"]] == [table["metadata"]["current-snapshot-id"]] and refs[2]["ETag"] != etag
    assert call("HEAD", root + "/namespaces/till/tables/receipts", whole)[0] == 204
    assert call("GET", root + "/namespaces/till/tables/receipts/credentials", whole)[1] == {"storage-credentials": []}
    assert call("POST", root + "/namespaces/till/tables/receipts/metrics", whole, body=b"{}")[0] == 204
    assert call("GET", root + "/namespaces/till/tables/receipts", whole, headers={"If-None-Match": f'"another", {etag}'})[0] == 304
    assert call("HEAD", root + "/namespaces/till/tables/none", whole)[0] == 404
    # What clients ask for who do not look at `endpoints`, and paths that somebody made up.
    refused(call("GET", root + "/namespaces/till/views/none", whole), 404, "NoSuchViewException")
    assert call("HEAD", root + "/namespaces/till/views/none", whole)[0] == 404
    for path in ("/namespaces/till/tables/receipts/plan/1", "/prefix/namespaces", "/nothing", "/config/"):
        refused(call("GET", root + path, whole), 404, "NotFoundException")
        refused(call("GET", root + path, own), 403, "ForbiddenException")
        refused(call("GET", root + path, "no-key"), 401, "NotAuthorizedException")
    refused(call("GET", root + "/namespaces/till/tables/none", whole), 404, "NoSuchTableException")
    refused(call("GET", root + "/namespaces/other/tables", whole), 404, "NoSuchNamespaceException")
    # As Spark asks for till.receipts.files: only a table that is not there makes it look for the files of till.receipts.
    for path in ("", "/credentials"):
        refused(call("GET", root + "/namespaces/till%1Freceipts/tables/files" + path, whole), 404, "NoSuchTableException")
    assert call("HEAD", root + "/namespaces/till%1Freceipts/tables/files", whole)[0] == 404
    assert table["metadata"]["properties"]["read.parquet.vectorization.enabled"] == "false"
    for path in ("/config", "/namespaces", "/namespaces/till/tables", "/namespaces/till/tables/receipts", "/namespaces/till/tables/none"):
        refused(call("GET", root + path, own), 403, "ForbiddenException")
        refused(call("GET", root + path, "no-key"), 401, "NotAuthorizedException")
    for method, path in (("POST", "/namespaces"), ("DELETE", "/namespaces/till"), ("POST", "/namespaces/till/tables"), ("POST", "/namespaces/till/tables/receipts"),
                         ("DELETE", "/namespaces/till/tables/receipts"), ("POST", "/tables/rename"), ("POST", "/transactions/commit"), ("POST", "/namespaces/till/properties"), ("POST", "/namespaces/till/register")):
        for key in (ADMIN, whole, own):
            refused(call(method, root + path, key, body=b"{}"), 403, "ForbiddenException")


    # Whatever a body holds, and however much.
    for body in (b"[", b"x" * (3 << 20)):
        for key in (ADMIN, whole, own):
            refused(call("POST", root + "/namespaces/till/tables", key, body=body), 403, "ForbiddenException")
        refused(call("POST", root + "/namespaces/till/tables", "no-key", body=body), 401, "NotAuthorizedException")


def tokens(own, whole):
    status, made, _ = token("whole", whole)
    assert status == 200 and made["expires_in"] == 3600 and made["token_type"] == "bearer", made
    assert call("GET", "/iceberg/v1/namespaces", made["access_token"])[0] == 200
    assert call("GET", "/iceberg/v1/namespaces", made["access_token"][:-2])[0] == 401
    # Of a token none is made: it would end with the first, or never work.
    assert token("whole", made["access_token"])[1]["error"] == "invalid_client"
    assert token("own", whole)[0] == 401 and token("whole", "wrong")[1]["error"] == "invalid_client"
    assert call("GET", "/iceberg/v1/namespaces", token("own", own)[1]["access_token"])[0] == 403
    assert token("admin", ADMIN)[0] == 200
    for path in ("/oauth2/token", "/iceberg/v1/oauth2/token"):
        assert token("whole", whole, path)[0] == 200 and token("whole", "wrong", path)[1]["error"] == "invalid_client", path
    status, made, _ = basic("whole", whole)
    assert status == 200 and call("GET", "/iceberg/v1/namespaces", made["access_token"])[0] == 200, made
    for credentials in (("own", whole), ("whole", "wrong"), ("whole", "")):
        status, answer, headers = basic(*credentials)
        assert status == (401 if credentials[1] else 400) and answer["error"] == ("invalid_client" if credentials[1] else "invalid_request"), answer
    # Ids are told apart by their bytes: two of the same letters are two contracts.
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    key = key_of(urllib.parse.quote(composed), scope="all")
    assert token(composed, key)[0] == 200 and token(decomposed, key)[0] == 401
    # With its key a token ends.
    spare = key_of("spare", scope="all")
    spared = token("spare", spare)[1]["access_token"]
    assert call("GET", "/iceberg/v1/namespaces", spared)[0] == 200
    assert call("DELETE", "/v1/contracts/spare")[0] == 204
    assert call("GET", "/iceberg/v1/namespaces", spared)[0] == 401


def pyiceberg(whole, count):
    from pyiceberg.catalog.rest import RestCatalog

    oauth = {"client_id": "whole", "client_secret": whole, "token_url": URL + "/iceberg/v1/oauth/tokens", "scope": "catalog"}
    for credentials in ({"token": whole}, {"credential": f"whole:{whole}"}, {"auth": {"type": "oauth2", "oauth2": oauth}}):
        catalog = RestCatalog("till", uri=URL + "/iceberg", **credentials)
        assert catalog.list_namespaces() == [("till",)]
        assert ("till", "receipts") in catalog.list_tables("till") and catalog.table_exists("till.receipts") and not catalog.table_exists("till.none")
        rows = catalog.load_table("till.receipts").scan(selected_fields=("client_id", "total")).to_arrow()
        assert rows.num_rows == count, rows.num_rows


def duckdb(whole, count):
    import os

    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for name in ("avro", "httpfs", "iceberg"):
        module = importlib.util.find_spec(f"duckdb_extension_{name}")
        if module is None:
            print(f"duckdb-extension-{name} is not there: not tried")
            return
        folder = os.path.join(list(module.submodule_search_locations)[0], "extensions", f"v{duckdb.__version__}")
        if not os.path.exists(folder):
            print(f"duckdb-extension-{name} is of another version than duckdb {duckdb.__version__}: not tried")
            return
        connection.execute(f"LOAD '{folder}/{name}.duckdb_extension'")
    connection.execute(f"ATTACH 'till' AS lake (TYPE iceberg, ENDPOINT '{URL}/iceberg', TOKEN '{whole}')")
    assert connection.execute("SELECT count(*) FROM lake.till.receipts").fetchone()[0] == count
    connection.execute(f"CREATE SECRET till (TYPE iceberg, CLIENT_ID 'whole', CLIENT_SECRET '{whole}', OAUTH2_SERVER_URI '{URL}/iceberg/v1/oauth/tokens')")
    connection.execute(f"ATTACH 'till' AS tokens (TYPE iceberg, ENDPOINT '{URL}/iceberg', SECRET till)")
    assert connection.execute("SELECT count(*) FROM tokens.till.receipts").fetchone()[0] == count
    print("read by DuckDB")


def main():
    if not importlib.util.find_spec("pyiceberg"):
        print("pyiceberg not installed: script/bootstrap does that")
        sys.exit(77)
    own, whole = key_of("own", scope="own"), key_of("whole", scope="all")
    count = 0
    for client in (own, whole):
        for number in range(3):
            receipt = {"schema": "pos/1", "id": f"R-{number}", "store": {"id": "S17", "till": "3"}, "issued_at": "2026-11-18T14:03:07+02:00", "currency": "UAH",
                       "lines": [{"code": "1", "name": "bread", "category": "bakery", "qty": 2, "price": 1, "vat": 20, "amount": 2}], "total": 2, "tax_total": 0.33, "payment": {"type": "card"}}
            status, answer, _ = call("POST", "/v1/receipts", client, json.dumps(receipt).encode())
            assert status == 201, answer
            count += 1
    assert call("POST", "/v1/admin/compact", body=b"{}")[0] == 200
    protocol(own, whole)
    tokens(own, whole)
    pyiceberg(whole, count)
    duckdb(whole, count)
    print("the catalog is read")


main()
