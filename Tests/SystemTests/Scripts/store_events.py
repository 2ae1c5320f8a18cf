"""What happens in the store is told by the topic till: versions, uploads, exports, executions.

store_events.py URL KEY
"""
import json, re, sys, time, urllib.error, urllib.request

url, key = sys.argv[1:3]


def call(method, path, body=None, key=key, kind="application/json"):
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": kind} if key is None else {"Content-Type": kind, "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(path if path.startswith("http") else url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def made(method, path, body=None, **more):
    status, answer = call(method, path, body, **more)
    if status >= 300:
        sys.exit(f"{method} {path}: {status} {answer}")
    return answer


found = []


def wait(what, condition):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        matching = [event for event in found if condition(event)]
        if matching:
            return matching[0]
        found.extend(message["body"] for message in made("POST", "/v1/queues/own/receive", {"max": 100, "wait": 5})["messages"])
    sys.exit(f"in vain: {what}; there was {[(event['type'], event['subject']) for event in found]}")


made("PUT", "/v1/queues/own", {})
made("PUT", "/v1/topics/till/subscriptions/own", {"target": {"queue": "own"}})
made("PUT", "/v1/types/card", {"name": "card", "version": 1, "format": "csv", "table": "cards", "on_repeat": "replace", "receipt_id": "code",
                               "columns": {"code": {"path": "code", "type": "VARCHAR", "required": True}, "n": {"path": "n", "type": "INTEGER"}}})
made("PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own", "uses": {"processes": ["p"]}})
shop = made("POST", "/v1/contracts/shop/keys", {})["key"]

# Uploads, and versions that they bring.
for number, (text, state) in enumerate([("code,n\na,1\nb,2\n", "processed"), ("code,n\na,3\n", "processed"), ("what\nx\n", "error")]):
    upload = made("POST", "/v1/uploads", {"name": f"{number}.csv", "type": "card"}, key=shop)
    made("PUT", upload["url"], text.encode(), key=None, kind="text/csv")
    event = wait(f"upload {number}", lambda event: event["subject"] == f"uploads/{upload['upload_id']}")
    assert (event["type"], event["source"], event["data"]["upload_id"]) == (f"upload.{state}", "/clients/shop", upload["upload_id"]), event
replaced = wait("a further version", lambda event: event["type"] == "version.replaced")
assert (replaced["subject"], replaced["source"], replaced["data"]["receipt"]["version"]) == ("a", "/clients/shop", 2), replaced
assert call("DELETE", "/v1/receipts/b?table=cards", key=shop)[0] == 204
removed = wait("a removal", lambda event: event["type"] == "version.removed")
assert (removed["subject"], removed["data"]["receipt"]["version"]) == ("b", 2), removed
assert [event["subject"] for event in found if event["type"] == "version.replaced"] == ["a"], found

# Exports.
done = made("POST", "/v1/exports", {"query": "SELECT * FROM cards", "format": "csv"}, key=shop)["export_id"]
event = wait("an export", lambda event: event["subject"] == f"exports/{done}")
assert (event["type"], event["source"], event["data"]["rows"]) == ("export.done", "/clients/shop", 1), event
failed = made("POST", "/v1/exports", {"query": "SELECT 1 / (n - n) FROM cards", "format": "csv"}, key=shop)["export_id"]
assert wait("a failed export", lambda event: event["subject"] == f"exports/{failed}")["type"] == "export.error"

# Executions, and one that follows another by the topic.
made("PUT", "/v1/processes/after", {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}, "on": [{"topic": "till", "where": "type = 'process.failed' AND data->>'process' = 'p'"}]})
assert call("PUT", "/v1/processes/wrong", {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}, "on": [{"topic": "nowhere"}]})[0] == 422
assert call("GET", "/v1/processes/wrong")[0] == 404
made("PUT", "/v1/processes/p", {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "F"}], "Default": "S"},
                                                          "F": {"Type": "Fail", "Error": "Wrong"}, "S": {"Type": "Succeed"}}})
for bad, type in [(False, "process.succeeded"), (True, "process.failed")]:
    id = made("POST", "/v1/processes/p/executions", {"input": {"bad": bad}}, key=shop)["execution_id"]
    event = wait(type, lambda event: event["subject"] == f"p/{id}")
    assert (event["type"], event["source"], event["data"]["error"]) == (type, "/clients/shop", "Wrong" if bad else None), event
event = wait("what follows", lambda event: event["data"].get("process") == "after")
assert made("GET", f"/v1/executions/{event['data']['execution_id']}")["input"]["data"]["name"] == id, event
time.sleep(0.1)
assert len({event["id"] for event in found}) == len(found), "an event was told twice"
print("done")

# Instants have microseconds, as everywhere.
for event in found:
    for instant in [event["time"]] + [event["data"][name] for name in ("enqueued_at", "started_at", "ended_at") if event["data"].get(name)]:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", instant):
            sys.exit(f"an instant of {event['type']}: {instant}")
