"""Goal: what may be tried again is, as often and as late as it should; nothing else is. Method: the operations themselves, driven by hand."""

from __future__ import annotations

import datetime
import inspect
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from faces import Awaited
from standin import StandIn, ndjson

import till
from till import _asynchronous, _sync, errors
from till._core import receipts, text
from till._core.decode import decode, value_reader
from till._core.effects import Lost, Now, Pause, Request, Response, Send
from till._core.exchange import Retries, exchange, parse_retry_after
from till._core.sql import parameter
from till.models import Taken

STEADY = Retries(draw=lambda: 1.0)
PROBLEM = {"content-type": "application/problem+json"}


def answer(status: int, slug: str = "", **headers: str) -> Response:
    body = json.dumps({"type": f"/problems/{slug}", "title": "t", "status": status, "detail": "d", "errors": []}).encode() if slug else b"{}"
    return Response(status, {**(PROBLEM if slug else {}), **{name.replace("_", "-"): value for name, value in headers.items()}}, body)


def drive(operation: Any, came: list[Any]) -> tuple[Any, list[float], int]:
    """Its value or error, the pauses, the requests."""
    pauses: list[float] = []
    sent = 0
    clock = 0.0
    step: Any = None
    try:
        effect = next(operation)
        while True:
            if isinstance(effect, Pause):
                pauses.append(effect.seconds)
                clock += effect.seconds
                effect = operation.send(None)
            elif isinstance(effect, Now):
                effect = operation.send(clock)
            else:
                assert isinstance(effect, Send)
                step = came[min(sent, len(came) - 1)]
                sent += 1
                effect = operation.throw(step) if isinstance(step, Exception) else operation.send(step)
    except StopIteration as end:
        return end.value, pauses, sent
    except errors.TillError as fault:
        return fault, pauses, sent


def test_exchange_refusals_waitTwiceAsLongEachTime() -> None:
    value, pauses, sent = drive(exchange(Request("GET", "/"), STEADY), [answer(503, "overloaded")])
    assert isinstance(value, errors.Overloaded) and sent == 6
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2]


def test_exchange_retryAfter_isWaited_andALittleMore() -> None:
    value, pauses, sent = drive(exchange(Request("POST", "/", repeatable=False), STEADY), [answer(429, "rate-limited", retry_after="7"), answer(200)])
    assert value.status == 200 and pauses == [7.2] and sent == 2
    value, pauses, sent = drive(exchange(Request("GET", "/"), STEADY), [answer(429, "rate-limited", retry_after="600")])
    assert isinstance(value, errors.RateLimited) and value.retry_after == 600 and (pauses, sent) == ([], 1)


@pytest.mark.parametrize("status, slug", [
    (400, "bad-sql"), (401, "unauthenticated"), (404, "not-found"), (409, "different-document"), (422, "data-error"), (500, "internal-error"), (504, "query-timeout"),
    (507, "spill-full")])
def test_exchange_whatWillNotChange_isNotTriedAgain(status: int, slug: str) -> None:
    value, pauses, sent = drive(exchange(Request("GET", "/"), STEADY), [answer(status, slug)])
    assert isinstance(value, errors.ProblemError) and value.code == slug and type(value).slug == slug and (pauses, sent) == ([], 1)


@pytest.mark.parametrize("repeatable, was_sent, tries", [(True, True, 6), (True, False, 6), (False, False, 6), (False, True, 1)])
def test_exchange_lostConnection_isTriedAgainWhereThatIsSafe(repeatable: bool, was_sent: bool, tries: int) -> None:
    value, _, sent = drive(exchange(Request("POST", "/", repeatable=repeatable), STEADY), [Lost("reset", was_sent)])
    assert isinstance(value, errors.ConnectionFailed) and sent == tries


@pytest.mark.parametrize("repeatable, tries", [(True, 6), (False, 1)])
@pytest.mark.parametrize("slug", ["not-leader", "storage-unavailable"])
def test_exchange_unknownOutcome_isTriedAgainWhereThatIsSafe(slug: str, repeatable: bool, tries: int) -> None:
    body = json.dumps({"type": f"/problems/{slug}", "title": "t", "status": 503, "detail": "d", "errors": [], "outcome": "unknown"}).encode()
    value, _, sent = drive(exchange(Request("POST", "/", repeatable=repeatable), STEADY), [Response(503, PROBLEM, body)])
    assert isinstance(value, errors.Unavailable) and value.is_outcome_unknown and sent == tries
    # Without that word it was refused.
    value, _, sent = drive(exchange(Request("POST", "/", repeatable=repeatable), STEADY), [answer(503, slug)])
    assert isinstance(value, errors.Unavailable) and not value.is_outcome_unknown and sent == 6


