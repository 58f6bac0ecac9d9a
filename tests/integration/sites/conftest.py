"""The web application over an empty company."""

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.factory import create_app
from tests.factories.people import Company, make_company
from tests.factories.settings import without_second_person


@pytest.fixture
def app(database: Engine) -> Flask:
    return create_app(testing=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a second person signs is tested in tests/integration/configuration."""
    without_second_person(monkeypatch)


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company(("qa", "qa"), ("keeper", "keeper"), ("admin", "security_admin"))
