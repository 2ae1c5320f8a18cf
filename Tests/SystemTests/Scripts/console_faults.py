"""What the console does where things go wrong or are many: calls that are refused, a server that is gone or slow, several windows, who may do little, and
rollups from their declaration to their end."""

import json
import time

from playwright.sync_api import Browser, Error

from console_rig import HOSTILE
from console_visitor import ADMIN, OWN, URL, Visitor, api, check, pages
from console_work import let_go, opened, run, until, until_held, write


def refuse(visitor: Visitor, pattern: str, method: str, status: int, **more: object) -> None:
    """Such calls are answered so from now on."""
    problem = {"type": "/problems/overloaded", "title": f"Refused with {status}", "status": status, "detail": f"because of the test {HOSTILE}", "errors": [], "request_id": "r-1"}

    def answer(route) -> None:
        if route.request.method == method:
            route.fulfill(status=status, json=problem, headers={"Content-Type": "application/problem+json", **more})
        else:
            route.fallback()

    visitor.isQuiet = True
    visitor.context.route(pattern, answer)


def refusals(browser: Browser) -> None:
    """An act that is refused says so, with the request's id; nothing is closed or lost by it."""
    visitor, page = opened(browser, "refusals")
    refuse(visitor, "**/v1/exports/*", "DELETE", 409)
    visitor.go("exports")
    page.locator("table.list").get_by_role("button", name="Delete").first.click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_selector("dialog .problem")
    check("Refused with 409" in page.inner_text("dialog") and "r-1" in page.inner_text("dialog"), "a refused act says why, with the request's id")
    visitor.look("a refusal in a dialog")
    page.keyboard.press("Escape")
    for status in (429, 503, 507):
        refuse(visitor, "**/v1/sql", "POST", status, **{"Retry-After": "7"})
        visitor.go("sql")
        write(page, f"SELECT {status}")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("main section[aria-label=Result] .problem")
        text = page.inner_text("main section[aria-label=Result]")
        check(f"Refused with {status}" in text and "7 seconds" in text, f"{status} says what to do: {text}")
    # What a list was asked with stays beside its fault, so that it can be taken away.
    visitor.context.unroute("**/v1/sql")
    visitor.go("receipts?from=yesterday")
    page.wait_for_selector("main .problem")
    check(page.locator("h1").inner_text() == "Receipts" and page.locator(".chip").count() == 1, "a wrong filter can be taken away where it is told")
    page.get_by_role("button", name="Remove the filter From").click()
    page.wait_for_selector("table.list")
    until(page, "document.activeElement?.tagName === 'H1'")
    check(page.locator("main .problem").count() == 0, "and then the list is there")
    # One that is not there has a heading, and the way back.
    visitor.go("types/nothing-of-this-name")
    check(page.locator("h1").count() == 1 and page.title() != " · Till", "a page that fails has a heading and a title")
    page.go_back()
    visitor.settle()
    check(page.locator("h1").inner_text() == "Receipts", "Back leads back")
    visitor.context.close()


def clipboard(browser: Browser) -> None:
    """Where copying is not allowed the page says so; nothing fails unseen."""
    visitor = Visitor(browser, "no clipboard", locale="en-GB", viewport={"width": 1280, "height": 800})
    visitor.context.add_init_script("navigator.clipboard.writeText = async () => { throw new DOMException('no', 'NotAllowedError'); }; document.execCommand = () => false")
    visitor.sign_in(ADMIN)
    visitor.go("sql")
    visitor.page.get_by_role("button", name="Copy link").click()
    until(visitor.page, "document.querySelector('main [role=status]').textContent.includes('does not allow copying')")
    visitor.context.close()


