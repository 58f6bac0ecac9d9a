"""A stored record against everything the plant holds about it: file, root, register of signatures."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from sqlalchemy.orm import Session

from app.archive.errors import NotSealedYet
from documents import store
from documents.models import Record
from signatures import keys
from signatures.findings import Finding, Verification
from signatures.models import Signature
from signatures.register import signatures_of
from signatures.verify import verify_pdf


def check_record(session: Session, record: Record) -> Verification:
    """Verify the stored PDF as an auditor would, then compare it with the record and the register.

    Raises:
        NotSealedYet: there is no PDF yet.
    """
    if record.pdf_sha256 is None:
        raise NotSealedYet(record.number)
    try:
        data = store.path_of(record.pdf_sha256).read_bytes()
    except OSError:
        data = b""
    answer = _verified(data, keys.root_sha256(), record.number)
    against = _comparison(record, signatures_of(session, record.id), answer)
    return replace(answer, findings=(*answer.findings, *against))


@lru_cache(maxsize=32)
def _verified(data: bytes, root_sha256: str, number: str) -> Verification:
    """The answer depends on nothing but these, so a page shown again need not be verified again."""
    return verify_pdf(data, root=root_sha256, expect=number)


def stored_page(record: Record) -> bytes:
    """Read the sealed PDF of a record.

    Raises:
        NotSealedYet: there is none yet.
        NotFound: the file is missing or its bytes have changed.
    """
    if record.pdf_sha256 is None:
        raise NotSealedYet(record.number)
    return store.read(record.pdf_sha256)


def _comparison(record: Record, registered: Sequence[Signature], answer: Verification) -> list[Finding]:
    findings: list[Finding] = []
    if answer.sha256 != record.pdf_sha256:
        findings.append(Finding("store.other_file", "The stored file is not the one that was sealed."))
    if not (answer.record_sha256 == record.sha256 == hashlib.sha256(record.canonical).hexdigest()):
        findings.append(
            Finding("store.other_record", "The record in the file is not the one in the database.")
        )
    kept = [hashlib.sha256(one.cms).hexdigest() for one in registered]
    if kept != [one.evidence_sha256 for one in answer.signatures if one.evidence_sha256]:
        findings.append(
            Finding("register.differs", "The signatures in the file are not those in the register.")
        )
    return findings
