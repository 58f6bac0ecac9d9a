"""What an approved change does to items: revisions, GTIN, shelf life (ISO 13485:2016 7.3.9)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog import revising
from app.catalog.gs1 import check_gtin
from app.catalog.models import Item, PackagingLevel
from app.catalog.packs import gtin_taken
from core.db import lock_row
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid, NotFound
from documents.labels import N_
from forms.guards import guard
from signatures import audit


def item_named(session: Session, code: str) -> Item:
    """Find an item by its code.

    Raises:
        NotFound: ``item.unknown``.
    """
    found = session.scalar(select(Item).where(Item.code == code))
    if found is None:
        raise NotFound("item.unknown", "There is no item %(item)s.", item=code)
    return found


def revision_named(session: Session, kind: str, item_code: str, code: str) -> revising.AnyRevision:
    """Find a revision of an item by its letter.

    Raises:
        NotFound: ``item.unknown`` or ``revision.unknown``.
    """
    model: Any = revising.SUBJECTS[kind]
    item = item_named(session, item_code)
    found: revising.AnyRevision | None = session.scalar(select(model).filter_by(item_id=item.id, code=code))
    if found is None:
        sentence = N_("There is no revision %(revision)s of %(item)s.")
        raise NotFound("revision.unknown", sentence, revision=code, item=item_code)
    return found


def set_item_data(session: Session, code: str, *, gtin: str, shelf_life_days: int) -> Item:
    """Give an item another GTIN or shelf life by an approved change; empty and 0 leave what stands there.

    Raises:
        NotFound: ``item.unknown``.
        Invalid: ``gtin.format`` or ``gtin.check_digit``.
        Conflict: ``item.gtin_taken``.
    """
    item = lock_row(session, Item, item_named(session, code).id)
    before = {"gtin": item.gtin or "", "shelf_life_days": str(item.shelf_life_days or "")}
    if gtin:
        item.gtin = _free_gtin(session, item, check_gtin(gtin))
    if shelf_life_days:
        item.shelf_life_days = shelf_life_days
    after = {"gtin": item.gtin or "", "shelf_life_days": str(item.shelf_life_days or "")}
    facts = {"item": item.code, "before": before, "after": after}
    audit.record(session, "item.changed", subject=("catalog.item", item.id), facts=facts)
    return item


def _free_gtin(session: Session, item: Item | None, gtin: str) -> str:
    owner = session.scalar(select(Item.id).where(Item.gtin == gtin))
    of_other = owner is not None and (item is None or owner != item.id)
    if of_other or session.scalar(select(PackagingLevel.id).where(PackagingLevel.gtin == gtin)):
        raise gtin_taken(gtin)
    return gtin


@guard("catalog.gtin")
def gtin_right(session: Session, _site: UUID, value: Any, _now: datetime) -> Invalid | None:
    """Refuse a GTIN whose digits are wrong, or that somebody has already."""
    try:
        _free_gtin(session, None, check_gtin(str(value)))
    except Invalid as wrong:
        return wrong
    except Conflict as taken:
        return Invalid(taken.code, taken.message, gtin=str(value))
    return None


@guard("catalog.drafts")
def drafts_named(
    session: Session, _site: UUID, rows: Sequence[Mapping[str, Any]], _now: datetime
) -> Invalid | None:
    """Refuse rows that name a revision that is not there, or has been approved already."""
    for row in rows:
        if not {"kind", "item", "revision"} <= set(row):
            continue  # the form itself says what is missing
        try:
            found = revision_named(session, str(row["kind"]), str(row["item"]), str(row["revision"]))
        except NotFound:
            sentence = N_("There is no revision %(revision)s of %(item)s.")
            return Invalid("revision.unknown", sentence, revision=row["revision"], item=row["item"])
        if found.state is not RevisionState.DRAFT:
            sentence = N_("Revision %(revision)s of %(item)s has been approved already. Name a draft.")
            return Invalid("revision.not_draft", sentence, revision=row["revision"], item=row["item"])
    return None


def day_from(text: Any, today: date) -> date:
    """Read a day; one that has passed meanwhile becomes today."""
    return max(date.fromisoformat(str(text)), today)
