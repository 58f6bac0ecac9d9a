"""What was decided about lots moves the stock: use, rework, scrap, return, regrade (ISO 13485 8.3.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.units import quantity_text
from app.inventory.disposing import HOLDABLE, concede_lot, take_out
from app.inventory.keys import key_of
from app.inventory.ledger import lock_lots
from app.inventory.models import Lot, LotStatus, MovementKind
from app.inventory.queries import on_hand
from app.inventory.regrading import regrade_lot
from app.quality.deviations import queries
from app.quality.deviations.models import Disposition, Nonconformity, NonconformityLot
from app.quality.deviations.services import dispose, give_back
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from signatures import audit
from workflows.models import CaseState, ProcessCase

_OUT = {Disposition.SCRAP: MovementKind.SCRAP, Disposition.RETURN: MovementKind.RETURN}
_LEAVES = frozenset({*_OUT, Disposition.REGRADE})
"""What takes goods out of their lot; of the rest of a lot one thing becomes."""


@dataclass(frozen=True)
class Decided:
    """One line of a decision: a lot by its key, what to do, and with how much of it (None: with the rest).

    ``item`` is the code of what a regraded lot becomes.
    """

    lot: str
    disposition: Disposition
    quantity: Decimal | None = None
    item: str = ""


def waiting_lots(found: Nonconformity) -> list[NonconformityLot]:
    """The lots about which nobody has decided yet, or whose rework has not been found good."""
    return [row for row in found.lots if row.disposed_at is None]


def keyed(rows: Sequence[NonconformityLot]) -> dict[str, NonconformityLot]:
    """Lots by what people call them here: the number, with the item where two of them have the same."""
    times = Counter(row.lot.number for row in rows)
    return {key_of(row.lot, shared=times[row.lot.number] > 1): row for row in rows}


def dispose_lots(
    session: Session, found: Nonconformity, decided: Sequence[Decided], *,
    concession: str, actor: Actor, now: datetime,
) -> dict[str, Disposition]:  # fmt: skip
    """Do with every waiting lot what was decided; gives the disposition of each by its number.

    Raises:
        Conflict: ``disposition.lot_missing``, ``disposition.not_in_question``, ``disposition.mixed``,
            ``disposition.quantity`` or ``disposition.concession``: use as is without justification.
        QmsError: what the stock refuses, such as ``lot.expired``.
    """
    rows = keyed(waiting_lots(found))
    _check_complete(rows, decided)
    if not concession and any(one.disposition is Disposition.USE_AS_IS for one in decided):
        sentence = N_("Goods that do not conform are used under a concession only: give its justification.")
        raise Conflict("disposition.concession", sentence, field="concession")
    done = {}
    for number, row in sorted(rows.items()):
        lines = [one for one in decided if one.lot == number]
        done[number] = _dispose_lot(session, row, lines, actor=actor, now=now)
    session.flush()  # closing reads the rows
    return done


def finish_rework(
    session: Session, found: Nonconformity, *, passed: bool, actor: Actor, now: datetime
) -> list[str]:
    """After a new inspection: reworked lots that pass go back, others wait for another decision."""
    reworked = [row for row in waiting_lots(found) if row.disposition is Disposition.REWORK]
    for row in reworked:
        if passed:
            _make_free(session, row, conceded=False, actor=actor, now=now)
            dispose(row, actor=actor, now=now)
        else:
            row.disposition = None
    session.flush()  # closing reads the rows
    return [row.lot.number for row in reworked]


def _check_complete(rows: Mapping[str, NonconformityLot], decided: Sequence[Decided]) -> None:
    for one in decided:
        if one.lot not in rows:
            sentence = N_("Lot %(lot)s does not wait for a decision in this case.")
            raise Conflict("disposition.not_in_question", sentence, field="dispositions", lot=one.lot)
    missing = sorted(set(rows) - {one.lot for one in decided})
    if missing:
        raise Conflict(
            "disposition.lot_missing",
            "Nothing is decided about lots %(lots)s.",
            field="dispositions",
            lots=", ".join(missing),
        )


def _dispose_lot(
    session: Session, row: NonconformityLot, lines: Sequence[Decided], *, actor: Actor, now: datetime
) -> Disposition:
    lot = lock_lots(session, [row.lot_id])[row.lot_id]
    there = on_hand(session, [lot.id]).get(lot.id, Decimal(0))
    parts = _parts(lot, lines, there)
    document = row.nonconformity.number
    for kind, quantity in parts.items():
        if kind in _OUT and quantity > 0:
            take_out(session, lot.id, quantity, _OUT[kind], document=document, actor=actor, now=now)
        if kind is Disposition.REGRADE and quantity > 0:
            item = _regraded_to(session, lot, lines)
            regrade_lot(session, lot.id, quantity, item, document=document, actor=actor, now=now)
    main = next((one.disposition for one in lines if one.quantity is None), next(iter(parts)))
    row.disposition = main
    if main is Disposition.USE_AS_IS:
        _make_free(session, row, conceded=True, actor=actor, now=now)
    if main is not Disposition.REWORK:
        dispose(row, actor=actor, now=now)
    facts = {kind.value: quantity_text(quantity) for kind, quantity in parts.items()}
    told = {"nonconformity": row.nonconformity.number, "lot": lot.number, **facts}
    audit.record(session, "lot.disposed", subject=("inventory.lot", lot.id), facts=told)
    return main


def _parts(lot: Lot, lines: Sequence[Decided], there: Decimal) -> dict[Disposition, Decimal]:
    """How much goes which way; the line without a quantity takes the rest.

    Raises:
        Conflict: ``disposition.mixed``: a lot has one status, so what stays of it goes one way;
            ``disposition.quantity``: the parts are not what is there.
    """
    parts: dict[Disposition, Decimal] = {}
    rest = there - sum((one.quantity for one in lines if one.quantity is not None), Decimal(0))
    for one in lines:
        parts[one.disposition] = parts.get(one.disposition, Decimal(0)) + (
            rest if one.quantity is None else one.quantity
        )
    if sum(kind not in _LEAVES for kind in parts) > 1:
        sentence = N_("What stays of lot %(lot)s is either used as it is or reworked, not both.")
        raise Conflict("disposition.mixed", sentence, field="dispositions", lot=lot.number)
    if sum(one.quantity is None for one in lines) > 1 or rest < 0 or sum(parts.values()) != there:
        raise Conflict(
            "disposition.quantity",
            "The parts of lot %(lot)s must add up to the %(there)s that are there.",
            field="dispositions",
            lot=lot.number,
            there=quantity_text(there),
        )
    return parts


def _regraded_to(session: Session, lot: Lot, lines: Sequence[Decided]) -> Item:
    """The item that a regraded lot becomes.

    Raises:
        Invalid: ``pick.unknown``: there is no such item.
    """
    code = next((one.item for one in lines if one.disposition is Disposition.REGRADE), "")
    found = session.scalar(select(Item).where(Item.code == code))
    if found is None:
        raise Invalid("pick.unknown", "There is no “%(key)s”.", field="dispositions", key=code or lot.number)
    return found


def _make_free(
    session: Session, row: NonconformityLot, *, conceded: bool, actor: Actor, now: datetime
) -> None:
    """Free for use what was decided upon; a lot whose own release is under way goes back to it."""
    if queries.undecided_elsewhere(session, row) is not None:
        give_back(session, row, LotStatus.RELEASED, actor=actor, now=now)
        return
    lot = lock_lots(session, [row.lot_id])[row.lot_id]
    if lot.status in HOLDABLE:
        return
    if lot.status is LotStatus.HOLD and (not conceded or _free(session, row) is LotStatus.QUARANTINE):
        give_back(session, row, _free(session, row), actor=actor, now=now)
        return
    concede_lot(session, lot.id, document=row.nonconformity.number, actor=actor, now=now)


def _free(session: Session, row: NonconformityLot) -> LotStatus:
    """Where a lot goes once it is free again: to its release if that is under way, else to free stock."""
    running = select(ProcessCase.id).where(
        ProcessCase.subject_type == "inventory.lot",
        ProcessCase.subject_id == row.lot_id,
        ProcessCase.state == CaseState.RUNNING,
        ProcessCase.id != row.nonconformity.case_id,
    )
    under_way = session.scalar(running.limit(1)) is not None
    if row.status_before is LotStatus.QUARANTINE and under_way:
        return LotStatus.QUARANTINE
    return LotStatus.RELEASED


def read_decided(rows: Sequence[Mapping[str, object]]) -> list[Decided]:
    """Rows of the form ``deviation_disposition`` as a decision: a lot's way, and what leaves of it besides.

    Raises:
        Invalid: ``disposition.quantity_sign``: a quantity is not positive.
    """
    decided = []
    for row in rows:
        lot = str(row["lot"])
        for name, kind in (("scrapped", Disposition.SCRAP), ("returned", Disposition.RETURN)):
            if row.get(name) in (None, ""):
                continue
            quantity = Decimal(str(row[name]))
            if quantity <= 0:
                sentence = N_("A quantity is more than nothing.")
                raise Invalid("disposition.quantity_sign", sentence, field="dispositions")
            decided.append(Decided(lot, kind, quantity))
        item = str(row.get("regrade_to") or "")
        decided.append(Decided(lot, Disposition(str(row["disposition"])), item=item))
    return decided
