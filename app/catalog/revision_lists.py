"""What all lists of revisions have in common: their first columns, and when a list may name a day."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.references import ITEM
from app.catalog.revising import AnyRevision
from core.effectivity import RevisionState
from core.errors import Conflict, Invalid
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, code, day
from documents.sheets.rows import Finding, Row

ITEM_COLUMN = Column("item", {"en": "Item code", "zh": "物料编码"}, code(), "RM-PVC-70",
                     {"en": "An item that is there already",
                "zh": "系统中已有的物料"}, refers=ITEM)  # fmt: skip
REVISION_COLUMN = Column("revision", {"en": "Revision", "zh": "版本"}, code(20), "A",
                         {"en": "Its letter or number; a new one for the item",
                "zh": "版本字母或编号，该物料的新版本"})  # fmt: skip
FROM_COLUMN = Column("effective_from", {"en": "In force from", "zh": "生效日期"}, day, "2026-01-01",
                     {"en": "For the first revision of an item. Later ones stay empty and are put into force"
                      " by their own approval.",
                      "zh": "仅用于物料的首个版本；后续版本留空，经审批后生效。"},
                     required=False, controlled=True)  # fmt: skip
HEAD = (ITEM_COLUMN, REVISION_COLUMN, FROM_COLUMN)
"""The columns every list of revisions begins with."""

GROUP_BY = ("item", "revision")


def other_day(_row: Row) -> Invalid:
    """What a row is told that names another first day than the rows above it."""
    return Invalid("revision.days", N_("All rows of one revision need the same first day."))


def check_revisions(session: Session, model: type[AnyRevision], rows: Sequence[Row]) -> Iterator[Finding]:
    """Find revisions there are already, and days that only an approval may set.

    A row whose ``before`` is None belongs to a new revision; others have been compared with the plant.
    """
    fresh = [row for row in rows if row.before is None and row.get("item") and row.get("revision")]
    query: Any = select(Item.code, model).join(Item, Item.id == model.item_id)
    there: dict[str, list[AnyRevision]] = {}
    for item, revision in session.execute(query.where(Item.code.in_({row.get("item") for row in fresh}))):
        there.setdefault(item, []).append(revision)
    days: dict[tuple[Any, Any], Any] = {}
    for row in fresh:
        yield from _one(row, there.get(row.get("item"), []), days)


def empty_name(row: Row) -> Iterator[Finding]:
    """Find a changed line whose name has been emptied in both languages."""
    if row.before is not None and not row.both("name"):
        yield row.wrong("name_en", Invalid("cell.required", N_("This must not be empty.")))


def line_checks(
    model: type[AnyRevision], *checks: Callable[[Session, Sequence[Row]], Iterator[Finding]]
) -> Callable[[Session, Iterable[Row], Any], Iterator[Finding]]:
    """Make the check of a list of revisions: what all have in common, and its own."""

    def check(session: Session, rows: Iterable[Row], _reach: Any) -> Iterator[Finding]:
        every = list(rows)
        yield from check_revisions(session, model, every)
        for own in checks:
            yield from own(session, every)

    return check


def both_hint(english: str, chinese: str) -> Bilingual:
    """A hint in both languages."""
    return {"en": english, "zh": chinese}


def _one(row: Row, there: Sequence[AnyRevision], days: dict[tuple[Any, Any], Any]) -> Iterator[Finding]:
    item, revision, begins = row.get("item"), row.get("revision"), row.get("effective_from")
    if any(one.code == revision for one in there):
        sentence = N_("Item %(item)s has a revision %(revision)s already. Make a new one.")
        yield row.wrong("revision", Conflict("revision.exists", sentence, item=item, revision=revision))
    elif begins is not None and any(one.state is RevisionState.APPROVED for one in there):
        sentence = N_(
            "Item %(item)s has an approved revision. Leave the day empty: the new one is drafted, then"
            " put into force by its own approval."
        )
        yield row.wrong("effective_from", Conflict("revision.approval", sentence, item=item))
    elif begins is not None and days.setdefault((item, begins), revision) != revision:
        sentence = N_("Another revision comes into force on %(day)s already. Choose another day.")
        yield row.wrong("effective_from", Conflict("revision.overlap", sentence, day=begins.isoformat()))
