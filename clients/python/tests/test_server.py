"""Goal: what the client says of Till is true of Till. Method: the real server at TILL_TEST_URL with the admin's TILL_TEST_KEY, by both faces."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import json
import os
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from faces import Awaited

import till as package
from till import errors

URL, KEY = os.environ.get("TILL_TEST_URL", ""), os.environ.get("TILL_TEST_KEY", "")
pytestmark = pytest.mark.skipif(not URL, reason="TILL_TEST_URL and TILL_TEST_KEY name no server")


def receipt(number: int, day: str = "2026-11-19") -> dict[str, Any]:
    return {"schema": "pos/1", "id": f"P-{number}", "store": {"id": "S17", "till": "3"}, "issued_at": f"{day}T14:03:07+02:00", "currency": "UAH", "customer": "U1",
            "total": Decimal("65.10"), "tax_total": Decimal("10.85"), "payment": {"type": "card"},
            "lines": [{"code": "48", "name": "Хліб", "category": "y", "qty": 1, "price": Decimal("65.10"), "vat": 20, "amount": Decimal("65.10")}]}


@pytest.fixture
def shop(face: Any) -> Any:
    """A client of a contract of its own."""
    admin = face(URL, KEY)
    name = f"shop-{uuid.uuid4().hex[:12]}"
    admin.call("PUT", f"/v1/contracts/{name}", body={"access": "read-write", "scope": "own"})
    client = face(URL, admin.call("POST", f"/v1/contracts/{name}/keys", body={})["key"])
    client.__dict__["test_name"] = name
    return client


def test_submit_isDurable_once(shop: Any) -> None:
    first = shop.receipts.submit(receipt(1), wait=2)
    assert (first.state, first.repeat, first.business_day, first.receipt_id) == ("COMPLETE", False, datetime.date(2026, 11, 19), "P-1")
    again = shop.receipts.submit(receipt(1))
    assert again.repeat is True and again.ticket_id == first.ticket_id
    ticket = shop.tickets.wait(first.ticket_id, timeout=5)
    assert ticket.is_final and ticket.history[0].at.tzinfo is not None
    with pytest.raises(errors.DifferentDocument) as caught:
        shop.receipts.submit({**receipt(1), "currency": "EUR"})
    assert caught.value.ticket_id == first.ticket_id and caught.value.request_id and caught.value.request_id in str(caught.value)
    with pytest.raises(errors.InvalidDocument) as invalid:
        shop.receipts.submit({"schema": "pos/1", "id": "bad"})
    assert invalid.value.errors and shop.tickets.get(invalid.value.ticket_id).state == "REFUSED"


def test_receipt_comesBack_asItWas(shop: Any) -> None:
    assert shop.receipts.submit(json.dumps({"schema": "pos/1", "id": "P-9", "issued_at": "2026-11-19T01:00:00Z", "lines": [], "total": 0})).state == "COMPLETE"
    shop.receipts.submit(receipt(2))
    found = shop.receipts.get("P-2")
    assert found["total"] == Decimal("65.1000") and str(found["total"]) == "65.1000"
    assert found["issued_at"] == datetime.datetime(2026, 11, 19, 12, 3, 7, tzinfo=datetime.timezone.utc)
    assert found["lines"][0]["amount"] == Decimal("65.1000") and found["lines"][0]["name"] == "Хліб"
    assert found.document["total"] == Decimal("65.10") and found.ticket_id and found.state == "COMPLETE"
    assert json.loads(shop.receipts.raw("P-2"))["id"] == "P-2"
    with pytest.raises(errors.NotFound):
        shop.receipts.get("nowhere/é")
    # No path can hold these: libraries take them away, escaped too.
    for number, name in enumerate((".", "..", "%2E%2E", "a/../b")):
        shop.receipts.submit(json.dumps({"schema": "pos/1", "id": name, "issued_at": "2026-11-19T02:00:00Z", "lines": [], "total": number}))
        assert shop.receipts.get(name)["total"] == number and json.loads(shop.receipts.raw(name))["id"] == name
    shop.receipts.submit(receipt(2, "2026-11-18"))
    with pytest.raises(errors.TillError, match="2026-11-18"):
        shop.receipts.get("P-2")
    assert shop.receipts.get("P-2", day=datetime.date(2026, 11, 18)).receipt_id == "P-2"


def test_many_andList_andCursor(shop: Any) -> None:
    documents = [receipt(number) for number in range(250)] + [{"schema": "pos/1"}, receipt(0)]
    results = list(shop.receipts.many(documents, lot=100))
    assert [result.line for result in results] == list(range(1, 253))
    assert [result.status for result in results[248:]] == [201, 201, 422, 200]
    assert isinstance(results[250].problem, errors.InvalidDocument) and results[251].taken.repeat
    walk = shop.receipts.list(limit=100)
    begun = [each.receipt_id for each in itertools.islice(walk, 150)]
    resumed = [each.receipt_id for each in shop.receipts.list(limit=100, cursor=walk.cursor)]
    # The page that was begun comes again, nothing else, and nothing is missed.
    assert len(set(begun[:100]) & set(resumed)) == 0 and set(begun) | set(resumed) == {f"P-{number}" for number in range(250)} and len(resumed) == 150
    pages = list(shop.receipts.list(limit=200, fields="*", start=datetime.date(2026, 11, 19), end=datetime.date(2026, 11, 20), type="pos-receipt").pages())
    assert [len(page) for page in pages] == [200, 50] and pages[1][0]["total"] == Decimal("65.1") and isinstance(pages[0][0]["issued_at"], datetime.datetime)
    assert next(iter(shop.receipts.list(limit=1)))["business_day"] == datetime.date(2026, 11, 19)
    with pytest.raises(errors.BadCursor):
        list(shop.receipts.list(limit=100, cursor=(walk.cursor or "")[:-2] + "xx"))
    assert [taken.repeat for taken in shop.receipts.batch([receipt(0), receipt(777)])] == [True, False]


def test_many_takesWhatComesBitByBit(shop: Any) -> None:
    async def documents() -> Any:
        for number in range(3):
            await asyncio.sleep(0)
            yield receipt(number)

    source = documents() if isinstance(shop, Awaited) else (receipt(number) for number in range(3))
    assert [result.status for result in shop.receipts.many(source, lot=2)] == [201, 201, 201]


def test_changes_goOn_whereTheyStood(shop: Any) -> None:
    shop.receipts.batch([receipt(number) for number in range(5)])
    changes = shop.changes(limit=2, wait=1)
    seen = [change.receipt.receipt_id for change in itertools.islice(changes, 3)]
    assert seen == ["P-0", "P-1", "P-2"]
    rest = shop.changes(after=changes.after, wait=1)
    more = [change.receipt.receipt_id for change in itertools.islice(rest, 3 if changes.after < next(iter(shop.changes(wait=1))).sequence + 2 else 2)]
    assert more[-2:] == ["P-3", "P-4"]
    shop.receipts.submit(receipt(99))
    assert next(iter(shop.changes(after=rest.after, wait=5))).receipt.receipt_id in ("P-4", "P-99")


def test_sql_values_andParameters(shop: Any) -> None:
    shop.receipts.submit(receipt(1))
    row = shop.sql("""
        SELECT $1::DECIMAL(18,4) AS d, $2::TIMESTAMPTZ AS t, $3::DATE AS day, $4::VARCHAR AS v, $5::BOOLEAN AS b, 9007199254740993::BIGINT AS i, 'NaN'::DOUBLE PRECISION AS f,
               NULL::DATE AS n, r.lines, r.total, INTERVAL '1 day' AS span, document FROM receipts r""",
        [Decimal("1.50"), datetime.datetime(2026, 1, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), datetime.date(2026, 2, 3), "é\"'", True]).one()
    assert row.d == Decimal("1.5000") and str(row.d) == "1.5000" and row.t == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    assert (row.day, row.v, row.b, row.i, row.n) == (datetime.date(2026, 2, 3), "é\"'", True, 9007199254740993, None)
    assert row.f != row.f and row.lines[0]["quantity"] == Decimal("1") and row["total"] == row[9] == Decimal("65.1")
    assert json.loads(row.document)["id"] == "P-1" and row.asdict()["i"] == row.i
    listed = shop.sql("SELECT $1::uuid AS u, $2::bytea AS b, $3::text[] AS l, $4 AS small, $5::bigint[] AS none",
                      [uuid.UUID(int=5), b"\0\xff", ["a,b", None, 'q"\\'], Decimal("0.00000001234567890123456789"), []]).one()
    assert (listed.u, listed.b, listed.l, listed.none) == (str(uuid.UUID(int=5)), b"\0\xff", ("a,b", None, 'q"\\'), ())
    assert listed.small == Decimal("0.00000001234567890123456789"), "no DOUBLE"
    with pytest.raises(AttributeError, match="it has d, t"):
        row.nothing
    with pytest.raises(errors.BadSQL) as caught:
        shop.sql("SELECT 1 +").all()
    assert caught.value.position is not None


def test_sql_pages_andWholeFiles(shop: Any) -> None:
    list(shop.receipts.many([receipt(number) for number in range(120)]))
    asked = shop.sql("SELECT receipt_id, total, issued_at FROM receipts ORDER BY receipt_id")
    rows = list(asked.rows(page_size=50))
    assert len(rows) == 120 and [column.name for column in asked.columns] == ["receipt_id", "total", "issued_at"] and asked.statistics.rows_scanned > 0
    assert shop.sql("SELECT count(*) FROM receipts").scalar() == 120
    pytest.importorskip("pyarrow")
    table = asked.arrow()
    assert table.num_rows == 120 and table.column("total")[0].as_py() == Decimal("65.1000") and sum(batch.num_rows for batch in asked.batches()) == 120
    assert table.to_pylist() == [row.asdict() for row in rows]
    frame = asked.polars()
    assert frame.shape == (120, 3) and frame["total"].sum() == Decimal("7812.0000")
    assert len(asked.pandas()) == 120
    with pytest.raises(errors.DataError):
        shop.sql("SELECT 1 / (count(*) - 120) FROM receipts").arrow()


def test_rights_areErrorsOfTheirOwn(face: Any, shop: Any) -> None:
    with pytest.raises(errors.AdminOnly):
        shop.call("GET", "/v1/contracts")
    with pytest.raises(errors.WrongClient):
        shop.receipts.submit(receipt(1), client="another")
    with pytest.raises(errors.Unauthenticated) as caught:
        face(URL, "till_nobody").tickets.get("x")
    assert isinstance(caught.value, errors.ProblemError) and isinstance(caught.value, errors.TillError)


def test_everySlugOfTheDescription_isAClass(face: Any) -> None:
    description = face(URL, KEY).call("GET", "/openapi.json")
    slugs = {slug for path in description["paths"].values() for operation in path.values() if isinstance(operation, dict)
             for status, answer in operation.get("responses", {}).items() if status >= "400" for slug in re.split(r"[,:] ", answer["description"]) if re.fullmatch(r"[a-z]+(?:-[a-z]+)*", slug)}
    known = errors.ProblemError._by_slug
    assert len(slugs) > 20 and slugs - set(known) == set()
    for slug in slugs:
        problem = errors.ProblemError.of({"type": f"/problems/{slug}"}, 400)
        assert type(problem) is known[slug]


def test_version_isThePackages() -> None:
    import importlib.metadata
    try:
        assert importlib.metadata.version("till-client") == package.__version__
    except importlib.metadata.PackageNotFoundError:
        pass
