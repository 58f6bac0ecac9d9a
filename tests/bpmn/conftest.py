"""Operations that only take notes, and one unit of work for a test."""

import pytest

from core import db
from tests.factories import operations as test_operations
from tests.factories import workflows as made


@pytest.fixture(scope="session", autouse=True)
def operations():
    test_operations.register()


@pytest.fixture
def session(database):
    """One unit of work around the whole test, on an empty plant."""
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        yield session
