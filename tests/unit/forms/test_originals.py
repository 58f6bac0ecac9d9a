"""Original entries: what of a form is a record as soon as it is saved."""

import json

import pytest
from werkzeug.datastructures import MultiDict

from forms.errors import BadDefinition
from forms.loader import load, parse
from forms.originals import originals, reasons
from forms.render import sections
from forms.validate import flat, read
from tests.factories.inbox import PLAN, RESULTS

FORM = load("lot_inspection")
GIVEN = {"results": PLAN}


def entered(**changes):
    return read(FORM, MultiDict(RESULTS | changes), prefill=GIVEN)


@pytest.mark.urs("URS-142")
def test_measured_values_counts_and_judgements_are_original_entries_and_free_text_is_not():
    found = {one.key: (one.path, one.value, one.shown["en"]) for one in originals(FORM, entered())}
    assert found == {
        "sample_size": ("sample_size", "8", "8 pcs"),
        "results.OD.value": ("results.0.value", "4.10", "4.10 mm"),
        "results.VIS.judgement": ("results.1.judgement", "pass", "Pass"),
    }


def test_a_row_keeps_its_key_when_the_plan_gives_it_in_another_place():
    data = read(FORM, MultiDict({"results.1.value": "4.10"}), prefill={"results": [PLAN[1], PLAN[0]]})
    assert ("results.OD.value", "results.1.value", "4.10") in [
        (one.key, one.path, one.value) for one in originals(FORM, data)
    ]


@pytest.mark.parametrize("typed", ["", "4,1", "about four"])
def test_what_is_no_number_is_no_entry_yet(typed):
    values = {one.path: one.value for one in originals(FORM, entered(**{"results.0.value": typed}))}
    assert values["results.0.value"] == ""


def test_a_reason_belongs_to_its_field_and_stays_with_the_draft():
    typed = MultiDict({"_why.sample_size": "  two \n more ", "_why.stranger": "x", "_why.remarks": " "})
    assert reasons(FORM, typed) == {"sample_size": "two more"}
    assert flat(FORM, typed)["_why.sample_size"] == ["  two \n more "]


def test_a_changed_value_carries_its_mark_or_the_number_of_its_note():
    head, table = sections(FORM, entered(), {"sample_size": 2, "results.OD.value": 1})
    assert head["rows"][0]["mark"] == "changed"
    assert "4.10 mm [1]" in table["table"]["rows"][0]
    assert all("[" not in str(cell) for cell in table["table"]["rows"][1])


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("remarks", {"x-original": True}),
        ("results", {"x-row-key": "value"}),
        ("results", {"x-row-key": None}),
    ],
)
def test_a_form_that_could_not_keep_an_entry_is_refused(field, hint):
    schema = json.loads(json.dumps(FORM.schema, default=str))
    schema["properties"][field] |= hint
    with pytest.raises(BadDefinition):
        parse(json.dumps(schema).encode(), key="bad")
