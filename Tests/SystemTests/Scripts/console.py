"""Drives the console of a server in Debian's Chromium: each page for three kinds of contract, by keyboard alone, in both themes and languages, narrow and
at 200 %, with a longer pseudo-language, hostile text everywhere, what each page does, and a server that goes away. axe-core looks at every page.

Usage: console.py URL ADMIN_KEY OWN_READ_KEY ALL_WRITE_KEY SERVER_PID PICTURES [PART…]     (a server as `console_rig.py` wants it)
Ends with 0 and "everything held", or says what did not.
"""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import Browser, Error, sync_playwright

import console_edges
import console_faults
import console_readers
import console_work
from console_rig import HOSTILE
from console_visitor import ADMIN, ALL, CHROMIUM, GROUPS, OWN, RIG, SERVER, URL, Visitor, api, check, failures, pages


def details() -> list[str]:
    """One of each thing that has a page of its own."""
    receipt = api("/v1/receipts?limit=1&client=c1")["receipts"][0]
    order = api("/v1/receipts?limit=1&client=c1&type=order")["receipts"][0]
    return [
        f"receipts/c1/{receipt['business_day']}/{receipt['receipt_id']}", f"tickets/{order['ticket_id']}",
        *[f"quarantine/{entry['ticket_id']}" for entry in api("/v1/quarantine")["quarantine"]],
        "receipts?table=people", f"receipts/c1/{api('/v1/receipts?table=people&limit=1')['receipts'][0]['business_day']}/1?table=people",
        "types/order", "types/pos-receipt/bench", "contracts/subscriber", "processes/ship", "processes/queues/jobs", "processes/topics/orders",
        *[f"processes/executions/{execution['execution_id']}" for execution in api("/v1/executions")["executions"]],
        *[f"uploads/{upload['upload_id']}" for upload in api("/v1/uploads")["uploads"]], "components", "nowhere",
    ]


def every_page(browser: Browser) -> None:
    admin = Visitor(browser, "admin", color_scheme="light", locale="en-GB", viewport={"width": 1280, "height": 800})
    admin.sign_in(ADMIN)
    for path in pages(admin) + details():
        admin.go(path)
        admin.look(path)
    for name in admin.page.eval_on_selector_all("main a", "links => links.map(link => link.textContent)") if not admin.go("components") else []:
        admin.turn(f"components/{name}")
        check(admin.page.locator("h1").count() == 1, f"components/{name} is shown")
    admin.go("overview")
    admin.picture("overview")
    admin.context.close()


def other_contracts(browser: Browser) -> None:
    """The same pages for who may do less, in the other theme and language."""
    for name, key in (("own, read only", OWN), ("all, read and write", ALL)):
        other = Visitor(browser, name, key, color_scheme="dark", locale="uk-UA", viewport={"width": 1280, "height": 800})
        other.go("overview")
        check(other.page.locator("html").get_attribute("lang") == "uk", f"{name}: the browser's language")
        paths = pages(other)
        check(not any(path.startswith(("storage", "audit")) for path in paths), f"{name}: what it may not do is shown: {paths}")
        for path in paths:
            other.turn(path)
            # The same pages as the administrator's, in the other theme and language: looked at once.
            if key == ALL:
                other.look(path)
            untranslated = re.findall(r"\b(?:%s)\.[a-z-]+\b" % "|".join(GROUPS), other.page.inner_text("body"))
            check(not untranslated, f"{name}: {path} has no words for {untranslated}")
            check(other.page.locator("main .problem").count() == 0, f"{name}: {path} shows a problem: {other.page.inner_text('main')[:400]}")
        other.go("dead-letters")
        if key == OWN:
            check(other.page.locator("#redrive-lot").count() == 0, "a contract that reads may not send again")
        other.context.close()


def narrow_and_long(browser: Browser) -> None:
    """320 px, 200 %, and a language whose words are 40 % longer."""
    for name, options in (("320 px", {"viewport": {"width": 320, "height": 640}}), ("200 %", {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2})):
        visitor = Visitor(browser, name, ADMIN, locale="en", **options)
        visitor.context.route("**/languages/en.json", lengthen)
        visitor.go("overview")
        # What hangs over at 320 px is the same at 640.
        for path in pages(visitor) + (details() if name == "320 px" else []):
            visitor.turn(path)
            # axe looks at a few: what narrowness breaks is what hangs over.
            if path in ("overview", "sql", "contracts"):
                visitor.look(path)
            else:
                visitor.fits(path)
        visitor.context.close()


