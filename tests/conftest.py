"""Fixtures for every test: a clean database with all tables and triggers, a frozen moment, actors."""

import importlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core import config, db
from core.actor import Actor

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
    config.settings.cache_clear()
    yield tmp_path
    config.settings.cache_clear()


@pytest.fixture(scope="session")
def empty_plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table of the product and the triggers of the audit trail, made once."""
    audit = importlib.import_module("signatures.audit")
    importlib.import_module("app.factory")
    file = tmp_path_factory.mktemp("empty") / "qms.sqlite3"
    engine = db.configure(f"sqlite:///{file}")
    with engine.execution_options(qms_write=True).begin() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def database(home: Path, empty_plant: Path) -> Iterator[Engine]:
    """An empty database of the test's own, opened as this process's database."""
    shutil.copy(empty_plant, home / "qms.sqlite3")
    engine = db.configure()
    yield engine
    engine.dispose()
