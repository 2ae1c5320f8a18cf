"""What the examples share: a server on a directory of its own, and calls to it. Nothing but Python's own library.

The binary is that of $TILL, else the `till` of the PATH, else the release build beside the sources.
"""
import contextlib, json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
ADMIN = "example-key-of-the-administrator"


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status}: {problem}")
        self.status, self.problem = status, problem


class Till:
    """A server that this program has started, and can kill."""

    def __init__(self, folder, configuration=None):
        self.binary = os.environ.get("TILL") or shutil.which("till") or str(ROOT / ".build/release/till")
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "till.json"
        self.config.write_text(json.dumps({"limits": {"min_free": "64MiB"}, "outgoing": {"allow": ["127.0.0.1"]}, **(configuration or {})}))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.address}"
        self.process = None

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", str(self.folder / "DATA"), "--listen", self.address, "--config", str(self.config)],
                stderr=log, stdout=subprocess.DEVNULL, env={**os.environ, "TILL_ADMIN_KEY": ADMIN})
        end = time.monotonic() + 300
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(self.url + "/readyz").status == 200:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit("the server does not start:\n" + (self.folder / "server.log").read_text())

    def kill(self):
        """As a power cut would: nothing is told to it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def call(self, method, path, body=None, key=ADMIN, kind="application/json", times=1):
        """The answer as JSON; bytes as they are. Raises Refused."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {key}"} if key else {})}
        request = urllib.request.Request(path if path.startswith("http") else self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text and answer.headers["Content-Type"].startswith("application/json") else text
        except urllib.error.HTTPError as error:
            text = error.read()
            if error.code in (429, 503) and times < 20:
                time.sleep(0.2)
                return self.call(method, path, body, key, kind, times + 1)
            raise Refused(error.code, json.loads(text) if text else {}) from None

    def contract(self, client, **members):
        """Makes a contract and a key for it."""
        self.call("PUT", f"/v1/contracts/{client}", {"access": "read-write", "scope": "own", **members})
        return self.call("POST", f"/v1/contracts/{client}/keys", {})["key"]

    def sql(self, query, params=(), key=ADMIN):
        return self.call("POST", "/v1/sql", {"query": query, "params": list(params)}, key)["rows"]

    def table(self, query, params=(), key=ADMIN):
        """Prints an answer."""
        answer = self.call("POST", "/v1/sql", {"query": query, "params": list(params)}, key)
        rows = [[column["name"] for column in answer["columns"]]] + [["" if value is None else str(value) for value in row] for row in answer["rows"]]
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        for row in rows:
            print("   " + "  ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip())
        return answer["rows"]

    def wait(self, what, condition, seconds=300):
        """Asks until there is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        sys.exit(f"in vain: {what}\n" + "\n".join((self.folder / "server.log").read_text().splitlines()[-10:]))

    def ended(self, execution, seconds=300):
        """An execution once it has ended well."""
        found = self.wait(f"the execution {execution}", lambda: (lambda it: it if it["state"] != "RUNNING" else None)(self.call("GET", f"/v1/executions/{execution}")), seconds)
        if found["state"] != "SUCCEEDED":
            sys.exit(f"{found['process']} {found['state']}: {found['error']}: {found['cause']}")
        return found


def step(text):
    print(f"\n— {text}", flush=True)


@contextlib.contextmanager
def serving(configuration=None):
    """A server for the time of a `with`."""
    with tempfile.TemporaryDirectory(prefix="till-example-") as folder:
        till = Till(folder, configuration).start()
        try:
            yield till
        finally:
            till.stop()