def test_exchange_brokenAnswer_isNotAskedAgain() -> None:
    value, _, sent = drive(exchange(Request("POST", "/v1/sql"), STEADY), [Lost("ended", True, was_answered=True)])
    assert isinstance(value, errors.AnswerCut) and sent == 1


def test_exchange_gateway_andUnknownProblem_haveTheirStatusClass() -> None:
    value, _, sent = drive(exchange(Request("GET", "/"), STEADY), [Response(502, {"content-type": "text/html"}, b"<h1>bad gateway</h1>")])
    assert type(value) is errors.ProblemError and sent == 6 and "bad gateway" in str(value)
    value, _, _ = drive(exchange(Request("GET", "/"), STEADY), [answer(409, "of-the-future")])
    assert type(value) is errors.Conflict and value.code == "of-the-future"


def test_retryAfter_isSecondsOrADate_orNothing() -> None:
    assert parse_retry_after("3") == 3 and parse_retry_after(None) is None and parse_retry_after("soon") is None
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_lot_linesRefusedForWantOfRoom_areSentAgain() -> None:
    lot = receipts.Lot(11, (b'{"a":1}', b'{"a":2}', b'{"a":3}'))
    taken = {"ticket_id": "t", "client_id": "c", "receipt_id": "r", "type": "x", "business_day": "2026-11-19", "state": "COMPLETE", "sequence": 1}
    def lines(*statuses: int) -> Response:
        return Response(200, {}, ndjson(*({"line": number, "status": status, **(taken if status < 300 else {"problem": {"type": "/problems/invalid-document" if status == 422 else "/problems/overloaded", "status": status}})}
                                          for number, status in enumerate(statuses, 1))))
    value, pauses, sent = drive(receipts.submit_lot(STEADY, lot), [lines(201, 503, 422), lines(200)])
    assert [(result.line, result.status) for result in value] == [(11, 201), (12, 200), (13, 422)]
    assert value[0].taken.repeat is False and value[1].taken.repeat is True and isinstance(value[2].problem, errors.InvalidDocument)
    assert sent == 2 and pauses == [0.2]
    value, _, _ = drive(receipts.submit_lot(STEADY, lot), [lines(201, 201)])
    assert isinstance(value, errors.AnswerCut)


def test_lots_keepToTheirBounds_andCountOverAll() -> None:
    lots = list(receipts.lots(iter([{"n": number} for number in range(7)]), receipts.LotBuilder(lines_max=3)))
    assert [(lot.first, len(lot.lines)) for lot in lots] == [(1, 3), (4, 3), (7, 1)]
    lots = list(receipts.lots(iter(["x" * 10] * 3), receipts.LotBuilder(bytes_max=22)))
    assert [len(lot.lines) for lot in lots] == [2, 1]
    with pytest.raises(ValueError):
        receipts.LotBuilder().add('{\n"a":1}')


def test_json_keepsEveryDigit() -> None:
    value = text.load('{"a":0.10,"b":12345678901234567890123,"c":[],"d":{},"e":"é"}')
    assert value["a"] == Decimal("0.10") and str(value["a"]) == "0.10"
    assert text.dump(value) == '{"a":0.10,"b":12345678901234567890123,"c":[],"d":{},"e":"é"}'.encode()
    with pytest.raises(ValueError):
        text.dump({"x": datetime.datetime(2026, 1, 1)})
    with pytest.raises(ValueError):
        text.dump([Decimal("NaN")])


def test_values_areReadByTheirTypes() -> None:
    read = value_reader('STRUCT("a ""b""" DECIMAL(18,4), "l" STRUCT("t" TIMESTAMPTZ)[])[]')
    assert read([{'a "b"': "1.5000", "l": [{"t": "2026-11-20T12:00:00.000000Z"}, None]}, None]) == (
        {'a "b"': Decimal("1.5000"), "l": ({"t": datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.timezone.utc)}, None)}, None)
    assert value_reader("DOUBLE")("NaN") != value_reader("DOUBLE")("NaN") and value_reader("BLOB")("AAE=") == b"\0\1" and value_reader("DATE")("2026-11-20") == datetime.date(2026, 11, 20)
    assert value_reader("DATE")("12026-11-20") == "12026-11-20" and value_reader("DATE")(None) is None and value_reader("INTERVAL")("P1D") == "P1D"
    with pytest.raises(errors.ProtocolError):
        value_reader('STRUCT("a" BIGINT')


