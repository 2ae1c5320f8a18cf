"""What each page of the console does: every act that it offers, done in the browser and looked up in the API."""

import json
import re
import time

from playwright.sync_api import Browser, Error, Page

from console_rig import HOSTILE
from console_visitor import ADMIN, ALL, OWN, URL, Visitor, api, check


def opened(browser: Browser, name: str, key: str = ADMIN, **options: object) -> tuple[Visitor, Page]:
    """Signed in, and on no page yet."""
    visitor = Visitor(browser, name, key, **{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options})
    return visitor, visitor.page


def write(page: Page, text: str) -> None:
    page.locator("till-editor .cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def until(page: Page, expression: str, seconds: float = 300) -> None:
    """As Playwright's own waiting, which the page's policy does not let evaluate texts."""
    end = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(expression):
                return
        except Error:
            # The page is on its way to another.
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"{expression}: {page.inner_text('main')[-600:]}")
        page.wait_for_timeout(50)


def until_held(page: Page, held: list) -> None:
    """Until a call that a route holds back has come."""
    for _ in range(2_000):
        if held:
            return
        page.wait_for_timeout(50)
    raise TimeoutError("what is held back never came")


def let_go(held: list) -> None:
    """Playwright waits for what it was told to hold."""
    for route in held:
        try:
            route.abort()
        except Error:
            # The page has given it up itself.
            pass


def until_kept(page: Page, text: str) -> None:
    """Drafts are kept a while after the last key, which a busy machine makes longer."""
    until(page, f"(localStorage.getItem('till.sql.drafts.admin') ?? '').includes({json.dumps(text)})")


def run(page: Page, text: str) -> None:
    write(page, text)
    # What an earlier query brought is no answer to this one.
    page.evaluate("document.querySelector('main section[aria-label=Result]').replaceChildren()")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main section[aria-label=Result] > :not(p)")
    # A grid draws its rows with the next frame.
    until(page, "[...document.querySelectorAll('main till-grid')].every((grid) => grid.querySelector('.grid-row'))")


