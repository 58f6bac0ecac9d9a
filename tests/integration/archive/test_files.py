"""The files of a record: handed out to whoever may see it; what is too large for the PDF lies beside it."""

import hashlib
import io
import uuid
import zipfile
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app.factory import create_app
from core import clock
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry
from documents.models import Record
from documents.uploads import accept
from forms import sources
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, make_plant
from tests.factories.people import sign_in
from tests.integration.archive.conftest import record_of, run

SMALL, LARGE = b"length;4.10\n", b"length;4.10\n" * 500_000


@pytest.fixture
def record(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Record:
    """A sealed record of an inspection with a small and a large attachment."""
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    plant = make_plant(now)
    inspector = plant.people["inspector"]
    with unit_of_work(inspector, now=now) as session:
        brought = [
            accept(session, io.BytesIO(data), name, actor=inspector, now=now).sha256
            for name, data in (("print-out.csv", SMALL), ("长 曲线.csv", LARGE))
        ]
    plant.signs("inspector", "inspection", RESULTS | {"attachments": brought})
    with read_session() as session:
        job = session.scalars(select(OutboxEntry).where(OutboxEntry.job == "archive.seal_record")).one()
    run(job)
    return record_of(job)


@pytest.fixture
def qa(record: Record) -> FlaskClient:
    return sign_in(create_app(testing=True), "qa", PASSWORD)


@pytest.mark.urs("URS-025")
def test_whoever_sees_a_record_opens_its_files_and_no_others(qa: FlaskClient, record: Record) -> None:
    small = hashlib.sha256(SMALL).hexdigest()
    assert f"/records/{record.id}/files/{small}" in qa.get(f"/records/{record.id}").text
    answer = qa.get(f"/records/{record.id}/files/{small}")
    assert answer.data == SMALL
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert qa.get(f"/records/{record.id}/files/{'0' * 64}").status_code == 404
    assert qa.get(f"/records/{uuid.uuid4()}/files/{small}").status_code == 404


@pytest.mark.urs("URS-025")
def test_a_file_too_large_for_the_pdf_lies_beside_it_in_the_package(qa: FlaskClient, record: Record) -> None:
    answer = qa.get(f"/records/case/{record.case_id}.zip")
    package = zipfile.ZipFile(io.BytesIO(answer.data))
    beside = [name for name in package.namelist() if ".files/" in name]
    assert beside == [f"records/{record.number}.files/{hashlib.sha256(LARGE).hexdigest()[:12]}-长_曲线.csv"]
    assert package.read(beside[0]) == LARGE
    assert beside[0] in package.read("SHA256SUMS").decode()
