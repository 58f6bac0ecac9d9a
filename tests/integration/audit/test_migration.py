"""A change of the schema leaves a trail that still speaks of every row."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Column, Engine, Integer, String, Table, insert, select

from app.cli import scratch_server
from core import db
from core.actor import Actor
from signatures import audit
from signatures.audit_migration import audited_columns, finish_migration
from signatures.audit_models import AuditEntry


def specimen(*more: Column, audited: bool = True) -> Table:
    columns = (Column("id", Integer, primary_key=True), Column("code", String), *more)
    return Table("specimen", db.Base.metadata, *columns, info={"audit": audited})


@pytest.fixture
def forgotten() -> Iterator[None]:
    yield
    db.Base.metadata.remove(db.Base.metadata.tables["specimen"])


def made(table: Table, keeper: Actor, now: datetime) -> None:
    with db.owner_connection() as connection:
        table.create(connection)
        audit.install_triggers(connection, db.Base.metadata)
        if connection.dialect.name == "postgresql":
            audit.grant_application(connection, db.Base.metadata, scratch_server.APPLICATION)
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(table), [{"id": 1, "code": "A"}, {"id": 2, "code": "B"}])


def migrate(now: datetime, *statements: str) -> None:
    with db.owner_connection() as connection:
        before = audited_columns(connection, db.Base.metadata)
        with audit.schema_changes(connection):
            for statement in statements:
                connection.exec_driver_sql(statement)
        finish_migration(connection, db.Base.metadata, before, now=now)


def said() -> list[dict]:
    with db.read_session() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return [json.loads(row.entry) for row in rows if row.actor_id == "system:migration"]


@pytest.mark.urs("URS-025")
def test_a_new_column_that_fills_old_rows_is_written_down(
    database: Engine, keeper: Actor, now: datetime, forgotten: None
) -> None:
    made(specimen(), keeper, now)
    db.Base.metadata.remove(db.Base.metadata.tables["specimen"])
    specimen(Column("grade", String))
    migrate(now, "ALTER TABLE specimen ADD COLUMN grade VARCHAR DEFAULT 'first'")
    assert [(one["action"], one["subject"][1], one["changes"]) for one in said()] == [
        ("update", "1", {"grade": [None, "first"]}),
        ("update", "2", {"grade": [None, "first"]}),
    ]
    with db.read_session() as session:
        assert audit.verify_chain(session).ok


@pytest.mark.urs("URS-025")
def test_rows_of_a_table_that_is_audited_from_now_on_are_taken_up(
    database: Engine, keeper: Actor, now: datetime, forgotten: None
) -> None:
    made(specimen(audited=False), keeper, now)
    db.Base.metadata.remove(db.Base.metadata.tables["specimen"])
    specimen()
    migrate(now)
    taken_up = [(one["action"], one["changes"]["code"][1]) for one in said()]
    assert taken_up == [("insert", "A"), ("insert", "B")]
    with db.read_session() as session:
        assert audit.verify_chain(session).ok
    migrate(now)
    assert len(said()) == 2, "a second time there is nothing to say"
