"""How fast the audit trail is written and walked: a long trail verified, and eight writers on PostgreSQL.

A long trail is made by the product's own triggers and hook on a scratch SQLite file: each entry puts in one
row, so that as many rows are compared with their table as well.
"""

import importlib
import threading
import time
import uuid
from typing import Any

from sqlalchemy import insert

from app.cli import scratch_server
from app.cli.output import CannotCheck, machine
from app.cli.scratch import scratch_folder
from core import clock, db
from core.actor import system_actor
from core.numbers import NumberRule
from signatures import audit

ENTRIES, QUICK_ENTRIES = 1_000_000, 20_000
SECONDS, QUICK_SECONDS = 10.0, 2.0
WRITERS = 8
_BATCH = 5_000


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure both; a smaller trail is scaled up to a million entries. Null where PostgreSQL is missing.

    Raises:
        CannotCheck: the trail that was made does not hold.
    """
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    entries, seconds = (QUICK_ENTRIES, QUICK_SECONDS) if quick else (ENTRIES, SECONDS)
    try:
        walked = _long_trail(entries)
        try:
            appended: float | None = _eight_writers(seconds)
        except LookupError:
            appended = None
    finally:
        db.configure()
    million = 1_000_000 / walked.rows
    return {
        "verify_1m_seconds": round(walked.seconds * million, 2),
        "compare_1m_rows_seconds": round(walked.compare_seconds * million, 2),
        "postgres_8_writers_per_second": appended,
        "proof_bytes": None,
        "proof_check_ms": None,
        "machine": machine(),
        "size": {"entries": walked.rows, "writers": WRITERS, "seconds": seconds, "quick": quick},
    }


def _long_trail(entries: int) -> audit.ChainReport:
    with scratch_folder() as folder:
        engine = db.configure(f"sqlite:///{folder}/trail.sqlite3")
        _make_tables()
        for start in range(0, entries, _BATCH):
            _write([f"{number}" for number in range(start, min(start + _BATCH, entries))])
        with db.read_session() as session:
            report = audit.verify_chain(session)
        engine.dispose()
    if not report.ok:
        raise CannotCheck(f"the trail does not hold: {report.reason}")
    return report


def _eight_writers(seconds: float) -> float:
    """Commits a second of eight threads, one change each, while the server keeps its promises to the disk."""
    with scratch_server.server() as server, server.database() as name:
        engine = db.configure(server.url(name, scratch_server.OWNER))
        _make_tables()
        start = time.perf_counter()
        counts = [0] * WRITERS
        threads = [
            threading.Thread(target=_write_until, args=(counts, number, start + seconds))
            for number in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        engine.dispose()
    return round(sum(counts) / took, 1)


def _write_until(counts: list[int], number: int, end: float) -> None:
    while time.perf_counter() < end:
        _write([f"{number}-{counts[number]}"])
        counts[number] += 1


def _write(names: list[str]) -> None:
    rows = [{"id": uuid.uuid4(), "series": name, "prefix": "B"} for name in names]
    with db.unit_of_work(system_actor("bench"), now=clock.now()) as session:
        session.execute(insert(NumberRule), rows)


def _make_tables() -> None:
    with db.engine().execution_options(qms_write=True).begin() as connection:
        db.Base.metadata.create_all(connection)
        audit.install_triggers(connection, db.Base.metadata)
