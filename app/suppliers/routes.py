"""Pages of what suppliers may deliver: scopes, certificates, classes, standings, and the approved list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.catalog.models import Item
from app.objects.kinds import ObjectKind
from app.objects.models import Verb
from app.objects.pages import furnish
from app.objects.panels import add_panel
from app.objects.queries import file_of, files_of, object_of
from app.objects.services import ProposeChange, propose_change
from app.objects.texts import raw_row
from app.objects.views import deciding_site
from app.suppliers import pages, services
from app.suppliers.certificates import CERTIFICATES, certificate_key, certificate_with
from app.suppliers.columns import code_of, names_of
from app.suppliers.demands import DEMANDS, certificates_text, demand_key, demand_with
from app.suppliers.models import (
    Standing,
    SupplierCertificate,
    SupplierClass,
    SupplierDemand,
    SupplierScope,
    SupplierStanding,
)
from app.suppliers.queries import CERTIFICATE_NAMES
from app.suppliers.ratings import (
    RISK_CLASSES,
    STANDINGS,
    STANDINGS_LIST,
    class_key,
    class_with,
    standing_key,
    standing_with,
)
from app.suppliers.scopes import SCOPES, scope_key, scope_with
from app.web import access, current_actor, db, language, navigation, reachable_sites, request_time, writing
from core.errors import Conflict, Invalid

bp = Blueprint("suppliers", __name__)

navigation(
    "suppliers.approved", _l("Approved suppliers"), icon="circle-check", right="suppliers.read", order=31,
    group="master",
)  # fmt: skip

_ITEM = (
    select(Item.code).where(Item.id == SupplierScope.item_id).correlate(SupplierScope).scalar_subquery()
)

SCOPE = furnish(
    bp,
    ObjectKind(
        name="suppliers.scope",
        title={"en": "Approved scope", "zh": "合格供方范围"},
        listed=SCOPES,
        model=SupplierScope,
        plural="supplier-scopes",
        icon="circle-check",
        read="suppliers.read",
        find=scope_with,
        key_of=scope_key,
        label=lambda row: f"{row.supplier.code} · {row.item.code} · {row.site.code} · {row.valid_from}",
        shown={
            "supplier": code_of(SupplierScope),
            "item": _ITEM,
            "valid_from": SupplierScope.valid_from,
            "valid_until": SupplierScope.valid_until,
        },
        words=(code_of(SupplierScope), *names_of(SupplierScope), _ITEM),
        site_of=lambda row: row.site_id,
    ),
)

CERTIFICATE = furnish(
    bp,
    ObjectKind(
        name="suppliers.certificate",
        title={"en": "Certificate", "zh": "供应商证书"},
        listed=CERTIFICATES,
        model=SupplierCertificate,
        plural="supplier-certificates",
        icon="certificate",
        read="suppliers.read",
        find=certificate_with,
        key_of=certificate_key,
        label=lambda row: {
            lang: f"{row.supplier.code} · {CERTIFICATE_NAMES[row.kind.value][lang]} · {row.number}"
            for lang in ("en", "zh")
        },
        shown={
            "supplier": code_of(SupplierCertificate),
            "kind": SupplierCertificate.kind,
            "number": SupplierCertificate.number,
            "valid_until": SupplierCertificate.valid_until,
        },
        words=(
            code_of(SupplierCertificate),
            *names_of(SupplierCertificate),
            SupplierCertificate.number,
            SupplierCertificate.issuer,
        ),
    ),
)

furnish(
    bp,
    ObjectKind(
        name="suppliers.class",
        title={"en": "Risk class", "zh": "风险等级"},
        listed=RISK_CLASSES,
        model=SupplierClass,
        plural="supplier-classes",
        icon="scale",
        read="suppliers.read",
        find=class_with,
        key_of=class_key,
        label=lambda row: f"{row.supplier.code} · {row.risk_class} · {row.valid_from}",
        shown={
            "supplier": code_of(SupplierClass),
            "risk_class": SupplierClass.risk_class,
            "valid_from": SupplierClass.valid_from,
        },
        words=(code_of(SupplierClass), *names_of(SupplierClass)),
    ),
)

furnish(
    bp,
    ObjectKind(
        name="suppliers.demand",
        title={"en": "Certificates demanded of a class", "zh": "风险等级的证书要求"},
        listed=DEMANDS,
        model=SupplierDemand,
        plural="supplier-demands",
        icon="certificate",
        read="suppliers.read",
        find=demand_with,
        key_of=demand_key,
        label=lambda row: {
            lang: f"{row.risk_class} · {certificates_text(row.certificates)[lang]} · {row.valid_from}"
            for lang in ("en", "zh")
        },
        shown={
            "risk_class": SupplierDemand.risk_class,
            "valid_from": SupplierDemand.valid_from,
            "certificates": SupplierDemand.certificates,
        },
        words=(SupplierDemand.risk_class, SupplierDemand.certificates),
    ),
)

STANDING = furnish(
    bp,
    ObjectKind(
        name="suppliers.standing",
        title={"en": "Standing", "zh": "供应商状态"},
        listed=STANDINGS_LIST,
        model=SupplierStanding,
        plural="supplier-standings",
        icon="ban",
        read="suppliers.read",
        find=standing_with,
        key_of=standing_key,
        label=lambda row: {
            lang: f"{row.supplier.code} · {STANDINGS[row.standing.value][lang]}" for lang in ("en", "zh")
        },
        shown={"supplier": code_of(SupplierStanding), "standing": SupplierStanding.standing},
        words=(code_of(SupplierStanding), *names_of(SupplierStanding), SupplierStanding.why),
        at_once=lambda before, wanted: all(one.get("standing") == Standing.BLOCKED.value for one in wanted),
    ),
)


def _signed_file(session: Session, found: Any) -> Mapping[str, Any]:
    """The files beside a certificate, to tell which one the second person signed for."""
    return {"laid": files_of(session, CERTIFICATE, found.id), "certificate": found}


add_panel("catalog.supplier", "suppliers/_supplier.html", pages.panel)
add_panel("suppliers.certificate", "suppliers/_certificate.html", _signed_file)


@bp.get("/approved-suppliers")
@access("suppliers.read")
def approved() -> str:
    """Show who may deliver what to a site, and what lapses within 60 days."""
    session = db.session()
    site, sites = pages.site_shown(session, request.args.get("site", ""))
    told = pages.overview(session, site.id, site.zone) if site is not None else {"rows": []}
    return render_template("suppliers/approved.html", site=site, sites=sites, **told)


@bp.post("/approved-suppliers/<uuid:supplier_id>/block")
@access("suppliers.manage")
def block(supplier_id: uuid.UUID) -> Response:
    """Block a supplier at once, with the reason."""
    why = request.form.get("why", "")
    try:
        with writing(reason=why.strip()[:300] or None) as session:
            row = services.block_supplier(
                session, supplier_id, why, actor=current_actor(), now=request_time()
            )
            standing_id = row.id
    except (Invalid, Conflict) as refused:
        flash(refused.text(language()), "danger")
        return redirect(url_for("suppliers.approved"), 303)
    flash(_("Blocked. Nothing is ordered any more, and what comes in is put on hold."), "success")
    return redirect(url_for("suppliers.supplier-standings_show", object_id=standing_id), 303)


@bp.post("/supplier-certificates/<uuid:certificate_id>/files/<uuid:file_id>/sign")
@access("suppliers.manage")
def propose_file(certificate_id: uuid.UUID, file_id: uuid.UUID) -> Response:
    """Propose a file that lies beside a certificate as the one that belongs to it."""
    try:
        with writing(reason="file of the certificate") as session:
            found = object_of(session, CERTIFICATE, certificate_id)
            laid = file_of(session, CERTIFICATE, certificate_id, file_id)
            [values] = CERTIFICATE.values_of(session, [found])
            command = ProposeChange(
                kind=CERTIFICATE,
                verb=Verb.CHANGE,
                reason=laid.note or laid.name,
                site_id=deciding_site(CERTIFICATE, found),
                of=found,
                rows=[{**raw_row(values), "sha256": laid.sha256}],
                reach=reachable_sites("suppliers.manage"),
            )
            propose_change(session, command, actor=current_actor(), now=request_time())
    except (Invalid, Conflict) as refused:
        flash(refused.text(language()), "danger")
    else:
        flash(_("Proposed. It holds when a second person has accepted it with a signature."), "success")
    return redirect(url_for("suppliers.supplier-certificates_show", object_id=certificate_id), 303)
