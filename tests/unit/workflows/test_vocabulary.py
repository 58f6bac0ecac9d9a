"""Codes in the words of the model that made them: no reader meets `on_site` or `P5D`."""

import re
from pathlib import Path

import pytest

from workflows import compiler
from workflows.bundle import read_folder
from workflows.compiled import CompiledProcess
from workflows.sheet import decision_sheets

BPMN = Path(__file__).parents[3] / "bpmn"
CODE = re.compile(r'"[^"]*[a-z][^"]*"|[a-z]+(_[a-z]+)*|P\d+[A-Z]')
EXPRESSIONS = {"true", "false"}  # said as yes and no where they are shown

pytestmark = pytest.mark.urs("URS-005", "URS-122")


def process(key: str) -> CompiledProcess:
    return compiler.compile_files(read_folder(BPMN / key))


def test_no_cell_of_a_delivered_table_is_a_bare_code() -> None:
    bare = [
        (folder.name, table.id, cell)
        for folder in sorted(path for path in BPMN.iterdir() if list(path.glob("*.dmn")))
        for table in decision_sheets(process(folder.name))
        for cells, _note in table.rows
        for cell in cells
        if isinstance(cell, str) and CODE.fullmatch(cell) and cell not in EXPRESSIONS
    ]
    assert bare == []


def test_an_explanation_says_answers_results_and_times_in_words() -> None:
    told = process("supplier_approval").vocabulary.in_words(
        {
            "decision": "terms",
            "inputs": [
                {"expression": "request.effect", "value": "direct"},
                {"expression": "criticality.risk_class", "value": "A"},
                {"expression": "request.effect", "value": "unheard_of"},
            ],
            "outputs": {"audit": "on_site", "approver": "quality_head", "audit_due": "P45D", "days": 90},
        }
    )
    assert [one.get("said", {}).get("en", "")[:7] for one in told["inputs"]] == ["Direct:", "", ""]
    assert told["said"]["audit"] == {"en": "On site", "zh": "现场审核"}
    assert told["said"]["approver"] == {"en": "Quality head", "zh": "质量负责人"}
    assert told["said"]["audit_due"] == {"en": "45 days", "zh": "45 天"}
    assert "days" not in told["said"]


def test_what_a_decision_requires_is_told_in_words_too() -> None:
    inner = {"decision": "classification", "inputs": [], "outputs": {"grade": "major"}}
    told = process("change_control").vocabulary.in_words(
        {"decision": "x", "inputs": [], "outputs": {"done": True}, "required": [inner]}
    )
    assert told["required"][0]["said"] == {"grade": {"en": "Major", "zh": "重大"}}
    assert told["said"]["done"] == {"en": "yes", "zh": "是"}
