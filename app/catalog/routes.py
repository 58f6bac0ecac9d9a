"""Pages of items and suppliers."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.catalog import queries
from app.catalog.models import Item, ItemKind, Supplier
from app.catalog.units import MEASURE_UNITS
from app.web import access, db, in_order, listing, navigation, paginate
from core.types import Bilingual

bp = Blueprint("catalog", __name__)

navigation("catalog.items", _l("Items"), icon="box", right="catalog.read", order=50, group="master")
navigation(
    "catalog.suppliers",
    _l("Suppliers"),
    icon="building-warehouse",
    right="catalog.read",
    order=52,
    group="master",
)
listing(
    "catalog.items",
    "q",
    "kind",
    columns={
        "code": Item.code,
        "name": Item.name["en"].as_string(),
        "kind": Item.kind,
        "gtin": Item.gtin,
        "specification": Item.specification,
    },
)
listing(
    "catalog.suppliers",
    "q",
    columns={
        "code": Supplier.code,
        "name": Supplier.name["en"].as_string(),
        "class": Supplier.criticality,
        "country": Supplier.country,
        "until": Supplier.certificate_until,
        "state": Supplier.state,
    },
)


@bp.app_template_global()
def unit_symbol(code: str) -> Bilingual:
    """What people call a UCUM unit; an unknown one is shown by its code."""
    unit = MEASURE_UNITS.get(code)
    return unit.symbol if unit else {"en": code, "zh": code}


@bp.get("/items")
@access("catalog.read")
def items() -> str:
    """List items by code, with a search and one kind."""
    words, kind = request.args.get("q", "").strip(), request.args.get("kind", "")
    wanted = ItemKind(kind) if kind in set(ItemKind) else None
    page = paginate(in_order(queries.items(words=words, kind=wanted)))
    return render_template("catalog/items.html", page_of=page, q=words, kind=wanted, kinds=list(ItemKind))


@bp.get("/items/<uuid:item_id>")
@access("catalog.read")
def item(item_id: uuid.UUID) -> str:
    """Show one item with its inspection standard and bills of material."""
    session = db.session()
    return render_template(
        "catalog/item.html", item=queries.item(session, item_id), boms=queries.boms_of(session, item_id)
    )


@bp.get("/suppliers")
@access("catalog.read")
def suppliers() -> str:
    """List suppliers with their standing, with a search."""
    words = request.args.get("q", "").strip()
    page = paginate(in_order(queries.suppliers(words=words)))
    return render_template("catalog/suppliers.html", page_of=page, q=words)
