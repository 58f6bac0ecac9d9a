"""The web application over an empty company."""

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.factory import create_app
from tests.factories.people import Company, make_company


@pytest.fixture
def app(database: Engine) -> Flask:
    return create_app(testing=True)


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company(("qa", "qa"), ("keeper", "keeper"), ("admin", "security_admin"))
