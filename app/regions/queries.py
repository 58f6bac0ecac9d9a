"""What the rules of a region ask on a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.regions.models import RegionRule
from core.errors import NotFound


def rule_of(session: Session, region: str, key: str, on: date) -> RegionRule:
    """Give the line of a pack that holds on a day of the region's calendar.

    Raises:
        NotFound: ``region.no_rule``: the pack says nothing about it on that day.
    """
    found = session.scalar(
        select(RegionRule).where(
            RegionRule.region == region,
            RegionRule.key == key,
            RegionRule.valid_from <= on,
            or_(RegionRule.valid_until.is_(None), RegionRule.valid_until >= on),
        )
    )
    if found is None:
        raise NotFound(
            "region.no_rule",
            "The rules of the region %(region)s say nothing about %(key)s on %(day)s. Add the line first.",
            region=region,
            key=key,
            day=on.isoformat(),
        )
    return found


def pack_of(session: Session, region: str, on: date) -> Sequence[RegionRule]:
    """Everything that holds in a region on a day, by kind and key."""
    query = select(RegionRule).where(RegionRule.region == region, RegionRule.valid_from <= on)
    query = query.where(or_(RegionRule.valid_until.is_(None), RegionRule.valid_until >= on))
    return session.scalars(query.order_by(RegionRule.kind, RegionRule.key)).all()


def regions(session: Session) -> list[str]:
    """The regions that have a pack."""
    return list(session.scalars(select(RegionRule.region).distinct().order_by(RegionRule.region)))
