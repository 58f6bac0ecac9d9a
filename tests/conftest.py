"""Fixtures for every test: a clean database with all tables and triggers, a frozen moment, actors."""

import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Dialect, Engine, create_engine
from werkzeug.routing import Rule

from app.access import passwords
from app.cli import scratch_server
from core import config, db, memory
from core.actor import Actor
from tests import shares

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)


def pytest_configure() -> None:
    """Keep in memory what tests write, where there is plenty of it: none of it has to outlive a power cut."""
    if roomy := scratch_server.memory():
        os.environ["TMPDIR"] = tempfile.tempdir = str(roomy)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> shares.Shares:
    """Hand the tests out to the workers share by share, the long shares first."""
    config.option.loadscopereorder = False
    return shares.Shares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the long shares to the front; within a share the order stays."""
    items.sort(key=lambda item: shares.rank_of(item.nodeid))


def pytest_collection_finish() -> None:
    """Set aside what importing and collecting has made: more than half a million objects."""
    memory.set_aside()


@pytest.fixture(scope="module", autouse=True)
def _left_behind() -> Iterator[None]:
    """Set aside what the tests of a file leave behind, such as statements kept for each mapper."""
    yield
    memory.set_aside()


class Translated(BytecodeCache):
    """Templates as Python has translated them once: every test has an application of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def compiled_once(make: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Keep what Werkzeug works out for each address (3.1: Rule.compile); only the rule itself differs."""
    kept: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def compile_rule(rule: Rule) -> None:
        assert rule.map is not None
        place = rule.host if rule.map.host_matching else rule.subdomain
        key = (rule.rule, place, rule.merge_slashes, *map(repr, sorted((rule.defaults or {}).items())))
        if key not in kept:
            make(rule)
            bound: tuple[Any, ...] = rule._build, rule._build_unknown
            builders = (one.__func__ for one in bound)
            kept[key] = rule._parts, rule._trace, rule._converters, *builders
        rule._parts, rule._trace, rule._converters, build, build_unknown = kept[key]
        rule.arguments |= rule._converters.keys()
        rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)

    return compile_rule


def spoken_once(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Keep what SQLAlchemy compiles for each kind of database: every test has a database of its own."""
    first: dict[str, Engine] = {}

    def made(*args: Any, **options: Any) -> Engine:
        engine = make(*args, **options)
        known = first.setdefault(engine.dialect.name, engine)
        if known is not engine:
            own: Any = engine.dialect
            own.initialize = partial(introduce, known.dialect)
            engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    def introduce(dialect: Dialect, connection: Connection) -> None:
        if dialect.server_version_info is None:  # what the database can do is asked once, too
            dialect.initialize(connection)

    return made


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Spare the tests what is slow on purpose or done for each anew: hashes, templates, addresses, SQL.

    A started product is another process and has none of it; `tests/unit/access` looks at the strong hash.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": Translated()})
        patch.setattr(Rule, "compile", compiled_once(Rule.compile))
        patch.setattr("core.engines.create_engine", spoken_once(create_engine))
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


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
def postgres_server() -> Iterator[scratch_server.Server]:
    """A PostgreSQL server for this process's tests; without one they fail and say what to type."""
    with scratch_server.server(forgetful=True) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: scratch_server.Server) -> Iterator[str]:
    """A database with every table, trigger and right of the product, which tests copy; made once."""
    with postgres_server.database() as name:
        with _made(postgres_server.url(name, scratch_server.OWNER)), db.write_connection() as connection:
            audit = importlib.import_module("signatures.audit")
            audit.grant_application(connection, db.Base.metadata, scratch_server.APPLICATION)
        yield name


@contextmanager
def _made(url: str) -> Iterator[Engine]:
    """Make the schema as its owner, as the migrations do."""
    audit = importlib.import_module("signatures.audit")
    importlib.import_module("app.factory")
    engine = db.configure(url)
    with db.write_connection() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def plant_url(request: pytest.FixtureRequest, home: Path) -> Iterator[str]:
    """The address of an empty database of the test's own, in the settings too; on PostgreSQL as `qms_app`."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_plant"), home / "qms.sqlite3")
        yield config.settings().database_url
        return
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_url(
    home: Path,
    postgres_server: scratch_server.Server,
    postgres_template: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The address of an empty PostgreSQL database, as the product's role; the settings name it too."""
    with postgres_server.database(postgres_template) as name:
        monkeypatch.setenv("QMS_DATABASE_URL", postgres_server.url(name, scratch_server.APPLICATION))
        monkeypatch.setenv("QMS_DATABASE_OWNER_URL", postgres_server.url(name, scratch_server.OWNER))
        config.settings.cache_clear()
        yield config.settings().database_url


@pytest.fixture
def database(plant_url: str) -> Iterator[Engine]:
    """An empty database of the test's own, opened as this process's; the test runs on each engine."""
    engine = db.configure(plant_url)
    yield engine
    engine.dispose()


@pytest.fixture
def tamper(database: Engine, home: Path, request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Be the one nobody can stop: `tamper(table, statement)` with the table's guards gone."""

    def as_owner_of_the_file(table: str, statement: str) -> None:
        with closing(sqlite3.connect(home / "qms.sqlite3", isolation_level=None)) as connection:
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
            for (name,) in connection.execute(query, [table]).fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            connection.execute(statement)

    def as_superuser(table: str, statement: str) -> None:
        server: scratch_server.Server = request.getfixturevalue("postgres_server")
        asleep = f'ALTER TABLE "{table}" DISABLE TRIGGER USER'
        server.run(asleep, statement, database=str(database.url.database))

    return as_owner_of_the_file if database.dialect.name == "sqlite" else as_superuser
