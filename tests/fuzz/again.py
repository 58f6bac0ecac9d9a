"""Putting a plant back as it was: a copy of its database, on either engine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.cli import scratch_server
from core import db
from tests.fuzz.plant import PutBack


@contextmanager
def way_back(database: Engine, home: Path, request: pytest.FixtureRequest) -> Iterator[PutBack]:
    """Keep the plant of this test as it is now, whichever database holds it."""
    if database.dialect.name == "sqlite":
        with copies_of_file(home / "qms.sqlite3") as put_back:
            yield put_back
        return
    server = request.getfixturevalue("postgres_server")
    with copies_of_database(server, str(database.url.database)) as put_back:
        yield put_back


@contextmanager
def copies_of_file(file: Path) -> Iterator[PutBack]:
    """Keep a copy of an SQLite file; what is given puts it back."""
    db.engine().dispose()
    kept = shutil.copy(file, file.with_suffix(".kept"))

    def put_back() -> None:
        db.engine().dispose()
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        shutil.copy(kept, file)

    yield put_back
    Path(kept).unlink()


@contextmanager
def copies_of_database(server: scratch_server.Server, name: str) -> Iterator[PutBack]:
    """Keep a copy of a PostgreSQL database; what is given puts it back."""
    made = f"OWNER {scratch_server.OWNER} TEMPLATE"
    db.engine().dispose()
    server.run(f"CREATE DATABASE {name}_kept {made} {name} STRATEGY file_copy")

    def put_back() -> None:
        db.engine().dispose()
        copied = f"CREATE DATABASE {name} {made} {name}_kept STRATEGY file_copy"
        server.run(f"DROP DATABASE {name} WITH (FORCE)", copied)

    yield put_back
    server.run(f"DROP DATABASE {name}_kept WITH (FORCE)")
