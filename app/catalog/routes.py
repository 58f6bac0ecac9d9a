"""Pages of items and suppliers."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.catalog import queries
from app.catalog.models import ItemKind
from app.catalog.units import MEASURE_UNITS
from app.web import access, db, navigation
from core.types import Bilingual

bp = Blueprint("catalog", __name__)

navigation("catalog.items", _l("Items"), icon="box", right="catalog.read", order=50)
navigation("catalog.suppliers", _l("Suppliers"), icon="building-warehouse", right="catalog.read", order=52)


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
    found = queries.items(db.session(), words=words, kind=wanted)
    return render_template("catalog/items.html", items=found, q=words, kind=wanted, kinds=list(ItemKind))


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
    """List suppliers with their standing."""
    return render_template("catalog/suppliers.html", suppliers=queries.suppliers(db.session()))
