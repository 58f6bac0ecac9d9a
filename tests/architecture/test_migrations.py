"""The schema's history runs up and down on both databases, and ends where the models are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import app.factory
from app.cli import scratch_server
from app.inventory.models import MovementKind
from app.objects.search import is_own
from core import db, schema

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, home: Path) -> Iterator[None]:
    if request.param == "sqlite":
        db.configure()
        yield
    else:
        server = request.getfixturevalue("postgres_server")
        with server.database() as name:
            db.configure(server.url(name, scratch_server.OWNER))
            yield
            db.engine().dispose()
    db.engine().dispose()


@pytest.mark.urs("URS-130")
@pytest.mark.usefixtures("empty_database")
def test_every_migration_runs_up_and_down_again(config: Config) -> None:
    steps = [step.revision for step in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]
    assert steps
    for step in steps:
        command.upgrade(config, step)
        command.downgrade(config, "-1")
        command.upgrade(config, step)
    command.downgrade(config, "base")
    assert set(inspect(db.engine()).get_table_names()) <= {"alembic_version"}


@pytest.mark.urs("URS-134")
@pytest.mark.usefixtures("empty_database")
def test_the_product_tells_its_newest_step_and_that_of_the_database_as_alembic_does(config: Config) -> None:
    assert [schema.newest_step()] == ScriptDirectory.from_config(config).get_heads()
    assert schema.step_of_database() == ""
    command.upgrade(config, "0001")
    assert schema.step_of_database() == "0001"
    assert not schema.is_current()
    command.upgrade(config, "head")
    assert schema.is_current()


@pytest.mark.usefixtures("empty_database")
def test_the_migrated_schema_is_the_one_of_the_models(config: Config) -> None:
    command.upgrade(config, "head")
    with db.engine().connect() as connection:
        own = MigrationContext.configure(connection, opts={"include_name": is_own})
        differences = compare_metadata(own, db.Base.metadata)
    assert app.factory
    assert differences == []


@pytest.mark.usefixtures("empty_database")
def test_the_migrated_ledger_knows_every_kind_of_movement(config: Config) -> None:
    command.upgrade(config, "head")
    checks = inspect(db.engine()).get_check_constraints("movement")
    written = " ".join(check["sqltext"] for check in checks)
    assert all(f"'{kind.value}'" in written for kind in MovementKind)
