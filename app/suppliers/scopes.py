"""Approved scopes as a list: which item which site may order from whom, and until when (URS-041)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item, Supplier
from app.catalog.references import ITEM
from app.sites.imports import SITE
from app.sites.models import Site
from app.suppliers.columns import FROM_COLUMN, SUPPLIER_COLUMN, UNTIL_COLUMN, Key, check_days, rows_of
from app.suppliers.models import SupplierScope
from core.actor import Actor
from core.errors import Conflict
from core.locks import lock_parents
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row

YES_NO: dict[str, Bilingual] = {"yes": {"en": "yes", "zh": "是"}, "no": {"en": "no", "zh": "否"}}
_Days = tuple[date, date | None, int]


def scope_key(scope: SupplierScope) -> Key:
    """What names a scope: supplier, item, site and its first day."""
    return (scope.supplier.code, scope.item.code, scope.site.code, scope.valid_from)


def scopes_there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What scopes with some keys hold."""
    found = rows_of(session, _scopes(), keys, scope_key)
    return {
        key: {"valid_until": one.valid_until, "when_conditional": "yes" if one.when_conditional else "no"}
        for key, one in found.items()
    }


def scope_with(session: Session, key: Key) -> Any:
    """The scope with a key, if there is one."""
    supplier, item, site, first = key
    wanted = _scopes().where(Supplier.code == supplier, Item.code == item, Site.code == site)
    return session.scalar(wanted.where(SupplierScope.valid_from == first))


def create_scopes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Approve scopes."""
    for row in rows:
        scope = SupplierScope(
            supplier_id=row.found["supplier"].id,
            item_id=row.found["item"].id,
            site_id=row.found["site"].id,
            valid_from=row.get("valid_from"),
        )
        _fill(scope, row)
        session.add(scope)
    session.flush()  # the next rows may overlap with them


def change_scopes(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change until when scopes stand, and on which conditions."""
    columns = ("supplier", "item", "site", "valid_from")
    by_key = {key: row for row in rows if (key := row.key(columns))}
    for key, scope in rows_of(session, _scopes(), by_key, scope_key).items():
        _fill(scope, by_key[key])


def check_scopes(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find scopes that end before they begin, are over already, or overlap with another."""
    listed = list(rows)
    sentence = N_("It ended on %(last)s already. A scope is approved, or ended, for today or a later day.")
    yield from check_days(session, listed, over=sentence)
    known = _days_known(session, listed)
    for row in listed:
        pair, first, last = _pair(row), row.get("valid_from"), row.get("valid_until")
        if pair is None or first is None:
            continue
        known.setdefault(pair, [])
        for other_first, other_last, number in known[pair]:
            if other_first == first and number == 0:
                continue  # the row changes this very scope
            if first <= (other_last or date.max) and other_first <= (last or date.max):
                yield row.wrong("valid_from", _overlap(other_first, other_last))
                break
        known[pair].append((first, last, row.number))


def _overlap(first: date, last: date | None) -> Conflict:
    return Conflict(
        "scope.overlap",
        "The same supplier, item and site are approved from %(first)s to %(last)s already. End that scope "
        "first, or begin after it.",
        field="valid_from",
        first=first,
        last=last or "…",
    )


def _days_known(session: Session, rows: Sequence[Row]) -> dict[Key, list[_Days]]:
    """Supplier, item and site → the days that stand in the plant, but not those of rows that change them."""
    ids = {row.found["supplier"].id for row in rows if row.found.get("supplier") is not None}
    changed = {(_pair(row), row.get("valid_from")) for row in rows if row.before is not None}
    known: dict[Key, list[_Days]] = {}
    lock_parents(session, Supplier, ids)  # two lists at once would not see each other
    for batch in _batches(sorted(ids)):
        query = select(SupplierScope).where(SupplierScope.supplier_id.in_(batch))
        for scope in session.scalars(query.execution_options(populate_existing=True)):
            pair = (scope.supplier_id, scope.item_id, scope.site_id)
            if (pair, scope.valid_from) not in changed:
                known.setdefault(pair, []).append((scope.valid_from, scope.valid_until, 0))
    return known


def _batches(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(ids), 500):
        yield ids[first : first + 500]


def _pair(row: Row) -> Key | None:
    found = [row.found.get(name) for name in ("supplier", "item", "site")]
    return None if None in found else tuple(one.id for one in found if one is not None)


def _scopes() -> Any:
    query = (
        select(SupplierScope).join(SupplierScope.supplier).join(SupplierScope.item).join(SupplierScope.site)
    )
    return query.options(
        joinedload(SupplierScope.supplier), joinedload(SupplierScope.item), joinedload(SupplierScope.site)
    )


def _fill(scope: SupplierScope, row: Row) -> None:
    if "valid_until" in row.values:
        scope.valid_until = row.get("valid_until")
    if "when_conditional" in row.values:
        scope.when_conditional = row.get("when_conditional") == "yes"


SCOPES = register(
    Importer(
        name="suppliers.scopes",
        title={"en": "Approved scopes", "zh": "合格供方范围"},
        about={
            "en": "Which item may be ordered from which supplier for which site, and until when. Nothing "
            "else is ordered.",
            "zh": "哪个场所可以向哪家供应商采购哪种物料，以及有效期。未列入的不得采购。",
        },
        right="suppliers.manage",
        order=56,
        key=("supplier", "item", "site", "valid_from"),
        existing=scopes_there,
        create=create_scopes,
        change=change_scopes,
        check=check_scopes,
        columns=(
            SUPPLIER_COLUMN,
            Column("item", {"en": "Item", "zh": "物料"}, code(), "RM-PVC-70",
                   {"en": "The code of an item that is there already.", "zh": "系统中已有的物料编码。"},
                   refers=ITEM),
            SITE,
            FROM_COLUMN,
            UNTIL_COLUMN,
            Column("when_conditional", {"en": "Stands on conditions too", "zh": "有条件合格时仍可采购"},
                   choice(YES_NO), "no",
                   {"en": "yes if it may be ordered while the supplier is approved on conditions only.",
                    "zh": "供应商为“有条件合格”时仍可采购的填“是”。"}, required=False),
        ),
    )
)  # fmt: skip