def sql(browser: Browser) -> None:
    visitor, page = opened(browser, "sql")
    visitor.go("sql")
    page.wait_for_selector(".schema details[open] li")
    tree = page.inner_text(".schema")
    check("Whose document it is" in tree and "numeric" in tree, "the tree has types and comments")
    check(HOSTILE.replace("\u202e", "").strip()[:20] in tree, "a type's description is the table's comment")

    # The statement under the cursor, and no other.
    write(page, "SELECT 'one' AS a;\nSELECT 'two' AS b")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    check("one" in page.inner_text("till-grid"), "the statement under the cursor is run")

    # Parameters.
    write(page, "SELECT $1::int + 1 AS next, $2::text IS NULL AS empty")
    page.fill("#parameter-1", "41")
    page.get_by_role("button", name="Run", exact=True).click()
    until(page, "document.querySelector('till-grid')?.textContent.includes('42')")
    check("true" in page.inner_text("till-grid"), "an empty parameter is NULL")

    # Completion of tables, columns and functions.
    for typed, wanted in (("SELECT * FROM recei", "receipts_accepted"), ("SELECT 1 FROM receipts WHERE store_i", "store_id"), ("SELECT percentile_c", "percentile_cont")):
        write(page, "")
        page.keyboard.type(typed)
        # What an earlier word was completed to stays in sight until the next is known.
        page.locator(".cm-tooltip-autocomplete", has_text=wanted).wait_for()
        page.keyboard.press("Escape")

    # A fault at its place.
    run(page, "SELECT nothing_of_that_name FROM receipts")
    check(page.locator("main .problem code").count() >= 1, "a fault has the request's id")
    check(page.locator("till-editor .fault").inner_text() == "nothing_of_that_name", "a fault is marked at its place")

    # An answer without rows says so, and which columns it has; a cell is copied as it is.
    run(page, "SELECT 1 AS n, 'x' AS name WHERE false")
    check("No rows." in page.inner_text("main section[aria-label=Result]") and "name" in page.inner_text("main section[aria-label=Result]"), "an answer without rows")
    run(page, "SELECT 12345.6700 AS amount")
    page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }")
    page.locator("till-grid").focus()
    page.keyboard.press("Control+c")
    until(page, "globalThis.copied === '12345.6700' && [...document.querySelectorAll('[aria-live]')].some((region) => region.textContent.includes('Copied'))")

    # Kinds of charts, by the columns' types, and the numbers beside them.
    run(page, "SELECT DATE '2025-01-01' + g AS day, g AS n, 9007199254740993 + g AS big FROM generate_series(0, 20) AS g")
    page.get_by_role("tab", name="Chart").click()
    check(page.locator("#chart-kind").input_value() == "line", "time across suggests lines")
    page.locator(".chart-numbers > summary").click()
    page.wait_for_selector(".chart-numbers td")
    check("9,007,199,254,740,993" in page.inner_text(".chart-numbers"), "the table beside a chart has every digit")
    for kind in ("bar", "area", "scatter", "line"):
        page.select_option("#chart-kind", kind)
        check(page.locator("till-chart svg .series").count() == 2, f"{kind} is drawn")
    page.get_by_role("tab", name="Record").click()
    check("2025-01-01" in page.inner_text(".tab-panel"), "a single record")
    page.get_by_role("tab", name="Grid").click()

    # EXPLAIN ANALYZE as a tree with times.
    write(page, "SELECT count(*) FROM receipts")
    page.get_by_role("button", name="Explain", exact=True).click()
    page.wait_for_selector(".plan details")
    check(page.locator(".plan meter").count() >= 2 and "ms" in page.inner_text(".plan"), "a plan has times")

    # History, saved queries, a link, and export in each format.
    page.get_by_role("button", name="History", exact=True).click()
    check("percentile" not in page.inner_text("dialog") and "ms" in page.inner_text("dialog"), "the history has durations")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Saved", exact=True).click()
    page.fill("#saved-name", HOSTILE)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog li .strong")
    page.keyboard.press("Escape")
    for name, start in (("CSV", b"count"), ("PARQUET", b"PAR1"), ("NDJSON", b'{"count"'), ("ARROW", b"\xff\xff\xff\xff")):
        page.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download() as download:
            page.locator("dialog").get_by_role("button", name=name, exact=True).click()
        check(open(download.value.path(), "rb").read().startswith(start), f"export as {name}")
        page.wait_for_selector("dialog", state="detached")
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("dialog").get_by_role("button", name="XLSX").click()
    page.wait_for_url("**/console/exports")
    visitor.settle()
    visitor.context.close()


def sql_runs_long(browser: Browser) -> None:
    """Progress, an end by its user and by others, and drafts of two windows at once."""
    visitor, page = opened(browser, "long queries")
    visitor.go("sql")
    write(page, "SELECT count(*) FROM generate_series(1, 4000000000) AS g")
    page.keyboard.press("Control+Enter")
    until(page, "document.querySelector('main [role=status]')?.textContent.includes('files left out')")
    page.get_by_role("button", name="Cancel").click()
    until(page, "document.body.textContent.includes('Cancelled.')")
    page.get_by_role("button", name="Run", exact=True).click()
    ends = time.monotonic() + 300
    while not (running := [query for query in api("/v1/queries")["queries"] if "4000000000" in query["query"]]) and time.monotonic() < ends:
        time.sleep(0.05)
    # That it can be ended: the page shows that it runs.
    page.get_by_role("button", name="Cancel").wait_for()
    api(f"/v1/queries/{running[0]['id']}", method="DELETE")
    until(page, "!document.querySelector('main .button:not([hidden])')?.disabled && document.body.textContent.includes('Cancelled.')")

    # Two windows of one browser: neither takes the other's drafts away.
    write(page, "SELECT 'first window'")
    until_kept(page, "first window")
    other = visitor.context.new_page()
    other.goto(f"{URL}/console/sql")
    other.wait_for_selector("till-editor .cm-content")
    other.get_by_role("button", name="New tab").click()
    write(other, "SELECT 'second window'")
    write(page, "SELECT 'first window, later'")
    until_kept(page, "first window, later")
    until_kept(other, "second window")
    page.reload()
    page.wait_for_selector("[role=tab]")
    kept = page.evaluate("localStorage.getItem('till.sql.drafts.admin')")
    check("first window, later" in kept and "second window" in kept, f"drafts of two windows: {kept}")
    visitor.context.close()


