"""How sessions of the console begin and end: by a key and by a token of the issuer, after twelve hours without use, with their token, over a restart of the server.

Usage: console_sessions.py TILL TOKEN KEY_SET     (a token that counts for an hour or more, of the contract `shop`, and the file that its key is in)
Ends with 0 and "everything held", or says what did not.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ADMIN_KEY = "admin-key-of-the-sessions"
TILL, TOKEN, KEY_SET = sys.argv[1:4]
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]
# What the visitor reads: where the server is, and whose keys there are.
sys.argv[1:] = [f"http://127.0.0.1:{PORT}", ADMIN_KEY, "", "", "", ""]

from playwright.sync_api import Page, sync_playwright

from console_visitor import CHROMIUM, URL, Visitor, api, check, failures, pages
from console_work import run, until, write

HOUR = 3_600 * 1_000_000


class Server:
    """One store, stopped and started at the same address, so that the browser's pages stay."""

    def __init__(self, folder: str) -> None:
        self.data, self.process = f"{folder}/DATA", None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TILL_")}
        environment |= {"TILL_ADMIN_KEY": ADMIN_KEY, "TILL_JWT": json.dumps({"issuer": "https://issuer.example", "audience": "till", "jwks": KEY_SET})}
        self.process = subprocess.Popen([TILL, "serve", "--data", self.data, "--listen", f"127.0.0.1:{PORT}"], env=environment, stderr=open(f"{self.data}.log", "ab"))
        while True:
            try:
                urllib.request.urlopen(f"{URL}/readyz").close()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the server ended with {self.process.returncode}: {open(self.data + '.log').read()[-500:]}")
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def age(self, change: str) -> None:
        """Stopped, what the catalog says of sessions changed, and started: as if that time had gone by."""
        self.stop()
        # Left in the log, where SQLite's own sums count: pages of the file itself bear the store's. A connection that is closed would move it there.
        script = "import os, sqlite3, sys; catalog = sqlite3.connect(sys.argv[1]); count = catalog.execute(sys.argv[2]).rowcount; catalog.commit(); os._exit(0 if count > 0 else 1)"
        changed = subprocess.run([sys.executable, "-c", script, f"{self.data}/catalog.sqlite", f"UPDATE sessions SET {change}"], check=False)
        check(changed.returncode == 0, "the catalog has the sessions")
        self.start()


def opened(browser, name: str, key: str) -> tuple[Visitor, Page]:
    visitor = Visitor(browser, name, locale="en-GB", viewport={"width": 1280, "height": 800})
    # A server that is started anew is gone for a moment.
    visitor.isQuiet = True
    visitor.sign_in(key)
    return visitor, visitor.page


def ask_again(page: Page, key: str) -> None:
    page.wait_for_selector("dialog[open] input[type=password]")
    page.fill("dialog[open] input[type=password]", key)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]", state="detached")


def refused_keys(browser) -> None:
    """What is no key says so, with the request's id, and leaves nothing behind."""
    visitor = Visitor(browser, "refused", locale="en-GB")
    page = visitor.page
    page.goto(f"{URL}/console/receipts?state=FAILED")
    head, body, signature = TOKEN.split(".")
    for wrong in ("till_nobodys", "  ", f"{head}.{body}.{signature[::-1]}", "<img src=x>", "ключ"):
        page.fill("input[type=password]", wrong)
        page.keyboard.press("Enter")
        if not wrong.strip():
            continue
        page.wait_for_selector(".sign-in .problem code")
        check(page.evaluate("document.activeElement?.type") == "password", f"{wrong}: another can be typed at once")
        check(page.locator(".sign-in img").count() == 0, "no markup of a key")
    visitor.look("a refused key")
    check(not visitor.context.cookies(), "no cookie for nobody")
    # And then with a right one, pasted with blanks around it: the place that was asked for is shown.
    page.fill("input[type=password]", f"  {ADMIN_KEY}\n")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip")
    check(page.url.endswith("/console/receipts?state=FAILED"), f"signing in leads to {page.url}")
    visitor.context.close()


