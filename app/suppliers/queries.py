"""Reads of suppliers' facts, above all whether something may be ordered."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item, Supplier, SupplierState
from app.sites.models import Site
from app.suppliers import errors
from app.suppliers.models import (
    CertificateKind,
    Standing,
    SupplierCertificate,
    SupplierClass,
    SupplierDemand,
    SupplierScope,
    SupplierStanding,
)
from core.errors import Conflict
from core.languages import listed
from core.types import Bilingual

DELIVERED: dict[str, frozenset[CertificateKind]] = {
    "A": frozenset({CertificateKind.ISO_13485}),
    "B": frozenset({CertificateKind.ISO_13485, CertificateKind.ISO_9001}),
    "C": frozenset(),
}
"""Risk class → certificates of which a supplier needs one that is valid on the day; holds for a class until
the first line of its own begins (``SupplierDemand``), so that nothing is ordered without for lack of it."""

NO_CERTIFICATE = "none"
"""What stands in a line of a class that demands no certificate."""

CERTIFICATE_NAMES: dict[str, Bilingual] = {
    "iso_13485": {"en": "ISO 13485", "zh": "ISO 13485"},
    "iso_9001": {"en": "ISO 9001", "zh": "ISO 9001"},
    "registration": {"en": "Product registration", "zh": "产品注册证"},
    "licence": {"en": "Licence", "zh": "许可证"},
    "test_report": {"en": "Test report", "zh": "检测报告"},
    "other": {"en": "Other", "zh": "其他"},
}
"""What people call the kinds of certificate."""


CERTIFICATES_LISTED = listed(CERTIFICATE_NAMES.values())
"""The names of all kinds of certificate, one behind the other."""

SOON = timedelta(days=60)
"""How long before its last day something is said to lapse soon."""

_AT_ONCE = 500


class OrderGate:
    """What is known about some suppliers, read in a few queries, to judge many orders (URS-041)."""

    def __init__(
        self, session: Session, supplier_ids: Collection[uuid.UUID], *, items: Collection[uuid.UUID] = ()
    ):
        self._scopes: dict[tuple[uuid.UUID, uuid.UUID, uuid.UUID], list[SupplierScope]] = {}
        self._certificates: dict[uuid.UUID, list[SupplierCertificate]] = {}
        self._classes: dict[uuid.UUID, list[SupplierClass]] = {}
        self._standings: dict[uuid.UUID, SupplierStanding] = {}
        self._demands = session.scalars(select(SupplierDemand).order_by(SupplierDemand.valid_from)).all()
        wanted = list(supplier_ids)
        for first in range(0, len(wanted), _AT_ONCE):
            self._read(session, wanted[first : first + _AT_ONCE], items)

    def reasons(self, supplier: Supplier, item: Item, site: Site, on: date) -> list[Conflict]:
        """Say why not; an empty list means that it may be ordered on that day of the site's calendar."""
        standing = self.standing_of(supplier)
        if standing is Standing.BLOCKED:
            return [errors.blocked(supplier.code, self.why(supplier))]
        return [*self._scope(supplier, item, site, on, standing), *self._certificate(supplier, on)]

    def standing_of(self, supplier: Supplier) -> Standing:
        """Say how a supplier stands; the stricter of what was said here and of his own page holds."""
        said = self._standings.get(supplier.id)
        standing = said.standing if said else Standing.FREE
        if supplier.state is SupplierState.BLOCKED or standing is Standing.BLOCKED:
            return Standing.BLOCKED
        if supplier.state is SupplierState.CONDITIONAL or standing is Standing.CONDITIONAL:
            return Standing.CONDITIONAL
        return Standing.FREE

    def why(self, supplier: Supplier) -> str:
        """Give the reason of the standing as it was written; a dash without one."""
        said = self._standings.get(supplier.id)
        return said.why if said and said.standing is not Standing.FREE else "–"

    def class_of(self, supplier: Supplier, on: date) -> str:
        """Give the risk class on a day; what his own page says before the first one begins."""
        begun = [one for one in self._classes.get(supplier.id, ()) if one.valid_from <= on]
        latest = max(begun, key=lambda one: one.valid_from, default=None)
        return latest.risk_class if latest else supplier.criticality

    def demanded(self, risk_class: str, on: date) -> frozenset[CertificateKind]:
        """Say of which certificates a class needs one on a day; none of them: it needs no certificate."""
        begun = [one for one in self._demands if one.risk_class == risk_class and one.valid_from <= on]
        if not begun:
            return DELIVERED.get(risk_class, frozenset())
        said = begun[-1].certificates
        return frozenset(CertificateKind(kind) for kind in said.split() if said != NO_CERTIFICATE)

    def _read(self, session: Session, ids: Sequence[uuid.UUID], items: Collection[uuid.UUID]) -> None:
        scopes = select(SupplierScope).where(SupplierScope.supplier_id.in_(ids))
        if items:
            scopes = scopes.where(SupplierScope.item_id.in_(items))
        for scope in session.scalars(scopes):
            key = (scope.supplier_id, scope.item_id, scope.site_id)
            self._scopes.setdefault(key, []).append(scope)
        certificates = select(SupplierCertificate).where(SupplierCertificate.supplier_id.in_(ids))
        for certificate in session.scalars(certificates):
            self._certificates.setdefault(certificate.supplier_id, []).append(certificate)
        for rated in session.scalars(select(SupplierClass).where(SupplierClass.supplier_id.in_(ids))):
            self._classes.setdefault(rated.supplier_id, []).append(rated)
        standings = select(SupplierStanding).where(SupplierStanding.supplier_id.in_(ids))
        self._standings |= {one.supplier_id: one for one in session.scalars(standings)}

    def _scope(
        self, supplier: Supplier, item: Item, site: Site, on: date, standing: Standing
    ) -> list[Conflict]:
        known = self._scopes.get((supplier.id, item.id, site.id), [])
        now = [
            one
            for one in known
            if one.valid_from <= on and (one.valid_until is None or on <= one.valid_until)
        ]
        if now:
            conditional = standing is Standing.CONDITIONAL and not any(one.when_conditional for one in now)
            return [errors.conditional(supplier.code, item.code, self.why(supplier))] if conditional else []
        over = max(
            (one.valid_until for one in known if one.valid_until and one.valid_until < on), default=None
        )
        if over is not None:
            return [errors.scope_lapsed(supplier.code, item.code, site.code, over)]
        ahead = min((one.valid_from for one in known if one.valid_from > on), default=None)
        names = (supplier.code, item.code, site.code)
        return [errors.scope_ahead(*names, ahead) if ahead else errors.not_approved(*names)]

    def _certificate(self, supplier: Supplier, on: date) -> list[Conflict]:
        rated = self.class_of(supplier, on)
        wanted = self.demanded(rated, on)
        of_kind = [one for one in self._certificates.get(supplier.id, ()) if one.kind in wanted]
        if not wanted or any(
            one.valid_from <= on and (one.valid_until is None or on <= one.valid_until) for one in of_kind
        ):
            return []
        over = max(
            (one.valid_until for one in of_kind if one.valid_until and one.valid_until < on), default=None
        )
        names = " / ".join(CERTIFICATE_NAMES[kind.value]["en"] for kind in sorted(wanted))
        return [errors.certificate_missing(supplier.code, rated, names, over)]


