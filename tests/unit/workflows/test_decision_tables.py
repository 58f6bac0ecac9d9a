"""Decision tables: cells mean what DMN says, and what would silently never match is refused (URS-005)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import Conflict
from workflows import dmn, unary
from workflows.decisions import decide
from workflows.expressions import ExpressionError
from workflows.xmlfile import parse

NOW = datetime(2026, 11, 22, tzinfo=UTC)

CELLS = [
    ("-", [1, "a", None, True], []),
    ("", [1], []),
    ('"a"', ["a"], ["b", 1, None, True]),
    ('"a","b"', ["a", "b"], ["c"]),
    ('"a,b"', ["a,b"], ["a", "b"]),
    ('not("a","b")', ["c"], ["a", "b"]),
    ("3", [3, Decimal("3.0")], [4, "3", True]),
    ("1", [1], [True]),
    ("true", [True], [False, 1]),
    ("null", [None], ["", 0]),
    (">= 3", [3, 4], [2]),
    ("< 0.5", [Decimal("0.49")], [Decimal("0.5")]),
    ("!= 3", [4], [3]),
    ("= 3", [3], [4]),
    ("[3..10]", [3, 5, 10], [2, 11]),
    ("]3..10[", [4, 9], [3, 10]),
    ("(3..10)", [4, 9], [3, 10]),
    ("[3..10[", [3, 9], [10]),
    ("[1..2],[5..6]", [1, 6], [3]),
    ("? > 3 and ? < 9", [4], [3, 9]),
    ('? == "?"', ["?"], ["a"]),
    ('["a", "b"]', ["a"], ["c"]),
    ("limits.upper", [7], [8]),
    ("<= limits.upper", [7], [8]),
]


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(("cell", "matching", "others"), CELLS, ids=[cell for cell, _, _ in CELLS])
def test_a_cell_matches_what_dmn_says(cell, matching, others):
    test = unary.parse(cell)
    facts = {"limits": {"upper": 7}}
    assert all(test.matches(value, facts, NOW) for value in matching)
    assert not any(test.matches(value, facts, NOW) for value in others)


def test_a_number_compared_with_a_text_is_refused_loudly():
    with pytest.raises(ExpressionError):
        unary.parse(">= 3").matches("a", {}, NOW)


@pytest.mark.urs("URS-010")
@pytest.mark.parametrize("cell", ["__import__('os')", "lambda: 1", "open(1)", ">= (", '"a'])
def test_a_cell_is_no_back_door(cell):
    with pytest.raises(ExpressionError):
        unary.parse(cell)


def table(policy="UNIQUE", rows=(("> 1", '"many"'), ("<= 1", '"few"')), attributes=""):
    rules = "".join(
        f'<rule id="r{n}"><description>row {n}</description>'
        f'<inputEntry id="i{n}"><text>{_(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{_(result)}</text></outputEntry></rule>'
        for n, (cell, result) in enumerate(rows)
    )
    text = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d" name="D">'
        f'<decisionTable id="t" hitPolicy="{policy}"{attributes}><input id="i" label="Failed">'
        '<inputExpression id="e"><text>len(found)</text></inputExpression></input>'
        f'<output id="o" name="amount" />{rules}</decisionTable></decision></definitions>'
    )
    return dmn.read_table(parse(text.encode()))


def _(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.urs("URS-005")
def test_a_decision_says_what_it_compared_and_which_row_hit():
    read, findings = table()
    assert findings == []
    why = decide(read, {"found": [1, 2]}, now=NOW)
    assert why.outputs == {"amount": "many"}
    assert why.rows == [1]
    assert why.annotations == [{"en": "row 0", "zh": "row 0"}]
    assert why.inputs == [{"label": {"en": "Failed", "zh": "Failed"}, "expression": "len(found)", "value": 2}]


@pytest.mark.urs("URS-005")
def test_unique_means_unique():
    read, _findings = table(rows=[("> 1", "1"), ("> 2", "2")])
    assert decide(read, {"found": [1, 2]}, now=NOW).outputs == {"amount": 1}
    with pytest.raises(Conflict) as refused:
        decide(read, {"found": [1, 2, 3]}, now=NOW)
    assert refused.value.code == "decision.ambiguous"


@pytest.mark.urs("URS-005")
def test_a_table_without_a_fitting_row_decides_nothing():
    read, _findings = table(rows=[("> 1", "1")])
    with pytest.raises(Conflict) as refused:
        decide(read, {"found": []}, now=NOW)
    assert refused.value.code == "decision.no_row"


@pytest.mark.urs("URS-005")
def test_first_takes_the_first_and_collect_takes_all():
    rows = [("> 1", "1"), ("> 2", "2"), ("> 9", "9")]
    facts = {"found": [1, 2, 3]}
    first = decide(table("FIRST", rows)[0], facts, now=NOW)
    assert (first.outputs, first.rows) == ({"amount": 1}, [1])
    collected = decide(table("COLLECT", rows)[0], facts, now=NOW)
    assert (collected.outputs, collected.rows) == ({"amount": [1, 2]}, [1, 2])


@pytest.mark.parametrize("policy", ["ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER"])
def test_other_hit_policies_are_refused_not_approximated(policy):
    read, findings = table(policy)
    assert read is None
    assert [finding.code for finding in findings] == ["dmn.hit_policy"]


def test_an_aggregation_is_refused():
    assert [finding.code for finding in table("COLLECT", attributes=' aggregation="SUM"')[1]] == [
        "dmn.hit_policy"
    ]
