"""What the console's readers see: documents in their own encoding and with all their texts, values as they are, where a row leads, what somebody who only reads is
told to do, and the same for readers of other keyboards, languages and screens."""

import json
import re
import urllib.request

from playwright.sync_api import Browser, Page

from console_rig import HOSTILE
from console_visitor import ADMIN, RIG, URL, Visitor, api, check, pages
from console_work import opened, run, until


def document_tabs(page: Page) -> tuple[str, str]:
    """A document's tree, and its text as it came."""
    tree = page.inner_text(".tab-panel .document")
    page.get_by_role("tab", name="As it came").click()
    page.wait_for_selector("pre.raw")
    return tree, page.inner_text("pre.raw")


def encodings(browser: Browser) -> None:
    """A document in an encoding of its own can be read wherever it is shown, its faults marked; the bench begins with it."""
    visitor, page = opened(browser, "encodings")
    receipt = api("/v1/receipts?client=c1&type=ua-prro-check01")["receipts"][0]
    visitor.go(f"receipts/c1/{receipt['business_day']}/{receipt['receipt_id']}")
    for text in document_tabs(page):
        check("КИЇВ" in text.upper() and "\ufffd" not in text, f"a document in windows-1251: {text[:300]}")
    entry = next(entry for entry in api("/v1/quarantine")["quarantine"] if entry["type"] == "ua-prro-check01")
    visitor.go(f"quarantine/{entry['ticket_id']}")
    check("так" in page.inner_text(".document .fault >> nth=0"), f"its faults are marked: {page.inner_text('main')[:600]}")
    for text in document_tabs(page):
        check("так" in text and "\ufffd" not in text, f"a refused document in windows-1251: {text[:300]}")
    visitor.look("a refused document")
    for path, kind in (("types/ua-prro-check01/bench", "good"), (f"types/ua-prro-check01/bench?refused={entry['ticket_id']}", "violations")):
        visitor.go(path)
        page.wait_for_selector(f"section[aria-live] .{kind}")
        text = page.locator("till-editor .cm-content").nth(1).inner_text()
        check("windows-1251" in text and "ORGNM" in text and "\ufffd" not in text, f"{path} begins with {text[:200]}")
    check("так" in page.inner_text("section[aria-live]"), "what the bench reads is what is written there")
    visitor.go("types/ua-prro-zrep01/bench")
    page.locator("till-editor .cm-content").nth(1).get_by_text("ZREP", exact=False).first.wait_for()
    check(page.locator("till-editor .cm-content").nth(1).inner_text().startswith("<ZREP"), "a type of XML that has taken none begins with XML")
    visitor.context.close()


def as_they_are(browser: Browser) -> None:
    """A value is shown by its column's type, not by what it looks like; a star is all columns."""
    visitor, page = opened(browser, "as they are")
    visitor.go("receipts/c1/2025-04-01/ODD-1?table=odd")
    shown = page.inner_text(".facts")
    check("00123.50" in shown and "2025-12-31T23:59:59Z" in shown, f"texts stay as they are: {shown}")
    check("12,345,678,901,234,567,890,123,456,789,012,345,678" in shown, f"numbers are grouped: {shown}")
    lines = page.inner_text("table.list >> nth=0")
    check("007.10" in lines and "1234567.00" in lines and "9,007,199,254,740,993" in lines, f"and so are those of lists: {lines}")
    visitor.go("receipts?table=odd&fields=*")
    heads = page.locator("table.list th").all_inner_texts()
    check({"receipt_id", "code", "said_at", "digits"} <= set(heads) and "*" not in heads, f"all columns: {heads}")
    check("00123.50" in page.inner_text("table.list") and page.locator("main .problem").count() == 0, "with what they hold")
    visitor.context.close()


def mixed(browser: Browser) -> None:
    """All texts of a document of XML are in its tree, and nothing of it is an element of the page."""
    visitor, page = opened(browser, "mixed")
    visitor.go("receipts/c1/2025-01-01/M-1?table=notes")
    tree = page.inner_text(".tab-panel .document")
    for text in ("Dear", ", you owe 5 <EUR>", "customer", "said", "onclick"):
        check(text in tree, f"{text} is not in the tree: {tree}")
    page.wait_for_timeout(300)
    check(page.locator("main img, main script").count() == 0 and page.title() != "1", "an element of a document is one of the page")
    visitor.look("a document of mixed content")
    visitor.context.close()


