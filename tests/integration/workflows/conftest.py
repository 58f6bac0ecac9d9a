"""Operations that only take notes, and one unit of work for a test."""

import pytest
from sqlalchemy import event

from core import db
from tests.factories import operations as test_operations
from tests.factories import workflows as made


@pytest.fixture(scope="session", autouse=True)
def operations():
    test_operations.register()


@pytest.fixture
def engine(database):
    """An empty plant on each kind of database, with the triggers of its audit trail."""
    return database


@pytest.fixture
def session(engine):
    """One unit of work around the whole test; tests about transactions open their own."""
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        yield session


@pytest.fixture
def statements(engine):
    """The SQL statements sent since the test last emptied the list."""
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    return sent