def gone(browser: Browser) -> None:
    """A page that was never opened, asked for while the server does not answer: it says that, and no more; once the server is back it opens."""
    visitor, page = opened(browser, "gone")
    visitor.go("overview")
    visitor.isQuiet = True
    visitor.context.set_offline(True)
    page.get_by_role("link", name="Audit").click()
    page.wait_for_selector("main .problem")
    check("does not answer" in page.inner_text("main .problem"), f"a server that is gone is not one that was updated: {page.inner_text('main')}")
    check(page.locator("h1").inner_text() == "Audit", "and the page has its heading")
    page.wait_for_selector(".notice:not([hidden])")
    visitor.look("a server that is gone")
    visitor.context.set_offline(False)
    until(page, "document.querySelector('.notice').hidden")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("table.list")
    # The overview tells once that nobody answers, not with each look.
    visitor.go("overview")
    page.evaluate("globalThis.alerts = 0; new MutationObserver((all) => { for (const { addedNodes } of all) for (const node of addedNodes) if (node.matches?.('[role=alert]')) globalThis.alerts += 1; }).observe(document.querySelector('main'), { subtree: true, childList: true })")
    looks = page.evaluate("performance.getEntriesByType('resource').length")
    visitor.context.set_offline(True)
    page.wait_for_selector("main .problem")
    until(page, f"performance.getEntriesByType('resource').filter(({{ name }}) => name.endsWith('/v1/overview')).length > 2 || performance.getEntriesByType('resource').length > {looks + 3}")
    check(page.evaluate("globalThis.alerts") == 1, f"told {page.evaluate('globalThis.alerts')} times")
    visitor.context.close()


def windows(browser: Browser) -> None:
    """Two windows of one browser have one session: who signs in or out in one does so in the other."""
    visitor, page = opened(browser, "windows")
    visitor.go("types/order/bench")
    page.wait_for_selector("section[aria-live] .card")
    other = visitor.context.new_page()
    # One call is on its way while the session ends and another begins.
    held: list = []
    visitor.context.route("**/v1/types/check", lambda route: route.continue_() if held else held.append(route))
    page.locator("till-editor .cm-content").nth(1).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" ")
    for _ in range(2_000):
        if held:
            break
        page.wait_for_timeout(50)
    other.goto(f"{URL}/console/")
    other.wait_for_selector(".shell")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_selector("input[type=password]")
    # What is on the page stays; the same one goes on with it, and need not sign in twice.
    page.wait_for_selector("dialog[open] input[type=password]")
    check(page.locator("till-editor").count() == 2, "what somebody works at is lost by signing out elsewhere")
    other.fill("input[type=password]", ADMIN)
    other.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    # Its refusal comes late: the session that there is now is asked, and nobody to sign in once more.
    visitor.isQuiet = True
    page.evaluate("document.querySelector('section[aria-live]').replaceChildren()")
    held[0].fulfill(status=401, json={"type": "/problems/unauthenticated", "title": "Who is it?", "status": 401, "detail": "", "errors": []}, headers={"Content-Type": "application/problem+json"})
    page.wait_for_selector("section[aria-live] .card, dialog[open]")
    check(page.locator("dialog[open]").count() == 0, "a refusal of before asks to sign in twice")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_selector("dialog .problem, dialog .difference, dialog .quiet")
    page.keyboard.press("Escape")
    # Another one sees nothing of the first, though the server is busy when the window looks who it is.
    visitor.isQuiet = True
    refused: list = []

    def once(route) -> None:
        if route.request.method == "GET" and not refused:
            refused.append(route)
            route.fulfill(status=503, json={"type": "/problems/overloaded", "title": "Busy", "status": 503, "detail": "", "errors": []})
        else:
            route.continue_()

    other.wait_for_selector(".shell")
    visitor.context.route("**/v1/session", once)
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_selector("input[type=password]")
    other.fill("input[type=password]", OWN)
    other.keyboard.press("Enter")
    other.wait_for_selector(".shell")
    until(page, "document.querySelector('.actor')?.textContent.includes('c1')")
    visitor.settle()
    check(page.locator("till-editor").count() == 0, "another sees the page of who was signed in before")
    visitor.context.close()