def rows(browser: Browser) -> None:
    """100,000 rows: few elements, further pages as they are scrolled to, the keyboard to the end."""
    visitor, page = opened(browser, "rows")
    visitor.go("sql")
    run(page, "SELECT g AS n, 'row ' || g AS name FROM generate_series(1, 100000) AS g")
    until(page, "(() => { const grid = document.querySelector('till-grid'); grid.scrollTop = grid.scrollHeight; return grid.textContent.includes('100,000'); })()")
    check(page.locator("till-grid .grid-row").count() < 100, "only rows in sight are elements")
    took = page.evaluate("""async () => {
        const grid = document.querySelector('till-grid');
        const times = [];
        for (let step = 0; step < 60; step += 1) {
            grid.scrollTop = step * 40000;
            const began = performance.now();
            await new Promise(requestAnimationFrame);
            await new Promise((done) => { const channel = new MessageChannel(); channel.port1.onmessage = done; channel.port2.postMessage(0); });
            times.push(performance.now() - began);
        }
        return times.sort((one, other) => one - other)[30];
    }""")
    print(f"scrolling: a frame in {took:.1f} ms, median")
    page.locator("till-grid").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    check(page.locator("till-grid .active").inner_text() == "2", "arrows walk through a grid")
    page.keyboard.press("Enter")
    page.wait_for_selector(".facts")
    check("row 2" in page.inner_text(".facts"), "Enter opens a row")
    read_once(visitor, page)
    visitor.context.close()


def read_once(visitor: Visitor, page: Page) -> None:
    """A further page is read once, though another grid is made while it is on its way."""
    held: list = []
    visitor.context.route("**/v1/sql", lambda route: held.append(route) if '"cursor"' in (route.request.post_data or "") else route.fallback())
    page.evaluate("(() => { const real = fetch; globalThis.further = 0; globalThis.fetch = (url, options) => { globalThis.further += String(options?.body).includes('\"cursor\"') ? 1 : 0; return real(url, options); }; })()")
    run(page, "SELECT g AS n FROM generate_series(1, 3000) AS g")
    for tab in ("Record", "Grid"):
        page.get_by_role("tab", name="Grid").click()
        # A grid asks for more as it draws its last row.
        until(page, "(() => { const grid = document.querySelector('till-grid'); grid.scrollTop = grid.scrollHeight; return grid.textContent.includes('2,000'); })()")
        page.get_by_role("tab", name=tab).click()
    until_held(page, held)
    further = page.evaluate("globalThis.further")
    check(further == 1, f"a page is read {further} times")
    for route in held:
        route.continue_()
    until(page, "/^[\\d,]+ rows ·/.test(document.querySelector('main section[aria-label=Result] [role=status]').textContent)")
    told = page.inner_text("main section[aria-label=Result] [role=status]")
    check(told.startswith("3,000 rows "), f"rows of two pages: {told}")


