"""What stood at an item before it had revisions becomes its first revision."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.cli import scratch_server
from core import db
from signatures.audit_chain import verify_chain

ROOT = Path(__file__).resolve().parents[3]
ID = {name: f"{number:032x}" for number, name in enumerate(("item", "look", "old", "never"), start=1)}
BEFORE = (
    "INSERT INTO item (id, code, name, kind, uom, storage, specification, state, created_at, revision)"
    " VALUES (:item, 'I', '{}', 'finished', 'kg', '{}', 'SP-1', 'active', '2026-03-04 05:06:07', 1)",
    "INSERT INTO inspection_characteristic (id, item_id, position, code, name, kind, unit, requirement,"
    " method, instrument, sample_size)"
    " VALUES (:look, :item, 1, 'LOOK', '{}', 'judged', '', '{}', '', '{}', 1)",
    "INSERT INTO bom (id, item_id, bom_revision, effective_from, created_at)"
    " VALUES (:old, :item, 'B', '2026-01-01', '2026-03-04 05:06:07'),"
    " (:never, :item, 'A', '2026-01-01', '2026-03-04 05:06:07')",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, home: Path) -> Iterator[None]:
    if request.param == "sqlite":
        db.configure()
        yield
    else:
        with request.getfixturevalue("postgres_server").database() as name:
            db.configure(request.getfixturevalue("postgres_server").url(name, scratch_server.OWNER))
            yield
            db.engine().dispose()
    db.engine().dispose()


@pytest.mark.urs("URS-031", "URS-130")
@pytest.mark.usefixtures("empty_database")
def test_specifications_standards_and_parts_become_first_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "0016")
    with db.engine().execution_options(qms_write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in ("item", "inspection_characteristic", "bom"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            names = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            raw = connection.connection.dbapi_connection
            raw.set_authorizer(None)
            for name in connection.scalars(names).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for statement in BEFORE:
            connection.execute(text(statement), ID)
    command.upgrade(config, "head")
    with db.read_session() as session:
        boms = session.execute(text("SELECT code, state, effective_from FROM bom ORDER BY code")).all()
        assert [(one.code, one.state, str(one.effective_from)) for one in boms] == [
            ("A", "abandoned", "None"), ("B", "approved", "2026-01-01"),
        ]  # fmt: skip
        revision = "SELECT code, specification, state, effective_from FROM item_revision"
        [one] = session.execute(text(revision)).all()
        assert (one.code, one.specification, one.state) == ("1", "SP-1", "approved")
        assert str(one.effective_from) == str(date(2026, 3, 4))
        joined = "SELECT s.code, c.code AS line FROM inspection_standard s"
        joined += " JOIN inspection_characteristic c ON c.standard_id = s.id"
        assert [tuple(one) for one in session.execute(text(joined))] == [("1", "LOOK")]
    with db.read_session() as session:
        assert verify_chain(session).first_bad is None
