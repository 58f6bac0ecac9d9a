"""The audit trail on a real database: what is caught, how it is chained, what cannot be done to it."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, Integer, LargeBinary, String, Table, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from core import db
from core.actor import Actor, system_actor
from core.numbers import NumberRule, define
from core.types import Quantity, UtcDateTime
from signatures import audit
from signatures.audit_models import AuditCapture, AuditEntry

INSPECTOR = Actor(id="22222222-2222-4222-8222-222222222222", login="inspector", name="Li Wei 李伟")


@pytest.fixture
def specimen(home: Path) -> Iterator[Table]:
    table = Table(
        "specimen",
        db.Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("quantity", Quantity()),
        Column("taken_at", UtcDateTime()),
        Column("facts", JSON),
        Column("picture", LargeBinary),
        Column("state", String, info={"audit": "hash"}),
        Column("password_hash", String, info={"audit": "omit"}),
    )
    log = Table(
        "specimen_log",
        db.Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("code", String, unique=True),
        Column("seal", String),
        Column("sealed_at", UtcDateTime()),
        info={
            "append_only": True,
            "append_only_except": ("seal", "sealed_at"),
            "append_only_until": "sealed_at",
        },
    )
    engine = db.configure()
    with engine.execution_options(qms_write=True).begin() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
    yield table
    engine.dispose()
    db.Base.metadata.remove(table)
    db.Base.metadata.remove(log)


@pytest.fixture
def log(specimen: Table) -> Table:
    return db.Base.metadata.tables["specimen_log"]


def entries() -> list[dict]:
    with db.read_session() as session:
        return [json.loads(row) for row in session.scalars(select(AuditEntry.entry).order_by(AuditEntry.seq))]


def raw(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "qms.sqlite3", isolation_level=None)


@pytest.mark.urs("URS-024")
def test_a_change_is_kept_with_who_when_old_new_and_why(
    specimen: Table, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        values = {"id": 1, "quantity": Decimal("12.5"), "taken_at": now, "facts": {"a": "b"}}
        session.execute(insert(specimen).values(values))
    later = now + timedelta(hours=1)
    with db.unit_of_work(INSPECTOR, reason="Counted again", now=later) as session:
        session.execute(update(specimen).values(quantity=Decimal("12")))
    created, changed = entries()
    assert created["changes"] == {
        "id": [None, 1],
        "quantity": [None, "12.5"],
        "taken_at": [None, "2026-11-22T08:10:05+00:00"],
        "facts": [None, {"a": "b"}],
    }
    assert changed["changes"] == {"quantity": ["12.5", "12"]}
    assert changed["subject"] == ["specimen", "1"]
    assert changed["actor"]["login"] == "inspector"
    assert changed["reason"] == "Counted again"
    assert changed["at"] == later.isoformat()


@pytest.mark.urs("URS-024")
def test_a_bulk_update_is_caught_row_by_row(specimen: Table, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(specimen), [{"id": n, "quantity": Decimal(n)} for n in range(1, 4)])
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(update(specimen).where(specimen.c.id > 1).values(quantity=Decimal(9)))
        session.execute(delete(specimen).where(specimen.c.id == 1))
    assert [(entry["action"], entry["subject"][1]) for entry in entries()[3:]] == [
        ("update", "2"),
        ("update", "3"),
        ("delete", "1"),
    ]


def test_large_values_are_kept_as_hashes_and_secrets_not_at_all(
    specimen: Table, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(
            insert(specimen).values(id=1, picture=b"\x00\x01", state="x" * 9000, password_hash="secret")
        )
    changes = entries()[0]["changes"]
    assert changes["picture"][1] == "sha256:b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2"
    assert changes["state"][1].startswith("sha256:")
    assert changes["password_hash"] is None
    assert "secret" not in json.dumps(entries())


def test_a_change_that_changes_nothing_leaves_no_line(specimen: Table, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(specimen).values(id=1, quantity=Decimal(1)))
        session.execute(update(specimen).values(quantity=Decimal(1)))
    assert len(entries()) == 1


def test_a_named_event_stands_after_the_changes_that_led_to_it(
    specimen: Table, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        rule = define(session, "lot", prefix="L")
        with db.acting_as(session, actor=system_actor("timer"), operation="inventory.release_lot"):
            subject = ("inventory.lot", rule.id)
            audit.record(session, "lot.released", subject=subject, facts={"n": Decimal("1.50")})
    created, released = entries()
    assert created["subject"] == ["number_rule", str(rule.id)]
    assert released["action"] == "lot.released"
    assert released["facts"] == {"n": "1.5", "operation": "inventory.release_lot"}
    assert released["actor"]["id"] == "system:timer"
    with db.read_session() as session:
        history = audit.history_of(session, "number_rule", rule.id)
    assert [entry.action for entry in history] == ["lot.released", "insert"]


def test_nothing_is_left_in_staging_after_a_commit(specimen: Table, keeper: Actor, now: datetime) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(specimen).values(id=1))
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(AuditCapture)) == 0


def test_a_rollback_leaves_neither_change_nor_line(specimen: Table, keeper: Actor, now: datetime) -> None:
    with pytest.raises(IntegrityError), db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(specimen), [{"id": 1}, {"id": 1}])
    assert entries() == []


def test_a_session_without_an_actor_cannot_write(specimen: Table) -> None:
    with db.read_session() as session, pytest.raises(DatabaseError, match="nobody is named as the author"):
        session.execute(insert(specimen).values(id=1))


def test_a_connection_from_outside_cannot_write_at_all(specimen: Table, home: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="app_"):
        raw(home).execute("INSERT INTO specimen (id) VALUES (1)")


@pytest.mark.urs("URS-024")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = '{}'",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
        "REPLACE INTO audit_entry (rowid, seq, at, actor_id, action, subject_type, subject_id, entry,"
        " prev_hash, hash) SELECT 1, 1, at, 'x', action, subject_type, subject_id, entry, prev_hash, hash"
        " FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT seq + 99, at, actor_id, action, subject_type, subject_id,"
        " entry, prev_hash, hash FROM audit_entry",
    ],
)
def test_the_trail_cannot_be_rewritten_by_another_connection(
    specimen: Table, keeper: Actor, now: datetime, home: Path, statement: str
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(specimen).values(id=1))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(home).execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER keep_audit_entry_update",
        "DROP TABLE audit_entry",
        "ALTER TABLE audit_entry RENAME TO gone",
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_capture BEGIN SELECT RAISE(IGNORE); END",
        "PRAGMA writable_schema = ON",
        "PRAGMA recursive_triggers = OFF",
    ],
)
def test_the_products_own_connections_cannot_take_the_guards_away(specimen: Table, statement: str) -> None:
    with db.engine().connect() as connection, pytest.raises(DatabaseError, match="not authorized"):
        connection.exec_driver_sql(statement)


def test_an_append_only_row_may_be_sealed_once_and_nothing_else(
    log: Table, keeper: Actor, now: datetime
) -> None:
    with db.unit_of_work(keeper, now=now) as session:
        session.execute(insert(log).values(id=1, code="A"))
        session.execute(update(log).values(seal="s", sealed_at=now))
    for forbidden in (update(log).values(code="B"), update(log).values(seal="t"), delete(log)):
        with pytest.raises(IntegrityError, match="append-only"), db.unit_of_work(keeper, now=now) as session:
            session.execute(forbidden)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        db.unit_of_work(keeper, now=now) as session,
    ):
        session.execute(insert(log).prefix_with("OR REPLACE").values(id=2, code="A"))


def write_some(keeper: Actor, now: datetime, count: int = 5) -> None:
    for n in range(count):
        with db.unit_of_work(keeper, now=now) as session:
            session.add(NumberRule(series=f"s{n}", prefix="S"))


def as_owner_of_the_file(home: Path, *statements: str) -> None:
    connection = raw(home)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_an_untouched_trail_holds(specimen: Table, keeper: Actor, now: datetime) -> None:
    write_some(keeper, now)
    with db.read_session() as session:
        report = audit.verify_chain(session)
    assert (report.ok, report.rows, report.first_bad, report.reason) == (True, 5, None, None)


def test_an_empty_trail_holds(specimen: Table) -> None:
    with db.read_session() as session:
        assert audit.verify_chain(session).ok


LEFT_OVER = (
    "INSERT INTO audit_capture (context, action, subject_type, subject_id) VALUES ('{}', 'x', 'y', 'z')"
)


@pytest.mark.urs("URS-025")
@pytest.mark.parametrize(
    ("tampering", "first_bad", "reason"),
    [
        ("UPDATE audit_entry SET entry = replace(entry, 'keeper', 'nobody') WHERE seq = 3", 3, "altered"),
        ("UPDATE audit_entry SET actor_id = 'someone else' WHERE seq = 2", 2, "index_altered"),
        ("UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE seq = 4", 4, "index_altered"),
        ("DELETE FROM audit_entry WHERE seq = 3", 3, "gap"),
        ("DELETE FROM audit_entry WHERE seq = 5", 5, "head_mismatch"),
        ("DELETE FROM audit_entry", 1, "head_mismatch"),
        ("UPDATE audit_entry SET prev_hash = 'x' WHERE seq = 2", 2, "broken_link"),
        (LEFT_OVER, None, "unlinked"),
        ("SELECT 1", None, "triggers_missing"),
    ],
)
def test_the_verifier_names_what_the_owner_of_the_file_did(
    specimen: Table,
    keeper: Actor,
    now: datetime,
    home: Path,
    tampering: str,
    first_bad: int | None,
    reason: str,
) -> None:
    write_some(keeper, now)
    as_owner_of_the_file(home, tampering)
    with db.read_session() as session:
        report = audit.verify_chain(session)
    assert (report.ok, report.first_bad, report.reason) == (False, first_bad, reason)
    assert "keep_audit_entry_update" in report.triggers


def test_a_trigger_replaced_by_an_empty_one_is_noticed(
    specimen: Table, keeper: Actor, now: datetime, home: Path
) -> None:
    connection = raw(home)
    connection.execute("DROP TRIGGER audit_specimen_update")
    connection.execute("CREATE TRIGGER audit_specimen_update AFTER UPDATE ON specimen BEGIN SELECT 1; END")
    connection.close()
    with db.read_session() as session:
        assert audit.verify_chain(session).triggers == ("audit_specimen_update",)


def test_two_threads_writing_at_once_lose_nothing(specimen: Table, keeper: Actor, now: datetime) -> None:
    def write(prefix: str) -> None:
        for n in range(10):
            with db.unit_of_work(keeper, now=now) as session:
                session.add(NumberRule(series=f"{prefix}{n}", prefix="S"))

    threads = [threading.Thread(target=write, args=(prefix,)) for prefix in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read_session() as session:
        report = audit.verify_chain(session)
    assert (report.ok, report.rows) == (True, 20)


def test_a_moment_in_another_zone_is_written_in_utc(specimen: Table, keeper: Actor) -> None:
    with db.unit_of_work(keeper, now=datetime.fromisoformat("2026-11-22T16:00:00+08:00")) as session:
        taken_at = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
        session.execute(insert(specimen).values(id=1, taken_at=taken_at))
    entry = entries()[0]
    assert entry["at"] == "2026-11-22T08:00:00+00:00"
    assert entry["changes"]["taken_at"][1] == "2026-01-02T03:04:05.000678+00:00"
    with db.read_session() as session:
        assert audit.verify_chain(session).ok


def test_a_table_can_still_be_altered_by_a_migration(specimen: Table) -> None:
    with db.engine().connect() as connection:
        with audit.schema_changes(connection):
            connection.exec_driver_sql("ALTER TABLE specimen ADD COLUMN extra TEXT")
        with pytest.raises((DatabaseError, OperationalError), match="not authorized"):
            connection.exec_driver_sql("DROP TABLE specimen")