def replaced(browser: Browser) -> None:
    """A receipt that failed leads to what became of it; whoever is led to the one in its place is told so."""
    visitor, page = opened(browser, "replaced")
    first, second = sorted(api("/v1/receipts?client=c1&from=2025-06-01&to=2025-06-02&type=order")["receipts"], key=lambda row: row["document"]["total"])
    visitor.go("receipts?client=c1&from=2025-06-01&to=2025-06-02&state=FAILED")
    links = page.locator("table.list a", has_text="AGAIN").evaluate_all("links => links.map(link => link.href)")
    check([link.rsplit("/", 1)[1] for link in links] == [first["ticket_id"], second["ticket_id"]], f"rows lead to their own tickets: {links}")
    page.locator("table.list a", has_text="AGAIN").first.click()
    page.wait_for_url("**/tickets/*")
    visitor.settle()
    check("replaced this one" in page.inner_text(".facts") and first["ticket_id"] in page.inner_text(".facts"), f"the ticket says it: {page.inner_text('.facts')}")
    page.locator(".facts a", has_text="AGAIN").click()
    page.wait_for_url("**/receipts/c1/**")
    visitor.settle()
    check(first["ticket_id"] in page.inner_text("main .banner") and "2.0000" in page.inner_text(".facts"), f"and the other's page: {page.inner_text('main')[:500]}")
    visitor.look("a receipt that replaced another")
    visitor.go(f"tickets/{second['ticket_id']}")
    check("replaced this one" not in page.inner_text(".facts"), "one that nothing replaced says nothing of it")
    visitor.context.close()


def filters_kept(browser: Browser) -> None:
    """What was asked for stays asked for on the way to what it leads to."""
    visitor, page = opened(browser, "filters kept")
    visitor.go("receipts?receipt=SAME&table=odd")
    check(page.locator("main ul a").count() == 2, "an id of two clients is a choice")
    visitor.go("receipts?receipt=SAME&table=odd&client=c2")
    check(page.locator("main ul a").count() == 0 and "c2" in page.inner_text(".facts"), f"of one client it is none: {page.inner_text('main')[:300]}")
    visitor.go("receipts?client=c2&table=odd")
    page.fill("#receipt", "SAME")
    page.keyboard.press("Enter")
    page.wait_for_url("**receipt=SAME")
    visitor.settle()
    check("c2" in page.inner_text(".facts"), "nor where it is looked for among one client's")
    visitor.go("quarantine?client=c1")
    causes = page.locator("section a[href*='cause=']").evaluate_all("links => links.map(link => link.href)")
    check(causes and all("client=c1" in link for link in causes), f"causes of one client's: {causes}")
    visitor.context.close()


def only_reads(browser: Browser) -> None:
    """Who may only read is told nothing that they may not do."""
    api("/v1/contracts/reads", {"access": "read", "scope": "own", "uses": {"queues": "*", "topics": ["orders"], "processes": ["ship"]}}, "PUT")
    visitor, page = opened(browser, "only reads", api("/v1/contracts/reads/keys", {})["key"])
    visitor.go("overview")
    empty = 0
    for path in pages(visitor):
        visitor.turn(path)
        page.wait_for_timeout(100)
        empty += page.locator("main .empty").count()
        for command in page.locator("main .empty pre").all_inner_texts():
            check(not re.search(r"-X (POST|PUT|DELETE)|\b(put|create|start|subscribe)\b", command), f"{path} says: {command}")
    check(empty >= 6, f"{empty} empty lists")
    visitor.context.close()


def press(page: Page, key: str, code: str, modifiers: int = 0) -> None:
    """As a keyboard of other letters does, which Playwright has none of."""
    session = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": modifiers})
    session.detach()


def other_keyboard(browser: Browser) -> None:
    visitor, page = opened(browser, "other keyboard")
    visitor.go("overview")
    press(page, "л", "KeyK", 2)
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    press(page, "п", "KeyG")
    press(page, "і", "KeyS")
    page.wait_for_url("**/console/sql")
    visitor.settle()
    page.wait_for_selector("till-editor .cm-content")
    run(page, "SELECT 5 AS x")
    page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }")
    page.locator("till-grid").focus()
    press(page, "с", "KeyC", 2)
    until(page, "globalThis.copied === '5'")
    visitor.context.close()


