"""What a service manager, a container's check and a shell see of the binary: `python service.py TILL`."""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TILL = sys.argv[1]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("TILL_") and name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")}


def till(*arguments: str, environment: dict | None = None, status: int = 0) -> str:
    done = subprocess.run([TILL, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=CLEAN | (environment or {}))
    assert done.returncode == status, f"{arguments}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class Running:
    """A server whose manager listens at `name`; none when it is empty."""

    def __init__(self, folder: str, name: str, **more: str) -> None:
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if name:
            self.manager.bind(name.replace("@", "\0", 1))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.listen = f"127.0.0.1:{probe.getsockname()[1]}"
        environment = CLEAN | {"NOTIFY_SOCKET": name, "TILL_LISTEN": self.listen, "TILL_ADMIN_KEY": "admin-key-of-the-system-tests"} | more
        self.log = f"{folder}/log"
        self.process = subprocess.Popen([TILL, "serve", "--data", f"{folder}/DATA"], env=environment, stdin=subprocess.DEVNULL, stderr=open(self.log, "w"))

    def hear(self, wanted: str, seconds: float = 300) -> str | None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.manager.settimeout(left)
            try:
                message = self.manager.recv(4096).decode()
            except TimeoutError:
                return None
            if wanted in message:
                return message
        return None

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0, pathlib.Path(self.log).read_text()
        self.manager.close()


def check_manager(folder: str) -> None:
    server = Running(folder, f"@till-test-{os.getpid()}", WATCHDOG_USEC="300000")
    ready = server.hear("READY=1")
    assert ready == f"READY=1\nSTATUS=listening on http://{server.listen}", ready
    for _ in range(3):
        assert server.hear("WATCHDOG=1"), "no word that it lives"
    server.process.send_signal(1)
    reloading = server.hear("RELOADING=1")
    assert reloading and re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", reloading), reloading
    assert server.hear("READY=1"), "reloading did not end"
    assert till("health", environment={"TILL_LISTEN": server.listen}) == "it lives and takes receipts\n"
    assert till("health", "--ready", "--url", f"http://{server.listen}") == "it lives and takes receipts\n"
    # A listener on every address is asked on this machine.
    assert "it lives" in till("health", environment={"TILL_LISTEN": "0.0.0.0:" + server.listen.split(":")[1]})
    server.process.terminate()
    assert server.hear("STOPPING=1"), "the end was not told"
    server.end()
    assert "refused" in till("health", environment={"TILL_LISTEN": server.listen}, status=1)

    # The watchdog of another process is not ours; nor is a manager that nobody is.
    server = Running(folder, f"{folder}/notify", WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    assert server.hear("READY=1")
    assert server.hear("WATCHDOG=1", 1) is None, "it answered for another process"
    server.end()
    for name in [f"{folder}/nobody", "/" + "x" * 200, "@", "vsock:2:1", ""]:
        server = Running(folder, "", NOTIFY_SOCKET=name, WATCHDOG_USEC="99999999999999999999")
        end = time.monotonic() + 300
        while time.monotonic() < end:
            if '"listening"' in pathlib.Path(server.log).read_text():
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"NOTIFY_SOCKET={name} kept the server from starting: {pathlib.Path(server.log).read_text()}")
        server.end()


def check_health_of_others() -> None:
    """Servers that are none: one that says nothing, one that goes on for ever, one that speaks otherwise."""
    def silent(connection: socket.socket) -> None:
        time.sleep(30)

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: x\r\n")
            time.sleep(0.2)

    def other(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")

    def unready(connection: socket.socket) -> None:
        while head := connection.recv(4096):
            if b"/healthz" in head:
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}')
            else:
                body = b'{"type":"/problems/disk-full","detail":"the disk is full"}'
                connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def ask(answer, *more: str, scheme: str = "http", status: int = 1) -> tuple[str, float]:
        listener = socket.create_server(("127.0.0.1", 0))

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    answer(connection)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        begin = time.monotonic()
        text = till("health", "--url", f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", *more, status=status)
        return text, time.monotonic() - begin

    for answer, scheme in [(silent, "http"), (endless, "http"), (silent, "https")]:
        # A check that waits for ever is one that never fails.
        text, seconds = ask(answer, *(["--insecure"] if scheme == "https" else []), scheme=scheme)
        assert seconds < 25, f"{answer.__name__}: {seconds} s"
    assert "no HTTP server" in ask(other)[0]
    assert "it lives; it takes no receipts: disk-full: the disk is full" in ask(unready, status=0)[0]
    assert "takes no receipts" in ask(unready, "--ready")[0]
    assert "--url wants an address" in till("health", "--url", "nowhere", status=2)
    assert "--ca is for an https --url" in till("health", "--ca", "x", status=2)


def commands() -> list[str]:
    lines = till("--help").split("commands:\n")[1].split("\n\n")[0].splitlines()
    return [line.strip().split("  ")[0] for line in lines]


def complete(script: str, line: str) -> list[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    program = f"""source {script}
        COMP_WORDS=({' '.join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
        compopt() {{ :; }}
        _till; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def check_shells(folder: str) -> None:
    scripts = {}
    for shell, check in [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])]:
        scripts[shell] = f"{folder}/till.{shell}"
        pathlib.Path(scripts[shell]).write_text(till("completion", shell))
        done = subprocess.run([shell, *check, scripts[shell]], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, f"{shell}: {done.stderr}"
    assert "there is no completion for csh" in till("completion", "csh", status=2)

    offered = complete(scripts["bash"], "till ")
    for command in commands():
        words = command.split(" ")
        assert words[0] in offered, f"{words[0]} is not completed"
        if len(words) > 1:
            assert words[1] in complete(scripts["bash"], f"till {words[0]} "), f"{command} is not completed"
        help_options = set(re.findall(r"^  (--[\w-]+)", till(*words, "--help").split("\noptions:\n")[1], re.M))
        assert set(complete(scripts["bash"], f"till {command} --")) == help_options, f"options of {command}"
    assert complete(scripts["bash"], "till comp") == ["compact", "completion"]
    os.mkdir(f"{folder}/a folder")
    pathlib.Path(f"{folder}/a file").write_text("")
    assert complete(scripts["bash"], f"till serve --data {folder}/a") == [f"{folder}/a", "folder"]

    # In a shell that is one: fish answers without a terminal.
    asked = subprocess.run(["fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C 'till contract '"], capture_output=True, text=True, env=CLEAN | {"HOME": folder})
    assert {line.split("\t")[0] for line in asked.stdout.splitlines()} >= {"list", "show", "put", "delete"}, asked.stdout + asked.stderr
    asked = subprocess.run(["fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C 'till serve --'"], capture_output=True, text=True, env=CLEAN | {"HOME": folder})
    assert "--listen" in asked.stdout and "--to" not in asked.stdout, asked.stdout


def check_manual(folder: str) -> None:
    os.mkdir(f"{folder}/man")
    till("man", "--out", f"{folder}/man")
    pages = {page.name for page in pathlib.Path(f"{folder}/man").iterdir()}
    assert pages == {"till.1"} | {f"till-{command.replace(' ', '-')}.1" for command in commands()}, pages
    for page in sorted(pages):
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8", f"{folder}/man/{page}"], capture_output=True, text=True, env=CLEAN | {"LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
        assert done.returncode == 0 and not done.stderr, f"{page}: {done.stderr}"
        assert "\n" in done.stdout
    text = pathlib.Path(f"{folder}/man/till-serve.1").read_text()
    assert text == till("man", "serve") and r"\-\-listen" in text, text
    assert "there is no command nothing" in till("man", "nothing", status=2)
    till("man", "--out", f"{folder}/nowhere", status=1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_shells(folder)
        check_manual(folder)
        check_health_of_others()
        check_manager(folder)
    print("everything held")


if __name__ == "__main__":
    main()