def receipts(browser: Browser) -> None:
    visitor, page = opened(browser, "receipts")
    visitor.go("receipts?client=c1&state=COMPLETE")
    check(page.locator(".chip").count() == 2, "filters are chips")
    page.get_by_role("button", name="Remove the filter State").click()
    page.wait_for_url(lambda url: "state=" not in url)
    page.click("#choose-columns")
    page.check("#column-store_id")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**fields=*store_id*")
    visitor.settle()
    check(HOSTILE[:10] in page.inner_text("table.list"), "a chosen column is shown")
    # One is opened by its id, and what the filters ask for goes on in SQL.
    visitor.go("receipts?client=c1&type=pos-receipt&from=2025-03-01&to=2025-04-01&state=COMPLETE")
    shown = page.locator("table.list tbody tr").count()
    page.fill("#receipt", "R-7")
    page.keyboard.press("Enter")
    page.wait_for_url("**receipt=R-7")
    visitor.settle()
    check(page.locator("h1").inner_text() == "R-7", f"a receipt by its id: {page.url}")
    page.go_back()
    page.click("#open-sql")
    page.wait_for_url("**/console/sql")
    page.locator("till-editor .cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    check(shown > 0 and page.inner_text("main section[aria-label=Result] [role=status]").startswith(f"{shown} row"), f"{shown} receipts, in SQL: {page.inner_text('main section[aria-label=Result] [role=status]')}")
    # What keeps versions has their columns: anybody may call a view as tables of versions are called.
    api("/v1/views/receipts_history", {"query": "SELECT receipt_id FROM receipts"}, "PUT")
    for table, keeps in (("receipts", False), ("people", True)):
        visitor.go(f"receipts?table={table}")
        offered = page.locator("#add-filter option[value=as_of]").count()
        check(offered == (1 if keeps else 0), f"whether {table} keeps versions is decided by its columns: {offered}")
    api("/v1/views/receipts_history", None, "DELETE")
    # Versions, with their differences, and each as it was.
    day = api("/v1/receipts?table=people&limit=10")["receipts"][0]["business_day"]
    visitor.go(f"receipts/c1/{day}/1?table=people")
    text = page.inner_text("main")
    check("Ada" in text and "Ada Lovelace" in text and "Version 1" in text, "versions with their differences")
    page.get_by_role("link", name="Version 1").click()
    page.wait_for_url("**as_of=*")
    visitor.settle()
    page.wait_for_selector("main .banner")
    check("Ada Lovelace" not in page.inner_text(".facts"), "an earlier version is shown as it was")
    page.get_by_role("tab", name="As it came").click()
    page.wait_for_selector("pre.raw")
    check("1,Ada,36" in page.inner_text("pre.raw"), "the document as it came")
    visitor.context.close()


def dead_letters(browser: Browser) -> None:
    visitor, page = opened(browser, "dead letters")
    visitor.go("dead-letters")
    before = len(api("/v1/dead-letters")["dead_letters"])
    check(before >= 6, f"{before} dead letters")
    page.locator("table.list").first.locator("tbody a").first.click()
    page.wait_for_url("**cause=*")
    visitor.settle()
    page.click("#redrive-lot")
    page.wait_for_selector("dialog[open] #rate")
    dialog = page.inner_text("dialog")
    check(f"type {before}" in dialog and "O-" in dialog, f"a lot is looked at first, its number is in the dialog: {dialog}")
    button = page.locator("dialog").get_by_role("button", name="Send again")
    check(button.is_disabled(), "a lot is confirmed by its number")
    page.fill("#rate", "100")
    page.locator("dialog input[inputmode=numeric]").fill(str(before))
    button.click()
    page.wait_for_selector("#lot-progress progress")
    page.wait_for_selector("#lot-progress", state="detached")
    # Nobody is at the registrar's: they come back.
    for _ in range(100):
        if len(api("/v1/dead-letters")["dead_letters"]) == before:
            break
        time.sleep(0.1)
    visitor.go("dead-letters?code=nothing-has-this")
    page.click("#redrive-lot")
    page.wait_for_selector("dialog[open]")
    check("None passes" in page.inner_text("dialog"), "an empty lot is none")
    page.keyboard.press("Escape")
    # Faults are marked in the document, of XML too.
    entry = next(entry for entry in api("/v1/quarantine")["quarantine"] if entry["type"] == "note")
    visitor.go(f"quarantine/{entry['ticket_id']}")
    check("much" in page.inner_text(".document .fault"), "a fault is marked in a document of XML")
    visitor.context.close()


def uploads(browser: Browser) -> None:
    """A file is dropped, watched, its faults read, corrected and sent again, and taken back."""
    visitor, page = opened(browser, "uploads", ALL)
    visitor.go("uploads")
    eve, old = (f"{kind}{time.time_ns()}" for kind in ("e", "m"))
    page.set_input_files("#file", {"name": "more.csv", "mimeType": "text/csv", "buffer": f"number,name,age\n{eve},Eve,30\n{old},Methuselah,969\n".encode()})
    page.fill("#upload-type", "person")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/console/uploads/u_*")
    page.wait_for_selector("#send-again")
    check("nobody is that old" in page.inner_text("main"), "faults are told row by row")
    editor = page.locator("till-editor .cm-content")
    editor.wait_for()
    check("Methuselah" in editor.inner_text() and "Eve" not in editor.inner_text(), "the refused records are cut out")
    write(page, f"number,name,age\n{old},Methuselah,96\n")
    first = page.url
    page.click("#send-again")
    page.wait_for_url(lambda url: url != first)
    until(page, "document.querySelector('h1')?.textContent === 'more-corrected.csv' && document.querySelector('.status')?.textContent.includes('processed')")
    check(page.locator("#send-again").count() == 0, "a corrected file has no faults")
    page.get_by_role("button", name="Take back").click()
    page.locator("dialog input[inputmode=numeric]").fill("1")
    page.locator("dialog").get_by_role("button", name="Take back").click()
    until(page, "document.querySelector('.status')?.textContent.includes('taken back')")
    visitor.context.close()


def types(browser: Browser) -> None:
    visitor, page = opened(browser, "types")
    visitor.go("types/order")
    check("−" in page.inner_text(".difference") and "+" in page.inner_text(".difference"), "versions of a type with their difference")
    visitor.go("types/order/bench")
    page.wait_for_selector("section[aria-live] .problem, section[aria-live] .card")
    documents = len(api("/v1/quarantine")["quarantine"])
    editors = page.locator("till-editor .cm-content")
    editors.nth(1).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"schema":"order/1","id":"O-9","issued_at":"2025-03-01T10:00:00Z","total":"7.5000"}')
    page.wait_for_selector("section[aria-live] .status.good")
    editors.nth(1).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"schema":"order/1","id":"O-9","issued_at":"2025-03-01T10:00:00Z","total":"' + "x" * 3 + '"}')
    page.wait_for_selector("section[aria-live] .violations")
    check(len(api("/v1/quarantine")["quarantine"]) == documents, "the bench makes no entry in the quarantine")
    bench_with_schema(page, editors)
    check(len(api("/v1/quarantine")["quarantine"]) == documents, "nor does a schema's fault")
    visitor.go("types/pos-receipt/bench")
    page.wait_for_selector("section[aria-live] .status.good")
    check("pos/1" in page.locator("till-editor .cm-content").nth(1).inner_text(), "the bench begins with a document that the type has taken")
    # Numbers of a type are sent with every digit that was written.
    with page.expect_request(lambda request: request.url.endswith("/v1/types/check") and "12.3400" in (request.post_data or "")) as sent:
        write(page, '{"name": "exact", "version": 12.3400}')
    check('"version":12.3400' in sent.value.post_data, f"a number of a type is sent as {sent.value.post_data[:200]}")
    visitor.go("types/order/bench")
    page.wait_for_selector("section[aria-live] .card")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_selector("dialog .difference")
    page.locator("dialog").get_by_role("button", name="Publish").click()
    page.wait_for_url("**/console/types/order")
    check(api("/v1/types/order")["version"] == 3, "a type is published")
    visitor.context.close()


SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="amounts.xsd"/><xs:element name="bill"><xs:complexType><xs:sequence>
<xs:element name="id" type="xs:token"/><xs:element name="at" type="xs:dateTime"/><xs:element name="total" type="amount"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""
AMOUNTS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:simpleType name="amount"><xs:restriction base="xs:decimal"><xs:minInclusive value="0"/></xs:restriction></xs:simpleType></xs:schema>"""


def bench_with_schema(page: Page, editors) -> None:
    """A type of XML whose schema lies in files beside it: chosen on the bench, they are read with each change, and published with the type."""
    page.goto(f"{URL}/console/types?new=1")
    editors.nth(1).wait_for()

    def put(index: int, text: str) -> None:
        editors.nth(index).click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(text)

    bill = "<bill><id>B-1</id><at>2025-03-01T10:00:00Z</at><total>%s</total></bill>"
    put(0, json.dumps({"name": "bill", "version": 1, "table": "receipts", "format": "xml", "match": {"/bill": {"exists": True}}, "xsd": "bill.xsd", "receipt_id": "/bill/id", "issued_at": "/bill/at",
                       "columns": {"total": {"path": "/bill/total", "type": "DECIMAL(18,4)"}}}))
    put(1, bill % "12.50")
    until(page, "document.querySelector('section[aria-live] .problem')?.textContent.includes('bill.xsd')")
    page.set_input_files("#bench-files", [{"name": name, "mimeType": "application/xml", "buffer": text.encode()} for name, text in (("bill.xsd", SCHEMA), ("amounts.xsd", AMOUNTS))])
    page.wait_for_selector("section[aria-live] .status.good")
    check("amounts.xsd" in page.inner_text("main"), "the files that are beside a type are named")
    put(1, bill % "-3")
    page.wait_for_selector("section[aria-live] .violations")
    told = page.inner_text("section[aria-live] .violations")
    check("/bill/total" in told and "xsd" in told, f"a schema's fault at its place: {told}")
    put(1, bill % "3")
    page.wait_for_selector("section[aria-live] .status.good")
    page.get_by_role("button", name="Publish").click()
    page.locator("dialog").get_by_role("button", name="Publish").click()
    page.wait_for_url("**/console/types/bill")
    check(set(api("/v1/types/bill")["files"]) == {"bill.xsd", "amounts.xsd"}, "a type is published with its schemas")
    api("/v1/types/bill", method="DELETE")


def processes(browser: Browser) -> None:
    visitor, page = opened(browser, "processes")
    visitor.go("processes")
    text = page.inner_text("main")
    check(all(word in text for word in ("ship", "order-500", "jobs", "orders")), "definitions, executions, queues and topics")
    visitor.go("processes/ship")
    check(page.locator("svg.graph").count() == 3, "a graph, and those within it")
    page.get_by_role("link", name="order-500").click()
    page.wait_for_selector(".graph .bad")
    check(page.locator(".graph .path").count() == 2, "an execution's path over its graph")
    visitor.go("processes/queues/jobs")
    check("delayed" in page.inner_text("main") and HOSTILE[:10] in page.inner_text("main"), "a look inside a queue, and at its dead letters")
    check(api("/v1/queues/jobs")["counts"]["active"] >= 1, "looking takes nothing")
    page.get_by_role("button", name="Put back", exact=True).click()
    page.locator("dialog").get_by_role("button", name="Put back").click()
    until(page, "!document.body.textContent.includes('Dead letters—')")
    visitor.go("processes/topics/orders")
    check("order.late" in page.inner_text("main"), "who is told of a topic")
    visitor.context.close()


def contracts(browser: Browser) -> None:
    visitor, page = opened(browser, "contracts")
    visitor.go("contracts/subscriber")
    check("gold" in page.inner_text("main") and "silver" in page.inner_text("main"), "subscriptions")
    page.get_by_role("button", name="New key").click()
    page.fill("#key-label", "tool")
    page.locator("dialog").get_by_role("button", name="New key").click()
    page.wait_for_selector("dialog .copyable code")
    key = page.inner_text("dialog .copyable code")
    check(key.startswith("till_"), "a key is shown once")
    page.get_by_role("button", name="I have kept it").click()
    page.wait_for_selector("dialog", state="detached")
    visitor.settle()
    until(page, "document.querySelector('main').textContent.includes('tool')")
    check(key not in page.content(), "and only once")
    before = len(api("/v1/contracts/subscriber/keys")["keys"])
    page.get_by_role("button", name="Rotate").first.click()
    page.locator("dialog").get_by_role("button", name="New key").click()
    page.wait_for_selector("dialog .copyable code")
    key = page.inner_text("dialog .copyable code")
    page.get_by_role("button", name="Revoke the old key now").click()
    until(page, "document.querySelector('dialog')?.textContent.includes('is revoked')")
    check(page.inner_text("dialog[open] .copyable code") == key, "with the old key revoked the new one is all that there is: it stays until it is kept")
    page.get_by_role("button", name="I have kept it").click()
    page.wait_for_selector("dialog", state="detached")
    check(len(api("/v1/contracts/subscriber/keys")["keys"]) == before, "a rotation leaves as many keys")
    page.get_by_role("button", name="Edit").click()
    page.fill("#contract-types", "order, person")
    page.fill("#contract-webhook", '{"url": "https://example.com/hook", "secret": "whsec"}')
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.wait_for_selector("dialog", state="detached")
    kept = api("/v1/contracts/subscriber")
    check(kept["types"] == ["order", "person"] and kept["webhook"]["url"] == "https://example.com/hook" and len(kept["subscriptions"]) == 2, f"every right is kept: {kept}")
    for name in ("psql", "JDBC", "Python"):
        page.get_by_role("tab", name=name).click()
        check("127.0.0.1" in page.inner_text("[role=tabpanel] pre"), f"how to connect by {name}")
    # A new contract takes no other's place.
    visitor.go("contracts")
    page.get_by_role("button", name="New contract").click()
    page.fill("#contract-client", "subscriber")
    page.locator("dialog").get_by_role("button", name="Save").click()
    until(page, "document.querySelector('dialog .problem') !== null || location.pathname.endsWith('/subscriber')")
    now = api("/v1/contracts/subscriber")
    check(all(now[name] == kept[name] for name in ("name", "types", "subscriptions")), f"a contract is replaced by a new one of its name: {now}")
    check("already" in page.inner_text("body"), "and that there is one is said")
    page.fill("#contract-client", "nobody-yet")
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.wait_for_url("**/console/contracts/nobody-yet")
    visitor.settle()
    api("/v1/contracts/nobody-yet", method="DELETE")
    visitor.context.close()

    # A contract sees its own, and no keys.
    own, page = opened(browser, "own contract", key)
    own.go("contracts")
    text = page.inner_text("main")
    check("gold" in text and "till_" not in text and page.get_by_role("button", name="New key").count() == 0, "a contract sees its own rights and subscriptions, and no keys")
    own.context.close()


def storage(browser: Browser) -> None:
    api("/v1/admin/compact", {})
    visitor, page = opened(browser, "storage")
    visitor.go("storage")
    check(page.locator(".file-map rect").count() >= 2, "files are a map")
    text = page.inner_text("main")
    check(all(word in text for word in ("Snapshots", "Compactions and merges", "Last backup", "cold")), "snapshots, merges, backup and log")
    page.locator("details.left-out > summary").click()
    page.fill("#left-out-query", "SELECT count(*) FROM receipts WHERE business_day >= DATE '2099-01-01'")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_selector(".file-map .left-out")
    page.get_by_role("button", name="Measure").click()
    until(page, "/read \\d+ of \\d+ files/.test(document.querySelector('details.left-out').textContent)")
    page.get_by_role("button", name="Verify").click()
    page.locator("dialog").get_by_role("button", name="Verify").click()
    until(page, "document.querySelector('main').textContent.includes('Verification')")
    # What was asked lately is listed, without what the console asks for itself.
    visitor.go("queries")
    text = page.inner_text("main")
    check("generate_series" in text and "till.files" not in text, "recent queries")
    visitor.go("audit")
    check("putType" in page.inner_text("main") or "putContract" in page.inner_text("main"), "who did what")
    visitor.context.close()


def elsewhere(browser: Browser) -> None:
    """A page that is not secure (no TLS, another machine) has neither clipboard nor randomUUID; a language and a theme stay chosen."""
    visitor = Visitor(browser, "not secure", locale="en-GB", viewport={"width": 1280, "height": 800})
    visitor.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined }); Object.defineProperty(crypto, 'randomUUID', { value: undefined })")
    visitor.sign_in(ADMIN)
    page = visitor.page
    visitor.go("sql")
    run(page, "SELECT 7 AS seven")
    check("7" in page.inner_text("till-grid"), "a query runs where there is no randomUUID")
    page.get_by_role("button", name="Copy link").click()
    until(page, "document.body.textContent.includes('The link is copied')")
    page.get_by_role("button", name="Settings").click()
    page.select_option("#language", "uk")
    until(page, "document.documentElement.lang === 'uk'")
    page.select_option("#theme", "dark")
    page.reload()
    visitor.settle()
    check(page.locator("html").get_attribute("lang") == "uk" and page.locator("html").get_attribute("data-theme") == "dark", "language and theme stay as they were chosen")
    visitor.context.close()


def looked_at(browser: Browser) -> None:
    """What is looked at again and again stays under who looks: the focus, and an open table of numbers. Nothing moves by itself."""
    visitor = Visitor(browser, "looked at", locale="en-GB", viewport={"width": 1280, "height": 800})
    visitor.context.add_init_script("globalThis.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true })")
    visitor.sign_in(ADMIN)
    page = visitor.page
    visitor.go("overview")
    page.locator(".chart-numbers > summary").click()
    page.locator("a.figure").nth(4).focus()
    looks = page.locator(".chart-numbers tbody tr").count()
    until(page, f"document.querySelectorAll('.chart-numbers tbody tr').length > {looks + 1}")
    check(page.evaluate("document.activeElement?.matches('a.figure')"), "a look takes the focus away")
    # What needs somebody is told on the tab, too, until nothing does.
    def said(needs: list):
        return lambda route: route.fulfill(json={**json.loads(route.fetch().text()), "needs": needs})

    for needs in ([{"code": "dead-letters", "text": "3 dead letters", "count": 3}, {"code": "degraded", "text": "degraded", "count": 1}], []):
        visitor.context.unroute("**/v1/overview")
        visitor.context.route("**/v1/overview", said(needs))
        until(page, f"document.title === '{'(2) ' if needs else ''}Overview · Till' && document.querySelectorAll('.banner li').length === {len(needs)}")
    visitor.context.unroute("**/v1/overview")
    visitor.go("receipts")
    shift = page.evaluate("globalThis.shift")
    check(shift < 0.05, f"the page shifts by {shift}")
    visitor.context.close()


def somebody_else(browser: Browser) -> None:
    """A session has ended while somebody writes, and another signs in: the page begins anew, and each has what they wrote."""
    visitor, page = opened(browser, "somebody else")
    visitor.go("sql")
    write(page, "SELECT 'of the admin'")
    visitor.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open] input[type=password]")
    page.fill("dialog[open] input[type=password]", OWN)
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.actor')?.textContent.includes('c1')")
    visitor.settle()
    page.wait_for_selector("till-editor .cm-content")
    check("of the admin" not in page.inner_text("till-editor .cm-content"), "another's draft is shown")
    check("of the admin" in page.evaluate("localStorage.getItem('till.sql.drafts.admin')"), "a draft is lost")
    visitor.context.close()


def newer_server(browser: Browser) -> None:
    """A page whose modules a newer server no longer has says so, and what to do."""
    visitor, page = opened(browser, "newer server")
    visitor.go("overview")
    visitor.isQuiet = True
    visitor.context.route("**/pages/audit.js", lambda route: route.fulfill(status=404))
    page.get_by_role("link", name="Audit").click()
    page.wait_for_selector("text=Till was updated")
    check(page.get_by_role("button", name="Reload").is_visible(), "an outdated page offers to reload")
    visitor.context.close()


def many_clients(browser: Browser) -> None:
    """Thousands of contracts: a page at a time, and one found by its name."""
    for number in range(1_100):
        api(f"/v1/contracts/many-{number}", {"access": "read", "scope": "own"}, "PUT")
    visitor, page = opened(browser, "many clients")
    visitor.go("contracts")
    check(page.locator("table.list").first.locator("tbody tr").count() == 1_000, "a page of contracts")
    page.get_by_role("button", name="Show more").first.click()
    until(page, "document.querySelector('table.list').tBodies[0].rows.length > 1000")
    visitor.go("contracts?client=many-777")
    check("many-777" in page.inner_text("h1"), "one of many is found by its name")
    visitor.context.close()


def large(browser: Browser) -> None:
    """A document of ten megabytes opens, is cut where it is shown whole, and its parts open when they are asked for."""
    lines = [{"code": str(number), "name": "x" * 400, "qty": 1, "price": 1, "amount": 1} for number in range(2_000)]
    document = {"schema": "pos/1", "id": "LARGE", "issued_at": "2025-02-02T10:00:00Z", "currency": "UAH", "lines": lines, "total": 2000}
    api("/v1/receipts?client=c1", document)
    visitor, page = opened(browser, "large")
    visitor.go("receipts/c1/2025-02-02/LARGE")
    page.get_by_role("tab", name="As it came").click()
    page.wait_for_selector("pre.raw")
    check(page.evaluate("document.querySelector('pre.raw').textContent.length") <= 200_000, "a long text is cut, and said to be")
    visitor.context.close()


PARTS = (sql, sql_runs_long, rows, receipts, dead_letters, uploads, types, processes, contracts, storage, elsewhere, looked_at, somebody_else, newer_server, large, many_clients)