def other_languages(browser: Browser) -> None:
    """A language of any tag can be had: by the browser's wish, by choice, and again; one that is written from right to left turns the page."""
    for tag, locale, direction in (("pt-BR", "pt-BR", "ltr"), ("ar", "ar-EG", "rtl")):
        visitor = Visitor(browser, tag, locale=locale, viewport={"width": 640, "height": 700})
        page = visitor.page
        visitor.context.route(re.compile(r"/console/(overview|sql)?$"), lambda route: route.fulfill(body=route.fetch().text().replace('data-languages="en uk"', f'data-languages="en {tag} uk"'), content_type="text/html"))
        visitor.context.route(f"**/languages/{tag}.json", lambda route: route.fulfill(body=route.fetch(url=route.request.url.replace(f"{tag}.json", "en.json")).text(), content_type="application/json"))
        visitor.sign_in(ADMIN)
        said = [page.get_attribute("html", name) for name in ("lang", "dir")]
        check(said == [tag, direction], f"{locale} is spoken as {said}")
        visitor.go("overview")
        visitor.look(f"overview in {tag}")
        visitor.go("sql")
        visitor.fits(f"sql in {tag}")
        page.get_by_role("button", name="Settings").click()
        page.select_option("#language", "en")
        until(page, "document.documentElement.lang === 'en' && document.documentElement.dir === 'ltr'")
        page.select_option("#language", tag)
        until(page, f"document.documentElement.lang === '{tag}'")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        check(page.evaluate("document.activeElement?.id") == "open-settings", f"after the settings the focus is on {page.evaluate('document.activeElement?.tagName')}")
        visitor.go("overview")
        check(page.get_attribute("html", "lang") == tag, f"{tag} stays chosen")
        visitor.context.close()


def after_settings(browser: Browser) -> None:
    """What is chosen in the settings makes the page anew: the focus goes back to their button all the same."""
    visitor, page = opened(browser, "after settings")
    visitor.go("types")
    for choice, value in (("#zone", "utc"), ("#language", "uk"), ("#language", "en")):
        page.locator("#open-settings, button[aria-label=Settings], button[aria-label=Налаштування]").first.click()
        page.select_option(choice, value)
        page.wait_for_timeout(300)
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        focused = page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName")
        check(focused in ("Settings", "Налаштування"), f"after {choice} the focus is on {focused}")
    visitor.context.close()


def narrow_menu(browser: Browser) -> None:
    """The list of pages on a narrow screen: opened, left by Escape, closed by what was chosen; its button says which."""
    visitor, page = opened(browser, "narrow menu", viewport={"width": 320, "height": 640})
    visitor.go("overview")
    menu = page.locator("button.menu")
    menu.click()
    check(menu.get_attribute("aria-expanded") == "true" and page.get_by_role("link", name="Types", exact=True).is_visible(), "it is open")
    page.keyboard.press("Escape")
    check(menu.get_attribute("aria-expanded") == "false" and not page.get_by_role("link", name="Types", exact=True).is_visible(), "Escape closes it")
    check(page.evaluate("document.activeElement?.classList.contains('menu')"), "and leads back to its button")
    menu.click()
    page.get_by_role("link", name="Types", exact=True).click()
    page.wait_for_url("**/console/types")
    visitor.settle()
    check(menu.get_attribute("aria-expanded") == "false", "what was chosen closes it")
    visitor.context.close()


def long_words(browser: Browser) -> None:
    """A word without an end makes no page wider."""
    visitor, _ = opened(browser, "long words", viewport={"width": 320, "height": 640})
    for execution in api("/v1/executions")["executions"]:
        visitor.go(f"processes/executions/{execution['execution_id']}")
        visitor.fits("a history with a long word")
    visitor.context.close()


def named_new(browser: Browser) -> None:
    """A type may be called as what a new one was made at."""
    api("/v1/types/new", {"name": "new", "version": 1, "table": "odd", "format": "json", "match": {"/schema": "new/1"}, "receipt_id": "/id", "issued_at": "/at", "time_zone": "UTC",
                          "columns": {"code": {"path": "/code", "type": "VARCHAR"}}}, "PUT")
    visitor, page = opened(browser, "named new")
    visitor.go("types/new")
    page.get_by_role("link", name="Bench").click()
    for name in ('"new"', '"my-receipt"'):
        page.wait_for_selector("till-editor .cm-content")
        visitor.settle()
        text = page.locator("till-editor .cm-content").first.inner_text()
        check(name in text, f"the bench of {name} shows {text[:80]}")
        visitor.go("types")
        page.get_by_role("link", name="New type").click()
        page.wait_for_url("**/types?new=1")
    api("/v1/types/new", method="DELETE")
    visitor.context.close()