def test_models_missingOrWrongMember_isSaid() -> None:
    with pytest.raises(errors.ProtocolError, match="no client_id"):
        decode(Taken, {"ticket_id": "t"})
    with pytest.raises(errors.ProtocolError, match="ticket_id"):
        decode(Taken, {"ticket_id": 4})


def test_parameters_areWhatSQLTakes() -> None:
    assert parameter(Decimal("1.50")) == Decimal("1.50") and parameter(float("inf")) == "inf" and parameter(datetime.date(2026, 1, 2)) == "2026-01-02"
    assert parameter(datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)) == "2026-01-02T00:00:00.000000Z"
    assert text.dump([parameter(Decimal("0.00000001234567890123456789")), parameter(Decimal("1E+5"))]) == b"[0.00000001234567890123456789,100000]"
    assert text.dump({"a": Decimal("1E+5")}) == b'{"a":1E+5}', "a document's numbers stay as they came"
    assert text.dump(parameter(Decimal("1E+9999999"))) == b"1E+9999999"
    assert parameter(uuid.UUID(int=5)) == "00000000-0000-0000-0000-000000000005" and parameter(b"hi\x00") == "\\x686900"
    assert parameter([1, None, 'a"\\', True, Decimal("1E-8"), (2, 3)]) == '{1,NULL,"a\\"\\\\",true,0.00000001,{2,3}}' and parameter([]) == "{}"
    with pytest.raises(TypeError):
        parameter(object())


@pytest.mark.parametrize("key", ["secret-of-the-shop\n", "secret of the shop", "secret-\u043a\u043b\u044e\u0447"])
def test_keysThatNoHeaderHolds_areErrorsWithoutTheKey(face: Any, key: str) -> None:
    with pytest.raises(errors.TillError) as caught:
        face("http://127.0.0.1:1", key)
    assert "secret" not in str(caught.value)


def test_arrowWithoutItsEnd_isNoAnswer(face: Any, standin: StandIn) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.ipc")
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, pyarrow.schema([("n", pyarrow.int64())])) as writer:
        writer.write_batch(pyarrow.record_batch([pyarrow.array([1, 2, 3])], ["n"]))
    whole = sink.getvalue().to_pybytes()
    standin.answer_type = "application/vnd.apache.arrow.stream"
    standin.answers = [whole, whole, whole, whole[:-8]]
    asked = face(standin.url).sql("SELECT n", [1])
    assert asked.arrow().to_pydict() == {"n": [1, 2, 3]}
    assert [batch.num_rows for batch in asked.batches()] == [3]
    assert asked.polars().rows() == [(1,), (2,), (3,)]
    with pytest.raises(errors.AnswerCut):
        asked.arrow()


def test_cancel_isByTheCallersName(face: Any, standin: StandIn) -> None:
    client = face(standin.url)
    assert client.cancel("mine") and not client.cancel("gone")
    assert client.sql("SELECT 1", query_id="a/b").cancel()
    assert standin.log[-1] == ("DELETE", "/v1/queries/a%2Fb")
    with pytest.raises(ValueError):
        client.sql("SELECT 1").cancel()


def test_settings_areSaidWhereTheyLack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TILL_URL", "TILL_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="TILL_URL"):
        till.Till()
    with pytest.raises(ValueError, match="TILL_KEY"):
        till.Till("http://127.0.0.1:1")
    with pytest.raises(ValueError, match="http"):
        till.Till("127.0.0.1:1", "k")


def test_nobodyThere_isSaid(face: Any) -> None:
    with pytest.raises(errors.ConnectionFailed, match="GET /v1/tickets/x"):
        face("http://127.0.0.1:9").tickets.get("x")


def test_faces_haveTheSameCalls() -> None:
    for name in ("Till", "Receipts", "ReceiptPages", "Tickets", "Changes", "Answer", "Uploads", "Exports", "Tasks", "Queue"):
        plain, other = getattr(_sync, name), getattr(_asynchronous, "AsyncTill" if name == "Till" else name)
        calls = {call for call in vars(plain) if not call.startswith("_")}
        assert calls == {call for call in vars(other) if not call.startswith("_")}, name
        for call in calls - {"cursor", "after"}:
            mine, theirs = (inspect.signature(getattr(each, call)).parameters for each in (plain, other))
            assert [(p.name, p.kind, p.default) for p in mine.values()] == [(p.name, p.kind, p.default) for p in theirs.values()], f"{name}.{call}"


def test_awaited_isOfTheAsynchronousFace(face: Any) -> None:
    client = face("http://127.0.0.1:9")
    assert isinstance(client, (till.Till, Awaited))
