"""Fixtures for every test: a clean database with all tables and triggers, a frozen moment, actors."""

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core import config, db
from core.actor import Actor
from tests.factories import postgres

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A moment that never moves."""
    return NOW


@pytest.fixture
def keeper() -> Actor:
    """A person who acts where the test does not care who."""
    return Actor(id="11111111-1111-4111-8111-111111111111", login="keeper", name="Warehouse keeper 仓管员")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation's data folder of its own."""
    monkeypatch.setenv("QMS_HOME", str(tmp_path))
    monkeypatch.delenv("QMS_DATABASE_URL", raising=False)
    monkeypatch.delenv("QMS_DATABASE_OWNER_URL", raising=False)
    config.settings.cache_clear()
    yield tmp_path
    config.settings.cache_clear()


@pytest.fixture(scope="session")
def empty_plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table of the product and the triggers of the audit trail, made once."""
    file = tmp_path_factory.mktemp("empty") / "qms.sqlite3"
    with _made(f"sqlite:///{file}") as engine, engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for this process's tests; without one they fail and say what to type."""
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    """A database with every table, trigger and right of the product, which tests copy; made once."""
    with postgres_server.database() as name:
        with _made(postgres_server.url(name, postgres.OWNER)) as engine, engine.begin() as connection:
            audit = importlib.import_module("signatures.audit")
            audit.grant_application(connection, db.Base.metadata, postgres.APPLICATION)
        yield name


@contextmanager
def _made(url: str) -> Iterator[Engine]:
    """Make the schema as its owner, as the migrations do."""
    audit = importlib.import_module("signatures.audit")
    importlib.import_module("app.factory")
    engine = db.configure(url)
    with engine.execution_options(qms_write=True).begin() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def plant_url(
    request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of an empty database of the test's own, in the settings too; on PostgreSQL as `qms_app`."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_plant"), home / "qms.sqlite3")
        yield config.settings().database_url
        return
    template = request.getfixturevalue("postgres_template")
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database(template) as name:
        monkeypatch.setenv("QMS_DATABASE_URL", server.url(name, postgres.APPLICATION))
        monkeypatch.setenv("QMS_DATABASE_OWNER_URL", server.url(name, postgres.OWNER))
        config.settings.cache_clear()
        yield config.settings().database_url


@pytest.fixture
def database(plant_url: str) -> Iterator[Engine]:
    """An empty database of the test's own, opened as this process's database: the test runs on each engine."""
    engine = db.configure(plant_url)
    yield engine
    engine.dispose()
