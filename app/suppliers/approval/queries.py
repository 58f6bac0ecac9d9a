"""Reads of evaluations: those of one supplier, and the reviews that are due."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.suppliers.approval.models import SupplierEvaluation


def evaluations_of(session: Session, supplier_id: uuid.UUID) -> Sequence[SupplierEvaluation]:
    """The evaluations of a supplier, newest first."""
    wanted = select(SupplierEvaluation).where(SupplierEvaluation.supplier_id == supplier_id)
    newest = (SupplierEvaluation.evaluated_on.desc(), SupplierEvaluation.id.desc())
    return session.scalars(wanted.order_by(*newest)).all()


def reviews_due(session: Session, on: date) -> Sequence[SupplierEvaluation]:
    """The newest evaluation of every supplier whose next review is due on a day, the longest due first."""
    rows = session.scalars(
        select(SupplierEvaluation).order_by(SupplierEvaluation.evaluated_on, SupplierEvaluation.id)
    )
    newest = {row.supplier_id: row for row in rows}
    due = [row for row in newest.values() if row.next_review <= on]
    return sorted(due, key=lambda row: (row.next_review, row.number))


def next_review_of(session: Session, supplier_id: uuid.UUID) -> date | None:
    """The day of a supplier's next review; None if he has never been evaluated."""
    return next((one.next_review for one in evaluations_of(session, supplier_id)), None)
