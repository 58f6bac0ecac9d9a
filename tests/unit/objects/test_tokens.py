"""What a text is found by, and what typed words ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.objects.tokens import terms_of, wanted


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("质量保证部", "质量"), ("质量保证部", "证部"), ("质量保证部", "部"), ("质量保证部", "量保证"),
        ("RM-000123 Granulate", "rm-0001"), ("RM-000123 Granulate", "GRAN"),
        ("RM-000123 Granulate", "gra 00"),
        ("06901234560016", "06901234560016"), ("06901234560016", "0690123"), ("PVC粒料 A级", "pvc粒料"),
        ("ＰＶＣ", "pvc"), ("Straße", "STRASSE"), ("Über-Rohr", "über"),
    ],
)  # fmt: skip
def test_a_text_is_found_by_two_chinese_signs_and_by_the_beginnings_of_words(text: str, words: str) -> None:
    asked = wanted(words)
    assert asked is not None
    assert asked.terms <= terms_of(text)
    folded = text.casefold().replace("ｐｖｃ", "pvc")
    assert all(part in folded for part in asked.parts)


@pytest.mark.parametrize(("text", "words"), [("质量保证部", "质保"), ("Granulate", "nulate"), ("RM-1", "2")])
def test_what_does_not_stand_there_is_not_asked_for(text: str, words: str) -> None:
    asked = wanted(words)
    assert asked is not None
    assert not asked.terms <= terms_of(text)


def test_signs_alone_find_nothing() -> None:
    assert wanted("%") is None
    assert wanted("pvc _") is None


@given(st.text(max_size=40), st.integers(0, 40), st.integers(1, 40))
def test_any_beginning_of_any_run_is_found(text: str, start: int, length: int) -> None:
    """Whatever the signs: what begins where a word begins is among the terms."""
    word = next(iter(text.split()[start % max(len(text.split()), 1) :]), "")[:length]
    asked = wanted(word)
    assert asked is None or asked.terms <= terms_of(text)
