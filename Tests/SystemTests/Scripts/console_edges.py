"""What the console does at the edges: answers that are not Till's or break off, what the browser kept of another version, names that are words of SQL,
documents of other tables, charts with gaps, and paper."""

import re
from urllib.parse import parse_qs, quote, urlparse

from playwright.sync_api import Browser, Page

from console_rig import HOSTILE
from console_visitor import URL, Visitor, api, check
from console_work import opened, run, until, until_kept, write

# All calls but those of the session and of SQL.
OTHERS = re.compile(r"/v1/(?!s)")
PAGE_OF_A_STRANGER = f"<html><body><h1>502 Bad Gateway</h1>{HOSTILE}</body></html>"


def answered(visitor: Visitor, pattern: str | re.Pattern, status: int, body: str, content_type: str = "text/html") -> None:
    """Such calls are answered by something that stands before the server."""
    visitor.isQuiet = True
    visitor.context.route(pattern, lambda route: route.fulfill(status=status, body=body, content_type=content_type, headers={"Retry-After": "3"}))


def strangers(browser: Browser) -> None:
    """What answers may be a proxy's page, or no object at all: each page says so, keeps its heading, and shows no markup of theirs."""
    visitor, page = opened(browser, "strangers")
    upload = api("/v1/uploads")["uploads"][0]["upload_id"]
    for status, body in ((502, PAGE_OF_A_STRANGER), (200, PAGE_OF_A_STRANGER), (200, "[]"), (200, "null"), (200, "")):
        answered(visitor, OTHERS, status, body, "text/html" if "<" in body else "application/json")
        for path in ("types", "receipts", f"uploads/{upload}"):
            visitor.go(path)
            page.wait_for_selector("main .problem")
            told = page.inner_text("main .problem")
            check("other than Till answered" in told and str(status) in told and "3 seconds" in told, f"{status} {body[:9]} {path}: {told}")
            check(page.locator("h1").count() == 1 and page.title() != "1" and page.locator("main img").count() == 0, f"{path} has its heading, and nothing of theirs")
        visitor.context.unroute(OTHERS)
    page.get_by_role("button", name="Try again").click()
    until(page, "document.querySelector('main .problem') === null && document.querySelector('h1') !== null")
    # A newer server may answer otherwise than this page reads: what to do is said.
    answered(visitor, "**/v1/types*", 200, "{}", "application/json")
    visitor.go("types")
    check("Reload the page" in page.inner_text("main .problem"), f"what to do is said: {page.inner_text('main .problem')}")
    visitor.context.close()


def broken_off(browser: Browser) -> None:
    """A connection may break within an answer, and signing out may be refused: that is said as what it is."""
    visitor, page = opened(browser, "broken off")
    # The browser reads what it is sent only when it is asked to: then it fails.
    page.add_init_script("for (const name of ['arrayBuffer', 'blob', 'text']) { const real = Response.prototype[name]; Response.prototype[name] = function () { return globalThis.breaks?.(this.url) ? Promise.reject(new TypeError('Failed to fetch')) : real.call(this); }; }")
    visitor.go("sql")
    write(page, "SELECT 1 AS one")
    page.evaluate("globalThis.breaks = (url) => `${url}`.endsWith('/v1/sql')")
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("dialog").get_by_role("button", name="CSV", exact=True).click()
    page.wait_for_selector("dialog .problem")
    check("does not answer" in page.inner_text("dialog .problem"), f"an export that breaks off: {page.inner_text('dialog .problem')}")
    page.keyboard.press("Escape")
    receipt = api("/v1/receipts?limit=1&client=c1&type=order")["receipts"][0]
    visitor.go(f"receipts/c1/{receipt['business_day']}/{receipt['receipt_id']}")
    page.evaluate("globalThis.breaks = (url) => `${url}`.includes('raw=1')")
    page.get_by_role("tab", name="As it came").click()
    page.wait_for_selector(".tab-panel .problem")
    check("does not answer" in page.inner_text(".tab-panel .problem"), "a document that breaks off")
    # Who is not signed out is not told to be.
    problem = {"type": "/problems/overloaded", "title": "Busy", "status": 503, "detail": "later", "errors": []}
    visitor.isQuiet = True
    visitor.context.route("**/v1/session", lambda route: route.fulfill(status=503, json=problem, headers={"Content-Type": "application/problem+json"}) if route.request.method == "DELETE" else route.fallback())
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("dialog .problem")
    check("Busy" in page.inner_text("dialog") and page.locator(".shell").count() == 1, "a session that goes on is not said to have ended")
    visitor.context.close()


