"""Verbs of supplier approval: keep an evaluation, approve a scope for items and sites (URS-040, URS-041)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Supplier
from app.sites.models import Site
from app.suppliers import queries
from app.suppliers.approval.models import WORSE, Grade, SupplierEvaluation
from app.suppliers.approval.queries import evaluations_of
from app.suppliers.hearing import tell_free
from app.suppliers.models import (
    CertificateKind,
    Standing,
    SupplierCertificate,
    SupplierClass,
    SupplierScope,
    SupplierStanding,
)
from app.suppliers.ratings import set_standing
from app.suppliers.services import ApproveScope, approve_scope
from core.actor import Actor
from core.clock import site_day
from core.db import lock_row
from core.errors import Invalid, NotFound
from documents.labels import N_
from signatures import audit
from workflows.durations import after
from workflows.models import ProcessCase
from workflows.places import day_at


@dataclass(frozen=True)
class Evaluation:
    """What a case found of a supplier; ``certificates`` are rows of the form ``supplier_documents``."""

    supplier: str
    risk_class: str
    grounds: str
    average: Decimal
    grade: Grade
    review_months: int
    certificates: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Approval:
    """What may be ordered from a supplier until a day; ``scope`` holds pairs of item and site by code."""

    supplier: str
    scope: Sequence[tuple[str, str]]
    until: date
    conditional: bool
    why: str


def supplier_by_code(session: Session, code: str) -> Supplier:
    """Find a supplier and lock him.

    Raises:
        NotFound: ``supplier.unknown``.
    """
    found = session.scalar(select(Supplier).where(Supplier.code == code))
    if found is None:
        raise NotFound("supplier.unknown", "There is no such supplier.")
    return lock_row(session, Supplier, found.id)


def record_evaluation(
    session: Session, case: ProcessCase, found: Evaluation, *, actor: Actor, now: datetime
) -> tuple[SupplierEvaluation, bool]:
    """Keep an evaluation with class, certificates and next review; say whether the grade has dropped.

    Raises:
        NotFound: ``supplier.unknown``.
        Invalid: ``certificate.expired``: one has expired since it was entered.
    """
    supplier = supplier_by_code(session, found.supplier)
    today = day_at(session, case.site_id, now)
    before = evaluations_of(session, supplier.id)
    _rate(session, supplier, found, today)
    for row in found.certificates:
        _keep_certificate(session, supplier, row, today)
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=now.tzinfo)
    rounds = select(func.count()).select_from(SupplierEvaluation).filter_by(case_id=case.id)
    kept = SupplierEvaluation(
        supplier_id=supplier.id,
        case_id=case.id,
        round=1 + (session.scalar(rounds) or 0),
        number=case.number,
        risk_class=found.risk_class,
        average=found.average,
        grade=found.grade,
        evaluated_on=today,
        next_review=after(noon, f"P{found.review_months}M").date(),
    )
    session.add(kept)
    session.flush()  # the trail names the new row
    facts = {"supplier": supplier.code, "grade": found.grade.value, "average": str(found.average)}
    audit.record(session, "supplier.evaluated", subject=("catalog.supplier", supplier.id), facts=facts)
    return kept, bool(before) and WORSE[found.grade] > WORSE[before[0].grade]


def _rate(session: Session, supplier: Supplier, found: Evaluation, today: date) -> None:
    wanted = select(SupplierClass).filter_by(supplier_id=supplier.id, valid_from=today)
    row = session.scalar(wanted)
    if row is None:
        if queries.OrderGate(session, [supplier.id]).class_of(supplier, today) == found.risk_class:
            return
        row = SupplierClass(supplier_id=supplier.id, valid_from=today)
        session.add(row)
    row.risk_class, row.grounds = found.risk_class, found.grounds


def _keep_certificate(session: Session, supplier: Supplier, row: Mapping[str, Any], today: date) -> None:
    kind, number = CertificateKind(str(row["kind"])), str(row["number"])
    until = date.fromisoformat(str(row["valid_until"])) if row.get("valid_until") else None
    if until is not None and until < today:
        raise expired(until)
    wanted = select(SupplierCertificate).filter_by(supplier_id=supplier.id, kind=kind, number=number)
    kept = session.scalar(wanted)
    if kept is None:
        kept = SupplierCertificate(supplier_id=supplier.id, kind=kind, number=number)
        session.add(kept)
    kept.issuer, kept.valid_until = str(row["issuer"]), until
    kept.valid_from = date.fromisoformat(str(row["valid_from"]))


def expired(last: date) -> Invalid:
    """Refuse a certificate that is over."""
    sentence = N_("This certificate expired on %(last)s. Ask the supplier for the one that is valid today.")
    return Invalid("certificate.expired", sentence, field="valid_until", last=last)


def over(last: date) -> Invalid:
    """Refuse an approval whose last day has passed."""
    sentence = N_("It ended on %(last)s already. A scope is approved, or ended, for today or a later day.")
    return Invalid("days.over", sentence, field="until", last=last)


def approve_scopes(
    session: Session, command: Approval, *, actor: Actor, now: datetime
) -> list[SupplierScope]:
    """Let items be ordered from a supplier for sites until a day, and say how he stands from now on.

    What is approved already for the same item and site gets the new last day. A supplier who was blocked is
    free again by this, or free on conditions.

    Raises:
        NotFound: ``supplier.unknown``, ``item.unknown`` or ``site.unknown``.
        Invalid: ``days.over``: the last day has passed.
        Conflict: ``scope.overlap``.
    """
    supplier = supplier_by_code(session, command.supplier)
    scopes = []
    for item_code, site_code in command.scope:
        item, site = _named(session, item_code, site_code)
        today = site_day(now, site.zone)
        scope = _standing_scope(session, supplier, item, site, today)
        if scope is None:
            wanted = ApproveScope(supplier, item, site, today, command.until, command.conditional)
            scope = approve_scope(session, wanted, actor=actor, now=now)
        else:
            _prolong(session, scope, command, today)
        scopes.append(scope)
    standing = Standing.CONDITIONAL if command.conditional else Standing.FREE
    stand(session, supplier, standing, command.why, actor=actor, now=now)
    return scopes


def _named(session: Session, item_code: str, site_code: str) -> tuple[Item, Site]:
    item = session.scalar(select(Item).where(Item.code == item_code))
    if item is None:
        raise NotFound("item.unknown", "There is no item %(item)s.", item=item_code)
    site = session.scalar(select(Site).where(Site.code == site_code))
    if site is None:
        raise NotFound("site.unknown", "There is no site %(site)s.", site=site_code)
    return item, site


def _standing_scope(
    session: Session, supplier: Supplier, item: Item, site: Site, today: date
) -> SupplierScope | None:
    wanted = select(SupplierScope).filter_by(supplier_id=supplier.id, item_id=item.id, site_id=site.id)
    standing = [one for one in session.scalars(wanted) if one.valid_until is None or one.valid_until >= today]
    return min(standing, key=lambda one: one.valid_from, default=None)


def _prolong(session: Session, scope: SupplierScope, command: Approval, today: date) -> None:
    if command.until < max(today, scope.valid_from):
        raise over(command.until)
    scope.valid_until, scope.when_conditional = command.until, command.conditional
    facts = {"supplier": scope.supplier.code, "item": scope.item.code, "site": scope.site.code}
    subject = ("catalog.supplier", scope.supplier_id)
    audit.record(session, "supplier.scope_approved", subject=subject, facts=facts)


def stand(
    session: Session, supplier: Supplier, standing: Standing, why: str, *, actor: Actor, now: datetime
) -> None:
    """Say how a supplier stands; one that was blocked gets back what was put on hold for it."""
    row = queries.standing_row(session, supplier.id)
    was = row.standing if row is not None else Standing.FREE
    if row is None:
        row = SupplierStanding(supplier_id=supplier.id)
        session.add(row)
    set_standing(row, standing, " ".join(why.split())[:300], now=now)
    session.flush()  # whoever hears of it reads the new standing
    if was is Standing.BLOCKED:
        tell_free(session, supplier, actor=actor, now=now)
