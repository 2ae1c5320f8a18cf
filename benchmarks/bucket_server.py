"""A bucket on a loopback port, as far away as one is: so many milliseconds to the first byte, so many megabytes a second on each connection.

Usage: python3 benchmarks/bucket_server.py [--port 0] [--delay 30] [--rate 100] [--keep FOLDER]

It keeps conditions, parts and listings, and believes every signature: what is as strict as S3 is Tests/TestSupport/Doubles/BucketDouble. `GET /_/requests` gives
what was asked since the last such call: method, key, bytes, when it began and ended; `/_/delay?ms=N[&rate=N]` sets another delay and rate. With a folder
its objects outlive it, and lie on the disk and not in memory.
"""
import argparse, base64, hashlib, json, mmap, os, re, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket:
    def __init__(self, delay, rate, folder=None):
        self.delay, self.rate, self.folder = delay, rate, folder
        self.objects, self.uploads, self.requests, self.lock = {}, {}, [], threading.RLock()
        if folder:
            os.makedirs(folder, exist_ok=True)
            for name in os.listdir(folder):
                if name.endswith(".json"):
                    with open(os.path.join(folder, name)) as file:
                        key, tag, metadata = json.load(file)
                    self.objects[key] = (self.body(key), tag, [tuple(one) for one in metadata])

    def path(self, key, ending):
        return os.path.join(self.folder, hashlib.sha256(key.encode()).hexdigest() + ending)

    def body(self, key):
        """As it lies on the disk; pages of it are read when they are asked for."""
        with open(self.path(key, ".body"), "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else b""

    def put(self, key, body, tag, metadata):
        if self.folder:
            # What says that it is there comes last.
            for ending, content in ((".body", body), (".json", json.dumps([key, tag, metadata]).encode())):
                with open(self.path(key, ".new"), "wb") as file:
                    file.write(content)
                os.replace(self.path(key, ".new"), self.path(key, ending))
            body = self.body(key)
        self.objects[key] = (body, tag, metadata)

    def remove(self, key):
        if self.objects.pop(key, None) and self.folder:
            os.unlink(self.path(key, ".json"))
            os.unlink(self.path(key, ".body"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket = None

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        # To the first byte, from when the request was whole.
        left = self.began + self.bucket.delay / 1000 - time.monotonic()
        if left > 0:
            time.sleep(left)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        length = len(body)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            view, piece, start = memoryview(body), 256 << 10, time.monotonic()
            for place in range(0, length, piece):
                self.wfile.write(view[place:place + piece])
                wait = start + min(length, place + piece) / (self.bucket.rate * 1e6) - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
        with self.bucket.lock:
            self.bucket.requests.append(
                {"method": self.command, "key": self.key, "bytes": length if self.command == "GET" else 0, "began": self.began, "ended": time.monotonic()})

    def error(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>of the benchmark's bucket</Message></Error>".encode(), [("Content-Type", "application/xml")])

    def begin(self):
        parts = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.began = time.monotonic()
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        path = unquote(parts.path)
        self.key = path.split("/", 2)[2] if path.count("/") >= 2 else ""
        if path.startswith("/_/"):
            self.own(path)
            return False
        return True

    def own(self, path):
        if path == "/_/delay":
            self.bucket.delay, self.bucket.rate = float(self.query["ms"]), float(self.query.get("rate", self.bucket.rate))
            body = b"{}"
        else:
            with self.bucket.lock:
                body, self.bucket.requests = json.dumps(self.bucket.requests).encode(), []
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def condition(self):
        """Whether the conditions of a put fail."""
        there = self.bucket.objects.get(self.key)
        if self.headers.get("If-None-Match") == "*" and there:
            return True
        return "If-Match" in self.headers and (not there or there[1] != self.headers["If-Match"])

    def store(self, body, tag, metadata):
        with self.bucket.lock:
            if self.condition():
                return self.error(412, "PreconditionFailed")
            self.bucket.put(self.key, body, tag, metadata)
        self.answer(200, b"" if self.command == "PUT" else f"<CompleteMultipartUploadResult><ETag>{escape(tag)}</ETag></CompleteMultipartUploadResult>".encode(), [("ETag", tag)])

    def metadata(self):
        return [(name, value) for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")]

    @staticmethod
    def tag(body):
        return '"' + hashlib.md5(body).hexdigest() + '"'

    def do_PUT(self):
        if not self.begin():
            return
        if "uploadId" in self.query:
            self.bucket.uploads[self.query["uploadId"]][1][int(self.query["partNumber"])] = self.body
            return self.answer(200, headers=[("ETag", self.tag(self.body))])
        self.store(self.body, self.tag(self.body), self.metadata())

    def do_POST(self):
        if not self.begin():
            return
        if "uploads" in self.query:
            name = f"u{len(self.bucket.uploads)}-{time.monotonic_ns()}"
            self.bucket.uploads[name] = (self.metadata(), {})
            return self.answer(200, f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode())
        metadata, parts = self.bucket.uploads[self.query["uploadId"]]
        body = b"".join(parts[number] for number in sorted(parts))
        self.store(body, self.tag(body)[:-1] + f'-{len(parts)}"', metadata)

    def do_DELETE(self):
        if self.begin():
            with self.bucket.lock:
                self.bucket.remove(self.key)
            self.answer(204)

    def do_HEAD(self):
        if self.begin():
            self.give()

    def do_GET(self):
        if not self.begin():
            return
        if "list-type" in self.query:
            return self.list()
        self.give()

    def give(self):
        found = self.bucket.objects.get(self.key)
        if not found:
            return self.error(404, "NoSuchKey")
        body, tag, metadata = found
        if self.headers.get("If-Match", tag) != tag:
            return self.error(412, "PreconditionFailed")
        headers = [("ETag", tag)] + metadata
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, body if self.command == "GET" else b"", headers + ([("Content-Length", str(len(body)))] if self.command == "HEAD" else []))
        start, end = wanted.groups()
        first = int(start) if start else max(0, len(body) - int(end))
        last = len(body) if not start or not end else min(len(body), int(end) + 1)
        if first >= last:
            return self.error(416, "InvalidRange")
        self.answer(206, body[first:last], headers + [("Content-Range", f"bytes {first}-{last - 1}/{len(body)}")])

    def list(self):
        prefix, after = self.query.get("prefix", ""), base64.b64decode(self.query.get("continuation-token", "")).decode()
        entries = {}
        for key in sorted(self.bucket.objects):
            if not key.startswith(prefix):
                continue
            if "delimiter" in self.query and "/" in key[len(prefix):]:
                folder = prefix + key[len(prefix):].split("/")[0] + "/"
                entries[folder] = f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>"
            else:
                entries[key] = f"<Contents><Key>{quote(key)}</Key><LastModified>2026-11-21T00:00:00.000Z</LastModified><Size>{len(self.bucket.objects[key][0])}</Size></Contents>"
        rest = [name for name in sorted(entries) if name > after]
        page = rest[:1000]
        text = "<ListBucketResult><EncodingType>url</EncodingType>" + "".join(entries[name] for name in page)
        text += f"<IsTruncated>{'true' if len(page) < len(rest) else 'false'}</IsTruncated>"
        if len(page) < len(rest):
            text += f"<NextContinuationToken>{base64.b64encode(page[-1].encode()).decode()}</NextContinuationToken>"
        self.answer(200, (text + "</ListBucketResult>").encode(), [("Content-Type", "application/xml")])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=30)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    Handler.bucket = Bucket(arguments.delay, arguments.rate, arguments.keep)
    server = Server(("127.0.0.1", arguments.port), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
