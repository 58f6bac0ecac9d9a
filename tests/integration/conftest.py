"""Fixtures of all rooms: whoever sits down at the pages of the test's own plant."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from tests.factories.inbox import PASSWORD
from tests.factories.people import sign_in


@pytest.fixture
def browser(plant: Any) -> Callable[[str], FlaskClient]:
    """Sign in somebody of the file's own ``plant`` by the login."""
    app = create_app(testing=True)
    return lambda login: sign_in(app, login, PASSWORD)
