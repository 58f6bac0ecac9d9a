"""Critical values are typed twice; a difference is refused at the field (URS-149)."""

import pytest
from werkzeug.datastructures import MultiDict

from forms import loader
from forms.critical import repeat_errors, second_entries
from forms.definition import problems
from forms.render import fields
from forms.validate import Saved, flat, read

SCHEMA = """{
  "type": "object", "title": {"en": "Weighing", "zh": "称量"}, "x-form-code": "QR-1", "x-revision": "A1",
  "properties": {
    "weight": {"type": "number", "title": {"en": "Weight", "zh": "重量"}, "x-unit": "kg",
               "x-critical": "double"},
    "bags": {"type": "array", "title": {"en": "Bags", "zh": "袋"}, "items": {"type": "object", "properties": {
      "label": {"type": "string", "title": {"en": "Label", "zh": "标签"}, "x-critical": "double"}}}},
    "remarks": {"type": "string", "title": {"en": "Remarks", "zh": "备注"}}
  }
}"""
FORM = loader.parse(SCHEMA.encode(), key="weighing")


def wrong(**typed: str) -> dict[str, str]:
    posted = MultiDict({name.replace("__", "."): text for name, text in typed.items()})
    data = read(FORM, posted, prefill={})
    return {path: error.code for path, error in repeat_errors(FORM, data, posted).items()}


@pytest.mark.urs("URS-149")
@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"weight": "12.5", "_again__weight": "12.5"}, {}),
        ({"weight": "12.5"}, {"weight": "form.again"}),
        ({"weight": "12.5", "_again__weight": "12.6"}, {"weight": "form.again_differs"}),
        ({"weight": "12.5", "_again__weight": "12.50"}, {"weight": "form.again_differs"}),
        ({"_again__weight": "12.5"}, {"weight": "form.again_differs"}),
        ({"remarks": "none"}, {}),
        ({"bags__0__label": "A1", "_again__bags__0__label": "A1"}, {}),
        ({"bags__0__label": "A1", "_again__bags__0__label": "A7"}, {"bags.0.label": "form.again_differs"}),
    ],
)
def test_both_entries_have_to_be_the_same(typed: dict[str, str], errors: dict[str, str]) -> None:
    assert wrong(**typed) == errors


@pytest.mark.urs("URS-149")
def test_the_second_input_is_empty_until_it_agrees() -> None:
    for again, shown in (("12.6", ""), ("12.5", "12.5")):
        posted = MultiDict({"weight": "12.5", "_again.weight": again})
        data = read(FORM, posted, prefill={})
        seconds = second_entries(FORM, posted)
        html = str(fields(FORM, data, {}, lang="en", prefill={}, again=seconds))
        assert f'name="_again.weight" type="text" value="{shown}"' in html
        assert "_again.remarks" not in html
    assert "_again.weight" in flat(FORM, posted), "a draft keeps both entries"
    assert second_entries(FORM, Saved(flat(FORM, posted))) == {"weight": "12.5"}


@pytest.mark.urs("URS-149")
@pytest.mark.parametrize(
    "field",
    [
        {"type": "string", "x-critical": "triple"},
        {"type": "string", "x-critical": "double", "x-widget": "textarea"},
        {"type": "string", "x-critical": "double", "readOnly": True},
    ],
)
def test_a_form_that_asks_for_what_cannot_be_is_refused(field: dict[str, object]) -> None:
    named = {**field, "title": {"en": "Field", "zh": "字段"}}
    form = {
        "title": {"en": "Form", "zh": "表"},
        "x-form-code": "QR-1",
        "x-revision": "A1",
        "properties": {"one": named},
    }
    assert [one for one in problems(form) if "critical" in one]
