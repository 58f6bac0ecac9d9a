import pytest

from documents import page
from documents.wording import wording
from tests.factories.documents import both, house, row

english = wording("en", house("en"))
chinese = wording("zh", house("zh"))
two = wording("both", house("both"))


@pytest.mark.urs("URS-122", "URS-144")
def test_the_language_of_the_sites_region_stands_first_on_a_bilingual_page() -> None:
    assert two.languages == ("zh", "en")
    assert two.tag == "zh-CN"
    assert wording("both", house(region="DE")).languages == ("en", "zh")
    assert (
        two.text(both("Lot", "批"))
        == '<span class="first">批</span> <span class="second" lang="en">Lot</span>'
    )


def test_a_text_that_is_the_same_in_both_languages_stands_once() -> None:
    assert two.text("L26-1107").striptags() == "L26-1107"
    assert two.text(both("GTIN", "GTIN")) == "GTIN"


@pytest.mark.urs("URS-022")
def test_a_moment_is_shown_on_the_sites_clock_with_its_zone() -> None:
    assert chinese.when("2026-11-22T17:30:00Z") == "2026-11-23 01:30:00 UTC+08:00"
    summer = wording("en", house("en", zone="Europe/Berlin"))
    assert summer.when("2026-07-01T10:00:00Z") == "2026-07-01 12:00:00 UTC+02:00"


def test_short_rows_share_a_line_and_long_ones_stand_alone() -> None:
    rows = [row("a", "1"), row("b", "2"), row("c", "x" * 60), row("d", "3")]
    laid = page.section(english, {"title": "t", "rows": rows})["lines"]
    assert [[str(pair["label"]) for pair in line] for line in laid] == [["a", "b"], ["c"], ["d"]]


def test_a_mark_that_says_what_the_value_says_is_not_said_twice() -> None:
    verdict = page.row(english, row("Conclusion", both("Fail", "不合格"), mark="fail"))
    assert (verdict["value"], verdict["mark"], verdict["tone"]) == ("", "Fail", "bad")
    changed = page.row(english, row("Value", "4.11", mark="changed"))
    assert (changed["value"], changed["tone"]) == ("4.11", "note")


def test_facts_nobody_foresaw_are_printed_under_their_own_names() -> None:
    block = {
        "new_thing": {"deep": ["1", "2"]},
        "release": "a1f3a8f0-5c5e-4e43-9f0e-6b7c8d9e0f10",
        "empty": None,
    }
    shown = {str(pair["label"]): str(pair["value"]) for pair in page.pairs_of(english, block)}
    assert shown == {"New thing · Deep": "1; 2"}


def test_a_column_of_numbers_is_set_flush_right() -> None:
    made = page.table(english, {"columns": ["a", "b"], "rows": [["4.11", "x"], ["≤ 0.5", "y"], ["–", "z"]]})
    assert [column["look"].split()[0] for column in made["columns"]] == ["number", "tight"]


def test_what_people_wrote_never_becomes_markup() -> None:
    assert "<b>" not in str(page.row(two, row("<b>", both("<b>x", "<b>y")))["value"])


@pytest.mark.parametrize(("octets", "words"), [("3", "3 B"), ("2048", "2 KiB"), ("9437184", "9.0 MiB")])
def test_a_size_is_written_for_people(octets: str, words: str) -> None:
    assert page.size(octets) == words