def kept_otherwise(browser: Browser) -> None:
    """What another version, or somebody, left in the browser's storage stops no page; and what it has no room for is told."""
    visitor, page = opened(browser, "kept otherwise")
    for kept in ({"sql.drafts.admin": "null", "sql.history.admin": "5", "sql.saved.admin": "{}", "language": "5", "theme": "\"pink\""},
                 {"sql.drafts.admin": '{"drafts": [null, {"id": 1}, {"id": "a", "text": "SELECT 11"}], "chosen": -3}', "sql.history.admin": "[null]", "sql.saved.admin": '[7, {"name": "x"}]'}):
        visitor.go("types")
        page.evaluate("(kept) => { for (const [name, text] of Object.entries(kept)) localStorage.setItem(`till.${name}`, text); }", kept)
        visitor.go("sql")
        run(page, "SELECT 12 AS twelve")
        check("12" in page.inner_text("main section[aria-label=Result]"), f"a page with {kept}")
        for name in ("History", "Saved"):
            page.get_by_role("button", name=name, exact=True).click()
            check(page.locator("dialog .problem").count() == 0, f"{name} with {kept}")
            page.keyboard.press("Escape")
        page.evaluate("(kept) => { for (const name of Object.keys(kept)) localStorage.removeItem(`till.${name}`); }", kept)
    page.evaluate("(() => { for (let size = 1 << 22; size > 64; size >>= 1) for (let at = 0; at < 2; at += 1) try { localStorage.setItem(`filled-${size}-${at}`, 'x'.repeat(size)); } catch { break; } })()")
    write(page, "SELECT '" + "long " * 100 + "'")
    page.get_by_text("The browser has no room left").wait_for()
    page.evaluate("for (const name of Object.keys(localStorage)) if (name.startsWith('filled')) localStorage.removeItem(name)")
    page.keyboard.type(" ")
    until(page, "![...document.querySelectorAll('main .banner')].some((banner) => banner.checkVisibility())")
    # As many texts as a query has room for.
    write(page, "SELECT " + ",".join(["'a'"] * 150_000) + ", $1")
    until(page, "document.querySelector('#parameter-1') !== null")
    visitor.context.close()


def names(browser: Browser) -> None:
    """Tables and columns that are called like words of SQL are put in so that they can be asked, and a receipt of another table is found from everywhere."""
    api("/v1/types/named", {"name": "named", "version": 1, "table": "order", "format": "json", "match": {"/schema": "named/1"}, "receipt_id": "/id", "issued_at": "/at", "time_zone": "UTC",
                            "register": [["tax"]], "columns": {"select": {"path": "/select", "type": "VARCHAR"}, "group": {"path": "/group", "type": "BIGINT"}}}, "PUT")
    ticket = api("/v1/receipts?client=c1", {"schema": "named/1", "id": "N/1 ?", "at": "2025-05-05T10:00:00Z", "select": "chosen", "group": 5})["ticket_id"]
    visitor, page = opened(browser, "names")
    visitor.go("sql")
    table = page.locator(".schema details", has=page.locator("summary", has_text="order\"")).first
    table.locator("summary").click()
    write(page, "SELECT ")
    for column, after in (("select", ", "), ("group", " FROM ")):
        table.locator("li button", has_text=column).first.click()
        page.keyboard.type(after)
    table.locator("p button").first.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main section[aria-label=Result] .grid-row, main section[aria-label=Result] .problem")
    check("chosen" in page.inner_text("main section[aria-label=Result]"), f"asked with {page.inner_text('till-editor .cm-content')}")
    for place in (f"tickets/{ticket}", "tickets?table=order", "dead-letters"):
        while place != f"tickets/{ticket}" and not any(letter["receipt"]["ticket_id"] == ticket for letter in api("/v1/dead-letters")["dead_letters"]):
            page.wait_for_timeout(100)
        visitor.go(place)
        page.get_by_role("link", name="N/1 ?").first.click()
        if place != f"tickets/{ticket}":
            # One that failed leads to what became of it, and from there on.
            page.wait_for_url(f"**/tickets/{ticket}")
            visitor.settle()
            page.get_by_role("link", name="N/1 ?").first.click()
        page.wait_for_url("**/receipts/c1/**")
        visitor.settle()
        check(page.locator("h1").inner_text() == "N/1 ?" and page.locator("main .problem").count() == 0, f"from {place}: {page.url}")
    visitor.context.close()


