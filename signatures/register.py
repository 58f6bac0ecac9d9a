"""Reads of the register of signatures."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from signatures.models import Signature


def signatures_of(session: Session, record_id: uuid.UUID) -> Sequence[Signature]:
    """List the signatures on a record, first signer first."""
    return session.scalars(
        select(Signature).where(Signature.record_id == record_id).order_by(Signature.position)
    ).all()


def signatures_on(session: Session, record_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Signature]]:
    """List the signatures on several records at once, for a page of records or a dossier."""
    found: dict[uuid.UUID, list[Signature]] = {record_id: [] for record_id in record_ids}
    rows = session.scalars(
        select(Signature).where(Signature.record_id.in_(record_ids)).order_by(Signature.position)
    )
    for signature in rows:
        found[signature.record_id].append(signature)
    return found