GOODS = {"name": "goods", "version": 1, "table": "goods", "format": "csv", "on_repeat": "replace", "receipt_id": "number",
         "columns": {"number": {"path": "number", "type": "VARCHAR", "required": True}, "name": {"path": "name", "type": "VARCHAR"}, "n": {"path": "n", "type": "INTEGER"}}}
PARCEL = {"name": "parcel", "version": 1, "table": "parcels", "format": "json", "each": "/items", "match": {"/kind": "parcel/1"}, "receipt_id": "/id", "issued_at": "/at", "time_zone": "UTC",
          "columns": {"n": {"path": "/n", "type": "INTEGER", "required": True}}}


def cut_out(browser: Browser) -> None:
    """The records that were refused are the ones that are taken out; where they cannot be, that is said."""
    for body in (GOODS, PARCEL):
        api(f"/v1/types/{body['name']}", body, "PUT")
    goods = 'number,name,n\n1,Ada,36\n2,5" pipe,30\n3,Old,many\n4,"a ""b""\n",20\n'
    parcel = json.dumps({"kind": "parcel/1", "items": [{"id": f"E{index}", "at": "2025-01-01T00:00:00Z", "n": n} for index, n in enumerate((1, "bad", 3))]}, indent=1)
    visitor, page = opened(browser, "cut out")
    for name, kind, text, original, expected in (
        ("goods.csv", "goods", goods, goods.encode(), 'number,name,n\n2,5" pipe,30\n3,Old,many'), ("goods.csv", "goods", goods, b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
        ("goods.csv", "goods", goods, b"number,name,n\n1,x,1\n", "not the file that was sent"), ("parcel.json", "parcel", parcel, parcel.encode(), "within one document"),
        ("parcel.json", "parcel", json.dumps(json.loads(parcel)), json.dumps(json.loads(parcel)).encode(), "within one document"),
    ):
        visitor.go(f"uploads/{RIG.upload(name, kind, text)}")
        page.set_input_files("#original", {"name": name, "mimeType": "application/octet-stream", "buffer": original})
        page.wait_for_selector("#original", state="detached")
        editor = page.locator("till-editor .cm-content")
        if page.locator("#send-again").count():
            editor.wait_for()
        told = editor.inner_text().strip() if editor.count() else page.locator("section.card").last.inner_text()
        check(told == expected if "\n" in expected else expected in told, f"{name}: {told!r} in place of {expected!r}")
    visitor.context.close()


def many_refused(browser: Browser) -> None:
    """More refused records than an editor takes: that is said, and the download has all of them, however many pages they are."""
    api("/v1/types/goods", GOODS, "PUT")
    count = 1_203
    goods = "number,name,n\n" + "".join(f"m{number},x,many\n" for number in range(count))
    visitor, page = opened(browser, "many refused")
    # Pages shorter than the server's: of the editor's thousand records, and of the file.
    visitor.context.route(re.compile(r"/errors\?limit=\d{4}"), lambda route: route.continue_(url=re.sub(r"limit=\d+", "limit=400", route.request.url)))
    visitor.go(f"uploads/{RIG.upload('goods.csv', 'goods', goods)}")
    page.set_input_files("#original", {"name": "goods.csv", "mimeType": "text/csv", "buffer": goods.encode()})
    page.wait_for_selector("#send-again")
    text = page.locator("section.card").last.inner_text()
    check("1,000 records were refused" in text and "203 more" in text, f"how many are left out: {text[:300]}")
    with page.expect_download() as download:
        page.click("#download-faults")
    with open(download.value.path(), "rb") as file:
        records = [json.loads(line)["record"] for line in file]
    check(records == list(range(1, count + 1)), f"the download has all: {len(records)}")
    visitor.context.close()


def no_types(browser: Browser) -> None:
    """A contract that may post no type stays so where something else is changed, and says so; a star is all types."""
    rights = {"access": "read-write", "scope": "own", "types": []}
    api("/v1/contracts/typeless", rights, "PUT")
    visitor, page = opened(browser, "no types")
    visitor.go("contracts/typeless")
    check("no type" in page.inner_text("main"), "that no type may be posted is said")
    for typed, name, expected in ((None, "Renamed", []), ("*", "All", None), ("order", "One", ["order"]), (None, "Kept", ["order"]), ("", "None named", None)):
        page.get_by_role("button", name="Edit").click()
        if expected == []:
            check("No type as it stands" in page.inner_text("#contract-types-help"), "and what the empty text means")
        page.fill("#contract-name", name)
        if typed is not None:
            page.fill("#contract-types", typed)
        page.locator("dialog").get_by_role("button", name="Save").click()
        page.wait_for_selector("dialog", state="detached")
        visitor.settle()
        kept = api("/v1/contracts/typeless")
        check(kept["types"] == expected and kept["name"] == name, f"types {typed!r}: {kept}")
        visitor.go("contracts/typeless")
    visitor.context.close()


def lot_goes_on(browser: Browser) -> None:
    """A lot that is under way is shown to whoever comes back to the page."""
    visitor, page = opened(browser, "lot goes on")
    left = [3]

    def answer(route) -> None:
        asked = json.loads(route.request.post_data)
        route.fulfill(json={"count": left[0] if asked.get("dry_run") else 3})

    visitor.context.route("**/v1/dead-letters/redrive", answer)
    visitor.go("dead-letters")
    page.click("#redrive-lot")
    page.fill("#rate", "0.1")
    page.locator("dialog input[inputmode=numeric]").fill("3")
    page.locator("dialog").get_by_role("button", name="Send again").click()
    page.wait_for_selector("#lot-progress progress")
    page.get_by_role("link", name="Audit").click()
    page.wait_for_url("**/console/audit")
    visitor.settle()
    page.get_by_role("link", name="Dead letters").click()
    page.wait_for_selector("#lot-progress progress")
    left[0] = 1
    until(page, "document.querySelector('#lot-progress')?.textContent.includes('2')")
    visitor.look("a lot that goes on")
    left[0] = 0
    page.wait_for_selector("#lot-progress", state="detached")
    visitor.context.close()


def forced_dark(browser: Browser) -> None:
    visitor, page = opened(browser, "forced and dark", forced_colors="active", color_scheme="dark")
    for path in ("sql", "types/order/bench"):
        visitor.go(path)
        page.wait_for_selector("till-editor .cm-content")
        visitor.look(path)
    visitor.go("overview")
    check("Memory of queries" in page.inner_text("main"), "what the figure of memory is of")
    visitor.context.close()


def ended_contract(browser: Browser) -> None:
    """Whose contract ends can sign out, and is asked for another key, with the reason."""
    body = {"access": "read", "scope": "own"}
    api("/v1/contracts/ends", body, "PUT")
    key = api("/v1/contracts/ends/keys", {})["key"]
    visitor, page = opened(browser, "ended contract", key)
    visitor.go("overview")
    api("/v1/contracts/ends", {**body, "valid_to": "2020-01-01"}, "PUT")
    page.reload()
    page.wait_for_selector(".sign-in input[type=password]")
    check("ended" in page.inner_text(".sign-in .problem"), f"the reason is said: {page.inner_text('main')}")
    visitor.look("a contract that has ended")
    api("/v1/contracts/ends", body, "PUT")
    page.reload()
    page.wait_for_selector(".shell")
    visitor.settle()
    api("/v1/contracts/ends", {**body, "valid_to": "2020-01-01"}, "PUT")
    cookie = visitor.context.cookies()[0]
    # The page may hear of the end by itself meanwhile, and ask for a key before its sign-out is answered.
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector(".sign-in input[type=password]")
    check(page.locator("dialog").count() == 0 and not visitor.context.cookies(), "signing out ends the session")
    api("/v1/contracts/ends", body, "PUT")
    try:
        urllib.request.urlopen(urllib.request.Request(f"{URL}/v1/session", headers={"Cookie": f"{cookie['name']}={cookie['value']}"})).close()
        check(False, "a session goes on after its end")
    except urllib.error.HTTPError as error:
        check(error.code == 401, f"a session that was ended: {error.code}")
    # What is refused for another reason has a heading, and a way on.
    visitor.isQuiet = True
    page.fill("input[type=password]", key)
    page.keyboard.press("Enter")
    page.wait_for_selector(".shell")
    visitor.context.route("**/v1/session", lambda route: route.fulfill(status=503, json={"type": "/problems/overloaded", "title": HOSTILE, "status": 503, "detail": "", "errors": []}))
    page.reload()
    page.wait_for_selector("main .problem")
    visitor.look("nothing can be shown")
    visitor.context.unroute("**/v1/session")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".shell")
    visitor.context.close()


PARTS = (encodings, as_they_are, mixed, replaced, filters_kept, only_reads, other_keyboard, other_languages, after_settings, narrow_menu, long_words, named_new, cut_out, many_refused, no_types, lot_goes_on, forced_dark, ended_contract)
