"""Human numbers of records, lots and cases: rules are data, series are gap-free (URS-144).

A number stands beside the key of a row; it is never parsed and never used twice.
"""

import uuid
import zlib
from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, new_id
from core.errors import NotFound
from core.types import JSON_TYPE

ANY_SITE = "*"


class NumberRule(Base):
    """How one series is written at one site (``*`` = every site): prefix, year, width of the counter.

    ``former`` are the prefixes it was written with before; they stay its own (core.number_rules).
    """

    __tablename__ = "number_rule"
    __table_args__ = (UniqueConstraint("series", "site_code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    series: Mapped[str]
    site_code: Mapped[str] = mapped_column(default=ANY_SITE)
    prefix: Mapped[str]
    digits: Mapped[int] = mapped_column(default=4)
    yearly: Mapped[bool] = mapped_column(default=True)
    former: Mapped[list[str]] = mapped_column(JSON_TYPE, default=list)


class NumberCounter(Base):
    """The last number taken in a series at a site in a period (a year, or for ever)."""

    __tablename__ = "number_counter"
    __table_args__ = (UniqueConstraint("series", "site_code", "period"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    series: Mapped[str]
    site_code: Mapped[str]
    period: Mapped[str]
    last: Mapped[int] = mapped_column(default=0)


_RULES = select(NumberRule).where(
    NumberRule.series == bindparam("series"), NumberRule.site_code.in_([bindparam("site_code"), ANY_SITE])
)
_RULES_IN_LINE = _RULES.add_columns(func.pg_advisory_xact_lock(bindparam("place", type_=BigInteger)))
_ADD_ONE = (
    update(NumberCounter)
    .where(
        NumberCounter.series == bindparam("of_series"),
        NumberCounter.site_code == bindparam("at_site"),
        NumberCounter.period == bindparam("in_period"),
    )
    .values(last=NumberCounter.last + 1)
    .execution_options(synchronize_session=False)
    .returning(NumberCounter.last)
)


def define(
    session: Session,
    series: str,
    *,
    prefix: str,
    site_code: str = ANY_SITE,
    digits: int = 4,
    yearly: bool = True,
) -> NumberRule:
    """Say how a series is written; defining it again changes nothing, numbers already given stay."""
    found = _rule(session, series, site_code)
    if found is not None and found.site_code == site_code:
        return found
    rule = NumberRule(series=series, site_code=site_code, prefix=prefix, digits=digits, yearly=yearly)
    session.add(rule)
    session.flush()  # the rule must be found by the next take() of this unit of work
    return rule


def take(session: Session, series: str, *, site_code: str, now: datetime) -> str:
    """Take the next number of a series, e.g. ``SZ-LR-2026-0007``; the year is that of ``now`` in its zone.

    The counter stays locked until commit and a rollback gives the number back, so there are no gaps:
    call it as late as possible.

    Raises:
        NotFound: ``number.series_unknown``: nobody has defined the series.
    """
    rule = _rule(session, series, site_code, in_line=True)
    if rule is None:
        raise _unknown(series)
    period = str(now.year) if rule.yearly else ""
    count = _count_up(session, series, site_code, period)
    return written(rule, site_code, period, count)


def rule_of(session: Session, series: str, site_code: str) -> NumberRule:
    """Find the rule that holds for a series at a site: its own, else the general one.

    Raises:
        NotFound: ``number.series_unknown``: nobody has defined the series.
    """
    rule = _rule(session, series, site_code)
    if rule is None:
        raise _unknown(series)
    return rule


def written(rule: NumberRule, site_code: str, period: str, count: int) -> str:
    """Write a number as its rule says."""
    parts = [site_code, rule.prefix, period, str(count).zfill(rule.digits)]
    return "-".join(part for part in parts if part)


def _unknown(series: str) -> NotFound:
    return NotFound("number.series_unknown", "No numbering rule for %(series)s.", series=series)


def _count_up(session: Session, series: str, site_code: str, period: str) -> int:
    """Add one and lock the counter until commit; two first takers share one, one after the other."""
    counter = {"of_series": series, "at_site": site_code, "in_period": period}
    count: int | None = session.scalar(_ADD_ONE, counter)
    if count is None:
        writer = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        first = writer.insert(NumberCounter).values(
            id=new_id(), series=series, site_code=site_code, period=period, last=0
        )
        session.execute(first.on_conflict_do_nothing())
        count = session.scalars(_ADD_ONE, counter).one()
    return count


def _rule(session: Session, series: str, site_code: str, *, in_line: bool = False) -> NumberRule | None:
    """Find the rule; ``in_line`` also waits until whoever takes a number there has committed.

    PostgreSQL lets those who wait for a row overtake each other; its advisory locks keep them in line.
    """
    asked = {"series": series, "site_code": site_code}
    if in_line and session.get_bind().dialect.name == "postgresql":
        place = zlib.crc32(f"{series}/{site_code}".encode())
        rules = session.scalars(_RULES_IN_LINE, {**asked, "place": place}).all()
    else:
        rules = session.scalars(_RULES, asked).all()
    return next((rule for rule in sorted(rules, key=lambda rule: rule.site_code == ANY_SITE)), None)
