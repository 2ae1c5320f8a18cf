"""Events by the reference package of CloudEvents: what it makes is taken, what is told it reads, signed, once, and in order for each subject.

events.py URL KEY
"""
import base64, hashlib, hmac, http.server, json, re, sys, threading, time, urllib.error, urllib.request
from cloudevents.v1.conversion import to_structured
from cloudevents.v1.http import CloudEvent, from_http, from_json

url, key = sys.argv[1:3]
told, failing = [], {"left": 0}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fails = failing["left"] > 0
        failing["left"] -= fails
        told.append((dict(self.headers), body, fails))
        self.send_response(500 if fails else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()


def call(method, path, body=None, headers=None, key=key):
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, method=method, headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def publish(event, key=key):
    headers, body = to_structured(event)
    return call("POST", "/v1/events?topic=orders", body, headers, key)


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found}, not {wanted}")


def wait(what, condition):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"in vain: {what}")


def delivered():
    return [from_http(headers, body) for headers, body, fails in told if not fails]


def received(queue):
    status, answer = call("POST", f"/v1/queues/{queue}/receive", {"max": 100, "wait": 10})
    expect(status, 200, queue)
    return [from_json(json.dumps(message["body"])) for message in answer["messages"]]


hook = f"http://127.0.0.1:{receiver.server_port}/hook"
expect(call("PUT", "/v1/topics/orders", {})[0], 201, "topic")
for queue in ["late", "own"]:
    expect(call("PUT", f"/v1/queues/{queue}", {})[0], 201, queue)
for name, body in {
    "hook": {"target": {"webhook": hook, "secret": "whsec_c2VjcmV0"}},
    "late": {"where": "type = 'order.late' AND (data->>'days')::int > 3 AND data->'who'->>'name' LIKE 'Іван%' AND source = '/clients/shop'", "target": {"queue": "late"}},
    "lines": {"target": {"log": "orders"}},
}.items():
    expect(call("PUT", f"/v1/topics/orders/subscriptions/{name}", body)[0], 201, name)
for body in [{"where": "typ = 1", "target": {"queue": "late"}}, {"where": "type", "target": {"queue": "late"}}, {"target": {}}, {"target": {"webhook": "ftp://x"}}, {"target": {"queue": "a b"}}]:
    expect(call("PUT", "/v1/topics/orders/subscriptions/wrong", body)[0], 422, body)
expect("secret" in json.dumps(call("GET", "/v1/topics/orders/subscriptions")[1]), False, "the secret is shown")
expect(call("PUT", "/v1/topics/till/subscriptions/own", {"target": {"queue": "own"}})[0], 201, "till")
expect(call("PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own", "uses": {"topics": ["orders"]}})[0], 201, "contract")
shop = call("POST", "/v1/contracts/shop/keys", {})[1]["key"]
expect(call("PUT", "/v1/contracts/other", {"access": "read-write", "scope": "own"})[0], 201, "contract")
other = call("POST", "/v1/contracts/other/keys", {})[1]["key"]

# One event, its repeat, and who may send it.
event = CloudEvent({"type": "order.late", "source": "urn:mine", "subject": "o1", "priority": "7"}, {"days": 4, "who": {"name": "Іван Франко"}, "big": 12345678901234567890})
expect(publish(event, shop), (202, {"results": [{"id": event["id"], "status": "accepted"}]}), "publish")
expect(publish(event, shop)[1]["results"][0]["status"], "duplicate", "repeat")
expect(publish(event, other)[0], 404, "another's topic")
expect(call("POST", "/v1/events?topic=till", {"specversion": "1.0", "id": "x", "type": "x"})[0], 422, "the store's topic")
wait("the webhook", lambda: len(told) == 1)
headers, body, _ = told[0]
expect(headers["Content-Type"].split(";")[0], "application/cloudevents+json", "media type")
signature = "v1," + base64.b64encode(hmac.new(b"secret", f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body, hashlib.sha256).digest()).decode()
expect(headers["webhook-signature"], signature, "signature")
for found in [delivered()[0], received("late")[0]]:
    expect((found["id"], found["source"], found["type"], found["subject"], found["priority"], found.data), (event["id"], "/clients/shop", "order.late", "o1", "7", event.data), "event")

# An id of any letters: the message has one of its own.
told.clear()
expect(publish(CloudEvent({"type": "order.made", "source": "x", "id": " заказ 1 "}, 1), shop)[0], 202, "an id of letters")
wait("the id of letters", lambda: len(told) == 1)
headers, body, _ = told[0]
expect((re.fullmatch("evt_[0-9a-f]{32}", headers["webhook-id"]) is not None, delivered()[0]["id"]), (True, " заказ 1 "), f"the id in the header {headers['webhook-id']}, and of the event")
signature = "v1," + base64.b64encode(hmac.new(b"secret", f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body, hashlib.sha256).digest()).decode()
expect(headers["webhook-signature"], signature, "signature of an id of letters")

# A batch, as the package makes each of its events; a failing event holds back its subject alone.
told.clear()
failing["left"] = 2
batch = [CloudEvent({"type": "order.made", "source": "x", "subject": subject, "id": f"{subject}-{number}"}, number) for number in range(5) for subject in ["first", "second"]]
status, answer = call("POST", "/v1/events?topic=orders", [json.loads(to_structured(one)[1]) for one in batch], {"Content-Type": "application/cloudevents-batch+json"})
expect((status, {one["status"] for one in answer["results"]}), (202, {"accepted"}), "batch")
wait("all of the batch", lambda: len(delivered()) == 10)
for subject in ["first", "second"]:
    expect([one["id"] for one in delivered() if one["subject"] == subject], [f"{subject}-{number}" for number in range(5)], "order")
expect(call("GET", "/v1/topics/orders/subscriptions/hook")[1]["counts"], {"pending": 0, "dead": 0}, "counts")

# Wrong ones.
good = {"specversion": "1.0", "id": "1", "type": "t"}
for wrong in [{**good, "specversion": "0.3"}, {**good, "id": ""}, {**good, "id": 1}, {"specversion": "1.0", "id": "1"}, {**good, "time": "today"}, {**good, "data_base64": "AA=="}, {**good, "datacontenttype": "text/plain"}, {**good, "Bad-Name": 1}, {**good, "ext": {}}, [good] * 101, []]:
    expect(call("POST", "/v1/events?topic=orders", wrong)[0], 422, wrong)
expect(call("POST", "/v1/events?topic=orders", {**good, "data": "x" * (256 << 10)})[0], 413, "a long event")
expect(call("POST", "/v1/events", good)[0], 400, "no topic")
expect(call("POST", "/v1/events?topic=orders", b"<x/>", {"Content-Type": "text/xml"})[0], 415, "XML")

# The store's own.
call("POST", "/v1/queues/late/messages", {"messages": [{"id": "dies", "body": 1}]})
message = call("POST", "/v1/queues/late/receive", {"wait": 5})[1]["messages"][0]
expect(call("POST", f"/v1/queues/late/messages/{message['message_id']}/dead-letter", {"lock_token": message["lock_token"], "reason": "no"})[0], 204, "dead letter")
own = received("own")
expect([(one["type"], one["subject"], one.data["reason"], one.data["detail"]) for one in own], [("queue.dead-letter", "late/dies", "rejected", "no")], "own")
document = json.loads(sys.argv[3])
expect(call("POST", "/v1/receipts", document, key=shop)[0], 201, "receipt")
own = received("own")
expect([(one["type"], one["source"], one["subject"]) for one in own], [("receipt.complete", "/clients/shop", document["id"])], "own")
print("done")
