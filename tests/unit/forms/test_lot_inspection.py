"""The inspection form: typed values, limits, verdicts, and the sentence at the field."""

from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from forms.loader import load
from forms.render import fields, sections
from forms.validate import Saved, check, flat, plain, read

PLAN = [
    {
        "code": "OD",
        "characteristic": {"en": "Outer diameter", "zh": "外径"},
        "kind": "measured",
        "method": {"en": "Micrometer", "zh": "千分尺"},
        "unit": "mm",
        "lower": "4.00",
        "upper": "4.20",
    },
    {
        "code": "VIS",
        "characteristic": {"en": "Appearance", "zh": "外观"},
        "kind": "judged",
        "method": "GB/T 2828.1",
    },
]
GIVEN = {"results": PLAN}
FORM = load("lot_inspection")
GOOD = {
    "sample_size": "8",
    "instrument": "M-014",
    "results.0.value": "4.10",
    "results.1.judgement": "pass",
    "conclusion": "pass",
}


def typed(**changes: Any) -> dict[str, Any]:
    posted = MultiDict(GOOD | {name.replace("__", "."): value for name, value in changes.items()})
    return read(FORM, posted, prefill=GIVEN)


def refusals(**changes: Any) -> dict[str, str]:
    return {path: error.code for path, error in check(FORM, typed(**changes), prefill=GIVEN).items()}


@pytest.mark.urs("URS-070")
def test_a_value_keeps_the_digits_it_was_written_with_and_is_never_a_float() -> None:
    row = typed()["results"][0]
    assert row["value"] == Decimal("4.10")
    assert str(row["value"]) == "4.10"
    assert row["lower"] == Decimal("4.00")
    assert row["verdict"] == "pass"


def test_a_complete_form_has_no_refusals() -> None:
    assert refusals() == {}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("3.999999", "fail"), ("4.00", "pass"), ("4.2", "pass"), ("4.2000001", "fail"), ("abc", None)],
)
def test_the_verdict_includes_both_limits(value: str, verdict: str | None) -> None:
    assert typed(results__0__value=value)["results"][0].get("verdict") == verdict


def test_a_request_cannot_bring_its_own_limits_verdict_or_unknown_fields() -> None:
    data = typed(
        results__0__value="9",
        results__0__upper="99",
        results__0__verdict="pass",
        results__2__value="1",
        results__0__characteristic="x",
        evil="1",
    )
    assert data["results"][0]["upper"] == Decimal("4.20")
    assert data["results"][0]["verdict"] == "fail"
    assert data["results"][0]["characteristic"] == PLAN[0]["characteristic"]
    assert len(data["results"]) == 2
    assert "evil" not in data


def test_a_measured_row_takes_no_judgement_and_a_judged_row_no_value() -> None:
    data = typed(results__0__judgement="pass", results__0__value="9", results__1__value="1")
    assert "judgement" not in data["results"][0]
    assert data["results"][0]["verdict"] == "fail"
    assert "value" not in data["results"][1]


def test_pass_is_refused_when_a_result_is_outside_its_limits() -> None:
    errors = check(FORM, typed(results__0__value="4.21"), prefill=GIVEN)
    assert set(errors) == {"conclusion"}
    assert errors["conclusion"].code == "form.conclusion"
    assert "Outer diameter" in errors["conclusion"].text("en")
    assert "外径" in errors["conclusion"].text("zh")


def test_fail_with_passing_results_needs_a_remark() -> None:
    assert refusals(conclusion="fail") == {"remarks": "form.reason_for_fail"}
    assert refusals(conclusion="fail", remarks="Wrong drawing on the certificate") == {}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("results__0__value", "4,10", "form.comma"),
        ("results__0__value", "four", "form.number"),
        ("results__0__value", "1e3", "form.number"),
        ("results__0__value", "４.１", "form.number"),
        ("results__0__value", "4.1234567", "form.decimals"),
        ("results__0__value", "", "form.required"),
        ("results__1__judgement", "maybe", "form.choice"),
        ("results__1__judgement", "", "form.required"),
        ("sample_size", "0", "form.too_small"),
        ("sample_size", "-3", "form.too_small"),
        ("sample_size", "2.5", "form.integer"),
        ("sample_size", "", "form.required"),
        ("conclusion", "", "form.required"),
        ("remarks", "x" * 2001, "form.too_long"),
        ("attachments", "../../etc/passwd", "form.format"),
    ],
)
def test_each_mistake_is_refused_at_its_field(field: str, value: str, code: str) -> None:
    found = refusals(**{field: value})
    path = field.replace("__", ".")
    assert found.get(path) == code or found.get(f"{path}.0") == code


def test_what_cannot_be_read_is_shown_again_as_it_was_typed() -> None:
    data = typed(results__0__value="4,10")
    html = fields(FORM, data, check(FORM, data, prefill=GIVEN), lang="en", prefill=GIVEN)
    assert 'value="4,10"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="f-results-0-value-e f-results-0-value-l"' in html


def test_a_character_the_record_cannot_print_is_named() -> None:
    data = typed(remarks="snow ☃")
    found = check(FORM, data, prefill=GIVEN, missing_glyphs=lambda text: {"☃"} & set(text))
    assert found["remarks"].code == "form.glyph"
    assert "U+2603" in found["remarks"].text("en")


def test_the_page_shows_limits_and_unit_beside_the_input_in_both_languages() -> None:
    english = fields(FORM, {}, {}, lang="en", prefill=GIVEN)
    chinese = fields(FORM, {}, {}, lang="zh", prefill=GIVEN)
    assert "4.00 – 4.20 mm" in english
    assert "外径" in chinese
    assert "实测值" in chinese
    assert "style=" not in english


def test_markup_in_entries_is_escaped() -> None:
    html = fields(FORM, typed(remarks="<script>alert(1)</script>"), {}, lang="en", prefill=GIVEN)
    assert "<script>" not in html


def test_a_draft_is_read_again_as_it_was() -> None:
    posted = MultiDict(GOOD | {"csrf_token": "x"})
    draft = flat(FORM, posted)
    assert "csrf_token" not in draft
    assert read(FORM, Saved(draft), prefill=GIVEN) == typed()


def test_the_record_shows_every_entry_as_it_was_written() -> None:
    data = plain(typed(remarks="none"))
    head, table = sections(FORM, data)
    assert head["rows"][0] == {
        "label": {"en": "Sample size", "zh": "抽样数量"},
        "value": {"en": "8 pcs", "zh": "8 件"},
        "unit": None,
        "mark": None,
    }
    assert table["table"]["rows"][0][2:4] == ["4.00 – 4.20 mm", "4.10 mm"]
    assert table["table"]["rows"][0][-1] == {"en": "Pass", "zh": "合格"}
    assert data["results"][0]["value"] == "4.10"
