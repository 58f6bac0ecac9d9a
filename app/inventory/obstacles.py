"""What stands against the release of a lot. Rooms register what they know; the release asks all of them.

Inventory knows the days of expiry; what is open against a lot, how it was inspected, whether instruments and
people were in order is told by the rooms above (ISO 13485:2016 8.2.6, 8.3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory import genealogy
from app.inventory.models import Lot
from core.clock import site_day
from core.errors import Conflict
from core.languages import LANGUAGES, translate
from core.types import Bilingual
from documents.labels import N_


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands against a release: its rule, and a sentence for people with its facts."""

    rule: str
    message: str
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def text(self) -> Bilingual:
        """The sentence in both languages."""
        return {lang: translate(self.message, lang, **dict(self.facts)) for lang in LANGUAGES}

    def refusal(self) -> Conflict:
        """The refusal of a release that names this rule."""
        return Conflict(f"release.{self.rule}", self.message, field="decision", **dict(self.facts))


Asked = Callable[[Session, Lot, datetime], Iterable[Obstacle]]
_asked: dict[str, Asked] = {}


def against_release(name: str) -> Callable[[Asked], Asked]:
    """Register what a room knows against releases, as ``room.noun``."""

    def register(function: Asked) -> Asked:
        _asked[name] = function
        return function

    return register


def obstacles_of(session: Session, lot: Lot, *, now: datetime) -> list[Obstacle]:
    """Everything that stands against the release of a lot; empty: nothing does."""
    return [found for name in sorted(_asked) for found in _asked[name](session, lot, now)]


def check_release(session: Session, lot: Lot, *, now: datetime) -> None:
    """Refuse the release of a lot while anything stands against it.

    Raises:
        Conflict: ``release.<rule>``: the first obstacle.
    """
    for obstacle in obstacles_of(session, lot, now=now):
        raise obstacle.refusal()


@against_release("inventory.expiry")
def expired_material(session: Session, lot: Lot, now: datetime) -> Iterator[Obstacle]:
    """An expired lot, or a material that had expired when it went into this one."""
    if lot.expired_on(site_day(now, lot.site.zone)):
        sentence = N_("Lot %(lot)s expired on %(expiry)s. It cannot be released.")
        yield Obstacle("expired", sentence, (("lot", lot.number), ("expiry", lot.expiry)))
    inside = genealogy.all_inputs(session, lot.id)
    wanted = select(Lot).where(Lot.id.in_(inside), Lot.expiry < site_day(lot.created_at, lot.site.zone))
    for material in session.scalars(wanted.order_by(Lot.number)):
        sentence = N_("Lot %(lot)s in it had expired on %(expiry)s before it was used.")
        yield Obstacle(
            "expired_material", sentence, (("lot", material.number), ("expiry", material.expiry))
        )
