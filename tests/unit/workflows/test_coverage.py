"""Tables looked at without a case: overlapping rows are named, missing ones shown by an example (URS-005)."""

import pytest

from tests import effort
from workflows import coverage, dmn
from workflows.xmlfile import parse

NAMESPACE = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'


def look(rows, inputs, policy="UNIQUE", default=""):
    columns = "".join(
        f'<input label="{text}"><inputExpression typeRef="{kind}"><text>{text}</text></inputExpression>'
        f"<inputValues><text>{_(values)}</text></inputValues></input>"
        for text, kind, values in inputs
    )
    rules = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{_(cell)}</text></inputEntry>" for cell in cells)
        + f"<outputEntry><text>{result}</text></outputEntry></rule>"
        for *cells, result in rows
    )
    text = (
        f'<definitions {NAMESPACE}><decision id="d" name="D"><decisionTable hitPolicy="{policy}">{columns}'
        f'<output name="made">{default}</output>{rules}</decisionTable></decision></definitions>'
    )
    model, findings = dmn.read_model(parse(text.encode()))
    assert findings == []
    return coverage.check(model)


def _(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


N = ("a.n", "number", "")
I = ("a.n", "integer", "")  # noqa: E741
T = ("b.t", "string", '"x","y"')
FREE = ("b.t", "string", "")
B = ("c.b", "boolean", "")
D = ("e.d", "date", "")


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(
    ("rows", "inputs", "found"),
    [
        ([("< 3", "1"), (">= 3", "2")], [N], {}),
        ([("<= 3", "1"), (">= 3", "2")], [N], {"dmn.overlap": "a.n = 3"}),
        ([("< 3", "1"), ("> 3", "2")], [N], {"dmn.gap": "a.n = 3"}),
        ([("[0..3[", "1"), ("[3..9]", "2"), ("not([0..9])", "3")], [N], {}),
        ([("[0..3]", "1"), ("[4..9]", "2"), ("not([0..9])", "3")], [N], {"dmn.gap": "a.n = 3.5"}),
        ([("[0..3]", "1"), ("[4..9]", "2"), ("not([0..9])", "3")], [I], {}),
        ([('"x"', "1"), ('"y"', "2")], [T], {}),
        ([('"x"', "1")], [T], {"dmn.gap": 'b.t = "y"'}),
        ([('"x"', "1"), ('"y"', "2")], [FREE], {"dmn.gap": "b.t = any other text"}),
        ([('"x"', "1"), ('not("x")', "2")], [FREE], {}),
        ([("true", "1"), ("false", "2")], [B], {}),
        ([("true", "1"), ("-", "2")], [B], {"dmn.overlap": "c.b = true"}),
        ([('< date("2026-01-02")', "1"), ('>= @"2026-01-03"', "2")], [D], {"dmn.gap": "e.d = 2026-01-02"}),
        (
            [("< 3", '"x"', "1"), ("< 9", '"y"', "2"), (">= 9", "-", "3")],
            [N, T],
            {"dmn.gap": 'a.n = 3, b.t = "x"'},
        ),
        ([("< 5", '"x"', "1"), ("-", '"y"', "2"), ("> 2", '"x"', "3")], [N, T], {"dmn.overlap": "a.n = "}),
        ([("? > 3", "1"), ("< 9", "2"), (">= 9", "3")], [N], {}),
        ([("limits.low", "1"), ("-", "2")], [N], {}),
    ],
)
def test_rows_that_overlap_and_rows_that_are_missing(rows, inputs, found):
    findings = look(rows, inputs)
    assert {one.code: one.severity for one in findings} == {
        code: "error" if code == "dmn.overlap" else "warning" for code in found
    }
    for one in findings:
        assert found[one.code] in one.message
        if one.code == "dmn.overlap":
            assert (one.facts["first"], one.facts["other"]) in {(1, 2), (1, 3)}


def test_columns_that_read_the_same_facts_are_only_warned_of():
    rows = [("< 3", "true", "1"), ("-", "true", "2"), ("-", "false", "3")]
    (overlap,) = look(rows, [N, ("a.n > 5", "boolean", "")])
    assert (overlap.code, overlap.severity) == ("dmn.overlap", "warning")


def test_any_asks_only_for_rows_that_say_different_things():
    assert look([("> 1", "1"), ("-", "1")], [N], "ANY") == []
    assert [one.code for one in look([("> 1", "1"), ("-", "2")], [N], "ANY")] == ["dmn.differs"]


def test_a_default_or_a_list_needs_no_row_for_everything():
    default = "<defaultOutputEntry><text>7</text></defaultOutputEntry>"
    assert look([("> 1", "1")], [N], default=default) == []
    assert look([("> 1", "1")], [N], "COLLECT") == []


def test_a_table_too_large_to_look_at_is_said_to_be_so_and_quickly():
    with effort.within(4):
        rows = [(f"{number}", f'"{number}"', "1") for number in range(400)]
        assert [one.code for one in look(rows, [N, FREE])] == ["dmn.gap_unknown"]
        many = [("-", "-", "-", f"{number}", "1") for number in range(40)]
        wide = [(f"{number}", f"{number}", f"{number}", f"{number}", "1") for number in range(40)]
        inputs = [(f"a{place}.n", "number", "") for place in range(4)]
        assert {one.code for one in look(wide + many[:0], inputs)} <= {"dmn.gap", "dmn.gap_unknown"}
