"""What a machine of `deploy/aws` makes of itself: its script run on a scratch root, with stand-ins for AWS and the system: `python boot.py TILL`.

Whatever is not as it should be ends it with an assertion; else the last line is "everything held". Last, the files of two machines are given to real servers, which must be a pair.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
import typing

TILL = sys.argv[1]
PROJECT = pathlib.Path(__file__).resolve().parents[3]
KEY = "0123456789abcdef0123456789abcdef"
SENT = {"Bucket": "till-bucket", "Volume": "vol-0123", "Zone": "Z0123", "AWS::Region": "eu-central-1", "AWS::StackName": "shop"}
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("TILL_", "AWS_"))}
DISK = "nvme-Amazon_Elastic_Block_Store_vol0123"
#: A disk with a file system: its mark is at the 1,080th byte.
HELD = bytes(1080) + b"\x53\xef" + bytes(4 << 20)

#: Programs that are the cloud's, or change the machine: each notes how it was called.
STAND_IN = r'''#!/usr/bin/env -S python3 -IS
import json, os, pathlib, sys
state = pathlib.Path(os.environ["STATE"])
name, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
with open(state / "calls", "a") as calls:
    calls.write(json.dumps([name, *words]) + "\n")
after = lambda word: words[words.index(word) + 1]
if name == "aws" and words[:2] == ["ssm", "get-parameter"]:
    value = state / "parameters" / after("--name").strip("/").replace("/", "_")
    if not value.exists():
        sys.exit(f"ParameterNotFound: {after('--name')}")
    print(value.read_text().rstrip("\n"))
elif name == "aws" and words[:2] == ["s3api", "list-objects-v2"]:
    print((state / "objects").read_text())
elif name == "resize2fs":
    sys.exit(int((state / "growing").read_text()))
elif name == "systemd-run":
    sys.exit(int((state / "founding").read_text()))
elif name == "curl" and words[-1].endswith("/readyz"):
    body = (state / "readyz").read_text()
    if "-o" not in words:
        print(body)
    else:
        pathlib.Path(after("-o")).write_text(body)
        print((state / "code").read_text(), end="")
elif name == "curl":
    print({"token": "t", "instance-id": "i-0123", "local-ipv4": "10.90.0.7"}[words[-1].rsplit("/", 1)[-1]], end="")
'''
STAND_INS = ["aws", "apt-get", "curl", "mkfs.ext4", "mount", "resize2fs", "systemctl", "systemd-run", "chown", "sleep"]


def openssl(folder: pathlib.Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder: pathlib.Path, authority: str = "ca") -> None:
    """The commands of docs/delivery.md: `a` and `b` are what the parameters of these names hold."""
    folder.mkdir(exist_ok=True)
    curve = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", "-newkey", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN={authority}", "-days", "3650")
    for node in "ab":
        openssl(folder, "req", "-newkey", *curve, "-keyout", f"{node}.key", "-out", f"{node}.csr", "-subj", f"/CN={node}", "-addext", f"subjectAltName=DNS:{node}")
        openssl(folder, "x509", "-req", "-in", f"{node}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "365", "-out", f"{node}.crt")
        (folder / f"{node}.pem").write_text((folder / f"{node}.crt").read_text() + (folder / f"{node}.key").read_text())


class Machine:
    """A root directory, what AWS has for the machine, and the script with both filled in."""

    def __init__(self, folder: pathlib.Path, machines: str, letter: str, keys: pathlib.Path | None = None, name: str = "", **more: str) -> None:
        name = name or f"{machines}-{letter}"
        self.root, self.state, self.node = folder / name, folder / f"{name}.state", letter.lower()
        for name in ("etc/systemd/system", "usr/local/sbin", "usr/sbin", "var/lib", "root", "run", "dev/disk/by-id"):
            (self.root / name).mkdir(parents=True)
        self.disk = self.root / f"dev/disk/by-id/{DISK}"
        self.disk.write_bytes(bytes(4 << 20))
        (self.state / "parameters").mkdir(parents=True)
        (self.state / "bin").mkdir()
        for name in STAND_INS:
            (self.state / "bin" / name).write_text(STAND_IN)
            (self.state / "bin" / name).chmod(0o755)
        # A `python3` that is a script which looks for one takes longer than all that a stand-in does, and there are hundreds of calls.
        (self.state / "bin/python3").symlink_to(pathlib.Path(sys.executable).resolve())
        # No test may make a block device.
        (self.state / "bash").write_text('function [ { if builtin [ "$1" = -b ]; then builtin [ -e "$2" ]; else builtin [ "$@"; fi; }\n')
        self.tell("objects", "0")
        self.tell("founding", "0")
        self.tell("growing", "0")
        self.answer(200, [self.node])
        self.put("admin-key", KEY)
        if keys:
            self.put("ca", (keys / "ca.pem").read_text())
            self.put(self.node, (keys / f"{self.node}.pem").read_text())
        template = json.loads((PROJECT / "deploy/aws/template.json").read_text())["Resources"]
        launch = next(one for name, one in template.items() if one["Type"] == "AWS::EC2::LaunchTemplate" and name.startswith(f"Template{letter}"))
        text, given = launch["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
        values = {name: value for name, value in given.items() if isinstance(value, str)} | {"Package": "releases/till.deb", "Machines": machines} | SENT
        # A log in the stack's own bucket, unless something else is said.
        values |= {"LogBucket": SENT["Bucket"], "LogRegion": SENT["AWS::Region"], "LogFolder": {"pair": "pair"}.get(machines, "log"), "LentRole": ""} | {"Found": given["Found"] if isinstance(given["Found"], str) else "no"} | more
        text = re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], text)
        # An hour of looks is as much as three.
        text = text.replace("seq 660", "seq 3")
        self.script = self.state / "boot.sh"
        self.script.write_text(re.sub(r"(?<![\w.:/-])/(etc|usr/local|usr/sbin|var/lib|root|run|dev/disk)/", lambda found: f"{self.root}{found[0]}", text))

    def tell(self, name: str, text: str) -> None:
        (self.state / name).write_text(text)

    def put(self, name: str, value: str) -> None:
        self.tell(f"parameters/till_shop_{name}", value)

    def answer(self, code: int, names: list[str]) -> None:
        """What /readyz says."""
        self.tell("code", str(code))
        self.tell("readyz", json.dumps({"role": "standby", "insync": names, "removed": []}, separators=(",", ":")))

    def run(self, *command: str) -> subprocess.CompletedProcess:
        environment = CLEAN | {"STATE": str(self.state), "PATH": f"{self.state}/bin:{CLEAN['PATH']}:/usr/sbin:/sbin", "BASH_ENV": str(self.state / "bash")}
        return subprocess.run(command or ["bash", str(self.script)], capture_output=True, text=True, env=environment)

    def boot(self, status: int = 0) -> subprocess.CompletedProcess:
        (self.state / "calls").unlink(missing_ok=True)
        done = self.run()
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def calls(self, *beginning: str) -> list[list[str]]:
        every = [json.loads(line) for line in (self.state / "calls").read_text().splitlines()]
        return [call for call in every if call[:len(beginning)] == list(beginning)]

    def signals(self) -> list[str]:
        return [call[-1] for call in self.calls("aws", "cloudformation", "signal-resource")]

    def settings(self) -> dict:
        return json.loads((self.root / "etc/till/till.json").read_text())

    def check_settings(self) -> None:
        """The program itself takes them."""
        done = subprocess.run([TILL, "config", "check", "--config", str(self.root / "etc/till/till.json")], capture_output=True, text=True, env=CLEAN | {"TILL_ADMIN_KEY": KEY})
        assert done.returncode == 0, done.stdout + done.stderr


def check_one(folder: pathlib.Path) -> None:
    machine = Machine(folder, "one", "A")
    done = machine.boot()
    settings = machine.settings()
    assert settings["log"] == {"url": "s3://till-bucket/log"} and settings["storage"]["url"] == "s3://till-bucket/warehouse" and settings["storage"]["region"] == "eu-central-1", settings
    assert settings["exports"] == {"url": "s3://till-bucket/exports"} and "cluster" not in settings and "iceberg" not in settings, settings
    machine.check_settings()
    secret = machine.root / "etc/default/till"
    assert secret.read_text() == f"TILL_ADMIN_KEY={KEY}\n" and stat.S_IMODE(secret.stat().st_mode) == 0o600
    # The console's log keeps every line of this for whoever may look at the machine.
    assert KEY not in done.stdout + done.stderr, "the key is in the machine's log"
    assert machine.signals() == ["SUCCESS"], machine.signals()
    assert not machine.calls("aws", "route53") and not list((machine.root / "usr/local/sbin").iterdir()), "a pair's things on a machine that is alone"
    assert machine.calls("mkfs.ext4") and machine.calls("mount"), "the disk is not there"
    assert not (machine.root / "usr/sbin/policy-rc.d").exists(), "no service of this machine starts any more"
    names = [call[0] for call in machine.calls()]
    assert names.index("systemctl") > max(at for at, name in enumerate(names) if name == "chown"), "it starts before the files are its own"
    # What has a store on it stays as it is, also before udev knows what that is.
    machine.disk.write_bytes(HELD)
    machine.boot()
    assert not machine.calls("mkfs.ext4"), "a store was formatted"
    # It may have been enlarged since: the file system grows with it, mounted, and where it does not the service starts all the same.
    assert machine.calls("resize2fs") == [["resize2fs", os.path.realpath(machine.disk)]], machine.calls("resize2fs")
    names = [call[0] for call in machine.calls()]
    assert names.index("mount") < names.index("resize2fs") < names.index("systemctl"), names
    machine.tell("growing", "1")
    machine.boot()
    assert machine.signals() == ["SUCCESS"] and machine.calls("systemctl"), "a disk that does not grow keeps the store from starting"
    machine.tell("growing", "0")
    # The unit would read another key than was meant, or none.
    for fault in ("short", 'more-than-twenty-letters-and-"-in-it'):
        machine.put("admin-key", fault)
        machine.boot(status=1)
        assert machine.signals()[-1:] == ["FAILURE"], machine.signals()
        assert not machine.calls("systemctl"), "it starts with a key that is none"
    (machine.state / "parameters/till_shop_admin-key").unlink()
    machine.boot(status=1)


def check_pair(folder: pathlib.Path) -> list[Machine]:
    keys, strangers = folder / "keys", folder / "strangers"
    certificates(keys)
    certificates(strangers, "stranger")
    machines = [Machine(folder, "pair", letter, keys) for letter in "AB"]
    for machine, peer in zip(machines, "ba"):
        node = machine.node
        done = machine.boot()
        settings = machine.settings()
        # Not where a machine that was alone had its log: a pair begins with a place that has nothing in it.
        assert settings["log"] == {"url": "s3://till-bucket/pair"}, settings
        place = machine.root / "etc/till/pair"
        assert settings["cluster"] == {
            "node": node, "peer": f"{peer}@{peer}.till.internal:7001", "listen": "0.0.0.0:7001", "config": "s3://till-bucket/ctl",
            "tls": {"cert": f"{place}/{node}.pem", "key": f"{place}/{node}.pem", "ca": f"{place}/ca.pem"},
        }, settings
        machine.check_settings()
        assert (place / f"{node}.pem").read_text() == (keys / f"{node}.pem").read_text() and stat.S_IMODE((place / f"{node}.pem").stat().st_mode) == 0o640, "its certificate"
        assert sorted(one.name for one in place.iterdir()) == sorted(["ca.pem", f"{node}.pem"]), list(place.iterdir())
        assert "PRIVATE KEY" not in done.stdout + done.stderr, "the key is in the machine's log"
        assert machine.calls("chown", "root:till", f"{node}.new"), machine.calls("chown")
        change = json.loads(machine.calls("aws", "route53")[0][-1])["Changes"]
        assert change == [{"Action": "UPSERT", "ResourceRecordSet": {"Name": f"{node}.till.internal", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.90.0.7"}]}}], change
        timers = {call[-1] for call in machine.calls("systemctl", "enable", "--now")}
        assert timers == {"till-certificates.timer", "till-figures.timer"}, timers
        assert machine.signals() == ["SUCCESS"], machine.signals()
        # The token for it is over in five minutes, and the disk alone may take as long.
        names = [call[:3] for call in machine.calls()]
        asked = [at for at, call in enumerate(machine.calls()) if call[0] == "curl" and "/meta-data/" in call[-1]]
        assert max(asked) < names.index(["aws", "ec2", "attach-volume"]), "what the machine is, is asked for too late"
    check_log_elsewhere(folder, keys)
    check_lending(folder, keys)
    check_founding(folder, keys)
    check_waiting(machines[0])
    check_renewal(machines[0], keys, strangers)
    check_figures(machines[0])
    return machines


def check_log_elsewhere(folder: pathlib.Path, keys: pathlib.Path) -> None:
    """Its region stands beside the log, and nowhere else."""
    for machines, log in (("one", "log"), ("pair", "pair")):
        machine = Machine(folder, machines, "A", keys, name=f"{machines}-elsewhere", LogBucket="far-bucket", LogRegion="eu-west-1")
        machine.boot()
        settings = machine.settings()
        assert settings["log"] == {"url": f"s3://far-bucket/{log}", "region": "eu-west-1"} and settings["storage"]["region"] == "eu-central-1", settings
        assert "far-bucket" not in json.dumps([settings["storage"], settings["exports"], settings.get("cluster")]), settings
        machine.check_settings()


def check_lending(folder: pathlib.Path, keys: pathlib.Path) -> None:
    """The role whose keys readers are lent, where there is one."""
    role = "arn:aws:iam::123456789012:role/shop-Readers-1A2B"
    for machines in ("one", "pair"):
        machine = Machine(folder, machines, "A", keys, name=f"{machines}-lending", LentRole=role)
        machine.boot()
        settings = machine.settings()
        assert settings["iceberg"] == {"lent_role": role} and ("cluster" in settings) == (machines == "pair"), settings
        machine.check_settings()


def check_founding(folder: pathlib.Path, keys: pathlib.Path) -> None:
    """A store that one machine had becomes a pair's by the operator's word, once, and before anything serves it."""
    def machine(name: str, letter: str = "A", **more: str) -> Machine:
        made = Machine(folder, "pair", letter, keys, name=name, **more)
        made.disk.write_bytes(HELD)
        return made

    def put(of: Machine, *names: str) -> None:
        for name in names:
            path = of.root / "var/lib/till" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    lone = machine("lone", Found="yes")
    put(lone, "catalog.sqlite", "FORMAT")
    lone.boot()
    found, = lone.calls("systemd-run")
    assert found[-6:] == ["cluster", "found", "--data", f"{lone.root}/var/lib/till", "--config", f"{lone.root}/etc/till/till.json"], found
    assert {"--wait", "--uid=till", "--gid=till", f"EnvironmentFile={lone.root}/etc/default/till", "UMask=0077"} <= set(found), found
    names = [call[0] for call in lone.calls()]
    at = names.index("systemd-run")
    # Its files are the user's, its certificates there; nobody has the directory.
    assert lone.calls().index(["systemctl", "restart", "--no-block", "till"]) > at > lone.calls().index(["chown", "root:till", "a.new"]), names
    assert lone.signals() == ["SUCCESS"], lone.signals()
    # The command has refused: nothing is served, and the other machine is not begun with.
    lone.tell("founding", "2")
    lone.boot(status=2)
    assert lone.signals() == ["FAILURE"] and not lone.calls("systemctl", "restart"), "it starts without the word that it needs"
    # Its own last step; from then on the word stands for nothing.
    put(lone, "cluster/fold")
    lone.boot()
    assert not lone.calls("systemd-run"), "a member's directory was founded with"

    silent = machine("silent")
    put(silent, "catalog.sqlite", "FORMAT")
    silent.boot()
    assert not silent.calls("systemd-run"), "founded without a word"
    # An empty disk in place of the store: no pair is begun with it. Where there is one it joins.
    empty = machine("empty", Found="yes")
    empty.boot(status=1)
    assert not empty.calls("systemctl", "restart") and empty.signals() == ["FAILURE"], "an empty store in place of the one that was meant"
    empty.tell("objects", "1")
    empty.boot()
    assert not empty.calls("systemd-run") and empty.signals() == ["SUCCESS"], empty.signals()
    # The other machine is told no such word.
    other = machine("other", "B")
    put(other, "catalog.sqlite", "FORMAT")
    other.boot()
    assert not other.calls("systemd-run"), "both machines would found"


def check_waiting(machine: Machine) -> None:
    """The other machine may go only once this one serves, or has everything."""
    machine.answer(503, ["b"])
    machine.boot(status=1)
    assert machine.signals() == ["FAILURE"], machine.signals()
    machine.answer(503, ["b", "a"])
    machine.boot()
    assert machine.signals() == ["SUCCESS"], "a standby that has everything is as good as one that leads"


def check_renewal(machine: Machine, keys: pathlib.Path, strangers: pathlib.Path) -> None:
    script, file = str(machine.root / "usr/local/sbin/till-certificates"), machine.root / "etc/till/pair/a.pem"
    sound = file.read_text()
    crossed = (strangers / "a.crt").read_text() + (keys / "a.key").read_text()
    for fault in ((strangers / "a.pem").read_text(), (keys / "b.pem").read_text(), (keys / "a.crt").read_text(), (keys / "a.crt").read_text() + (keys / "b.key").read_text(), crossed, ""):
        machine.put("a", fault)
        assert machine.run(script).returncode != 0 and file.read_text() == sound, "what does not fit has taken the place of what works"
    certificates(strangers, "next")
    machine.put("a", (strangers / "a.pem").read_text())
    # Both authorities count while certificates of both are about.
    machine.put("ca", (keys / "ca.pem").read_text() + (strangers / "ca.pem").read_text())
    done = machine.run(script)
    assert done.returncode == 0 and file.read_text() == (strangers / "a.pem").read_text(), done.stderr
    machine.check_settings()
    machine.put("a", sound)
    machine.put("ca", (keys / "ca.pem").read_text())
    assert machine.run(script).returncode == 0 and file.read_text() == sound


def check_figures(machine: Machine) -> None:
    behind, none = '{"insync":["b","a"],"archive":{"lag_seconds":7}}', '{"insync":["b","a"],"archive":null}'
    for said, wanted in (('{"insync":["a"]}', {"InSync": 1}), (none, {"InSync": 2}), (behind, {"InSync": 2, "ArchiveLag": 7}), ('{"insync":[]}', {"InSync": 0}), ("", {})):
        machine.tell("readyz", said)
        (machine.state / "calls").unlink()
        done = machine.run("bash", str(machine.root / "usr/local/sbin/till-figures"))
        assert done.returncode == 0, done.stderr
        put, = machine.calls("aws", "cloudwatch", "put-metric-data", "--namespace", "Till")
        figures = json.loads(put[-1])
        assert all(one["Dimensions"] == [{"Name": "Store", "Value": "shop"}] for one in figures), figures
        values = {one["MetricName"]: one["Value"] for one in figures}
        # The machine's certificate ends before the authority's.
        assert 363 <= values.pop("CertificateDays") <= 365 and values == wanted, figures


def ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def call(port: int, method: str, path: str, body: object = None) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


def until(what: str, found: typing.Callable[[], typing.Any]) -> typing.Any:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"in vain: {what}")


def check_servers(folder: pathlib.Path, machines: list[Machine]) -> None:
    """Their own settings and keys; only addresses, which are those of the cloud, are of this machine."""
    doors, links = ports(2), ports(2)
    bucket = subprocess.Popen([sys.executable, str(PROJECT / "benchmarks/bucket_server.py"), "--delay", "1"], stdout=subprocess.PIPE, text=True)
    servers: list[subprocess.Popen] = []
    try:
        url = bucket.stdout.readline().strip()

        def start(number: int, **more: str) -> subprocess.Popen:
            machine = machines[number]
            environment = CLEAN | dict(line.split("=", 1) for line in (machine.root / "etc/default/till").read_text().split()) | {
                "TILL_LISTEN": f"127.0.0.1:{doors[number]}", "TILL_CLUSTER_LISTEN": f"127.0.0.1:{links[number]}", "TILL_CLUSTER_PEER": f"{'ba'[number]}@127.0.0.1:{links[1 - number]}",
                "TILL_STORAGE_ENDPOINT": url, "TILL_STORAGE_PATH_STYLE": "true", "TILL_STORAGE_CREDENTIALS": '{"access_key_id": "a", "secret_access_key": "b"}', "TILL_STORAGE_CACHE_BYTES": "64MiB",
            } | more
            command = [TILL, "serve", "--data", str(machine.root / "var/lib/till"), "--config", str(machine.root / "etc/till/till.json")]
            return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=open(folder / f"{machine.node}.log", "a"))

        servers += [start(number) for number in (0, 1)]

        def leader(count: int) -> int | None:
            answers = [call(port, "GET", "/readyz") for port in doors]
            return next((number for number, (status, said) in enumerate(answers) if status == 200 and len(said["insync"]) == count), None)

        def in_sync(count: int) -> int:
            return until(f"{count} in sync", lambda: (found := leader(count)) is not None and [found])[0]

        first = in_sync(2)
        receipt = {"schema": "pos/1", "id": "R-1", "issued_at": "2026-11-19T14:03:07+02:00", "store": {"id": "S1", "till": "1"}, "currency": "UAH", "total": 1.0, "lines": []}
        assert call(doors[1 - first], "PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own"})[0] in (200, 201), "the standby passes nothing on"
        status, said = call(doors[1 - first], "POST", "/v1/receipts?client=shop", receipt)
        assert status == 201, said
        # An update that gives the log another place, as the stack does it: one machine after the other, the second once the first has everything. (The stand-in has one bucket, whatever its name.)
        for number in (1 - first, first):
            servers[number].terminate()
            servers[number].wait()
            # A machine is away for longer than a process: by then the other one has gone on with slots, where it has its log.
            in_sync(1)
            servers[number] = start(number, TILL_LOG_URL="s3://till-bucket/elsewhere")
            last = in_sync(2)
        servers[last].kill()
        servers[last].wait()
        assert in_sync(1) == 1 - last
        # With the bucket alone beside it, whose slots are at the new place.
        status, said = call(doors[1 - last], "POST", "/v1/receipts?client=shop", receipt | {"id": "R-2"})
        assert status == 201, said
        status, said = call(doors[1 - last], "POST", "/v1/sql", {"query": "SELECT count(*) FROM receipts"})
        assert status == 200 and said["rows"] == [[2]], said
    except AssertionError:
        for machine in machines:
            print(*(folder / f"{machine.node}.log").read_text().splitlines()[-20:], sep="\n")
        raise
    finally:
        for process in [*servers, bucket]:
            process.kill()
            process.wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_one(folder)
        machines = check_pair(folder)
        check_servers(folder, machines)
    print("everything held")


if __name__ == "__main__":
    main()
