"""Balances are not audited, for they only add up the ledger; this proves that they do (URS-025, URS-050)."""

from collections.abc import Iterator

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.inventory.models import Balance, Lot, Movement
from core.types import Quantity
from signatures.audit_state import RowFinding, derived

_PLACE = ("lot_id", "location_id", "status")


@derived
def balances_add_up(session: Session) -> Iterator[RowFinding]:
    """Compare each balance with the sum of its ledger lines, and each sum with its balance."""
    sums = _sums().subquery()
    same_place = and_(*(getattr(Balance, name) == sums.c[name] for name in _PLACE))
    should = {"quantity": sums.c.total, "item_id": Lot.item_id, "expiry": Lot.expiry}
    compared = select(
        Balance.id, *(getattr(Balance, name).is_distinct_from(value) for name, value in should.items())
    )
    compared = compared.outerjoin(sums, same_place).outerjoin(Lot, Lot.id == Balance.lot_id)
    for row in session.execute(compared.order_by(Balance.id)):
        for name, differs in zip(should, row[1:], strict=True):
            if differs:
                yield RowFinding("not_derived", Balance.__tablename__, str(row[0]), name)
    without = select(*(sums.c[name] for name in _PLACE)).outerjoin(Balance, same_place)
    for place in session.execute(without.where(Balance.id.is_(None))):
        where = "/".join(str(part) for part in place)
        yield RowFinding("not_derived", Balance.__tablename__, where, "quantity")


def _sums() -> Select[object]:
    place = [getattr(Movement, name) for name in _PLACE]
    total = func.sum(Movement.quantity, type_=Quantity()).label("total")
    return select(*place, total).group_by(*place)
