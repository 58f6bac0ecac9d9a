"""The job that makes the sealed PDF: once, for the right record, and nothing left behind."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from app.archive.verification import check_record
from core.db import read_session
from core.errors import QmsError
from core.outbox import OutboxEntry
from documents import store
from documents.models import Record, RecordState
from signatures.audit_models import AuditEntry
from tests.integration.archive.conftest import record_of, run


@pytest.mark.urs("URS-020", "URS-021", "URS-022")
def test_a_signed_step_becomes_one_sealed_pdf_that_verifies_and_the_signers_key_is_erased(
    sealed: Record,
) -> None:
    assert sealed.state is RecordState.SEALED
    with read_session() as session:
        answer = check_record(session, sealed)
        keys = session.scalars(select(OutboxEntry).where(OutboxEntry.job == "archive.seal_record")).all()
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "record.sealed")).all()
    assert answer.findings == ()
    first = answer.signatures[0]
    assert (first.place, first.signer) == ("sig-1", "Inspector 演示inspector")
    assert answer.record == sealed.number
    assert (len(keys), len(lines)) == (0, 1)
    assert _pdfsig(sealed).count("Signature is Valid.") == 2


def test_running_the_job_twice_gives_one_page(job: OutboxEntry) -> None:
    run(job)
    first = record_of(job)
    run(job)
    again = record_of(job)
    assert (again.pdf_sha256, again.sealed_at) == (first.pdf_sha256, first.sealed_at)


@pytest.mark.urs("URS-022")
def test_without_the_signers_key_there_is_no_page_and_the_entry_stays(job: OutboxEntry) -> None:
    job.secret = None
    with pytest.raises(QmsError) as refused:
        run(job)
    assert refused.value.code == "seal.key_missing"
    assert record_of(job).state is RecordState.PENDING
    with read_session() as session:
        assert session.get(OutboxEntry, job.id) is not None


@pytest.mark.urs("URS-025")
def test_a_damaged_or_missing_file_in_the_store_is_found_and_named(sealed: Record) -> None:
    assert sealed.pdf_sha256
    place: Path = store.path_of(sealed.pdf_sha256)
    place.chmod(0o600)
    place.write_bytes(place.read_bytes()[:-7] + b"%%EOX\n")
    with read_session() as session:
        assert "store.other_file" in [finding.code for finding in check_record(session, sealed).findings]
        place.unlink()
        assert "store.other_file" in [finding.code for finding in check_record(session, sealed).findings]


def _pdfsig(record: Record) -> str:
    assert record.pdf_sha256
    command = ["pdfsig", str(store.path_of(record.pdf_sha256))]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