def slow(browser: Browser) -> None:
    """A server that answers nothing: a query is ended all the same, what is looked at again and again is asked once, and the overview says that it is of before."""
    visitor, page = opened(browser, "slow")
    visitor.isQuiet = True
    held: list = []
    visitor.go("sql")
    visitor.context.route("**/v1/queries*", lambda route: held.append(route))
    visitor.context.route("**/v1/sql", lambda route: held.append(route) if "4000" in (route.request.post_data or "") else route.continue_())
    write(page, "SELECT count(*) FROM generate_series(1, 4000) AS g")
    page.keyboard.press("Control+Enter")
    for _ in range(6_000):
        if any(route.request.method == "GET" for route in held):
            break
        page.wait_for_timeout(50)
    # Time for more looks than one.
    page.wait_for_timeout(2_500)
    looks = sum(route.request.method == "GET" for route in held)
    check(looks == 1, f"{looks} looks wait for a server that answers none")
    page.get_by_role("button", name="Cancel").click()
    until(page, "document.body.textContent.includes('Cancelled.')")
    check(page.get_by_role("button", name="Run", exact=True).is_enabled(), "and another can be run")
    visitor.context.unroute("**/v1/queries*")
    visitor.go("overview")
    visitor.context.route("**/v1/overview", lambda route: held.append(route))
    page.wait_for_selector("main .problem")
    check(page.locator("a.figure").count() > 3, "what was seen last stays to be seen")
    # Playwright waits for what it was told to hold.
    page.goto("about:blank")
    for route in held:
        try:
            route.abort()
        except Error:
            # The page has given it up itself.
            pass
    visitor.context.close()


def without_modules(browser: Browser) -> None:
    """Where the editor's modules cannot be had, what is written can be written and run all the same."""
    visitor, page = opened(browser, "without modules")
    visitor.isQuiet = True
    visitor.context.route("**/vendor/codemirror/*.js", lambda route: route.fulfill(status=404))
    visitor.go("sql")
    area = page.locator("till-editor textarea")
    area.wait_for()
    area.fill("SELECT 6 * 7 AS answer")
    area.press("Control+Enter")
    page.wait_for_selector("till-grid .grid-row")
    check("42" in page.inner_text("till-grid"), "a query runs without the editor")
    visitor.look("a plain editor")
    visitor.context.close()
    # By arrows one goes from filter to filter; the focus is taken nowhere.
    visitor, page = opened(browser, "filters by keyboard")
    visitor.go("receipts")
    page.locator("#add-filter").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    check(page.evaluate("document.activeElement?.id") == "add-filter" and page.locator("#filter-to").count() == 1, "arrows take the focus away")
    page.keyboard.press("Tab")
    check(page.evaluate("document.activeElement?.id") == "filter-to", "Tab leads to the filter's value")
    visitor.context.close()


def drafts(browser: Browser) -> None:
    """What is written on the bench outlives a reload, until it is published or begun anew."""
    visitor, page = opened(browser, "drafts")
    visitor.go("types/order/bench")
    editor = page.locator("till-editor .cm-content").nth(1)
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"written": "here"}')
    until(page, "JSON.stringify(localStorage).includes('written')")
    page.reload()
    visitor.settle()
    editor.wait_for()
    check("written" in editor.inner_text(), "a draft of the bench is lost")
    page.get_by_role("button", name="Begin anew").click()
    until(page, "!JSON.stringify(localStorage).includes('written')")
    visitor.settle()
    editor.wait_for()
    check("written" not in editor.inner_text(), "it is begun anew")
    visitor.context.close()


