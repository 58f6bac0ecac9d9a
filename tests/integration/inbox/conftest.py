"""A plant with one case at its first step, and a plan to inspect by."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from forms import sources
from tests.factories.inbox import PLAN, RESULTS, Plant, make_plant


@pytest.fixture
def inspection_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)


@pytest.fixture
def plant(database: Engine, now: datetime, inspection_plan: None) -> Plant:
    return make_plant(now)


@pytest.fixture
def inspected_twice(database: Engine, now: datetime, inspection_plan: None) -> Plant:
    """The release is signed by two; the inspection is done."""
    plant = make_plant(now, release='qms:meaning="released" qms:signers="2" ')
    plant.signs("inspector", "inspection", RESULTS)
    return plant


@pytest.fixture
def unsigned(database: Engine, now: datetime, inspection_plan: None) -> Plant:
    """The release needs no signature."""
    return make_plant(now, release="")
