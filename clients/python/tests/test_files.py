"""Goal: files go and come whole, over connections that break. Method: a strict stand-in that cuts where it is told."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from standin import StandIn

from till import errors

LINES = b"name,npi\n" + b"".join(b"%d,%s\n" % (number, b"bad" if number % 2_000 == 0 else b"1") for number in range(1, 10_001))


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    file = tmp_path / "licences.csv"
    file.write_bytes(LINES)
    return str(file)


@pytest.mark.parametrize("cuts", [[], [1], [30_000], [30_000, 1, 1, 5_000, 1]])
def test_send_goesOnWhereItBroke(face: Any, standin: StandIn, path: str, cuts: list[int]) -> None:
    standin.break_after = list(cuts)
    told: list[tuple[int, int]] = []
    seen: list[str] = []
    upload = face(standin.url).uploads.send(path, type="licence", progress=lambda *at: told.append(at), watch=lambda upload: seen.append(upload.state))
    assert (upload.state, upload.accepted, upload.rejected, upload.name) == ("PROCESSED", 9_995, 5, "licences.csv")
    assert standin.uploads[upload.upload_id]["_got"] == LINES
    assert told[-1] == (len(LINES), len(LINES)) and seen[-1] == "PROCESSED" and "PROCESSING" in seen
    methods = [method for method, target in standin.log if target.startswith("/links/")]
    assert methods == ["PUT"] + ["HEAD", "PATCH"] * len(cuts)


def test_send_lostAnswer_isNoSecondFile(face: Any, standin: StandIn, path: str) -> None:
    standin.break_after = [len(LINES) * 2, 0]
    upload = face(standin.url).uploads.send(path)
    assert upload.state == "PROCESSED" and len(standin.uploads) == 1


def test_send_breaksWithoutEnd_isGivenUp(face: Any, standin: StandIn, path: str) -> None:
    standin.break_after = [100] + [0] * 100
    with pytest.raises(errors.ConnectionFailed):
        face(standin.url).uploads.send(path)
    assert [method for method, _ in standin.log].count("PATCH") <= 12


def test_send_fileThatChanged_isAMismatch(face: Any, standin: StandIn, path: str) -> None:
    def change(sent: int, _: int) -> None:
        if sent == 0:
            with open(path, "r+b") as file:
                file.write(b"NAME")

    with pytest.raises(errors.UploadMismatch):
        face(standin.url).uploads.send(path, progress=change)


def test_errors_areWalked_andRevertTellsHowMany(face: Any, standin: StandIn, path: str) -> None:
    till = face(standin.url)
    upload = till.uploads.send(path)
    faults = list(till.uploads.errors(upload.upload_id))
    assert [fault.record for fault in faults] == [2_000, 4_000, 6_000, 8_000, 10_000]
    assert faults[0].errors[0].code == "pattern" and faults[0].columns == {"name": "x"}
    assert (till.uploads.revert(upload.upload_id).reverted, till.uploads.get(upload.upload_id).left) == (3, 1)


@pytest.mark.parametrize("cuts", [[], [10], [500_000, 7, 300_000]])
def test_run_fetchesTheFile_whole(face: Any, standin: StandIn, tmp_path: pathlib.Path, cuts: list[int]) -> None:
    standin.break_after = list(cuts)
    target = tmp_path / "out.csv"
    told: list[tuple[int, int]] = []
    made = face(standin.url).exports.run(str(target), "SELECT 1", ["x"], format="csv", progress=lambda *at: told.append(at))
    assert (made.state, made.rows) == ("DONE", 9)
    assert target.read_bytes() == standin.exports["ex-1"]["_content"]
    assert told[-1] == (900_000, 900_000)
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


def test_run_faultOfTheQuery_isRaised_andLeavesNoFile(face: Any, standin: StandIn, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.QueryTimeout):
        face(standin.url).exports.run(str(tmp_path / "out.csv"), "fail", format="csv")
    assert list(tmp_path.iterdir()) == []


def test_run_otherBytes_areNotKept(face: Any, standin: StandIn, tmp_path: pathlib.Path) -> None:
    till = face(standin.url)
    made = till.exports.wait(till.exports.start("SELECT 1", format="csv"))
    standin.exports["ex-1"]["_content"] = b"another\n" * 112_500
    assert made.sha256
    standin.exports["ex-1"].update(_polls=0)
    with pytest.raises(errors.AnswerCut, match="SHA-256"):
        from till._core import files
        driver = getattr(till, "_target", till)._driver
        with files.whole(str(tmp_path / "out")) as (sink, partial):
            ran = driver.run(files.download(till._retries, made, sink, partial, None))
            if hasattr(ran, "__await__"):
                till._loop.run_until_complete(ran)
    assert list(tmp_path.iterdir()) == []
