"""Decision tables: cells mean what DMN says, and what would silently never match is refused (URS-005)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import Conflict
from tests import effort
from workflows import dmn
from workflows.decisions import decide
from workflows.expressions import ExpressionError
from workflows.feel import parser
from workflows.feel.evaluator import Evaluator, Setting
from workflows.feel.faults import Denied, Wrong
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
    ("]3..10]", [4, 10], [3]),
    ("not([3..10])", [2, 11], [3, 10]),
    ("not(3, 4)", [5], [3, 4]),
    ("not(> 3)", [3], [4, None]),
    ("> 3", [4], [3, None]),
    ('[date("2026-01-01")..date("2026-12-31")]', ["2026-11-22"], ["2027-01-01", None]),
    ('> @"2026-01-01"', ["2026-01-02"], ["2026-01-01"]),
    ('date("2026-01-01")', ["2026-01-01"], ["2026-01-02"]),
    ('<= time("12:00:00")', ["11:59:59"], ["12:00:01"]),
    ('> date and time("2026-01-01T00:00:00Z")', ["2026-01-01T01:00:00+00:00"], ["2026-01-01T00:30:00+01:00"]),
    ('>= duration("P2D")', ["PT48H"], ["P1D"]),
    ('< @"P1Y"', ["P11M"], ["P12M"]),
    ("-3", [-3], [3]),
    ("null, 3", [None, 3], [4]),
    ('contains(?, "x")', ["axb"], ["ab"]),
    ("? in [1, 2] or ? > 9", [1, 10], [5]),
    ("count(?) > 1", [[1, 2]], [[1]]),
    ("[3..10[", [3, 9], [10]),
    ("[1..2],[5..6]", [1, 6], [3]),
    ("? > 3 and ? < 9", [4], [3, 9]),
    ('? == "?"', ["?"], ["a"]),
    ('["a", "b"]', ["a"], ["c"]),
    ("limits.upper", [7], [8]),
    ("<= limits.upper", [7], [8]),
]


def passes(cell, value):
    return Evaluator({"limits": {"upper": 7}}, Setting(now=NOW)).passes(parser.unary_tests(cell), value)


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(("cell", "matching", "others"), CELLS, ids=[cell for cell, _, _ in CELLS])
def test_a_cell_matches_what_dmn_says(cell, matching, others):
    assert all(passes(cell, value) for value in matching)
    assert not any(passes(cell, value) for value in others)


def test_a_number_compared_with_a_text_is_refused_loudly():
    with pytest.raises(Wrong):
        passes(">= 3", "a")
    with pytest.raises(Wrong):
        passes("limits.upper > 3", 4)


@pytest.mark.urs("URS-010")
@pytest.mark.parametrize("cell", ["__import__('os')", "lambda: 1", "open(1)", ">= (", '"a'])
def test_a_cell_is_no_back_door(cell):
    with pytest.raises((Denied, Wrong)):
        passes(cell, 1)


def table(
    policy="UNIQUE",
    rows=(("> 1", '"many"'), ("<= 1", '"few"')),
    attributes="",
    *,
    outputs='<output id="o" name="amount" />',
    inputs="",
    typed="number",
):
    rules = "".join(
        f'<rule id="r{n}"><description>row {n}</description>'
        f'<inputEntry id="i{n}"><text>{_(cell)}</text></inputEntry>'
        + "".join(
            f'<outputEntry id="o{n}_{m}"><text>{_(one)}</text></outputEntry>' for m, one in enumerate(results)
        )
        + "</rule>"
        for n, (cell, *results) in enumerate(rows)
    )
    text = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d" name="D">'
        f'<decisionTable id="t" hitPolicy="{policy}"{attributes}><input id="i" label="Failed">'
        f'<inputExpression id="e" typeRef="{typed}"><text>count(found)</text></inputExpression>'
        f"{inputs}</input>"
        f"{outputs}{rules}</decisionTable></decision></definitions>"
    )
    model, findings = dmn.read_model(parse(text.encode()))
    return model.decisions["d"], findings


def _(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


def outcome(decision, *found):
    why = decide(decision, {"found": list(found)}, now=NOW)
    return why.outputs["amount"], why.rows


@pytest.mark.urs("URS-005")
def test_a_decision_says_what_it_compared_and_which_row_hit():
    read, findings = table()
    assert findings == []
    why = decide(read, {"found": [1, 2]}, now=NOW)
    assert why.outputs == {"amount": "many"}
    assert why.rows == [1]
    assert why.annotations == [{"en": "row 0", "zh": "row 0"}]
    assert why.inputs == [
        {"label": {"en": "Failed", "zh": "Failed"}, "expression": "count(found)", "value": 2}
    ]
    assert "required" not in why.as_json()


@pytest.mark.urs("URS-005")
def test_unique_means_unique():
    read, _findings = table(rows=[("> 1", "1"), ("> 2", "2")])
    assert outcome(read, 1, 2) == (1, [1])
    with pytest.raises(Conflict) as refused:
        outcome(read, 1, 2, 3)
    assert refused.value.code == "decision.ambiguous"
    assert refused.value.facts["rows"] == "1, 2"


@pytest.mark.urs("URS-005")
def test_a_table_without_a_fitting_row_decides_nothing_unless_it_has_a_default():
    read, _findings = table(rows=[("> 1", "1")])
    with pytest.raises(Conflict) as refused:
        outcome(read)
    assert refused.value.code == "decision.no_row"
    default = '<output name="amount"><defaultOutputEntry><text>7</text></defaultOutputEntry></output>'
    assert outcome(table(rows=[("> 1", "1")], outputs=default)[0]) == (7, [])


ROWS = [("> 1", "3"), ("> 2", "1"), ("> 9", "9"), ("> 0", "2")]
LISTED = '<output name="amount"><outputValues><text>1,2,3,9</text></outputValues></output>'


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize(
    ("policy", "attributes", "value", "rows"),
    [
        ("FIRST", "", 3, [1]),
        ("PRIORITY", "", 1, [2]),
        ("RULE ORDER", "", [3, 1, 2], [1, 2, 4]),
        ("OUTPUT ORDER", "", [1, 2, 3], [2, 4, 1]),
        ("COLLECT", "", [3, 1, 2], [1, 2, 4]),
        ("COLLECT", ' aggregation="SUM"', 6, [1, 2, 4]),
        ("COLLECT", ' aggregation="MIN"', 1, [1, 2, 4]),
        ("COLLECT", ' aggregation="MAX"', 3, [1, 2, 4]),
        ("COLLECT", ' aggregation="COUNT"', 3, [1, 2, 4]),
    ],
)
def test_each_hit_policy_does_what_dmn_says(policy, attributes, value, rows):
    read, findings = table(policy, ROWS, attributes, outputs=LISTED)
    assert findings == []
    assert outcome(read, 1, 2, 3) == (value, rows)


@pytest.mark.urs("URS-005")
def test_any_allows_rows_that_say_the_same_and_no_others():
    read, _findings = table("ANY", [("> 1", '"a"'), ("> 2", '"a"'), ("> 3", '"b"')])
    assert outcome(read, 1, 2, 3) == ("a", [1, 2])
    with pytest.raises(Conflict) as refused:
        outcome(read, 1, 2, 3, 4)
    assert refused.value.code == "decision.differs"
    assert (refused.value.facts["first"], refused.value.facts["other"]) == (1, 3)


@pytest.mark.urs("URS-005")
def test_collecting_nothing_is_an_empty_list_and_counting_nothing_is_zero():
    assert outcome(table("COLLECT", ROWS)[0]) == ([], [])
    assert outcome(table("COLLECT", ROWS, ' aggregation="COUNT"')[0]) == (0, [])
    with pytest.raises(Conflict) as refused:
        outcome(table("COLLECT", ROWS, ' aggregation="SUM"')[0])
    assert refused.value.code == "decision.no_row"


@pytest.mark.urs("URS-005")
def test_several_outputs_come_under_their_names_and_are_ordered_by_the_first_that_differs():
    outputs = (
        '<output name="amount"><outputValues><text>"high","low"</text></outputValues></output>'
        '<output name="days"><outputValues><text>1,2</text></outputValues></output>'
    )
    rows = [("> 0", '"low"', "1"), ("> 1", '"high"', "2"), ("> 2", '"high"', "1")]
    read, findings = table("PRIORITY", rows, outputs=outputs)
    assert findings == []
    why = decide(read, {"found": [1, 2, 3]}, now=NOW)
    assert (why.outputs, why.rows) == ({"amount": "high", "days": 1}, [3])
    ordered = decide(table("OUTPUT ORDER", rows, outputs=outputs)[0], {"found": [1, 2, 3]}, now=NOW)
    assert ordered.outputs == {"amount": ["high", "high", "low"], "days": [1, 2, 1]}
    assert ordered.rows == [3, 2, 1]


@pytest.mark.urs("URS-005")
def test_a_value_outside_the_list_of_its_column_is_refused():
    read, _findings = table(inputs="<inputValues><text>[0..2]</text></inputValues>")
    assert outcome(read, 1, 2) == ("many", [1])
    with pytest.raises(Conflict) as refused:
        outcome(read, 1, 2, 3)
    assert refused.value.code == "decision.input_value"
    assert "[0..2]" in str(refused.value)


@pytest.mark.urs("URS-005")
def test_what_goes_wrong_in_a_cell_is_told_with_table_row_column_and_reason():
    read, findings = table(rows=[("< 2", "1"), ("> limits.upper", "1")])
    assert findings == []
    for facts, reason in (
        ({}, "limits"),
        ({"limits": {}}, "upper"),
        ({"limits": {"upper": "a"}}, "compared"),
    ):
        with pytest.raises(Conflict) as refused:
            decide(read, {"found": [1, 2, 3], **facts}, now=NOW)
        assert refused.value.code == "decision.cell"
        assert all(part in str(refused.value) for part in ("D", "row 2", "Failed", "limits.upper", reason))
    with pytest.raises(Conflict) as refused:
        decide(read, {}, now=NOW)
    assert refused.value.code == "decision.input"


@pytest.mark.parametrize(
    ("policy", "attributes", "outputs", "code"),
    [
        ("SOMETIMES", "", LISTED, "dmn.hit_policy"),
        ("FIRST", ' aggregation="SUM"', LISTED, "dmn.hit_policy"),
        ("COLLECT", ' aggregation="MEAN"', LISTED, "dmn.hit_policy"),
        ("PRIORITY", "", '<output name="amount" />', "dmn.priority"),
        ("OUTPUT ORDER", "", '<output name="amount" />', "dmn.priority"),
    ],
)
def test_what_is_not_exact_is_refused(policy, attributes, outputs, code):
    _read, findings = table(policy, ROWS, attributes, outputs=outputs)
    assert [finding.code for finding in findings] == [code]


NAMESPACE = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'


def chained(count, requires):
    """A file of decisions that require each other."""
    made = [
        f'<decision id="d{n}" name="d{n}">'
        + "".join(
            f'<informationRequirement><requiredDecision href="#d{one}" /></informationRequirement>'
            for one in requires(n)
        )
        + f"<literalExpression><text>{' + '.join(f'd{one}' for one in requires(n)) or 1}</text>"
        "</literalExpression></decision>"
        for n in range(count)
    ]
    return f"<definitions {NAMESPACE}>{''.join(made)}</definitions>"


@pytest.mark.urs("URS-010")
def test_hostile_files_of_decisions_are_read_and_answered_within_the_budget():
    with effort.within(4):
        model, findings = dmn.read_model(parse(chained(25, lambda n: (n - 1, n - 1) if n else ()).encode()))
        assert findings == []
        why = decide(model.decisions["d24"], {}, now=NOW)
        assert (why.outputs, len(why.required)) == ({"d24": 2**24}, 24)
        model, findings = dmn.read_model(parse(chained(2_000, lambda n: (n - 1,) if n else ()).encode()))
        assert findings == []
        with pytest.raises(ExpressionError):
            decide(model.decisions["d1999"], {}, now=NOW)
        _model, findings = dmn.read_model(parse(chained(1_000, lambda n: ((n + 1) % 1_000,)).encode()))
        assert {finding.code for finding in findings} == {"dmn.circle"}
        boxed = "<context><contextEntry>" * 100 + "</contextEntry></context>" * 100
        deep = f'<definitions {NAMESPACE}><decision id="d" name="d">{boxed}</decision></definitions>'
        assert {one.code for one in dmn.read_model(parse(deep.encode()))[1]} == {"dmn.expression"}
        bombs = [("for i in 1..9999 return for j in 1..9999 return i", "1")] * 300
        assert table(rows=bombs)[0].table is not None


@pytest.mark.urs("URS-010")
def test_a_decision_that_takes_too_long_is_refused_in_its_place():
    read, _findings = table(
        rows=[("1", "1"), ("for i in 1..9999 return count(for j in 1..9999 return i)", "2")]
    )
    with effort.within(2), pytest.raises(Conflict) as refused:
        outcome(read, 1, 2)
    assert "row 2" in str(refused.value)
    assert "too long" in str(refused.value)


EARLIER = f"""<definitions {NAMESPACE}><decision id="d" name="D"><decisionTable hitPolicy="UNIQUE">
  <input label="Expired?"><inputExpression typeRef="boolean">
    <text>bool(get(lot, "expiry")) and lot.expiry &lt; today()</text></inputExpression></input>
  <input label="Failed"><inputExpression typeRef="number">
    <text>len([result for result in inspection.results if get(result, "verdict") == "fail"])</text>
  </inputExpression></input>
  <output name="proposed" typeRef="string" /><output name="reason" typeRef="string" />
  <rule><inputEntry><text>true</text></inputEntry><inputEntry><text>-</text></inputEntry>
    <outputEntry><text>"reject"</text></outputEntry>
    <outputEntry><text>{{"en": "Expired.", "zh": "已过期。"}}</text></outputEntry></rule>
  <rule><inputEntry><text>false</text></inputEntry><inputEntry><text>&gt; 0</text></inputEntry>
    <outputEntry><text>"reject"</text></outputEntry><outputEntry><text>"failed"</text></outputEntry></rule>
  <rule><inputEntry><text>false</text></inputEntry><inputEntry><text>0</text></inputEntry>
    <outputEntry><text>"accept"</text></outputEntry><outputEntry><text>"good"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.mark.urs("URS-007")
