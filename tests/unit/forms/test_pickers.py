"""Fields that pick an object by its key: unknown keys are refused, names stand behind keys."""

import json

import pytest
from werkzeug.datastructures import MultiDict

from forms import loader, pickers
from forms.errors import BadDefinition, UnknownPicker
from forms.render import fields, sections
from forms.validate import read

TITLE = {"en": "Thing", "zh": "事物"}
THINGS = {"L-1": {"en": "Tubing", "zh": "导管"}, "L-2": {"en": "Pouch", "zh": "袋"}}


def form(**more):
    picks = {"type": "string", "x-pick": "test.thing", "title": TITLE}
    row = {"type": "object", "properties": {"thing": picks}}
    schema = {
        "type": "object",
        "title": TITLE,
        "x-form-code": "T-1",
        "x-revision": "A",
        "properties": {
            "one": picks,
            "rows": {"type": "array", "title": TITLE, "items": row},
            "many": {"type": "array", "title": TITLE, "x-pick": "test.thing", "items": {"type": "string"}},
            **more,
        },
    }
    return loader.parse(json.dumps(schema).encode(), key="test")


@pytest.fixture(autouse=True)
def things(monkeypatch):
    monkeypatch.setattr(pickers, "_pickers", {})
    pickers.picker(
        "test.thing",
        title={"en": "thing", "zh": "事物"},
        suggest=lambda session, words, site: [(key, name) for key, name in THINGS.items() if words in key],
        label=lambda session, key: THINGS.get(key),
    )


TYPED = MultiDict([("one", "L-1"), ("rows.0.thing", "L-9"), ("many", "L-2"), ("many", ""), ("many", "L-8")])


@pytest.mark.urs("URS-002")
def test_a_key_that_names_nothing_is_refused_at_its_field():
    made = form()
    data = read(made, TYPED, prefill={})
    refused = pickers.refusals(made, data, pickers.labels(made, None, data))
    assert {path: error.code for path, error in refused.items()} == {
        "rows.0.thing": "pick.unknown",
        "many.1": "pick.unknown",
    }
    assert refused["many.1"].text("en") == "There is no thing “L-8”."


@pytest.mark.urs("URS-002")
def test_records_say_key_and_name_in_both_languages():
    made = form()
    data = read(made, TYPED, prefill={})
    head, table = sections(made, data, named=pickers.labels(made, None, data))
    assert head["rows"][0]["value"] == {"en": "L-1 · Tubing", "zh": "L-1 · 导管"}
    assert head["rows"][1]["value"] == {"en": "L-2 · Pouch, L-8", "zh": "L-2 · 袋，L-8"}
    assert table["table"]["rows"] == [["L-9"]]


@pytest.mark.urs("URS-002")
def test_the_page_offers_suggestions_and_one_input_for_each_key():
    made = form()
    data = read(made, TYPED, prefill={})
    there = pickers.labels(made, None, data)
    page = fields(made, data, {}, lang="en", prefill={}, named=there, suggest_url="/s/", add_to="many")
    assert 'data-suggest="/s/test.thing"' in page
    assert page.count('name="many"') == 3
    assert "Tubing" in page
    assert 'name="_add" value="many"' in page


@pytest.mark.urs("URS-002")
def test_only_texts_can_pick_and_only_what_a_room_registered():
    with pytest.raises(BadDefinition) as refused:
        form(wrong={"type": "number", "x-pick": "test.thing", "title": TITLE})
    assert "wrong: only a text" in str(refused.value)
    made = form(other={"type": "string", "x-pick": "test.other", "title": TITLE})
    with pytest.raises(UnknownPicker):
        pickers.labels(made, None, {"other": "X"})
