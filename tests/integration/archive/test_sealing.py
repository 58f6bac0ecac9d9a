"""The job that makes the sealed PDF: once, for the right record, and nothing left behind."""

import subprocess
import time
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
from tests.factories.inbox import Plant
from tests.integration.archive.conftest import record_of, run


@pytest.mark.urs("URS-020", "URS-021")
def test_a_signed_step_becomes_a_sealed_pdf_that_verifies(sealed: Record) -> None:
    assert sealed.state is RecordState.SEALED
    with read_session() as session:
        answer = check_record(session, sealed)
    assert answer.findings == ()
    first = answer.signatures[0]
    assert (first.place, first.signer) == ("sig-1", "Inspector 演示inspector")
    assert answer.record == sealed.number


def test_pdfsig_finds_signer_and_seal_valid(sealed: Record) -> None:
    assert sealed.pdf_sha256
    said = subprocess.run(
        ["pdfsig", str(store.path_of(sealed.pdf_sha256))], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid.") == 2


@pytest.mark.urs("URS-022")
def test_the_signers_key_is_erased_with_the_outbox_entry(sealed: Record) -> None:
    with read_session() as session:
        assert (
            session.scalars(select(OutboxEntry).where(OutboxEntry.job == "archive.seal_record")).all() == []
        )


def test_running_the_job_twice_gives_one_page(job: OutboxEntry) -> None:
    run(job)
    first = record_of(job)
    run(job)
    again = record_of(job)
    assert (again.pdf_sha256, again.sealed_at) == (first.pdf_sha256, first.sealed_at)


def test_sealing_stands_in_the_audit_trail(sealed: Record) -> None:
    with read_session() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "record.sealed")).all()
    assert len(lines) == 1


@pytest.mark.urs("URS-022")
def test_without_the_signers_key_there_is_no_page_and_the_entry_stays(job: OutboxEntry) -> None:
    job.secret = None
    with pytest.raises(QmsError) as refused:
        run(job)
    assert refused.value.code == "seal.key_missing"
    assert record_of(job).state is RecordState.PENDING
    with read_session() as session:
        assert session.get(OutboxEntry, job.id) is not None


def test_a_damaged_file_in_the_store_is_found_and_named(sealed: Record) -> None:
    assert sealed.pdf_sha256
    place: Path = store.path_of(sealed.pdf_sha256)
    place.chmod(0o600)
    place.write_bytes(place.read_bytes()[:-7] + b"%%EOX\n")
    with read_session() as session:
        codes = [finding.code for finding in check_record(session, sealed).findings]
    assert "store.other_file" in codes


def test_a_missing_file_is_found_and_named(sealed: Record) -> None:
    assert sealed.pdf_sha256
    store.path_of(sealed.pdf_sha256).unlink()
    with read_session() as session:
        assert not check_record(session, sealed).ok


def test_the_way_of_a_second_record_takes_as_long_as_printing_it(plant: Plant, job: OutboxEntry) -> None:
    run(job)
    plant.signs("qa", "incoming_release", {"decision": "release"})
    with read_session() as session:
        second = session.scalars(select(OutboxEntry).where(OutboxEntry.job == "archive.seal_record")).one()
    started = time.perf_counter()
    run(second)
    print(f"second record sealed in {(time.perf_counter() - started) * 1000:.0f} ms")
    assert record_of(second).state is RecordState.SEALED