def dots(browser: Browser) -> None:
    """Ids that no path can hold, and those that look like them once they are escaped: each receipt is led to, shown by its address, and asked for by a link."""
    ids = (".", "..", "%2E%2E", "a/../b")
    for number, name in enumerate(ids):
        api("/v1/receipts?client=c1", {"schema": "pos/1", "id": name, "issued_at": "2024-07-07T10:00:00Z", "currency": "UAH", "lines": [], "total": number + 1})
    visitor, page = opened(browser, "dots")
    for number, name in enumerate(ids):
        visitor.go("receipts?from=2024-07-07&to=2024-07-08")
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url("**/console/receipts/c1/2024-07-07/**")
        visitor.settle()
        for way in ("led to", "by its address", "by a search"):
            check(page.locator("h1").inner_text() == name and f"{number + 1}.0000" in page.inner_text("main .facts") and page.locator("main .problem").count() == 0, f"{name}, {way}: {page.url}: {page.inner_text('main')[:200]}")
            if way == "led to":
                page.get_by_role("tab", name="As it came").click()
                page.wait_for_selector("pre.raw")
                check(f'"id": "{name}"' in page.inner_text("pre.raw"), f"the document of {name}")
                page.reload()
            elif way == "by its address":
                page.goto(f"{URL}/console/receipts?receipt={quote(name, safe='')}")
            visitor.settle()
    visitor.context.close()


def quoted(browser: Browser) -> None:
    """What a message quotes turns nothing round: the rest of the sentence, and the code beside it, can be read."""
    entry = next(entry for entry in api("/v1/quarantine")["quarantine"] if any("\u202e" in error["message"] for error in entry["problem"]["errors"]))
    visitor, page = opened(browser, "quoted")
    visitor.go(f"quarantine/{entry['ticket_id']}")
    told = page.inner_text("main .violations")
    check("\\u202e" in told and "\u202e" not in told and "is no DECIMAL" in told, f"a message that quotes: {told}")
    visitor.context.close()


def draw(page: Page, query: str) -> str:
    run(page, query)
    until(page, "!document.querySelector('main button:disabled')")
    page.get_by_role("tab", name="Chart").click()
    page.wait_for_selector("till-chart svg")
    return page.text_content("till-chart svg")


def charts(browser: Browser) -> None:
    """Gaps, one value, none, huge ones, lists, and times within a day."""
    visitor, page = opened(browser, "charts")
    visitor.go("sql")
    page.wait_for_selector("till-editor .cm-content")
    draw(page, "SELECT date '2025-01-01' + g AS day, CASE WHEN g IN (0, 4, 5, 9) THEN NULL ELSE 9007199254740993 + g END AS n FROM generate_series(0, 9) AS g")
    for kind in ("area", "bar", "scatter", "line"):
        page.select_option("#chart-kind", kind)
        check(page.evaluate("![...document.querySelectorAll('till-chart svg *')].some((mark) => /NaN|Infinity/.test([...mark.attributes].map(({ value }) => value).join()))"), f"{kind} with gaps")
        if kind == "area":
            shape = page.locator("till-chart path.fill").get_attribute("d")
            check(shape.count("M") == shape.count("Z") == 2, f"each part is closed by itself: {shape}")
    check("9,007,199,254,740,994" in page.locator("till-chart circle title").first.text_content(), "a mark says every digit of its value")
    draw(page, "SELECT NULL::date AS day, NULL::int AS n")
    page.select_option("#chart-kind", "area")
    text = draw(page, "SELECT 'x' AS name, 1e300::double precision AS n")
    check("e+" in text and "000,000,000" not in text, f"an axis of huge numbers: {text[:200]}")
    draw(page, "SELECT timestamptz '2025-01-01 10:00:00+00' + g * interval '1 minute' AS at, g AS n FROM generate_series(0, 5) AS g")
    across = page.locator("till-chart text.label").all_text_contents()
    check(across[:2] == ["10:00", "10:01"], f"times within a day: {across}")
    draw(page, "SELECT timestamptz '2025-01-01 22:00:00+00' + g * interval '1 hour' AS at, g AS n FROM generate_series(0, 3) AS g")
    across = page.locator("till-chart text.label").all_text_contents()
    check(across == ["01-01 22:00", "01-01 23:00", "01-02 00:00", "01-02 01:00"], f"times over midnight: {across}")
    draw(page, "SELECT interval '1 hour' * g AS span, g AS n FROM generate_series(1, 3) AS g")
    page.get_by_role("tab", name="Grid").click()
    run(page, "SELECT ARRAY[9007199254740993, 12] AS bigs, ARRAY[1.50] AS exact")
    until(page, "document.querySelector('till-grid')?.textContent.includes('[9007199254740993,12]')")
    check(page.locator("till-grid .grid-row .numeric").count() == 0, "a list of numbers is no number")
    visitor.context.close()


