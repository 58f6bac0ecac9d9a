"""Form definitions: complete in both languages, versioned by content, refused when unusable."""

import json
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from forms.errors import BadDefinition, UnknownForm, UnknownSource
from forms.loader import keys, known, load, parse
from forms.render import fields
from forms.sources import prefill, source
from forms.validate import check, read

SMALL: dict[str, Any] = {
    "type": "object",
    "title": {"en": "Small", "zh": "小"},
    "x-form-code": "QR-1",
    "x-revision": "A0",
    "required": ["day", "parts"],
    "properties": {
        "day": {"type": "string", "format": "date", "title": {"en": "Day", "zh": "日期"}},
        "parts": {
            "type": "array",
            "minItems": 1,
            "title": {"en": "Parts", "zh": "零件"},
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "title": {"en": "Name", "zh": "名称"}},
                    "count": {"type": "integer", "title": {"en": "Count", "zh": "数量"}},
                },
            },
        },
    },
}


def made(definition: dict[str, Any]) -> Any:
    return parse(json.dumps(definition).encode(), key="small")


@pytest.mark.urs("URS-003")
def test_what_only_another_answer_asks_for_is_starred_once_it_is_given() -> None:
    form = load("deviation_report")
    label = {
        said: fields(form, {"block_supplier": said}, {}, lang="en", prefill={}) for said in ("no", "yes")
    }
    starred = {said: 'for="f-supplier">Supplier <span' in page for said, page in label.items()}
    assert starred == {"no": False, "yes": True}


@pytest.mark.urs("URS-003", "URS-122")
@pytest.mark.parametrize("key", keys())
def test_every_form_is_usable_and_has_code_and_revision(key: str) -> None:
    form = load(key)
    assert form.code.startswith("QR-")
    assert form.revision
    assert len(form.version) == 64
    for lang in ("en", "zh"):
        assert fields(form, {}, {}, lang=lang, prefill={})


def test_the_version_changes_with_the_content_and_not_with_the_layout() -> None:
    spaced = parse(json.dumps(SMALL, indent=4).encode(), key="small")
    changed = made(SMALL | {"x-revision": "A1"})
    assert spaced.version == made(SMALL).version != changed.version


def test_an_unknown_form_is_said_to_be_unknown() -> None:
    assert not known("nothing")
    with pytest.raises(UnknownForm):
        load("nothing")
    assert not known("../lot_inspection")


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"en": "only English"}},
        {"x-form-code": ""},
        {"properties": {}},
        {"required": ["gone"]},
        {"x-checks": [{"rule": "os.system"}]},
        {"properties": {"a": {"enum": ["x"], "title": {"en": "A", "zh": "甲"}}}, "required": []},
        {"properties": {"a": {"type": "wrong", "title": {"en": "A", "zh": "甲"}}}, "required": []},
        {"properties": {"a": {"title": {"en": "A", "zh": "甲"}, "x-when": {"b": 1}}}, "required": []},
        {"properties": {"a": {"title": {"en": "A", "zh": "甲"}, "x-widget": "canvas"}}, "required": []},
    ],
)
def test_an_unusable_definition_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        made(SMALL | change)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(BadDefinition):
        parse(b"{", key="small")


def test_rows_are_added_and_removed_by_plain_buttons() -> None:
    form = made(SMALL)
    posted = {"parts.0.name": "a", "parts.0.count": "2", "parts.5.name": "b"}
    assert read(form, MultiDict(posted), prefill={})["parts"] == [{"name": "a", "count": 2}, {"name": "b"}]
    assert len(read(form, MultiDict(posted | {"_add": "parts"}), prefill={})["parts"]) == 3
    kept = read(form, MultiDict(posted | {"_del": "parts.0"}), prefill={})["parts"]
    assert kept == [{"name": "b"}]


def test_empty_rows_and_wrong_days_are_refused() -> None:
    form = made(SMALL)
    data = read(form, MultiDict({"day": "31.12.2026"}), prefill={})
    found = {path: error.code for path, error in check(form, data, prefill={}).items()}
    assert found == {"day": "form.date", "parts": "form.required"}
    for wrong in ("2026-02-30", "20260201"):
        data = read(form, MultiDict({"day": wrong, "parts.0.name": "x"}), prefill={})
        assert check(form, data, prefill={})["day"].code == "form.date"


@pytest.mark.urs("URS-050")
def test_a_rejection_needs_category_and_reason_and_a_release_keeps_neither() -> None:
    form = load("lot_release_decision")
    data = read(form, MultiDict({"decision": "reject"}), prefill={})
    assert set(check(form, data, prefill={})) == {"category", "reason"}
    posted = {"decision": "release", "category": "other", "reason": "left over from before"}
    data = read(form, MultiDict(posted), prefill={})
    assert data == {"decision": "release"}
    assert check(form, data, prefill={}) == {}


def test_a_source_fills_its_field_and_an_unknown_one_is_refused() -> None:
    definition = SMALL["properties"] | {"day": SMALL["properties"]["day"] | {"x-source": "test.day"}}
    form = made(SMALL | {"properties": definition})
    with pytest.raises(UnknownSource):
        prefill(form, None, None, {})  # type: ignore[arg-type]
    source("test.day")(lambda session, subject_id, data: "2026-11-22")
    assert prefill(form, None, None, {}) == {"day": "2026-11-22"}  # type: ignore[arg-type]
