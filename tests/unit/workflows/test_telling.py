"""Expressions told as sentences from their trees, in both languages; what cannot be told stays as it is."""

import re
from pathlib import Path

import pytest

import app.factory
from workflows import compiler, durations, sheet
from workflows.bundle import read_folder
from workflows.compiled import CompiledProcess

assert app.factory  # the rooms register what the models call
BPMN = Path(__file__).parents[3] / "bpmn"
FOLDERS = sorted(path.name for path in BPMN.iterdir() if path.is_dir())
CODE = re.compile(r"[a-z]+\w*[._]\w+|[<>=]=|\bnull\b|get value")

pytestmark = pytest.mark.urs("URS-002", "URS-122")


def process(key: str) -> CompiledProcess:
    return compiler.compile_files(read_folder(BPMN / key))


@pytest.mark.parametrize("key", FOLDERS)
def test_every_condition_and_timer_of_a_delivered_model_is_a_sentence_in_both_languages(key: str) -> None:
    model = process(key)
    told = [
        (flow.condition, model.teller.condition(flow.condition)) for flow in model.flows if flow.condition
    ]
    timers = [one.timer.text for one in model.elements.values() if one.timer]
    reckoned = (one for one in timers if not durations.is_duration(one) and not sheet.column_of(model, one))
    told += [(one, model.teller.timer(one)) for one in reckoned]
    assert [source for source, words in told if words is None] == []
    assert [words for _source, words in told if any(CODE.search(text) for text in words.values())] == []
    assert [words for _source, words in told if not re.search("[\u4e00-\u9fff]", words["zh"])] == []


@pytest.mark.parametrize(
    ("source", "english", "chinese"),
    [
        (
            'triage.decision = "no" and not(risk.mandatory)',
            "“Triage: CAPA” is “No”, and “Risk: CAPA mandatory” is “no”",
            "“分诊：是否启动 CAPA”为“否”，且“风险：必须启动”为“否”",
        ),
        (
            'effectiveness.outcome in ("effective", "ineffective")',
            "“Check the effect: Outcome” is “Effective” or “Ineffective”",
            "“有效性检查：结论”为“有效”或“无效”",
        ),
        (
            'count(plan.actions[kind = "corrective"]) >= 2',
            "the number of the entries of “Plan the actions: Actions” where “Kind” is “Corrective” "
            "is at least 2",
            "“制定措施计划：措施”中满足（“类型”为“纠正”）的各项的数量不小于 2",
        ),
        (
            'some one in plan.actions satisfies one.owner = "x" or one.due != null',
            "in at least one of “Plan the actions: Actions” “Owner” is “x”, or “Due” is given",
            "“制定措施计划：措施”中至少有一项满足：“责任人”为“x”，或“期限”已填写",
        ),
        ('if wanted = null then false else get value(wanted, "answer") = "yes"',
         "“An answer is wanted” is “Yes”", "“要求答复”为“是”"),
        ("true", "in every case", "任何情况下"),
        ("triage.severity in [3..5]", "“Triage: Severity” is 3 to 5", "“分诊：严重度”为3 至 5"),
    ],
)  # fmt: skip
def test_a_condition_is_told_in_the_names_and_words_of_its_model(
    source: str, english: str, chinese: str
) -> None:
    assert process("capa").teller.condition(source) == {"en": english, "zh": chinese}


@pytest.mark.parametrize(
    "source", ["sort([1, 2], function(x, y) x < y)", "unheard.of = 1", "function(a) a", "not an expression("]
)
def test_what_has_no_words_is_not_half_told(source: str) -> None:
    assert process("capa").teller.condition(source) is None


def test_a_timer_that_is_reckoned_from_a_day_is_told() -> None:
    told = process("planned_deviation").teller.timer('date(request.last_day) + duration("P3D")')
    assert told == {"en": "3 days after “Request: In force until”", "zh": "“申请：截止日”后 3 天"}