def by_token(browser, server: Server) -> None:
    """Who has a token sees what its contract may, on every page; when the token's time is over a page asks for another and loses nothing."""
    visitor, page = opened(browser, "token", TOKEN)
    check("shop" in page.inner_text(".actor"), "a token is its contract's")
    cookie = visitor.context.cookies()[0]
    check(cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["name"] == "till-session", f"the cookie: {cookie}")
    kept = json.dumps(page.evaluate("({...localStorage, ...sessionStorage})"))
    check(not any(part in kept for part in TOKEN.split(".")) and TOKEN not in page.content(), "the token is in the browser's storage, or on the page")
    for path in pages(visitor):
        visitor.go(path)
        check(page.locator("main .problem").count() == 0, f"{path} of a token shows a problem: {page.inner_text('main')[:300]}")
    check(not any(path in pages(visitor) for path in ("storage", "audit")), f"a contract's pages: {pages(visitor)}")
    visitor.go("sql")
    run(page, "SELECT count(*) AS n FROM receipts")
    write(page, "SELECT 'written while the token ran out'")
    server.age(f"expires_at = {time.time_ns() // 1000}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open] input[type=password]")
    check("session has ended" in page.inner_text("dialog"), "a page says that the session has ended")
    ask_again(page, TOKEN)
    until(page, "document.querySelector('till-grid')?.textContent.includes('while the token ran out')")
    visitor.context.close()


def idle(browser, server: Server) -> None:
    """Eleven hours and more are not twelve; after twelve without use a page asks for the key, whatever it was doing, and goes on."""
    visitor, page = opened(browser, "idle", ADMIN_KEY)
    visitor.go("sql")
    write(page, "SELECT 'half a day later'")
    server.age(f"used_at = used_at - {12 * HOUR - HOUR // 6}")
    page.keyboard.press("Control+Enter")
    until(page, "document.querySelector('till-grid')?.textContent.includes('half a day')")
    check(page.locator("dialog[open]").count() == 0, "a session ends before its time")
    # Used: it has twelve hours anew. Written at the moment that it ends: nothing of it is lost, by Escape neither.
    write(page, "SELECT 'in the middle of a wo")
    server.age(f"used_at = used_at - {12 * HOUR + HOUR // 6}")
    page.keyboard.insert_text("rd'")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open] input[type=password]")
    page.keyboard.press("Escape")
    page.wait_for_selector("main section[aria-label=Result] .problem")
    check("in the middle of a word" in page.inner_text("till-editor .cm-content"), "what was written is lost")
    page.locator("till-editor .cm-content").click()
    page.keyboard.press("Control+Enter")
    ask_again(page, ADMIN_KEY)
    until(page, "document.querySelector('till-grid')?.textContent.includes('middle of a word')")
    # A window that is opened after the end shows the form, and what was asked for after it.
    server.age(f"used_at = used_at - {12 * HOUR + HOUR // 6}")
    page.goto(f"{URL}/console/types")
    page.wait_for_selector(".sign-in input[type=password]")
    check(page.locator(".shell").count() == 0, "an ended session shows a page")
    page.fill("input[type=password]", ADMIN_KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("table.list")
    check(page.url.endswith("/console/types"), f"signing in leads to {page.url}")
    # Signed out is ended on the server: the cookie that was leads nowhere.
    cookie = visitor.context.cookies()[0]
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector(".sign-in input[type=password]")
    request = urllib.request.Request(f"{URL}/v1/session", headers={"Cookie": f"{cookie['name']}={cookie['value']}"})
    try:
        urllib.request.urlopen(request).close()
        check(False, "a session goes on after its end")
    except urllib.error.HTTPError as error:
        check(error.code == 401, f"a session that was ended: {error.code}")
    visitor.context.close()


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            server.start()
            api("/v1/contracts/shop", {"access": "read-write", "scope": "own"}, "PUT")
            api("/v1/receipts?client=shop", {"schema": "pos/1", "id": "R-1", "issued_at": "2025-03-01T10:00:00Z", "currency": "UAH", "lines": [], "total": 0})
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                refused_keys(browser)
                by_token(browser, server)
                idle(browser, server)
                browser.close()
        finally:
            server.stop()
    if not failures:
        print("everything held")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
