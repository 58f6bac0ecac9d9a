"""The list of places in which stock is kept, as it can be brought in (URS-050)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.models import Location, Warehouse
from app.inventory.services import add_locations, rename_locations
from app.sites.imports import SITE
from app.sites.models import Site
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code, name_columns
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer, register
from documents.sheets.rows import Finding, Reach, Row, both_cells


def locations_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the places of some sites are called already."""
    query = (
        select(Site.code, Warehouse.code, Location.code, Location.name, Warehouse.name)
        .join(Warehouse, Warehouse.site_id == Site.id)
        .join(Location, Location.warehouse_id == Warehouse.id)
        .where(Location.code.in_({place for _, _, place in keys}))
    )
    return {
        (site, house, place): {**both_cells("name", name), **both_cells("warehouse_name", of)}
        for site, house, place, name, of in session.execute(query)
    }


def check_locations(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find new places whose warehouse is there under another name."""
    query = select(Site.code, Warehouse.code, Warehouse.name).join(Site, Warehouse.site_id == Site.id)
    houses = {(site, house): name for site, house, name in session.execute(query)}
    for row in rows:
        there = houses.get((row.get("site"), row.get("warehouse")))
        for column, name in both_cells("warehouse_name", there or {}).items():
            if row.before is None and there and row.get(column) not in (None, name):
                sentence = N_("Warehouse %(warehouse)s is there already under another name.")
                error = Conflict("warehouse.name_there", sentence, warehouse=row.get("warehouse"))
                yield row.wrong(column, error)


def create_locations(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the places of a list, and the warehouses that are not there yet."""
    for found in grouped(rows, ("site", "warehouse")).values():
        places = [(row.get("location"), row.both("name")) for row in found]
        first = found[0]
        add_locations(
            session, first.found["site"], first.get("warehouse"), first.both("warehouse_name"), places
        )


def change_locations(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Give places other names."""
    for found in grouped(rows, ("site", "warehouse")).values():
        names = {row.get("location"): row.both("name") for row in found}
        rename_locations(session, found[0].found["site"], found[0].get("warehouse"), names)


def _other_name(row: Row) -> Invalid:
    sentence = N_("Warehouse %(warehouse)s has another name further up.")
    return Invalid("warehouse.names", sentence, warehouse=row.get("warehouse"))


LOCATIONS = register(
    Importer(
        name="inventory.locations",
        title={"en": "Warehouses and locations", "zh": "仓库与库位"},
        about={"en": "Where stock is kept, site by site.", "zh": "各场所存放库存的位置。"},
        right="places.import",
        order=50,
        key=("site", "warehouse", "location"),
        group=Group(
            ("site", "warehouse"), same=("warehouse_name_en", "warehouse_name_zh"), error=_other_name
        ),
        existing=locations_there,
        create=create_locations,
        change=change_locations,
        check=check_locations,
        columns=(
            SITE,
            Column("warehouse", {"en": "Warehouse", "zh": "仓库编码"}, code(20), "W1",
                   {"en": "A code, once at a site", "zh": "同一场所内不得重复"}),
            *name_columns("warehouse_name", "Warehouse name", "仓库名称",
                          {"en": "Main warehouse", "zh": "主仓库"}, needed=True, controlled=True),
            Column("location", {"en": "Location", "zh": "库位编码"}, code(20), "01-IN",
                   {"en": "A code, once in a warehouse", "zh": "同一仓库内不得重复"}),
            *name_columns("name", "Location name", "库位名称", {"en": "Receiving", "zh": "收货区"},
                          needed=True),
        ),
    )
)  # fmt: skip