def lengthen(route) -> None:
    def longer(value):
        if isinstance(value, dict):
            return {name: longer(text) for name, text in value.items()}
        return value + "·" * max(1, len(value) * 2 // 5)

    words = route.fetch().json()
    route.fulfill(json={key: longer(value) for key, value in words.items()}, headers={"Content-Type": "application/json"})


def by_keyboard(browser: Browser) -> None:
    """Everything from signing in to a result and back, without a pointer."""
    visitor = Visitor(browser, "keyboard", locale="en")
    page = visitor.page
    page.goto(f"{URL}/console/")
    page.wait_for_selector("input[type=password]:focus")
    page.keyboard.type(ADMIN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".shell")
    visitor.settle()
    for key, path in (("r", "receipts"), ("t", "tickets"), ("d", "dead-letters"), ("u", "uploads"), ("y", "types"), ("p", "processes"), ("c", "contracts"), ("m", "storage"), ("o", "overview"), ("s", "sql")):
        # The second key counts for a second and a half, in which a busy machine may not press it.
        for _ in range(20):
            page.keyboard.press("g")
            page.keyboard.press(key)
            try:
                page.wait_for_url(f"**/console/{path}", timeout=6_000)
                break
            except Error:
                continue
        check(page.url.endswith(f"/console/{path}"), f"g, then {key} leads to {path}, not {page.url}")
        visitor.settle()
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    visitor.look("help")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    visitor.look("the palette")
    page.keyboard.type("recei")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/receipts*")
    page.wait_for_selector("table.list a")
    page.locator(".table-frame").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    check(page.evaluate("document.activeElement?.closest('tr')?.sectionRowIndex") == 1, "arrows walk through a list")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/receipts/c1/**")
    visitor.settle()
    # Shortcuts of single keys can be switched off.
    page.evaluate("localStorage.setItem('till.shortcuts', 'false')")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_timeout(200)
    check("/receipts/" in page.url, "a switched off shortcut does nothing")
    page.evaluate("localStorage.removeItem('till.shortcuts')")
    visitor.go("sql")
    editor = page.locator("till-editor .cm-content")
    editor.wait_for()
    check(editor.get_attribute("aria-label"), "the editor has a name")
    editor.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT 9007199254740993 AS big, 12.3400 AS exact")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    check("9,007,199,254,740,993" in page.inner_text("till-grid"), "a BIGINT beyond 2^53 has all its digits")
    check("12.3400" in page.inner_text("till-grid"), "a decimal has all its digits")
    editor.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    check(not page.evaluate("document.activeElement?.matches('till-editor')"), "Escape, then Tab leaves the editor")
    page.keyboard.press("Control+k")
    page.keyboard.type("sign out")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[type=password]")
    check(not visitor.context.cookies() or not [cookie for cookie in visitor.context.cookies() if cookie["value"]], "the session's cookie is gone")
    visitor.context.close()


def hostile(browser: Browser) -> None:
    visitor = Visitor(browser, "hostile", ADMIN, locale="en")
    page = visitor.page
    for path in ("contracts", "contracts/c1", "quarantine", "receipts?client=" + urllib.request.quote(HOSTILE), f"tickets/{urllib.request.quote(HOSTILE, safe='')}", "sql#q=" + urllib.request.quote(f"SELECT '{HOSTILE}' AS \"{HOSTILE.replace(chr(34), chr(34) * 2)}\"")):
        visitor.go(path)
        page.wait_for_timeout(150)
        check(page.locator("img:not(.cm-widgetBuffer)").count() == 0, f"{path}: text became an element")
        check(page.title() != "1", f"{path}: text ran")
    check(page.locator("till-grid .grid-row").count() == 0, "a link does not run its query")
    page.locator("till-editor .cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    check(HOSTILE in page.inner_text("till-grid"), "a column's hostile name and value are shown as text")
    visitor.context.close()


def session(browser: Browser) -> None:
    """What is written outlives a session that ends; no secret is in the browser's storage."""
    visitor = Visitor(browser, "session", locale="en")
    visitor.sign_in(ADMIN)
    page = visitor.page
    visitor.go("sql")
    editor = page.locator("till-editor .cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT 42 AS answer")
    check(ADMIN not in json.dumps(page.evaluate("({...localStorage, ...sessionStorage})")), "the key is in the browser's storage")
    check("till-session" not in page.evaluate("document.cookie"), "a script can read the cookie")
    visitor.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open] input[type=password]")
    page.keyboard.type(ADMIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("till-grid .grid-row")
    check("42" in page.inner_text("till-grid"), "the query went on after signing in again")
    console_work.until_kept(page, "SELECT 42")
    page.reload()
    visitor.settle()
    page.wait_for_selector("till-editor .cm-content")
    check("SELECT 42" in page.inner_text("till-editor .cm-content"), "the draft is kept")
    visitor.context.close()


def pictures(browser: Browser) -> None:
    for theme in ("light", "dark"):
        visitor = Visitor(browser, f"picture {theme}", ADMIN, color_scheme=theme, locale="en-GB", viewport={"width": 1280, "height": 800})
        visitor.go("sql")
        editor = visitor.page.locator("till-editor .cm-content")
        editor.click()
        visitor.page.keyboard.press("Control+Enter")
        visitor.page.wait_for_selector("till-grid .grid-row")
        visitor.page.get_by_role("tab", name="Chart").click()
        visitor.page.wait_for_selector("till-chart svg")
        visitor.look(f"a chart, {theme}")
        visitor.picture(f"sql-{theme}")
        visitor.context.close()
    forced = Visitor(browser, "forced colours", ADMIN, forced_colors="active", reduced_motion="reduce", locale="en")
    forced.go("overview")
    forced.look("overview")
    forced.context.close()


def first_paint(browser: Browser) -> None:
    visitor = Visitor(browser, "first paint", locale="en")
    visitor.sign_in(ADMIN)
    visitor.go("overview")
    byte_count = visitor.page.evaluate("performance.getEntriesByType('resource').filter(entry => entry.name.includes('/console/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)")
    check(byte_count < 350 << 10, f"the overview is {byte_count} bytes")
    print("overview:", byte_count, "bytes; first paint", painted(visitor), "ms")
    visitor.context.close()
    # Before the modules are here something is shown already, and stays where it is when they are.
    places = []
    for is_whole in (False, True):
        new = Visitor(browser, "beginning", locale="uk-UA", viewport={"width": 360, "height": 700})
        if not is_whole:
            new.isQuiet = True
            new.context.route("**/app.js", lambda route: route.abort())
        new.page.goto(f"{URL}/console/")
        new.page.wait_for_selector("input[type=password]" if is_whole else ".begin .brand")
        places.append([new.page.locator(part).bounding_box() for part in (".brand-mark", ".card")])
        if is_whole:
            print("signing in: first paint", painted(new), "ms")
        new.context.close()
    check(all(abs(before[side] - after[side]) < 2 for before, after in zip(*places) for side in before), f"the first page moves: {places}")


def painted(visitor: Visitor) -> float | None:
    """In milliseconds."""
    visitor.page.wait_for_timeout(200)
    return visitor.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")


def killed(browser: Browser) -> None:
    """The server dies in the middle of a query: the page says so, and keeps what is written. The last test: the server stays gone."""
    visitor = Visitor(browser, "killed", ADMIN, locale="en")
    page = visitor.page
    visitor.go("sql")
    page.locator("till-editor .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT count(*) FROM generate_series(1, 4000000000) AS g")
    page.keyboard.press("Control+Enter")
    # That it can be ended: it runs.
    page.get_by_role("button", name="Cancel").wait_for()
    visitor.isQuiet = True
    os.kill(int(SERVER), signal.SIGKILL)
    page.wait_for_selector("main .problem")
    page.wait_for_selector(".notice:not([hidden])")
    check("generate_series" in page.inner_text("till-editor .cm-content"), "the query is still there")
    visitor.context.close()


# Browsers that go through their parts beside each other; the last part ends the server.
GROUPS_OF_PARTS = ((every_page,), (other_contracts, narrow_and_long, by_keyboard, hostile, session, pictures), console_work.PARTS, console_faults.PARTS + console_edges.PARTS, console_readers.PARTS, (first_paint, killed))
PARTS = {part.__name__: part for group in GROUPS_OF_PARTS for part in group}


def run(names: list[str]) -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names:
            started = time.monotonic()
            try:
                PARTS[name](browser)
            except Exception as error:  # One part that stops must not hide what the others find.
                check(False, f"{name} stopped: {error}")
            print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)
        browser.close()
    return 1 if failures else 0


def run_all() -> int:
    def begin(group) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, __file__, *sys.argv[1:7], *[part.__name__ for part in group]])

    beside = [begin(group) for group in GROUPS_OF_PARTS[:-1]]
    codes = [process.wait() for process in beside] + [begin(GROUPS_OF_PARTS[-1]).wait()]
    return 1 if any(codes) else 0


def main() -> int:
    began = time.monotonic()
    if not api("/v1/queues")["queues"]:
        RIG.fill()
    names = sys.argv[7:]
    code = run(names) if names else run_all()
    if not names:
        print(f"{time.monotonic() - began:.0f} s" + ("" if code else "\neverything held"), flush=True)
    return code


if __name__ == "__main__":
    # Of calls that a page has given up itself while a route held them Playwright leaves tasks behind, whose end asyncio tells: it is no fault of the page.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.exit(main())
