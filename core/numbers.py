"""Human numbers of records, lots and cases: rules are data, series are gap-free (URS-144).

A number stands beside the key of a row; it is never parsed and never used twice.
"""

import uuid
import zlib
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, new_id
from core.errors import NotFound
from core.tables import on_tables, table_of
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


class Writing(NamedTuple):
    """What a number is written with."""

    prefix: str
    digits: int
    yearly: bool


_RULE, _COUNTER = table_of(NumberRule), table_of(NumberCounter)
_RULES = (
    select(*(_RULE.c[name] for name in Writing._fields))
    .where(
        _RULE.c.series == bindparam("series"), _RULE.c.site_code.in_([bindparam("site_code"), ANY_SITE])
    )
    .order_by(_RULE.c.site_code == ANY_SITE)
)
_RULES_IN_LINE = _RULES.add_columns(func.pg_advisory_xact_lock(bindparam("place", type_=BigInteger)))
_ADD_ONE = (
    update(_COUNTER)
    .where(
        _COUNTER.c.series == bindparam("of_series"),
        _COUNTER.c.site_code == bindparam("at_site"),
        _COUNTER.c.period == bindparam("in_period"),
    )
    .values(last=_COUNTER.c.last + 1)
    .returning(_COUNTER.c.last)
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
    rule = _rule_in_line(session, series, site_code)
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


def written(rule: NumberRule | Writing, site_code: str, period: str, count: int) -> str:
    """Write a number as its rule says."""
    parts = [site_code, rule.prefix, period, str(count).zfill(rule.digits)]
    return "-".join(part for part in parts if part)


def _unknown(series: str) -> NotFound:
    return NotFound("number.series_unknown", "No numbering rule for %(series)s.", series=series)


def _count_up(session: Session, series: str, site_code: str, period: str) -> int:
    """Add one and lock the counter until commit; two first takers share one, one after the other."""
    counter = {"of_series": series, "at_site": site_code, "in_period": period}
    count: int | None = on_tables(session, _ADD_ONE, counter).scalar()
    if count is None:
        writer = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        first = writer.insert(_COUNTER).values(
            id=new_id(), series=series, site_code=site_code, period=period, last=0
        )
        session.execute(first.on_conflict_do_nothing())
        count = session.execute(_ADD_ONE, counter).scalar_one()
    return count


def _rule(session: Session, series: str, site_code: str) -> NumberRule | None:
    rules = select(NumberRule).where(
        NumberRule.series == series, NumberRule.site_code.in_([site_code, ANY_SITE])
    )
    return session.scalars(rules.order_by(NumberRule.site_code == ANY_SITE)).first()


def _rule_in_line(session: Session, series: str, site_code: str) -> Writing:
    """Find the rule, and wait until whoever takes a number there has committed.

    PostgreSQL lets those who wait for a row overtake each other; its advisory locks keep them in line.
    """
    asked: dict[str, Any] = {"series": series, "site_code": site_code}
    in_line = session.get_bind().dialect.name == "postgresql"
    if in_line:
        asked["place"] = zlib.crc32(f"{series}/{site_code}".encode())
    rule = on_tables(session, _RULES_IN_LINE if in_line else _RULES, asked).first()
    if rule is None:
        raise _unknown(series)
    return Writing(*rule[: len(Writing._fields)])
