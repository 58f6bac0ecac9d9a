"""Sealing a record: its page is printed, signed with the signers' one-signature keys, sealed and checked."""

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from app.archive.errors import KeyMissing, SelfCheckFailed
from app.archive.records import base_page
from core.db import after_commit
from documents.models import Record, RecordState
from signatures import audit, keys, one_time
from signatures.pdf import PdfSignature, sign_pdf
from signatures.register import signatures_of
from signatures.verify import verify_pdf

log = logging.getLogger(__name__)


def make_page(session: Session, record: Record, secret: bytes | None, *, now: datetime) -> bytes:
    """Make the sealed PDF of a record; ``secret`` holds the wrapped keys of its signers.

    Raises:
        KeyMissing: a signer's key is not among them.
        KeyNotForRecord: a key was made for something else.
        SelfCheckFailed: the finished page does not pass the verifier.
    """
    registered = signatures_of(session, record.id)
    wrapped = one_time.split(secret or b"")
    for signature in registered:
        if signature.id not in wrapped:
            raise KeyMissing(record.number, signature.signer_name)
    signers = [PdfSignature.of(signature, wrapped[signature.id]) for signature in registered]
    page = sign_pdf(base_page(session, record, registered), signers, now=now)
    answer = verify_pdf(page, root=keys.root_certificate(), expect=record.number, compare=False)
    if not answer.ok:
        raise SelfCheckFailed(record.number, [finding.code for finding in answer.findings])
    return page


def note_sealed(session: Session, record: Record, pdf_sha256: str, *, now: datetime) -> None:
    """Note the stored page of a record; if another run was first, its page stays the one that counts."""
    if record.state is RecordState.SEALED:
        return
    record.seal(pdf_sha256, now)
    facts = {"number": record.number, "pdf_sha256": pdf_sha256}
    audit.record(session, "record.sealed", subject=("record", str(record.id)), facts=facts)
    sealed = {"record": record.number, "record_id": str(record.id), "pdf_sha256": pdf_sha256}
    after_commit(session, lambda: log.info("record.sealed", extra=sealed))
