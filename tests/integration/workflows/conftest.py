"""A database with the engine's tables alone, and operations that only take notes."""

import shutil

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


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory):
    """A database file with the engine's tables, made once."""
    file = tmp_path_factory.mktemp("engine") / "engine.sqlite3"
    engine = db.configure(f"sqlite:///{file}")
    with engine.execution_options(qms_write=True).begin() as connection:
        db.Base.metadata.create_all(connection)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def engine(home, empty_tables):
    shutil.copy(empty_tables, home / "engine.sqlite3")
    engine = db.configure(f"sqlite:///{home / 'engine.sqlite3'}")
    yield engine
    engine.dispose()


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
