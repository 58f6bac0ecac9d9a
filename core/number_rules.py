"""Changing how numbers are written, so that none is ever given twice (URS-144).

A counter belongs to a series, a site and a year, never to a prefix: whatever a rule says, a series goes on
counting. What is left to guard is the prefix: one that a series has ever used is its own for good.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid
from core.numbers import ANY_SITE, NumberCounter, NumberRule, rule_of, written

PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,7}")
FEWEST, MOST = 3, 9


@dataclass(frozen=True)
class WriteNumbers:
    """How a series shall be written at a site (``*`` = wherever no rule of the site's own holds)."""

    series: str
    site_code: str
    prefix: str
    digits: int
    yearly: bool


def change_rule(session: Session, command: WriteNumbers) -> NumberRule:
    """Write a series another way from its next number on; numbers already given stay as they are.

    A site without a rule of its own gets one; its counter goes on.

    Raises:
        Invalid: ``number.prefix``, ``number.digits``: not a way numbers can be written.
        Conflict: ``number.prefix_taken``: another series has used the prefix, so that a number could repeat.
        NotFound: ``number.series_unknown``.
    """
    general = rule_of(session, command.series, command.site_code)
    if not PREFIX.fullmatch(command.prefix):
        raise Invalid(
            "number.prefix", "A prefix has 1 to 8 capital letters and digits, a letter first.", field="prefix"
        )
    if not FEWEST <= command.digits <= MOST:
        raise Invalid(
            "number.digits",
            "A number has %(fewest)s to %(most)s digits.",
            field="digits",
            fewest=FEWEST,
            most=MOST,
        )
    _refuse_taken(session, command)
    rule = general
    if general.site_code != command.site_code:
        rule = NumberRule(series=command.series, site_code=command.site_code, former=[])
        session.add(rule)
    elif rule.prefix != command.prefix:
        rule.former = sorted({*rule.former, rule.prefix} - {command.prefix})
    rule.prefix, rule.digits, rule.yearly = command.prefix, command.digits, command.yearly
    session.flush()  # the next number is shown and taken by the new rule
    return rule


def next_number(session: Session, series: str, *, site_code: str, now: datetime) -> str:
    """Say which number would be taken next, without taking it; ``now`` in the site's zone.

    Raises:
        NotFound: ``number.series_unknown``.
    """
    rule = rule_of(session, series, site_code)
    period = str(now.year) if rule.yearly else ""
    last = session.scalar(
        select(NumberCounter.last).filter_by(series=series, site_code=site_code, period=period)
    )
    return written(rule, site_code, period, (last or 0) + 1)


def all_series(session: Session) -> list[str]:
    """Name every series that has a rule."""
    return sorted(set(session.scalars(select(NumberRule.series))))


def _refuse_taken(session: Session, command: WriteNumbers) -> None:
    others = session.scalars(select(NumberRule).where(NumberRule.series != command.series))
    for other in others:
        if command.prefix == other.prefix or command.prefix in other.former:
            raise Conflict(
                "number.prefix_taken",
                "The prefix %(prefix)s belongs to another series; a number could be given twice.",
                field="prefix",
                prefix=command.prefix,
            )


__all__ = ["ANY_SITE", "WriteNumbers", "all_series", "change_rule", "next_number"]
