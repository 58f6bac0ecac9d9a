"""On PostgreSQL the product connects as a role that owns nothing: it adds to the trail, never takes away."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app.cli import db as steps
from app.cli import doctor, scratch_server
from core import config, db, schema
from core.actor import Actor
from core.numbers import define
from signatures import audit

REFUSED = "permission denied|must be owner"
pytestmark = pytest.mark.postgres
RECORDED = ("audit_entry", "movement", "signature", "step_history", "stored_file")


@pytest.fixture
def postgresql(postgresql_url: str, keeper: Actor, now: datetime) -> Iterator[Engine]:
    """A database with one line in its trail, connected to as the product is."""
    engine = db.configure(postgresql_url)
    with db.unit_of_work(keeper, now=now) as session:
        define(session, "record", prefix="R")
    yield engine
    engine.dispose()


@pytest.mark.urs("URS-024", "URS-130")
@pytest.mark.parametrize("table", RECORDED)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_what_is_recorded_cannot_be_changed(postgresql: Engine, table: str, statement: str) -> None:
    column = next(iter(db.Base.metadata.tables[table].primary_key)).name
    refuse(postgresql, statement.format(table, column))


@pytest.mark.urs("URS-024", "URS-130")
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER keep_audit_entry_update ON audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE person DISABLE TRIGGER audit_person",
        "CREATE OR REPLACE FUNCTION audit_capture_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE TABLE mine (id int)",
        "DROP TABLE audit_entry",
        "ALTER TABLE audit_entry OWNER TO qms_app",
        "DELETE FROM audit_head",
        "UPDATE record SET canonical = ''",
        "UPDATE alembic_version SET version_num = '0'",
        "SET session_replication_role = replica",
        "SET ROLE qms_owner",
    ],
)
def test_the_guards_cannot_be_taken_away(postgresql: Engine, migrated: None, statement: str) -> None:
    refuse(postgresql, statement)


@pytest.fixture
def migrated(postgresql: Engine) -> None:
    """Alembic's own table is there too, as after `qms db upgrade`."""
    with db.owner_connection() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
        audit.grant_application(connection, db.Base.metadata, scratch_server.APPLICATION)


@pytest.mark.urs("URS-024")
def test_a_temporary_table_does_not_swallow_what_is_caught(
    postgresql: Engine, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(text("CREATE TEMPORARY TABLE audit_capture (LIKE public.audit_capture)"))
        define(session, "other", prefix="O")
        caught = session.scalar(text("SELECT count(*) FROM public.audit_capture"))
        session.execute(text("DROP TABLE pg_temp.audit_capture"))
    assert caught == 1


@pytest.mark.urs("URS-024")
def test_not_even_replica_mode_passes_by_the_triggers_for_a_superuser(
    postgresql: Engine, postgres_server: scratch_server.Server
) -> None:
    name = str(postgresql.url.database)
    for statement in ("UPDATE audit_entry SET entry = ''", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(DBAPIError, match="append-only"):
            postgres_server.run("SET session_replication_role = replica", statement, database=name)


@pytest.mark.urs("URS-130")
def test_every_trigger_fires_always_and_the_role_owns_nothing(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        assert audit.missing_triggers(connection, db.Base.metadata) == []
        assert not audit.is_too_mighty(connection)
    with db.owner_connection() as connection:
        assert audit.is_too_mighty(connection)
        states = connection.scalars(text("SELECT DISTINCT tgenabled FROM pg_trigger WHERE NOT tgisinternal"))
        assert states.all() == ["A"]


@pytest.mark.urs("URS-130")
def test_an_upgrade_by_the_owner_leaves_the_product_what_it_needs(
    home: object,
    postgres_server: scratch_server.Server,
    monkeypatch: pytest.MonkeyPatch,
    keeper: Actor,
    now: datetime,
) -> None:
    with postgres_server.database() as name:
        application = postgres_server.url(name, scratch_server.APPLICATION)
        monkeypatch.setenv("QMS_DATABASE_URL", application)
        monkeypatch.setenv("QMS_DATABASE_OWNER_URL", postgres_server.url(name, scratch_server.OWNER))
        config.settings.cache_clear()
        engine = db.configure()
        steps.upgrade()
        assert schema.is_current()
        with db.unit_of_work(keeper, now=now) as session:
            define(session, "record", prefix="R")
        refuse(engine, "DELETE FROM audit_entry")
        assert [finding.code for finding in doctor.database_findings()] == []
        command.downgrade(steps.config(), "base")
        engine.dispose()


def test_the_doctor_tells_when_the_product_connects_as_an_owner(
    home: object, postgres_server: scratch_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_server.database() as name:
        monkeypatch.setenv("QMS_DATABASE_URL", postgres_server.url(name, scratch_server.OWNER))
        config.settings.cache_clear()
        engine = db.configure()
        steps.upgrade()
        assert [finding.code for finding in doctor.database_findings()] == ["database.owner"]
        engine.dispose()


def refuse(engine: Engine, statement: str) -> None:
    def attempt(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT set_config('app.actor', 'x', true)")
        connection.exec_driver_sql(statement)

    writing = engine.execution_options(qms_write=True)
    with writing.connect() as connection, pytest.raises(ProgrammingError, match=REFUSED):
        attempt(connection)
