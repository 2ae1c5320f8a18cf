"""The package on a bare Debian 12, the image without its daemon, and both made twice: `python packages.py TILL ROOTFS.tar`.

Whatever is not as it should be ends it with an assertion; else the last line is "everything held".
"""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


def run(*command: str, check: bool = True, **more) -> subprocess.CompletedProcess:
    done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL, **more)
    assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def make(what: str, till: str, target: str) -> str:
    environment = os.environ | {"TILL_BIN": till, "TILL_BUILD": target, "TILL_XZ_LEVEL": "0", "TILL_GZIP_LEVEL": "1"}
    return run(str(ROOT / "packaging" / what), env=environment).stdout.strip().splitlines()[-1]


def digest(path: str) -> str:
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def unit() -> dict[str, str]:
    """The service's settings; of one that is given again and again the last."""
    lines = (ROOT / "packaging/debian/till.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


class Manager:
    """What a service manager hears."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.heard: list[str] = []

    def wait(self, wanted: str, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while not any(wanted in message for message in self.heard):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except TimeoutError:
                raise AssertionError(f"no {wanted} in {self.heard}") from None


def serve(root: str, user: str, port: int, command: list[str], data: str) -> None:
    """Runs the service's command as its user within a root directory, and asks it what a manager, a container's check and a client ask."""
    notify = f"{root}/tmp/notify"
    manager = Manager(notify)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TILL_LISTEN": f"127.0.0.1:{port}", "TILL_ADMIN_KEY": "admin-key-of-a-package", "NOTIFY_SOCKET": "/tmp/notify", "WATCHDOG_USEC": "600000",
    }
    inside = ["chroot", f"--userspec={user}", root]
    with open(f"{root}.log", "w") as log:
        server = subprocess.Popen([*inside, *command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        manager.wait("READY=1")
        manager.wait("WATCHDOG=1")
        assert run(*inside, "/usr/bin/till", "health", "--ready", env=environment).stdout == "it lives and takes receipts\n"
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/receipts?client=shop", data=(ROOT / "types/samples/es-ticketbai-1.xml").read_bytes(),
            headers={"Authorization": "Bearer admin-key-of-a-package", "Content-Type": "application/xml"})
        put = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/contracts/shop", data=b'{"access":"read-write","scope":"own"}', method="PUT",
            headers={"Authorization": "Bearer admin-key-of-a-package", "Content-Type": "application/json"})
        assert urllib.request.urlopen(put).status == 201
        assert urllib.request.urlopen(request).status == 201
        os.kill(server.pid, 1)
        manager.wait("RELOADING=1")
        server.terminate()
        manager.wait("STOPPING=1")
        assert server.wait(30) == 0
    except BaseException:
        print(pathlib.Path(f"{root}.log").read_text(), file=sys.stderr)
        raise
    finally:
        server.kill()
        server.wait()
    assert run(*inside, "/usr/bin/till", "health", env=environment, check=False).returncode == 1
    owner = os.stat(f"{root}{data}/catalog.sqlite")
    assert owner.st_mode & 0o077 == 0 and os.stat(f"{root}{data}").st_mode & 0o777 == 0o700, "others may read the store"
    os.unlink(notify)


def check_package(till: str, rootfs: str, folder: str) -> None:
    package = make("deb", till, f"{folder}/first")
    assert digest(package) == digest(make("deb", till, f"{folder}/second")), "the package is not the same twice"
    complaints = run("lintian", "--allow-root", "--fail-on", "error,warning,info", "-I", package, check=False)
    assert complaints.returncode == 0, complaints.stdout

    root = f"{folder}/debian"
    os.mkdir(root)
    run("tar", "-xf", rootfs, "-C", root, "--exclude=./dev/*")
    for name, minor in [("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)]:
        os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(1, minor))
        os.chmod(f"{root}/dev/{name}", 0o666)
    shutil.copy(package, f"{root}/till.deb")
    inside = {"env": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}}
    run("chroot", root, "dpkg", "--install", "/till.deb", **inside)
    user = run("chroot", root, "getent", "passwd", "till", **inside).stdout.split(":")
    assert user[5] == "/var/lib/till" and user[6].strip().endswith("nologin"), user
    for place, mode in [("/var/lib/till", 0o700), ("/etc/till", 0o750), ("/etc/till/till.json", 0o640)]:
        assert os.stat(root + place).st_mode & 0o777 == mode, place
    assert os.path.islink(f"{root}/etc/systemd/system/multi-user.target.wants/till.service"), "the service does not start with the machine"
    assert run("chroot", root, "ldd", "/usr/bin/till", **inside).stdout.count("not found") == 0
    till_unit = unit()
    command = till_unit["ExecStart"].split()
    assert command[0] == "/usr/bin/till" and till_unit["Type"] == "notify" and till_unit["UMask"] == "0077" and till_unit["StateDirectory"] == "till"
    serve(root, "till:till", free_port(), command, "/var/lib/till")
    run("chroot", root, "dpkg", "--install", "/till.deb", **inside)
    run("chroot", root, "dpkg", "--purge", "till", **inside)
    assert os.path.exists(f"{root}/var/lib/till/catalog.sqlite"), "a purge took the receipts"
    assert not os.path.exists(f"{root}/etc/till/till.json") and not os.path.exists(f"{root}/usr/bin/till")


def check_unit() -> None:
    grade = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=19", str(ROOT / "packaging/debian/till.service"), check=False)
    assert grade.returncode == 0, grade.stdout.splitlines()[-1:]
    settings = unit()
    # A start that fails within a second, as where a bucket refuses, would be given up after the fifth.
    assert settings["Restart"] == "on-failure" and settings["StartLimitIntervalSec"] == "0", settings


def check_image(till: str, folder: str) -> None:
    archive = make("image", till, f"{folder}/first")
    assert digest(archive) == digest(make("image", till, f"{folder}/second")), "the image is not the same twice"
    config = json.loads(run("skopeo", "inspect", "--config", "--raw", f"oci-archive:{archive}").stdout)["config"]
    assert config["User"] == "65532:65532" and config["Healthcheck"]["Test"] == ["CMD", "/usr/bin/till", "health"], config
    # What Docker reads has it too.
    run("skopeo", "copy", "--quiet", "--insecure-policy", f"oci-archive:{archive}", f"docker-archive:{folder}/docker.tar:till:test")
    docker = json.loads(run("skopeo", "inspect", "--config", "--raw", f"docker-archive:{folder}/docker.tar").stdout)
    assert docker["config"]["Healthcheck"] == config["Healthcheck"], docker
    assert config["Healthcheck"]["StartPeriod"] >= 86_400 * 10**9, "who restarts what is unhealthy ends a start that has much to recover"
    with tarfile.open(archive) as whole:
        index = json.load(whole.extractfile("index.json"))
        manifest = json.load(whole.extractfile("blobs/sha256/" + index["manifests"][0]["digest"][7:]))
        root = f"{folder}/image"
        os.mkdir(root)
        for one in manifest["layers"]:
            with tarfile.open(fileobj=whole.extractfile("blobs/sha256/" + one["digest"][7:]), mode="r:gz") as layer:
                layer.extractall(root, numeric_owner=True, filter="fully_trusted")
    assert not (set(os.listdir(f"{root}/usr/bin")) - {"till"}), "there is more to run than till"
    serve(root, "65532:65532", free_port(), config["Entrypoint"] + config["Cmd"], "/var/lib/till")


def main() -> None:
    till, rootfs = sys.argv[1:]
    # Whoever runs this may make files that nobody else reads.
    os.umask(0o022)
    assert os.geteuid() == 0, "a root directory is entered by root alone"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        check_unit()
        check_image(till, folder)
        check_package(till, rootfs, folder)
    print("everything held")


if __name__ == "__main__":
    main()
