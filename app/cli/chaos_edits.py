"""Edits a plant's database at random, past the product; `qms audit verify` must name each edit (URS-025).

Every edit is made on a fresh copy of a plant with demo data: half of them as the owner of an SQLite file,
half as a superuser of PostgreSQL. It counts as found when the verifier names the table and the row, or, for
the trail itself, says that the chain does not hold.
"""

import importlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from app.cli import scratch_server
from app.cli.chaos_tamper import Edit, deal, tamper, targets
from app.cli.output import CannotCheck, machine
from app.cli.scratch import ROOT, scratch_folder
from core.db import Base
from signatures.audit import ChainReport, verify_chain

Copy = Callable[[], AbstractContextManager[tuple[str, str]]]
"""Gives a copy of a plant's database: the address for who edits, and the one the verifier reads by."""

_TRAIL = {"audit_entry", "audit_head"}
_OF_THE_TRAIL = {"gap", "broken_link", "altered", "index_altered", "head_mismatch"}


def measure(count: int, *, seed: int) -> dict[str, Any]:
    """Make ``count`` edits, half on each database.

    Raises:
        CannotCheck: PostgreSQL is not installed, or the demo plant cannot be made.
    """
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    started = time.perf_counter()
    done: Counter[str] = Counter()
    tables: Counter[str] = Counter()
    missed: list[dict[str, Any]] = []
    plants = {"sqlite": _sqlite_plant, "postgresql": _postgresql_plant}
    for name, share in (("sqlite", count - count // 2), ("postgresql", count // 2)):
        with plants[name]() as copy:
            for edit, report in edit_copies(copy, share, random.Random(f"{seed}-{name}")):  # noqa: S311
                done[name] += 1
                tables[edit.table] += 1
                if not is_named(edit, report):
                    missed.append({"database": name, **vars(edit), "reason": report.reason})
    return {
        "edits": done.total(),
        "found": done.total() - len(missed),
        "missed": missed,
        **done,
        "tables": dict(sorted(tables.items())),
        "tables_never_edited": sorted(set(chain(*targets(Base.metadata).values())) - set(tables)),
        "seconds": round(time.perf_counter() - started, 1),
        "seed": seed,
        "machine": machine(),
    }


def edit_copies(copy: Copy, count: int, chance: random.Random) -> Iterator[tuple[Edit, ChainReport]]:
    """Make so many edits, each on its own copy, in turn over all tables of regulated rows; verify each.

    Raises:
        CannotCheck: the plant does not hold before anything is edited.
    """
    tables = deal(chance, targets(Base.metadata))
    with copy() as (_, reading):
        before = _verify(reading)
    if not before.ok:
        raise CannotCheck(f"the plant does not hold before it is edited: {before.reason} {before.findings}")
    for name in islice(tables, count):
        with copy() as (writing, reading):
            engine = create_engine(writing, poolclass=NullPool)
            with engine.begin() as connection:
                edit = tamper(connection, chance, name)
            engine.dispose()
            yield edit, _verify(reading)


def is_named(edit: Edit, report: ChainReport) -> bool:
    """Whether the report leads to what was edited."""
    if edit.table in _TRAIL:
        return report.reason in _OF_THE_TRAIL
    if edit.table == "balance":  # follows from the ledger; it has no history of its own
        return any(finding.table == edit.table for finding in report.findings)
    return any((finding.table, finding.row) == (edit.table, edit.row) for finding in report.findings)


def copies_of_file(file: Path) -> Copy:
    """Copy an SQLite file whose write-ahead log is empty."""

    @contextmanager
    def copy() -> Iterator[tuple[str, str]]:
        with tempfile.TemporaryDirectory(prefix="qms-", dir=file.parent) as folder:
            copied = shutil.copy(file, Path(folder) / "copy.sqlite3")
            yield f"sqlite:///{copied}", f"sqlite:///{copied}"

    return copy


def copies_of_database(server: scratch_server.Server, template: str) -> Copy:
    """Copy a PostgreSQL database that nobody is connected to."""

    @contextmanager
    def copy() -> Iterator[tuple[str, str]]:
        with server.database(template) as name:
            yield server.url(name), server.url(name, scratch_server.APPLICATION)

    return copy


def _verify(url: str) -> ChainReport:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        report = verify_chain(session)
    engine.dispose()
    return report


@contextmanager
def _sqlite_plant() -> Iterator[Copy]:
    with scratch_folder() as folder:
        _load(folder, {})
        file = folder / "qms.sqlite3"
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        engine.dispose()
        yield copies_of_file(file)


@contextmanager
def _postgresql_plant() -> Iterator[Copy]:
    try:
        scratch_server.programs()
    except LookupError as missing:
        raise CannotCheck(str(missing)) from missing
    with (
        scratch_server.server(forgetful=True) as server,
        server.database() as name,
        scratch_folder() as folder,
    ):
        own = {
            "QMS_DATABASE_URL": server.url(name, scratch_server.APPLICATION),
            "QMS_DATABASE_OWNER_URL": server.url(name, scratch_server.OWNER),
        }
        _load(folder, own)
        yield copies_of_database(server, name)


def _load(folder: Path, own: dict[str, str]) -> None:
    """Put a demo plant into a folder and a database."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("QMS_DATABASE")}
    for words in (("db", "upgrade"), ("demo", "load")):
        command = [sys.executable, "-m", "app.cli", *words]
        environment = {**outside, **own, "QMS_HOME": str(folder)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotCheck(done.stderr)