def may_order(session: Session, supplier: Supplier, item: Item, site: Site, on: date) -> list[Conflict]:
    """Say why an item must not be ordered from a supplier for a site on a day; empty: it may (URS-041)."""
    return OrderGate(session, [supplier.id], items=[item.id]).reasons(supplier, item, site, on)


def block_of(session: Session, supplier: Supplier) -> str | None:
    """Give the reason for which a supplier is blocked now, a dash if nobody wrote one; None if he is not."""
    gate = OrderGate(session, [supplier.id])
    return gate.why(supplier) if gate.standing_of(supplier) is Standing.BLOCKED else None


def standing_row(session: Session, supplier_id: uuid.UUID) -> SupplierStanding | None:
    """The standing of a supplier, if anybody has said one."""
    return session.scalar(select(SupplierStanding).where(SupplierStanding.supplier_id == supplier_id))


def scopes_of(session: Session, supplier_id: uuid.UUID) -> Sequence[SupplierScope]:
    """What a supplier is approved for, by item and site, newest first."""
    wanted = select(SupplierScope).join(SupplierScope.item).where(SupplierScope.supplier_id == supplier_id)
    wanted = wanted.options(joinedload(SupplierScope.item), joinedload(SupplierScope.site))
    return session.scalars(wanted.order_by(Item.code, SupplierScope.valid_from.desc())).all()


def certificates_of(session: Session, supplier_id: uuid.UUID) -> Sequence[SupplierCertificate]:
    """The certificates of a supplier, the one that lasts longest first."""
    wanted = select(SupplierCertificate).where(SupplierCertificate.supplier_id == supplier_id)
    return session.scalars(
        wanted.order_by(
            SupplierCertificate.valid_until.is_(None).desc(), SupplierCertificate.valid_until.desc()
        )
    ).all()


def classes_of(session: Session, supplier_id: uuid.UUID) -> Sequence[SupplierClass]:
    """The risk classes of a supplier, newest first."""
    wanted = select(SupplierClass).where(SupplierClass.supplier_id == supplier_id)
    return session.scalars(wanted.order_by(SupplierClass.valid_from.desc())).all()


def standing_scopes(
    session: Session, sites: Collection[uuid.UUID] | None, on: date
) -> Sequence[SupplierScope]:
    """Scopes that are not over on a day, at some sites (None: all), by supplier, item and site."""
    wanted = (
        select(SupplierScope).join(SupplierScope.supplier).join(SupplierScope.item).join(SupplierScope.site)
    )
    wanted = wanted.where(or_(SupplierScope.valid_until.is_(None), SupplierScope.valid_until >= on))
    if sites is not None:
        wanted = wanted.where(SupplierScope.site_id.in_(sites))
    wanted = wanted.options(
        joinedload(SupplierScope.supplier), joinedload(SupplierScope.item), joinedload(SupplierScope.site)
    )
    return session.scalars(wanted.order_by(Supplier.code, Item.code, Site.code)).all()


def lapsing_certificates(session: Session, on: date) -> Sequence[SupplierCertificate]:
    """Certificates whose last day has passed or is near, first one first; those replaced are left out."""
    wanted = select(SupplierCertificate).join(SupplierCertificate.supplier)
    wanted = wanted.where(SupplierCertificate.valid_until <= on + SOON)
    wanted = wanted.options(joinedload(SupplierCertificate.supplier))
    found = session.scalars(wanted.order_by(SupplierCertificate.valid_until, Supplier.code)).all()
    lasting = select(SupplierCertificate.supplier_id, SupplierCertificate.kind).where(
        or_(SupplierCertificate.valid_until.is_(None), SupplierCertificate.valid_until > on + SOON),
        SupplierCertificate.valid_from <= on,
    )
    replaced = {tuple(row) for row in session.execute(lasting)}
    return [one for one in found if (one.supplier_id, one.kind) not in replaced]
