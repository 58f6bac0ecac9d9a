"""Reads of evaluations: those of one supplier, and the reviews that are due."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.suppliers.approval.models import SupplierEvaluation
from workflows.message_models import CaseMessage, MessageState
from workflows.models import CaseState, ProcessCase, StepHistory

WANTED = "supplier_approval_wanted"
PROCESS, REQUEST = "supplier_approval", "request"
"""The process of approvals, the message that begins it, and its step that names the supplier."""


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


def under_approval(session: Session) -> set[str]:
    """The codes of suppliers of whom an approval is open, or asked for: one at a time is enough.

    Of an approval that began with a message it is the supplier that the message named, until its request is
    made; who is about to make a request in person has named nobody yet.
    """
    asked = session.execute(
        select(CaseMessage.to_case_id, CaseMessage.payload, ProcessCase.state)
        .outerjoin(ProcessCase, ProcessCase.id == CaseMessage.to_case_id)
        .where(CaseMessage.name == WANTED, CaseMessage.state != MessageState.WITHDRAWN)
    )
    told = [(case_id, payload) for case_id, payload, state in asked if state in (None, CaseState.RUNNING)]
    requests = session.execute(
        select(StepHistory.case_id, StepHistory.data)
        .join(ProcessCase, ProcessCase.id == StepHistory.case_id)
        .where(ProcessCase.process_key == PROCESS, ProcessCase.state == CaseState.RUNNING)
        .where(StepHistory.step == REQUEST, StepHistory.data.is_not(None))
        .order_by(StepHistory.seq)
    )
    made = {case_id: str((data or {}).get("supplier", "")) for case_id, data in requests}
    return {*made.values()} | {str(one.get("supplier", "")) for case_id, one in told if case_id not in made}


def next_review_of(session: Session, supplier_id: uuid.UUID) -> date | None:
    """The day of a supplier's next review; None if he has never been evaluated."""
    return next((one.next_review for one in evaluations_of(session, supplier_id)), None)
