"""A plant in which one inspection was signed, and the archive's pages over it."""

import uuid
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app.factory import create_app
from core import clock
from core.db import read_session
from core.outbox import OutboxEntry, handler_of
from documents.models import Record
from forms import sources
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, Plant, make_plant
from tests.factories.people import sign_in


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """The inspection is signed; its page is not made yet."""
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    plant = make_plant(now)
    plant.signs("inspector", "inspection", RESULTS)
    return plant


@pytest.fixture
def job(plant: Plant) -> OutboxEntry:
    """The waiting outbox entry of that signature."""
    with read_session() as session:
        return session.scalars(select(OutboxEntry).where(OutboxEntry.job == "archive.seal_record")).one()


@pytest.fixture
def sealed(job: OutboxEntry) -> Record:
    """The record after its job has run."""
    run(job)
    return record_of(job)


@pytest.fixture
def auditor(plant: Plant) -> FlaskClient:
    """A browser of somebody who may read records at the site."""
    app: Flask = create_app(testing=True)
    return sign_in(app, "qa", PASSWORD)


def run(job: OutboxEntry) -> None:
    """Run the job as a worker does."""
    handler_of(job.job)(job.id, job.payload, job.secret)


def record_of(job: OutboxEntry) -> Record:
    """Read the record of a job."""
    with read_session() as session:
        return session.get_one(Record, uuid.UUID(job.payload["record_id"]))