def signed_out(browser: Browser) -> None:
    """Who has signed out is asked for a key, whatever keys are pressed; nothing of theirs goes on, or is seen by who comes next."""
    visitor, page = opened(browser, "signed out")
    visitor.go("types")
    page.get_by_role("link", name="Overview", exact=True).click()
    page.wait_for_url("**/console/overview")
    visitor.settle()
    # One look is on its way while the session ends: its refusal asks nobody to sign in again.
    looks: list = []
    visitor.context.route("**/v1/overview", lambda route: looks.append(route))
    until_held(page, looks)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector(".sign-in input[type=password]")
    visitor.context.unroute("**/v1/overview")
    for look in looks:
        try:
            look.fulfill(status=401, json={"type": "/problems/unauthenticated", "title": "Who is it?", "status": 401, "detail": "", "errors": []}, headers={"Content-Type": "application/problem+json"})
        except Error:
            # The page has given it up itself.
            pass
    page.go_back()
    page.evaluate("document.activeElement.blur()")
    for key in ("g", "s", "Control+k", "?"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    check(page.locator("dialog").count() == 0, "a dialog opens for nobody")
    visitor.look("signed out")
    awaited: list = []
    visitor.context.route("**/v1/types*", lambda route: awaited.append(route))
    page.fill("input[type=password]", ADMIN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".shell")
    until_held(page, awaited)
    check(page.inner_text("main").strip() == "", f"until a page is there the last one's is shown: {page.inner_text('main')[:200]}")
    for route in awaited:
        route.continue_()
    visitor.context.unroute("**/v1/types*")
    visitor.settle()
    check(page.locator("h1").inner_text() == "Types", f"the place that Back led to is shown: {page.url}")
    # What somebody has asked is theirs, though another is there by the time that it ends.
    asked: list = []
    visitor.context.route("**/v1/sql", lambda route: asked.append(route) if "of the admin" in (route.request.post_data or "") else route.fallback())
    visitor.go("sql")
    write(page, "SELECT 'of the admin'")
    page.keyboard.press("Control+Enter")
    until_held(page, asked)
    # The call that ends it is answered later than the one that ends the session.
    ends: list = []
    visitor.context.route("**/v1/queries/*", lambda route: ends.append(route))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector(".sign-in input[type=password]")
    page.fill("input[type=password]", OWN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".shell")
    visitor.settle()
    owners = "['admin', 'c1', ''].filter((name) => (localStorage.getItem(`till.sql.history.${name}`) ?? '').includes('of the admin'))"
    until(page, f"{owners}.length > 0")
    check(page.evaluate(owners) == ["admin"], f"what the admin asked is in the history of {page.evaluate(owners)}")
    check(len(ends) == 1, f"the query of who has signed out is ended on the server by {len(ends)} calls")
    for route in ends:
        route.continue_()
    visitor.context.unroute("**/v1/queries/*")
    let_go(asked)
    # One palette at a time.
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Control+k")
    check(page.locator("dialog[open]").count() == 1, "a palette over a palette")
    visitor.context.close()


def roles(browser: Browser) -> None:
    """Who reviews, and who watches figures: pages that are theirs, and no fault on any."""
    keys = {role: api("/v1/admin/keys", {"role": role})["key"] for role in ("auditor", "metrics")}
    details = {"auditor": ["contracts/subscriber", "processes/ship", "types/order", "rollups/receipts_by_day", f"quarantine/{api('/v1/quarantine')['quarantine'][0]['ticket_id']}"], "metrics": []}
    for role, key in keys.items():
        visitor, page = opened(browser, role, key)
        visitor.go("overview")
        for path in pages(visitor) + details[role]:
            visitor.turn(path)
            check(page.locator("main .problem").count() == 0, f"{role}: {path} shows a problem: {page.inner_text('main')[:400]}")
            visitor.look(f"{role}: {path}")
        check(page.get_by_role("button", name="New").count() == 0, f"{role} may make nothing")
        shown = pages(visitor)
        check("sql" not in shown and "uploads" not in shown, f"{role}: {shown}")
        if role == "metrics":
            visitor.go("overview")
            check("scrape_configs" in page.inner_text("main") and shown == ["overview"], f"{role}: {shown}")
        visitor.context.close()


def left(browser: Browser) -> None:
    """Who goes elsewhere while something is under way stays there."""
    visitor, page = opened(browser, "left", ADMIN)
    held: list = []
    visitor.context.route("**/v1/uploads/*/file*", lambda route: held.append(route))
    visitor.context.route("**/v1/uploads/*?*", lambda route: held.append(route) if route.request.method == "PUT" else route.fallback())
    visitor.go("uploads")
    page.set_input_files("#file", {"name": "late.csv", "mimeType": "text/csv", "buffer": b"number,name,age\n77,Late,7\n"})
    page.fill("#upload-client", "c1")
    page.fill("#upload-type", "person")
    page.get_by_role("button", name="Upload").click()
    for _ in range(600):
        if held:
            break
        page.wait_for_timeout(50)
    page.get_by_role("link", name="SQL").click()
    page.wait_for_selector("till-editor .cm-content")
    write(page, "SELECT 'still here'")
    for route in held:
        route.continue_()
    until(page, "[...document.querySelectorAll('[aria-live]')].some((region) => region.textContent.includes('late.csv'))")
    check(page.url.endswith("/console/sql") and "still here" in page.inner_text("till-editor .cm-content"), f"taken to {page.url}")
    # Showing a page anew is no step of the history.
    visitor.go("types")
    page.get_by_role("link", name="Exports").click()
    page.wait_for_url("**/console/exports")
    visitor.settle()
    for _ in range(3):
        page.get_by_role("button", name="Refresh").click()
        visitor.settle()
    page.go_back()
    visitor.settle()
    check(page.url.endswith("/console/types"), f"Back leads to {page.url}")
    visitor.context.close()


def shown_once(browser: Browser) -> None:
    """A key that is never shown again is made once, and not taken away by Escape, by leaving the page or by closing its dialog before it is there."""
    visitor, page = opened(browser, "shown once")
    visitor.go("contracts/subscriber")
    page.get_by_role("button", name="New key").click()
    sent: list = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    # A double click, before the first is answered.
    page.evaluate("(() => { const button = document.querySelector('dialog .button.primary'); button.click(); button.click(); })()")
    page.wait_for_selector("dialog .copyable code")
    check(len(sent) == 1, f"a double click makes {len(sent)} keys")
    for _ in range(3):
        page.keyboard.press("Escape")
    check(page.locator("dialog[open] .copyable code").count() == 1, "Escape takes the key away")
    visitor.look("a new key")
    # Whoever would leave the page is asked, until the key is copied.
    key, asked = page.inner_text("dialog .copyable code"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("(() => { setTimeout(() => location.reload()); })()")
    until_held(page, asked)
    check(asked == ["beforeunload"] and page.inner_text("dialog[open] .copyable code") == key, f"a reload takes the key away: {asked}")
    page.locator("dialog .copyable button").click()
    until(page, "[...document.querySelectorAll('[aria-live]')].some((region) => region.textContent.includes('Copied'))")
    page.reload()
    visitor.settle()
    check(len(asked) == 1 and page.locator("dialog").count() == 0, f"a key that was copied keeps nobody: {asked}")
    # The dialog is closed while the server is silent, and another page gone to: the key is shown when it comes, there.
    held: list = []
    visitor.context.route("**/v1/contracts/subscriber/keys*", lambda route: held.append(route) if route.request.method == "POST" else route.fallback())
    page.get_by_role("button", name="New key").click()
    page.locator("dialog").get_by_role("button", name="New key").click()
    until_held(page, held)
    page.locator("dialog").get_by_role("button", name="Close").click()
    page.wait_for_selector("dialog", state="detached")
    page.get_by_role("link", name="Types", exact=True).click()
    page.wait_for_url("**/console/types")
    visitor.settle()
    held[0].continue_()
    page.wait_for_selector("dialog[open] .copyable code")
    check(page.locator("dialog").get_by_role("button", name="Close").count() == 0, "a key that came late is taken away by its dialog's corner")
    page.get_by_role("button", name="I have kept it").click()
    page.wait_for_selector("dialog", state="detached")
    check(page.url.endswith("/console/types") and page.locator("h1").inner_text() == "Types", f"and who has gone elsewhere stays there: {page.url}")
    # Who has signed out meanwhile leaves none for who comes next.
    visitor.go("contracts/subscriber")
    held.clear()
    page.get_by_role("button", name="New key").click()
    page.locator("dialog").get_by_role("button", name="New key").click()
    until_held(page, held)
    page.locator("dialog").get_by_role("button", name="Close").click()
    page.wait_for_selector("dialog", state="detached")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector(".sign-in input[type=password]")
    held[0].fulfill(status=201, json={"id": "k", "key": "till_of_the_one_before"})
    page.wait_for_timeout(500)
    check(page.locator("dialog").count() == 0 and "till_of_the_one_before" not in page.content(), "a key is shown to who comes next")
    visitor.context.close()


def wide(browser: Browser) -> None:
    """An answer of hundreds of columns: those in sight are elements, arrows and End lead to the others."""
    visitor, page = opened(browser, "wide")
    visitor.go("sql")
    names = ", ".join(f"g + {number} AS c{number:03}" for number in range(400))
    run(page, f"SELECT {names} FROM generate_series(1, 200) AS g")
    check(page.locator("till-grid [role=gridcell]").count() < 1_500, f"{page.locator('till-grid [role=gridcell]').count()} cells are elements")
    page.locator("till-grid").focus()
    page.keyboard.press("End")
    until(page, "document.querySelector('till-grid .active')?.textContent === '400'")
    check(page.evaluate("(() => { const cell = document.querySelector('till-grid .active').getBoundingClientRect(); const head = document.querySelector('till-grid .grid-head').lastElementChild.getBoundingClientRect(); return Math.abs(cell.left - head.left) < 1 && Math.abs(cell.width - head.width) < 1; })()"), "a cell stands under its head")
    page.keyboard.press("ArrowLeft")
    until(page, "document.querySelector('till-grid .active')?.textContent === '399'")
    page.keyboard.press("Home")
    until(page, "document.querySelector('till-grid .active')?.textContent === '1'")
    visitor.context.close()
    # A text of megabytes within a list is cut, and said to be.
    api("/v1/receipts?client=c1", {"schema": "pos/1", "id": "LONG", "issued_at": "2025-02-03T10:00:00Z", "currency": "UAH", "lines": [{"code": "1", "name": "y" * 900_000, "qty": 1, "price": 1, "amount": 1}], "total": 1})
    visitor, page = opened(browser, "long text")
    visitor.go("receipts/c1/2025-02-03/LONG")
    check(page.evaluate("document.querySelector('main').textContent.length") < 60_000, "a text of megabytes is on the page")
    page.get_by_role("button", name="Show more").first.click()
    until(page, "document.querySelector('main').textContent.includes('10,000 of 900,000')")
    visitor.context.close()


def long_history(browser: Browser) -> None:
    """An execution of more events than a page: all are to be had, its path too."""
    items = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 50, "End": True, "Iterator": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}}}}
    api("/v1/processes/each", items, "PUT")
    made = api("/v1/processes/each/executions", {"input": {"items": list(range(700))}})["execution_id"]
    for _ in range(3_000):
        if api(f"/v1/executions/{made}")["state"] == "SUCCEEDED":
            break
        time.sleep(0.1)
    visitor, page = opened(browser, "many of each")
    visitor.go(f"processes/executions/{made}")
    check(page.locator(".time-line li").count() == 1_000, "a page of events")
    page.get_by_role("button", name="Show more").last.click()
    until(page, "document.querySelectorAll('.time-line li').length > 1000")
    until(page, "document.querySelector('.graph .good') !== null")
    visitor.context.close()


