"""What the console's tests look at: one of everything that a store can hold, made through the API; names and texts that would be markup among it.

Usage: console_rig.py URL ADMIN_KEY     (on a server whose settings have the registrar `tax` at a port where nobody answers)
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

HOSTILE = '<img src=x onerror="document.title=1">\u202e'

PROCESS = {
    "Comment": "An order, checked and then shipped. " + HOSTILE,
    "StartAt": "Check",
    "States": {
        "Check": {"Type": "Choice", "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Both"}], "Default": "Small"},
        "Small": {"Type": "Pass", "Result": {"way": "post"}, "End": True},
        "Both": {"Type": "Parallel", "Next": "Fail", "Branches": [
            {"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "End": True}}},
            {"StartAt": "Bill", "States": {"Bill": {"Type": "Pass", "End": True}}},
        ]},
        "Fail": {"Type": "Fail", "Error": "TooLarge", "Cause": HOSTILE},
    },
}

ORDER = {
    "name": "order", "version": 1, "table": "receipts", "format": "json", "match": {"/schema": "order/1"}, "receipt_id": "/id", "issued_at": "/issued_at",
    "time_zone": "UTC", "register": [["tax"]], "description": "Orders that an authority must accept. " + HOSTILE,
    "columns": {"total": {"path": "/total", "type": "DECIMAL(18,4)", "required": True, "description": "What the buyer pays, with taxes. " + HOSTILE}},
}

PERSON = {
    "name": "person", "version": 1, "table": "people", "format": "csv", "on_repeat": "replace", "receipt_id": "number",
    "columns": {"number": {"path": "number", "type": "VARCHAR", "required": True}, "name": {"path": "name", "type": "VARCHAR", "required": True}, "age": {"path": "age", "type": "INTEGER"}},
    "rules": [{"name": "age-possible", "check": "age BETWEEN 0 AND 130", "message": "nobody is that old"}],
}

NOTE = {
    "name": "note", "version": 1, "table": "notes", "format": "xml", "match": {"/note/kind": "n"}, "receipt_id": "/note/id", "issued_at": "/note/at", "time_zone": "UTC",
    "columns": {"total": {"path": "/note/total", "type": "DECIMAL(18,4)", "required": True}},
}

# Texts that look like numbers and times, numbers with all the digits that there can be, and lists of both.
ODD = {
    "name": "odd", "version": 1, "table": "odd", "format": "json", "match": {"/schema": "odd/1"}, "receipt_id": "/id", "issued_at": "/at", "time_zone": "UTC",
    "columns": {
        "code": {"path": "/code", "type": "VARCHAR"}, "said_at": {"path": "/said_at", "type": "VARCHAR"}, "digits": {"path": "/digits", "type": "DECIMAL(38,0)"},
        "lines": {"path": "/lines", "columns": {"sku": {"path": "/sku", "type": "VARCHAR"}, "n": {"path": "/n", "type": "BIGINT"}}},
    },
}

# Text among elements, elements that a browser could take for its own, and CDATA.
MIXED = """<note><kind>n</kind><id>M-1</id><at>2025-01-01T00:00:00Z</at><total>1</total><text>Dear <b>customer</b>, you owe &#53; <!-- c --><![CDATA[<EUR>]]></text>
<p xmlns="http://www.w3.org/1999/xhtml" onclick="document.title=1">said <img src="x" onerror="document.title=1"/><script>document.title=1</script></p></note>"""

# What a Ukrainian cash register writes, in its own encoding.
CHECK = (Path(__file__).resolve().parents[3] / "types" / "samples" / "ua-prro-check01-1.xml").read_bytes()


class Rig:
    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key

    def call(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> dict:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def refused(self, path: str, body: bytes, content_type: str = "application/json") -> None:
        try:
            self.call("POST", path, body, content_type)
        except urllib.error.HTTPError as error:
            if error.code in (400, 422):
                return
        raise AssertionError(f"{path} took {body[:80]!r}")

    def fill(self) -> None:
        self.contracts()
        self.receipts()
        self.documents()
        self.refusals()
        self.uploads()
        self.messages()
        self.call("POST", "/v1/exports", {"query": "SELECT count(*) AS receipts FROM receipts", "format": "xlsx", "name": HOSTILE})

    def contracts(self) -> None:
        # Clients whose names would be markup; one with subscriptions.
        self.call("PUT", "/v1/contracts/%3Cscript%3E", {"access": "read", "scope": "own", "name": HOSTILE})
        self.call("PUT", "/v1/contracts/subscriber", {
            "access": "read", "scope": "own", "name": "Subscriber", "subscriptions": [
                {"from": "2024-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z", "access": "read-write", "scope": "own", "roles": [HOSTILE], "plan": "gold"},
                {"from": "2030-01-01T00:00:00Z", "access": "read", "scope": "own", "plan": "silver"},
            ]})

    def receipts(self) -> None:
        for number in range(1, 41):
            day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
            self.call("POST", "/v1/receipts?client=c1", {
                "schema": "pos/1", "id": f"R-{number}", "issued_at": f"{day}T10:00:00Z", "store": {"id": HOSTILE}, "currency": "UAH",
                "lines": [{"code": "1", "name": HOSTILE, "qty": 1, "price": 10.5, "amount": 10.50}], "total": 10.50})
        self.call("PUT", "/v1/types/order", ORDER)
        self.call("PUT", "/v1/types/order", {**ORDER, "version": 2, "description": "Orders. " + HOSTILE})
        for number in range(1, 7):
            self.call("POST", "/v1/receipts?client=c1", {"schema": "order/1", "id": f"O-{number}", "issued_at": "2025-03-01T10:00:00Z", "total": f"{number}.5000"})

    def documents(self) -> None:
        self.call("PUT", "/v1/types/odd", ODD)
        self.call("POST", "/v1/receipts?client=c1", b'''{"schema":"odd/1","id":"ODD-1","at":"2025-04-01T10:00:00Z","code":"00123.50","said_at":"2025-12-31T23:59:59Z",
            "digits":"12345678901234567890123456789012345678","lines":[{"sku":"007.10","n":9007199254740993},{"sku":"1234567.00","n":1}]}''')
        for client in ("c1", "c2"):
            self.call("POST", f"/v1/receipts?client={client}", {"schema": "odd/1", "id": "SAME", "at": "2025-05-01T10:00:00Z", "code": client})
        self.call("POST", "/v1/receipts?client=c1", CHECK, "application/xml")
        self.call("PUT", "/v1/types/note", NOTE)
        self.call("POST", "/v1/receipts?client=c1", MIXED.encode(), "application/xml")
        # One that no authority took, and another in its place.
        for total in ("1.00", "2.00"):
            ticket = self.call("POST", "/v1/receipts?client=c1", {"schema": "order/1", "id": "AGAIN", "issued_at": "2025-06-01T10:00:00Z", "total": total})["ticket_id"]
            for _ in range(600):
                letters = [letter for letter in self.call("GET", "/v1/dead-letters")["dead_letters"] if letter["receipt"]["ticket_id"] == ticket]
                if letters:
                    break
                time.sleep(0.1)
            self.call("DELETE", f"/v1/admin/dead-letters/{letters[0]['id']}")

    def refusals(self) -> None:
        self.refused("/v1/receipts?client=c1", json.dumps({"schema": "pos/1", "id": HOSTILE, "lines": [], "total": HOSTILE}).encode())
        self.refused("/v1/receipts?client=c1", b'{"oops":')
        self.refused("/v1/receipts?client=c1", CHECK.replace(b"<SUM>", b"<SUM>" + "так".encode("windows-1251")), "application/xml")
        self.refused("/v1/receipts?client=c1", b"<note><kind>n</kind><id>N-1</id><at>2025-01-01T00:00:00Z</at><total>much</total></note>", "application/xml")

    def upload(self, name: str, kind: str, text: str) -> str:
        made = self.call("POST", "/v1/uploads?client=c1", {"name": name, "type": kind})
        request = urllib.request.Request(made["url"], text.encode(), method="PUT")
        urllib.request.urlopen(request).close()
        for _ in range(600):
            if self.call("GET", f"/v1/uploads/{made['upload_id']}")["state"] not in ("NEW", "PROCESSING"):
                return made["upload_id"]
            time.sleep(0.1)
        raise AssertionError("an upload does not end")

    def uploads(self) -> None:
        self.call("PUT", "/v1/types/person", PERSON)
        self.upload("people.csv", "person", f"number,name,age\n1,Ada,36\n2,{HOSTILE.replace(chr(34), '')},30\n3,Old,300\n4,,7\n")
        self.upload("people.csv", "person", "number,name,age\n1,Ada Lovelace,37\n")

    def messages(self) -> None:
        self.call("PUT", "/v1/queues/jobs", {"max_deliveries": 1})
        self.call("POST", "/v1/queues/jobs/messages", {"messages": [{"id": "job-1", "body": {"what": HOSTILE}}, {"body": 2, "delay": "1h"}, {"body": 3}]})
        taken = self.call("POST", "/v1/queues/jobs/receive", {"max": 1})["messages"][0]
        self.call("POST", f"/v1/queues/jobs/messages/{taken['message_id']}/dead-letter", {"lock_token": taken["lock_token"], "reason": HOSTILE})
        self.call("PUT", "/v1/topics/orders", {})
        self.call("PUT", "/v1/topics/orders/subscriptions/late", {"where": "type = 'order.late'", "target": {"queue": "jobs"}})
        self.call("PUT", "/v1/processes/ship", PROCESS)
        for total in (5, 500):
            self.call("POST", "/v1/processes/ship/executions", {"name": f"order-{total}", "input": {"total": total, "note": HOSTILE, "word": "w" * 2_000}})


if __name__ == "__main__":
    Rig(sys.argv[1], sys.argv[2]).fill()
