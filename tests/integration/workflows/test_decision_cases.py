"""The DMN TCK: every result of the committed cases is the expected one (URS-005)."""

import json
from pathlib import Path

import pytest

from app.cli import main

CORPUS = Path(__file__).parents[2] / "corpora" / "dmn-tck"
CASES = sorted(CORPUS.glob("*/*/*-test-*.xml"))
LEVEL_2 = 28


def qms(capsys, *words):
    status = main(["decisions", "test", *map(str, words)])
    return status, capsys.readouterr()


def model_of(cases):
    (model,) = cases.parent.glob("*.dmn")
    return model


def test_the_corpus_is_complete():
    assert len({path.parent for path in CASES if "level-2" in str(path)}) == LEVEL_2
    assert len(CASES) > 100
    assert (CORPUS / "LICENSE.txt").is_file()


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_every_result_is_the_expected_one(capsys, cases):
    status, printed = qms(capsys, model_of(cases), "--cases", cases, "--json")
    report = json.loads(printed.out)
    assert [one for one in report["results"] if not one["ok"]] == []
    assert (status, report["failed"]) == (0, 0)
    assert report["passed"] == len(report["results"]) > 0
    assert set(report["results"][0]) >= {"case", "node", "expected", "actual", "ok"}


@pytest.mark.urs("URS-005")
def test_a_result_that_differs_is_found(capsys, tmp_path):
    cases = CORPUS / "compliance-level-2" / "0004-simpletable-U" / "0004-simpletable-U-test-01.xml"
    wrong = tmp_path / "wrong.xml"
    wrong.write_text(cases.read_text("utf-8").replace(">Approved<", ">Declined<"), "utf-8")
    status, printed = qms(capsys, model_of(cases), "--cases", wrong, "--json")
    report = json.loads(printed.out)
    assert (status, report["passed"], report["failed"]) == (1, 2, 1)
    (differs,) = [one for one in report["results"] if not one["ok"]]
    assert (differs["case"], differs["expected"], differs["actual"]) == ("001", "Declined", "Approved")
    status, printed = qms(capsys, model_of(cases), "--cases", wrong)
    assert "1 not" in printed.out


@pytest.mark.urs("URS-005")
def test_what_cannot_be_run_has_its_own_exit_status(capsys, tmp_path):
    cases = CASES[0]
    for words in (
        (tmp_path / "nowhere.dmn", "--cases", cases),
        (cases, "--cases", cases),
        (model_of(cases), "--cases", model_of(cases)),
    ):
        status, printed = qms(capsys, *words)
        assert (status, printed.out) == (2, "")
        assert printed.err.startswith("qms: ")