@pytest.mark.parametrize(
    ("lot", "results", "row"),
    [
        ({"expiry": "2026-11-21"}, [], 1),
        ({"expiry": "2026-11-22"}, [{"verdict": "fail"}, {}], 2),
        ({"expiry": "2026-11-22"}, [{"verdict": "pass"}], 3),
        ({"expiry": None}, [], 3),
        ({}, [], 3),
    ],
)
def test_a_table_of_a_release_made_before_feel_decides_as_it_did(lot, results, row):
    model, findings = dmn.read_model(parse(EARLIER.encode()))
    assert findings == []
    why = decide(model.decisions["d"], {"lot": lot, "inspection": {"results": results}}, now=NOW)
    assert why.rows == [row]
    assert why.outputs["proposed"] == ("accept" if row == 3 else "reject")


@pytest.mark.urs("URS-010")
def test_thousands_of_names_with_spaces_are_told_apart_quickly():
    with effort.within(2):
        inputs = "".join(f'<inputData id="i{n}" name="in {n} x" />' for n in range(10_000))
        decisions = "".join(
            f'<decision id="d{n}" name="d{n}"><informationRequirement><requiredInput href="#i{n}" />'
            f"</informationRequirement><literalExpression><text>in {n}  x - 1</text>"
            "</literalExpression></decision>"
            for n in range(1_000)
        )
        model, findings = dmn.read_model(
            parse(f"<definitions {NAMESPACE}>{inputs}{decisions}</definitions>".encode())
        )
        assert findings == []
        assert decide(model.decisions["d77"], {"in 77 x": 5}, now=NOW).outputs == {"d77": 4}