def rollups(browser: Browser) -> None:
    """Declared with its faults, filled, asked, changed, advised and deleted; others see theirs, or nothing."""
    visitor, page = opened(browser, "rollups")
    api("/v1/admin/compact", {})
    visitor.go("rollups")
    text = page.inner_text("main")
    check(all(name in text for name in ("receipts_by_day", "lines_by_category", "lines_by_product", "customers_by_month")), "the rollups that a store has")
    visitor.look("rollups")
    page.click("#declare-rollup")
    page.locator("dialog till-editor .cm-content").wait_for()
    visitor.look("a declaration")
    write_in_dialog(page, '{"name": "by_store", "table": "receipts", "group_by": {"store": "store_idd"}, "measures": {"n": "avg(total)"}}')
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.wait_for_selector("dialog .violations")
    told = page.inner_text("dialog .violations")
    check("/group_by/store" in told and "/measures/n" in told, f"each fault at its place: {told}")
    visitor.look("a refused declaration")
    write_in_dialog(page, "{")
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.locator("dialog .problem", has_text="not JSON").wait_for()
    write_in_dialog(page, '{"name": "by_store", "table": "receipts", "where": null, "unnest": null, "group_by": {"store": "store_id"}, "measures": {"n": "count(*)", "revenue": "sum(total)"}}')
    page.locator("dialog").get_by_role("button", name="Save").click()
    until(page, "document.querySelector('h1')?.textContent === 'by_store' && document.querySelector('main .status')?.textContent.includes('ready')")
    made = api("/v1/rollups/by_store")["progress"]
    check(made["files"] == made["files_covered"] >= 1 and made["rows"] >= 1 and made["bytes"] > 0 and made["files_left_out"] == 0, f"how far it is: {made}")
    visitor.look("a rollup")
    page.get_by_role("link", name="Open in SQL").click()
    page.wait_for_url("**/console/sql")
    page.wait_for_selector("till-editor .cm-content")
    check("rollup_by_store" in page.inner_text("till-editor .cm-content") and page.locator("till-grid").count() == 0, "its table is asked by who wants to")
    # Changed: its sums are made anew.
    visitor.go("rollups/by_store")
    page.get_by_role("button", name="Edit").click()
    page.locator("dialog till-editor .cm-content").wait_for()
    check("progress" not in page.inner_text("dialog till-editor .cm-content"), "what is changed is the declaration")
    write_in_dialog(page, '{"name": "by_store", "table": "receipts", "group_by": {"store": "store_id"}, "measures": {"n": "count(*)"}}')
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.wait_for_selector("dialog", state="detached")
    until(page, "!document.querySelector('main').textContent.includes('sum(total)')")
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/console/rollups")
    visitor.settle()
    check("by_store" not in page.inner_text("table.list"), "a rollup is deleted")
    # Advised of by what was asked, and declared as it is.
    for _ in range(3):
        api("/v1/sql", {"query": "SELECT type, max(total) FROM receipts WHERE currency <> 'secret' GROUP BY 1"})
    page.click("#ask-advice")
    page.locator("section", has=page.get_by_role("heading", name="Proposals")).locator("tbody tr").first.wait_for()
    visitor.look("proposals")
    row = page.locator("section", has=page.get_by_role("heading", name="Proposals")).locator("tbody tr", has_text="type").first
    check("×" in row.inner_text() and "secret" not in page.inner_text("main"), "a proposal has its gain, and no constant of a query")
    row.get_by_role("button", name="Declare").click()
    page.locator("dialog till-editor .cm-content").wait_for()
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.wait_for_url("**/console/rollups/*")
    name = page.url.rsplit("/", 1)[1]
    until(page, f"document.querySelector('h1')?.textContent === '{name}' && document.querySelector('main .status')?.textContent.includes('ready')")
    api(f"/v1/rollups/{name}", method="DELETE")
    visitor.context.close()
    # A contract that sees its own rows: rollups with its client, and no counts of others' files.
    own, page = opened(browser, "own rollups", OWN)
    own.go("rollups")
    text = page.inner_text("main")
    check("receipts_by_day" in text and "lines_by_product" not in text and "ready" not in text, f"what a contract sees of rollups: {text}")
    check(page.locator("#declare-rollup, #ask-advice").count() == 0, "and may change none")
    own.go("rollups/receipts_by_day")
    check(page.get_by_role("button", name="Delete").count() == 0 and "Cold files" not in page.inner_text("main"), "one of them")
    own.context.close()


def write_in_dialog(page, text: str) -> None:
    page.locator("dialog till-editor .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


PARTS = (rollups, roles, refusals, clipboard, gone, slow, windows, without_modules, drafts, signed_out, left, shown_once, wide, long_history)
