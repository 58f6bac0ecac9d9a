"""Pages of master data."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.catalog import kinds
from app.catalog.coding import take_code
from app.catalog.models import CodingScheme
from app.catalog.units import symbol_of
from app.objects import queries as objects
from app.objects.pages import furnish
from app.web import access, must_reach, request_time, writing
from core.types import Bilingual

bp = Blueprint("catalog", __name__)

for order, kind, menu in (
    (50, kinds.ITEM, _l("Items")),
    (51, kinds.ITEM_REVISION, _l("Item revisions")),
    (52, kinds.BOM, _l("Bills of material")),
    (53, kinds.ROUTING, _l("Routings")),
    (54, kinds.STANDARD, _l("Inspection standards")),
    (55, kinds.PACK, _l("Packaging")),
    (56, kinds.CONVERSION, _l("Unit conversions")),
    (57, kinds.SCHEME, _l("Coding schemes")),
    (60, kinds.SUPPLIER, _l("Suppliers")),
    (61, kinds.PARTY, _l("Manufacturers and customers")),
):
    furnish(bp, kind, menu=menu, order=order, group="master")


@bp.app_template_global()
def unit_symbol(code: str) -> Bilingual:
    """What people call a UCUM unit; an unknown one is shown by its code."""
    return symbol_of(code)


@bp.post("/coding-schemes/<uuid:object_id>/code")
@access("catalog.manage")
def take_next_code(object_id: uuid.UUID) -> Response:
    """Take the next code of a scheme, and go on to the form of what it shall name.

    Raises:
        Conflict: ``code.unnumbered``.
    """
    with writing() as session:
        scheme: CodingScheme = objects.object_of(session, kinds.SCHEME, object_id)
        must_reach(scheme.site_id, "catalog.manage")
        code, subject = take_code(session, scheme, now=request_time()), scheme.subject
    flash(_("The code %(code)s is yours; it is never given again.", code=code), "success")
    if subject == "supplier":
        return redirect(url_for("catalog.suppliers_new", code=code), code=303)
    if subject == "party":
        return redirect(url_for("catalog.parties_new", code=code), code=303)
    return redirect(url_for("catalog.items_new", code=code, kind=subject), code=303)
