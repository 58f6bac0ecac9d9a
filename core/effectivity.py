"""Revisions with effective dates: for any day exactly one revision of a thing is in force, or none.

A revision is drafted, approved with the first day on which it shall be in force, and followed by the next
one. Nothing is ever deleted: which revision was in force on a day stays readable (ISO 13485:2016 4.2.4).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from core.errors import Conflict, Invalid


class RevisionState(StrEnum):
    """Whether a revision is being written, has been approved, or was given up before it came into force."""

    DRAFT = "draft"
    APPROVED = "approved"
    ABANDONED = "abandoned"


class Standing(StrEnum):
    """What a revision is worth on a day."""

    DRAFT = "draft"
    FUTURE = "future"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    OBSOLETE = "obsolete"
    ABANDONED = "abandoned"


class Revision(Protocol):
    """A revision of something: ``effective_from`` is its first day in force in the site's calendar, None for
    a draft; ``effective_until`` its last one, None while nobody has ended it without a successor."""

    state: RevisionState
    effective_from: date | None
    effective_until: date | None


R = TypeVar("R", bound=Revision)


def in_force(revisions: Iterable[R], on: date) -> R | None:
    """Give the revision in force on a day: the approved one that came into force last, if not ended."""
    begun = [one for one in revisions if _approved_from(one) is not None and _first_day(one) <= on]
    latest = max(begun, key=_first_day, default=None)
    if latest is None or (latest.effective_until is not None and on > latest.effective_until):
        return None
    return latest


def standing(revision: R, revisions: Iterable[R], on: date) -> Standing:
    """Say what a revision is worth on a day, among all revisions of the same thing."""
    if revision.state is not RevisionState.APPROVED:
        return Standing(revision.state.value)
    if _first_day(revision) > on:
        return Standing.FUTURE
    if in_force(revisions, on) is revision:
        return Standing.EFFECTIVE
    ended = revision.effective_until is not None and on > revision.effective_until
    return Standing.OBSOLETE if ended else Standing.SUPERSEDED


def last_day_of(revision: R, revisions: Iterable[R]) -> date | None:
    """Give the last day on which a revision was or will be in force, among all revisions of the same thing.

    It is the day that somebody set, or the one before its successor's first. None for a draft, and while
    neither is known.
    """
    ends = (revision.effective_until, _last_day_before_next(revision, revisions))
    return min(filter(None, ends), default=None)


def approve(revision: R, others: Iterable[R], *, effective_from: date, today: date) -> None:
    """Approve a draft from a day on; ``today`` is a day of the site's calendar.

    Raises:
        Conflict, Invalid: as :func:`must_fit` says.
    """
    must_fit(revision, others, effective_from=effective_from, today=today)
    revision.state, revision.effective_from = RevisionState.APPROVED, effective_from


def must_fit(revision: R, others: Iterable[R], *, effective_from: date, today: date) -> None:
    """Refuse a draft, or a day, that cannot be approved; ``today`` is a day of the site's calendar.

    Raises:
        Conflict: ``revision.not_draft``, or ``revision.overlap``: another one begins on the same day.
        Invalid: ``revision.past``: the day is over; what was in force then cannot be rewritten.
    """
    if revision.state is not RevisionState.DRAFT:
        raise Conflict("revision.not_draft", "Only a draft can be approved. Make a new revision.")
    if effective_from < today:
        raise Invalid(
            "revision.past",
            "%(day)s is over. Choose today or a later day.",
            field="effective_from",
            day=effective_from.isoformat(),
        )
    if any(_approved_from(other) == effective_from for other in others if other is not revision):
        raise Conflict(
            "revision.overlap",
            "Another revision comes into force on %(day)s already. Choose another day.",
            field="effective_from",
            day=effective_from.isoformat(),
        )


def end(revision: R, others: Iterable[R], *, last_day: date, today: date) -> None:
    """End a revision without a successor: it is in force for the last time on that day.

    Raises:
        Conflict, Invalid: as :func:`must_end` says.
    """
    must_end(revision, others, last_day=last_day, today=today)
    revision.effective_until = last_day


def must_end(revision: R, others: Iterable[R], *, last_day: date, today: date) -> None:
    """Refuse a revision, or a day, that cannot be the end.

    Raises:
        Conflict: ``revision.not_approved``, or ``revision.followed``: another one follows before that day.
        Invalid: ``revision.past``, or ``revision.ends_before``: it would end before it begins.
    """
    if revision.state is not RevisionState.APPROVED:
        raise Conflict("revision.not_approved", "Only an approved revision can be ended.")
    if last_day < today:
        raise Invalid(
            "revision.past",
            "%(day)s is over. Choose today or a later day.",
            field="last_day",
            day=last_day.isoformat(),
        )
    first = _first_day(revision)
    if last_day < first:
        raise Invalid(
            "revision.ends_before",
            "It would end on %(last)s, before it begins on %(first)s. Check both days.",
            field="last_day",
            first=first.isoformat(),
            last=last_day.isoformat(),
        )
    last = _last_day_before_next(revision, others)
    if last is not None and last < last_day:
        raise Conflict(
            "revision.followed",
            "The next revision follows it: it is in force until %(last)s and ends by itself.",
            field="last_day",
            last=last.isoformat(),
        )


def must_be_draft(revision: Revision) -> None:
    """Refuse to change what has been approved.

    Raises:
        Conflict: ``revision.frozen``.
    """
    if revision.state is not RevisionState.DRAFT:
        raise Conflict(
            "revision.frozen",
            "An approved revision does not change any more. Make a new revision and have it approved.",
        )


def _approved_from(revision: Revision) -> date | None:
    return revision.effective_from if revision.state is RevisionState.APPROVED else None


def _last_day_before_next(revision: R, revisions: Iterable[R]) -> date | None:
    own = _approved_from(revision)
    begun = filter(None, map(_approved_from, revisions))
    later = min((first for first in begun if own is not None and first > own), default=None)
    return later - timedelta(days=1) if later is not None else None


def _first_day(revision: Revision) -> date:
    assert revision.effective_from is not None  # every approved revision has its first day
    return revision.effective_from
