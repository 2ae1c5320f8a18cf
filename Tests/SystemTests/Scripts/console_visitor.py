"""A browser that complains, and what the parts of the console's tests share."""

import json
import re
import sys
import urllib.request
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from console_rig import Rig

URL, ADMIN, OWN, ALL, SERVER, PICTURES = sys.argv[1:7]
# Without windows: to make and draw one for each visitor takes a third of what the tests take.
CHROMIUM = "/usr/lib/chromium/chromium-headless-shell"
failures: list[str] = []


def check(holds: object, what: str) -> None:
    if not holds:
        failures.append(what)
        print("FAILED", what, flush=True)


def begun(key: str) -> dict:
    """What a browser keeps of a session that has begun: the cookie, and that there is one."""
    request = urllib.request.Request(f"{URL}/v1/session", json.dumps({"key": key}).encode(), {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request) as answer:
        name, value = answer.headers["Set-Cookie"].split(";")[0].split("=", 1)
    cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Strict"}
    return {"cookies": [cookie], "origins": [{"origin": URL, "localStorage": [{"name": "till.signed-in", "value": '"begun"'}]}]}


class Visitor:
    """A browser of somebody, who complains of any error, any report of the policy and any request elsewhere."""

    def __init__(self, browser: Browser, name: str, key: str | None = None, **options: object) -> None:
        """With a key it is signed in, and on no page yet: the form and the page behind it are two more to draw, for which others are there (`sign_in`)."""
        self.name = name
        if key is not None:
            options["storage_state"] = begun(key)
        # What one refusal of the API says in the browser's own log is no fault of the page; nor is a server that was killed.
        self.expected = re.compile(r"^Failed to load resource: the server responded with a status of 4\d\d")
        self.context: BrowserContext = browser.new_context(**options)
        # A machine may be ten times slower than this one: what never comes is given up all the same.
        self.context.set_default_timeout(120_000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: check(False, f"{self.name}: {self.page.url}: {error}"))
        self.page.on("request", lambda request: check(request.url.startswith((URL, "data:", "blob:")), f"{self.name}: a request to {request.url}"))
        self.isQuiet = False

    def heard(self, message) -> None:
        if message.type != "error" or self.isQuiet or self.expected.match(message.text):
            return
        # axe, which Playwright evaluates and no file has, sets styles inline while it measures colours.
        if "inline style" in message.text and not message.location.get("url", "").startswith(URL):
            return
        check(False, f"{self.name}: {self.page.url}: {message.text}")

    def sign_in(self, key: str) -> None:
        self.page.goto(f"{URL}/console/")
        self.page.fill("input[type=password]", key)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".shell")
        self.settle()

    def go(self, path: str) -> None:
        self.page.goto(f"{URL}/console/{path}")
        self.settle()

    def turn(self, path: str) -> None:
        """As a link leads there: modules and shell stay, which is a third of the work."""
        self.page.evaluate("target => { history.pushState(null, '', target); dispatchEvent(new PopStateEvent('popstate')); }", f"/console/{path}")
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("main[aria-busy=false]")

    def look(self, what: str) -> None:
        """axe-core finds nothing, nothing hangs over, the heading is there."""
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "preload": False, "runOnly": rules}).response["violations"]
        for violation in found:
            check(False, f"{self.name}: {what}: axe: {violation['id']}: {[node['html'][:160] for node in violation['nodes'][:2]]}")
        check(self.page.locator("h1").count() == 1, f"{self.name}: {what}: one heading")
        self.fits(what)

    def fits(self, what: str) -> None:
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        check(width <= 1, f"{self.name}: {what}: hangs over by {width} px")

    def picture(self, name: str) -> None:
        self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


# The first parts of words' keys: one that is seen is a word that no language has.
GROUPS = ("overview", "sql", "receipts", "tickets", "dead-letters", "quarantine", "uploads", "exports", "types", "processes", "contracts", "storage", "rollups", "queries", "audit", "queues", "topics", "keys", "state", "ticket")


def pages(visitor: Visitor) -> list[str]:
    return [link.split("/console/")[1] for link in visitor.page.eval_on_selector_all("nav a", "links => links.map(link => link.href)")]


RIG = Rig(URL, ADMIN)


def api(path: str, body: object = None, method: str | None = None) -> dict:
    return RIG.call(method or ("POST" if body is not None else "GET"), path, body)
