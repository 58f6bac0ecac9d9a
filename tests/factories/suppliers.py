"""Suppliers that may deliver what a test orders."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from app.suppliers.models import CertificateKind, SupplierCertificate
from app.suppliers.services import ApproveScope, approve_scope
from core.actor import Actor

LONG_AGO, LATE = date(2020, 1, 1), date(2099, 12, 31)


def approve(
    session: Session, supplier: Supplier, items: Sequence[Item], site: Site, *, actor: Actor, now: datetime
) -> None:
    """Approve a supplier for some items at a site, with the certificate its class demands."""
    certify(session, supplier)
    for item in items:
        command = ApproveScope(supplier, item, site, LONG_AGO, LATE)
        approve_scope(session, command, actor=actor, now=now)


def certify(session: Session, supplier: Supplier, until: date | None = LATE) -> SupplierCertificate:
    """Give a supplier an ISO 13485 certificate."""
    certificate = SupplierCertificate(
        supplier_id=supplier.id, kind=CertificateKind.ISO_13485, number="MD 1", issuer="Body",
        valid_from=LONG_AGO, valid_until=until,
    )  # fmt: skip
    session.add(certificate)
    session.flush()
    return certificate
