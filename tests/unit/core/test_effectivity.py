"""For any day exactly one revision is in force or none, whatever the order of approvals (URS-031)."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.effectivity import (
    RevisionState,
    Standing,
    approve,
    end,
    in_force,
    last_day_of,
    must_be_draft,
    standing,
)
from core.errors import Conflict, Invalid, QmsError

FIRST = date(2026, 1, 1)
DAYS = st.integers(min_value=0, max_value=40).map(lambda days: FIRST + timedelta(days=days))


@dataclass(eq=False)
class Letter:
    state: RevisionState = RevisionState.DRAFT
    effective_from: date | None = None
    effective_until: date | None = None


ACTS = st.lists(
    st.tuples(st.sampled_from(["approve", "end"]), st.integers(0, 7), DAYS, DAYS), min_size=1, max_size=25
)


@pytest.mark.urs("URS-031")
@given(ACTS)
def test_on_every_day_one_revision_is_in_force_or_none(acts: list[tuple[str, int, date, date]]) -> None:
    letters = [Letter() for _ in range(8)]
    told: dict[date, Letter | None] = {}
    today = FIRST
    for act, which, day, clock in acts:
        today = max(today, clock)
        for gone in (FIRST + timedelta(days=n) for n in range((today - FIRST).days)):
            assert told.setdefault(gone, in_force(letters, gone)) is in_force(letters, gone), "the past stays"
        try:
            if act == "approve":
                approve(letters[which], letters, effective_from=day, today=today)
            else:
                end(letters[which], letters, last_day=day, today=today)
        except QmsError:
            pass
        for number in range(60):
            on = FIRST + timedelta(days=number)
            effective = [one for one in letters if standing(one, letters, on) is Standing.EFFECTIVE]
            assert all((last_day_of(one, letters) or on) >= on for one in effective)
            assert effective == ([in_force(letters, on)] if in_force(letters, on) else [])
            begun = [
                one.effective_from
                for one in letters
                if one.state is RevisionState.APPROVED and one.effective_from <= on
            ]
            assert not effective or effective[0].effective_from == max(begun)


def test_what_is_approved_does_not_change_and_the_past_is_not_rewritten() -> None:
    letter, other = Letter(), Letter()
    approve(letter, [letter, other], effective_from=FIRST, today=FIRST)
    with pytest.raises(Conflict):
        must_be_draft(letter)
    with pytest.raises(Conflict):
        approve(letter, [letter], effective_from=FIRST, today=FIRST)
    with pytest.raises(Conflict):
        approve(other, [letter, other], effective_from=FIRST, today=FIRST)
    with pytest.raises(Invalid):
        approve(other, [letter, other], effective_from=FIRST - timedelta(days=1), today=FIRST)
    with pytest.raises(Invalid):
        end(letter, [letter, other], last_day=FIRST - timedelta(days=1), today=FIRST)
    with pytest.raises(Conflict):
        end(other, [letter, other], last_day=FIRST, today=FIRST)
    must_be_draft(other)


@pytest.mark.urs("URS-031")
def test_a_revision_is_in_force_until_the_next_one_follows_and_cannot_be_ended_later() -> None:
    letter, following = Letter(), Letter()
    both = [letter, following]
    assert last_day_of(letter, both) is None
    approve(letter, both, effective_from=FIRST, today=FIRST)
    assert last_day_of(letter, both) is None
    approve(following, both, effective_from=FIRST + timedelta(days=10), today=FIRST)
    assert last_day_of(letter, both) == FIRST + timedelta(days=9)
    with pytest.raises(Conflict, match=r"2026-01-10") as refused:
        end(letter, both, last_day=FIRST + timedelta(days=10), today=FIRST)
    assert refused.value.code == "revision.followed"
    assert letter.effective_until is None
    end(letter, both, last_day=FIRST + timedelta(days=5), today=FIRST)
    end(letter, both, last_day=FIRST + timedelta(days=7), today=FIRST)
    assert last_day_of(letter, both) == FIRST + timedelta(days=7), "an end that lies ahead may be moved"
    assert last_day_of(following, both) is None
