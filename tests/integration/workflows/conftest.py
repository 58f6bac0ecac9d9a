"""Operations that only take notes, and one unit of work for a test."""

import pytest
from sqlalchemy import event

from core import db
from core.errors import Conflict
from tests.factories import workflows as made
from workflows import registry


def _note(call):
    """Note the call."""
    call.session.info.setdefault("notes", []).append((dict(call.params), call.case.number, call.actor.login))
    return {"noted": True, **call.params}


def _refuse(call):
    """Refuse."""
    raise Conflict("test.refused", "No.")


@pytest.fixture(scope="session", autouse=True)
def operations():
    title = {"en": "Note", "zh": "记录"}
    registry.operation("test.note", schema={"type": "object"}, title=title)(_note)
    registry.operation("test.refuse", schema={"type": "object"}, title=title)(_refuse)


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
