"""Whatever is sent to whichever address: no answer 5xx, every refusal with its sentence, nothing half-done.

A cut of what `make chaos` sends in full (tests/chaos/test_requests.py).
"""

import shutil
from pathlib import Path

import flask
import pytest
from sqlalchemy import Engine, delete, update

from app.sites.models import Site
from app.web import ANYBODY, access, writing
from core import clock, db
from core.config import settings
from core.outbox import OutboxEntry
from tests.factories.people import SETUP
from tests.fuzz.again import way_back
from tests.fuzz.invariants import State, faults_left, faults_of_answer, faults_of_database
from tests.fuzz.plant import Plant, make_plant
from tests.fuzz.requests import Asked
from tests.fuzz.walk import fuzz
from workflows.models import HumanTask, ProcessCase, TaskState

REQUESTS, PAGES = 100, 8


@pytest.mark.urs("URS-020", "URS-025", "URS-028")
def test_nothing_that_is_sent_breaks_an_answer_or_leaves_anything_half_done(
    database: Engine, home: Path, request: pytest.FixtureRequest
) -> None:
    plant = make_plant(PAGES)
    with way_back(database, home, request) as put_back:
        report = fuzz(plant, REQUESTS, chance=20261122, put_back=put_back)
    assert report.by_route.total() == REQUESTS
    assert report.server_errors == []
    assert report.half_done == []
    assert report.faults == []


@pytest.fixture
def plant(home: Path, empty_plant: Path) -> Plant:
    """On one database: what the fuzz would notice is looked for, not what a database does."""
    shutil.copy(empty_plant, home / "qms.sqlite3")
    db.configure(settings().database_url)
    return make_plant(pages=0)


def ask(plant: Plant, endpoint: str, path: str) -> tuple[list[str], list[str]]:
    """What the fuzz finds wrong with an answer, and with what it left."""
    with db.read_session() as session:
        before, _language = State.read(session)
    answer = Asked(endpoint, "keeper", "GET", path).send(plant.app, plant.seat("keeper").cookie)
    with db.read_session() as session:
        after, language = State.read(session, "keeper")
        left = list(faults_left(session, before, after, answer, "GET"))
    return list(faults_of_answer(answer, language, "GET")), left


def test_the_fuzz_notices_what_it_looks_for(plant: Plant) -> None:
    sound = plant.app.view_functions["procurement.receipts"]
    assert ask(plant, "procurement.receipts", "/receipts") == ([], [])

    def writes() -> str:
        with writing() as session:
            session.execute(update(Site).values(region="XX"))
        return str(sound())

    def breaks() -> str:
        raise ValueError(flask.request.path)

    def speaks_bare() -> tuple[str, int]:
        return "<p>no</p>", 422

    found = {}
    for view in (writes, breaks, speaks_bare):
        plant.app.view_functions["procurement.receipts"] = access(ANYBODY)(view)
        found[view.__name__] = ask(plant, "procurement.receipts", "/receipts")
    assert "looking left update of site" in found["writes"][1][0]
    assert found["breaks"][0] == ["status 500"]
    assert found["speaks_bare"][0] == ["422 without a sentence or a code"]

    with db.unit_of_work(SETUP, now=clock.now()) as session:
        assert list(faults_of_database(session)) == []
        session.execute(delete(OutboxEntry))
        session.execute(update(ProcessCase).values(steps=ProcessCase.steps + 1))
        session.execute(update(HumanTask).values(state=TaskState.WITHDRAWN))
        left = " ".join(faults_of_database(session))
    for words in ("no job is left for it", "counts", "waits for nothing"):
        assert words in left
    db.engine().dispose()