def updated(browser: Browser) -> None:
    """A server that was gone and comes back as another version: the page goes on, says so, and a reload loses no draft."""
    visitor, page = opened(browser, "updated")
    visitor.isQuiet = True
    visitor.go("sql")
    write(page, "SELECT 'before the update'")
    until_kept(page, "before the update")
    visitor.context.route("**/console/overview", lambda route: route.fulfill(body=route.fetch().text().replace("/console/assets/", "/console/assets/0"), content_type="text/html"))
    visitor.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main .problem")
    visitor.context.set_offline(False)
    page.get_by_text("Till was updated").wait_for()
    check("before the update" in page.inner_text("till-editor .cm-content"), "what is written stays")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    visitor.look("a server that was updated")
    page.get_by_role("button", name="Reload").click()
    page.wait_for_selector("till-editor .cm-content")
    until(page, "document.querySelector('till-editor').value.includes('before the update')")
    visitor.context.close()


def paper(browser: Browser) -> None:
    """On paper stands what a page says: rows out of sight too, nothing to press, dark on light."""
    visitor, page = opened(browser, "paper", color_scheme="dark")
    visitor.go("sql")
    run(page, "SELECT g AS n FROM generate_series(1, 300) AS g")
    page.wait_for_selector("till-grid .grid-row")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    check(page.locator("till-grid .grid-row").count() == 300, f"{page.locator('till-grid .grid-row').count()} rows are printed")
    check(not page.locator(".side").is_visible() and not page.locator("header.bar").is_visible() and page.locator("main .button:visible").count() == 0, "what is there to press is not printed")
    check(page.evaluate("getComputedStyle(document.body).color") == "rgb(18, 24, 31)", "paper is light")
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    until(page, "document.querySelectorAll('till-grid .grid-row').length < 100")
    visitor.context.close()


def zones(browser: Browser) -> None:
    """Times are the reader's, or UTC where that is chosen, and stay so."""
    visitor, page = opened(browser, "zones", timezone_id="Asia/Tokyo")
    day = api("/v1/receipts?limit=1&client=c1&type=order")["receipts"][0]["business_day"]
    visitor.go(f"receipts/c1/{day}/O-1")
    check("19:00:00" in page.inner_text("main .facts"), "times are said as the reader's clock says them")
    page.get_by_role("button", name="Settings").click()
    page.select_option("#zone", "utc")
    until(page, "document.querySelector('main .facts')?.textContent.includes('10:00:00')")
    visitor.look("settings")
    page.reload()
    visitor.settle()
    check("10:00:00" in page.inner_text("main .facts"), "a chosen zone stays")
    visitor.context.close()


def far_pages(browser: Browser) -> None:
    """What is filtered may begin on a further page: an empty list means that there is nothing, and what is counted is what is shown."""
    visitor, page = opened(browser, "far pages")
    letter = api("/v1/dead-letters")["dead_letters"][0]
    pages = {None: ("b", "second"), "second": ("b", "third"), "third": ("a", None)}

    def answer(route) -> None:
        name, following = pages[parse_qs(urlparse(route.request.url).query).get("cursor", [None])[0]]
        route.fulfill(json={"dead_letters": [{**letter, "name": name}] * 3, "next_cursor": following})

    visitor.context.route("**/v1/dead-letters?*", answer)
    visitor.go("dead-letters?registrar=a")
    check(page.locator("table.list").last.locator("tbody tr").count() == 3 and page.locator(".pager").inner_text() == "3 shown", f"letters of a further page: {page.inner_text('main')}")
    visitor.go("dead-letters?registrar=nobody")
    check(page.locator("main .empty").count() == 1 and page.get_by_role("button", name="Show more").count() == 0, "nothing is nothing")
    # Causes are counted among what is shown; of one all are sent again, on whichever page.
    visitor.go("dead-letters")
    check("among the 3 that are shown" in page.inner_text("main"), f"what is counted is not said: {page.inner_text('main')[:300]}")
    lots: list = []

    def lot(route) -> None:
        lots.append(route.request.post_data_json["ids"])
        route.fulfill(json={"count": len(lots[-1])})

    visitor.context.route("**/v1/dead-letters/redrive", lot)
    page.locator("table.list").first.locator("tbody a").first.click()
    page.wait_for_url("**cause=*")
    visitor.settle()
    page.click("#redrive-lot")
    page.wait_for_selector("dialog[open] #rate")
    check(len(lots[0]) == 6, f"a lot of {len(lots[0])} of 6 letters of a cause")
    visitor.context.close()


PARTS = (zones, dots, quoted, far_pages, strangers, broken_off, kept_otherwise, names, charts, updated, paper)
