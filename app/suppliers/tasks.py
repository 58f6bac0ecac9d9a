"""What happens to approvals of suppliers by itself: what falls due asks for an evaluation, once (URS-040)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Supplier
from app.sites.models import Site
from app.sites.tasks import daily
from app.suppliers.approval.queries import WANTED, reviews_due, under_approval
from app.suppliers.models import SupplierScope
from app.suppliers.queries import CERTIFICATE_NAMES, SOON, lapsing_certificates
from core import clock
from core.actor import Actor
from workflows import messages
from workflows.facts import correlation_text
from workflows.message_models import CaseMessage

ASK_REVIEWS = "suppliers.ask_reviews"


@dataclass(frozen=True)
class Due:
    """One thing that falls due: ``key`` tells it from every other, ``title`` says it to people."""

    supplier: Supplier
    key: str
    title: str
    last: date


def ask_reviews(session: Session, site: Site, *, actor: Actor, now: datetime) -> list[Due]:
    """Begin an evaluation for every review and certificate that is due; gives those not asked for before.

    A supplier is asked about by the first site that he may deliver to; a day that moves is another thing due.
    While an approval of him is open, none is asked for: what is still due when it ends is asked for then.
    """
    asked, open_ones = [], under_approval(session)
    for due in due_at(session, site, clock.site_day(now, site.zone)):
        correlation = {"supplier": due.supplier.code, "due": due.key}
        known = select(CaseMessage.id).filter_by(name=WANTED, correlation=correlation_text(correlation))
        if due.supplier.code in open_ones or session.scalar(known.limit(1)) is not None:
            continue
        sites = {"plant": str(site.id), "registrant": str(site.registrant_site_id or site.id)}
        payload = {
            "supplier": due.supplier.code,
            "kind": "re_evaluation",
            "title": due.title,
            "due": due.last.isoformat(),
            "sites": sites,
        }
        messages.send(session, WANTED, payload, correlation, actor=actor, now=now)
        asked.append(due)
        open_ones.add(due.supplier.code)
    return asked


daily(ASK_REVIEWS, ask_reviews, reason="supplier review")


def due_at(session: Session, site: Site, today: date) -> Iterator[Due]:
    """Reviews and certificates of the suppliers of a site whose last day has passed or is near."""
    soon = today + SOON
    supplying = set(
        session.scalars(
            select(SupplierScope.supplier_id).where(
                SupplierScope.site_id == site.id,
                or_(SupplierScope.valid_until.is_(None), SupplierScope.valid_until >= today),
            )
        )
    )
    for one in reviews_due(session, soon):
        if one.supplier_id in supplying:
            title = f"再评价到期 / Review due: {one.next_review.isoformat()}"
            yield Due(one.supplier, f"review {one.number}", title, one.next_review)
    for held in lapsing_certificates(session, today):
        if held.supplier_id in supplying and held.valid_until is not None:
            names = CERTIFICATE_NAMES[held.kind.value]
            last = held.valid_until.isoformat()
            title = f"证书到期 / Certificate ends: {names['en']} {held.number}, {last}"
            yield Due(held.supplier, f"{held.kind.value} {held.number} {last}", title, held.valid_until)
