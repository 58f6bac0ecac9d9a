"""A plant with one running case, and browsers of its people."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.factory import create_app
from core import clock
from forms import sources
from tests.factories.inbox import PASSWORD, PLAN, Plant, make_plant
from tests.factories.people import sign_in


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """One case waits for its inspection."""
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    return make_plant(now)


@pytest.fixture
def browser(plant: Plant) -> Callable[[str], FlaskClient]:
    """Open a browser in which a person of the plant is signed in."""
    app: Flask = create_app(testing=True)
    return lambda login: sign_in(app, login, PASSWORD)
