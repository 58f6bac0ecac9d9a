"""The list of places in which stock is kept, as it can be brought in (URS-050)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inventory.models import Location, Warehouse
from app.inventory.services import add_locations
from app.sites.imports import SiteColumn, sites_by_code
from core.actor import Actor
from core.errors import Conflict, Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code, name_columns
from documents.sheets.importers import Finding, Importer, Reach, Row, register, without_name


def check_locations(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find places of unknown sites, or that are there already, and warehouses with two names."""
    column = SiteColumn(session, reach)
    there = select(Warehouse.site_id, Warehouse.code, Location.code).join(Location.warehouse)
    taken: dict[tuple[object, ...], int] = {tuple(one): 0 for one in session.execute(there)}
    names: dict[tuple[object, object], dict[str, str]] = {}
    for row in rows:
        site = column.site_of(row)
        yield from column.unknown(row)
        yield from without_name(row)
        yield from without_name(row, "warehouse_name")
        house, place = row.get("warehouse"), row.get("location")
        if site is None or house is None or place is None:
            continue
        if (site.id, house, place) in taken:
            yield row.wrong("location", Conflict("row.exists", "This exists already."))
        taken.setdefault((site.id, house, place), row.number)
        if names.setdefault((site.id, house), row.both("warehouse_name")) != row.both("warehouse_name"):
            sentence = N_("Warehouse %(warehouse)s has another name further up.")
            yield row.wrong("warehouse_name_en", Invalid("warehouse.names", sentence, warehouse=house))


def store_locations(session: Session, rows: Iterable[Row], actor: Actor, now: datetime) -> None:
    """Open every place of a list, and the warehouses that are not there yet."""
    sites = sites_by_code(session)
    wanted: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        wanted.setdefault((row.get("site"), row.get("warehouse")), []).append(row)
    for (site, house), found in wanted.items():
        places = [(row.get("location"), row.both("name")) for row in found]
        add_locations(session, sites[site], house, found[0].both("warehouse_name"), places)


LOCATIONS = register(
    Importer(
        name="inventory.locations",
        title={"en": "Warehouses and locations", "zh": "仓库与库位"},
        about={"en": "Where stock is kept, site by site.", "zh": "各场所存放库存的位置。"},
        right="places.import",
        order=50,
        check=check_locations,
        store=store_locations,
        columns=(
            SiteColumn.column,
            Column("warehouse", {"en": "Warehouse", "zh": "仓库编码"}, code(20), "W1",
                   {"en": "A code, once at a site", "zh": "同一场所内不得重复"}),
            *name_columns("warehouse_name", "Warehouse name", "仓库名称",
                          {"en": "Main warehouse", "zh": "主仓库"}),
            Column("location", {"en": "Location", "zh": "库位编码"}, code(20), "01-IN",
                   {"en": "A code, once in a warehouse", "zh": "同一仓库内不得重复"}),
            *name_columns("name", "Location name", "库位名称", {"en": "Receiving", "zh": "收货区"}),
        ),
    )
)  # fmt: skip
