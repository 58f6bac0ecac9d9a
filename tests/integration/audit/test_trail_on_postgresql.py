"""The same trail on PostgreSQL, where several transactions really run at once."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Date,
    LargeBinary,
    String,
    Table,
    Uuid,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from app.cli import scratch_server
from core import db
from core.actor import Actor
from core.numbers import NumberRule, define
from core.types import JSON_TYPE, Quantity, UtcDateTime
from signatures import audit
from signatures.audit_models import AuditCapture, AuditEntry

pytestmark = pytest.mark.postgres
ID = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def sample(home: Path, postgres_server: scratch_server.Server) -> Iterator[Table]:
    table = Table(
        "sample",
        db.Base.metadata,
        Column("id", Uuid, primary_key=True),
        Column("quantity", Quantity()),
        Column("taken_at", UtcDateTime()),
        Column("expiry", Date),
        Column("facts", JSON_TYPE),
        Column("notes", JSON, info={"audit": "hash"}),
        Column("picture", LargeBinary),
        Column("password_hash", String, info={"audit": "omit"}),
    )
    with postgres_server.database() as name:
        engine = db.configure(postgres_server.url(name))
        with db.write_connection() as connection:
            db.Base.metadata.create_all(connection)
            audit.install_triggers(connection, db.Base.metadata)
        yield table
        engine.dispose()
    db.Base.metadata.remove(table)


def entries() -> list[dict]:
    with db.read_session() as session:
        return [json.loads(row) for row in session.scalars(select(AuditEntry.entry).order_by(AuditEntry.seq))]


@pytest.mark.urs("URS-024")
def test_changes_read_the_same_as_on_sqlite(sample: Table, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(
            insert(sample).values(
                id=ID,
                quantity=Decimal("12.5"),
                taken_at=now,
                expiry=now.date(),
                facts={"a": 1},
                notes={"long": "text"},
                picture=b"\x00\x01",
                password_hash="secret",
            )
        )
    with db.unit_of_work(keeper, reason="Counted again", now=now) as session:
        session.execute(update(sample).values(quantity=Decimal("12")))
        session.execute(update(sample).values(quantity=Decimal("12.000")))
        session.execute(delete(sample))
    created, changed, deleted = entries()
    assert created["subject"] == ["sample", ID]
    assert created["changes"] == {
        "id": [None, ID],
        "quantity": [None, "12.5"],
        "taken_at": [None, "2026-11-22T08:10:05+00:00"],
        "expiry": [None, "2026-11-22"],
        "facts": [None, {"a": 1}],
        "notes": [None, created["changes"]["notes"][1]],
        "picture": [None, "sha256:b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2"],
        "password_hash": None,
    }
    assert created["changes"]["notes"][1].startswith("sha256:")
    assert changed["changes"] == {"quantity": ["12.5", "12"]}
    assert changed["reason"] == "Counted again"
    assert deleted["changes"]["quantity"] == ["12", None]


def test_nobody_can_write_without_saying_who(sample: Table) -> None:
    with pytest.raises(DBAPIError, match="nobody is named"), db.write_connection() as connection:
        connection.execute(insert(sample).values(id=ID))


@pytest.mark.urs("URS-024")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = '{}'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE sample CASCADE",
        "INSERT INTO audit_entry SELECT * FROM audit_entry ON CONFLICT (seq) DO UPDATE SET entry = '{}'",
    ],
)
def test_the_guards_hold_in_replica_mode_too(
    sample: Table, keeper: Actor, now: datetime, statement: str
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(sample).values(id=ID))
    with db.engine().execution_options(qms_write=True).connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        with pytest.raises(DBAPIError, match=r"(audit_entry|sample) is append-only"):
            connection.exec_driver_sql(statement)


def test_a_change_in_replica_mode_is_caught(sample: Table, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(insert(sample).values(id=ID))
    assert len(entries()) == 1


def test_eight_writers_at_once_lose_nothing(sample: Table, keeper: Actor, now: datetime) -> None:
    def write(writer: int) -> None:
        for n in range(5):
            with db.unit_of_work(keeper, now=now) as session:
                define(session, f"s{writer}-{n}", prefix="S")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read_session() as session:
        report = audit.verify_chain(session)
        assert session.query(AuditCapture).count() == 0
    assert (report.ok, report.rows, report.reason) == (True, 40, None)


@pytest.mark.parametrize(
    ("tampering", "first_bad", "reason"),
    [
        ("UPDATE audit_entry SET entry = replace(entry, 'keeper', 'nobody') WHERE seq = 2", 2, "altered"),
        ("UPDATE audit_entry SET at = now() WHERE seq = 3", 3, "index_altered"),
        ("DELETE FROM audit_entry WHERE seq = 3", 3, "head_mismatch"),
    ],
)
def test_the_verifier_names_what_a_superuser_did(
    sample: Table, keeper: Actor, now: datetime, tampering: str, first_bad: int, reason: str
) -> None:
    for n in range(3):
        with db.unit_of_work(keeper, now=now) as session:
            session.add(NumberRule(series=f"s{n}", prefix="S"))
    with db.write_connection() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        connection.exec_driver_sql(tampering)
    with db.read_session() as session:
        report = audit.verify_chain(session)
    assert (report.ok, report.first_bad, report.reason) == (False, first_bad, reason)
    assert "keep_audit_entry_update" in report.triggers


def test_triggers_can_be_installed_again(sample: Table) -> None:
    with db.write_connection() as connection:
        audit.install_triggers(connection, db.Base.metadata)
        assert audit.missing_triggers(connection, db.Base.metadata) == []
