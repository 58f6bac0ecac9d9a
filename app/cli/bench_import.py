"""How long a list of items takes: the dry run of a file with bad cells, and storing the same without them.

Processor time is given beside the wall clock, for the machine may do other work.
"""

import csv
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from biip.checksums import gs1_standard_check_digit
from openpyxl import Workbook
from sqlalchemy import text

from app.catalog.imports import ITEMS
from app.cli import db
from app.cli.bench_record import use_home
from app.cli.output import CannotCheck, machine
from app.cli.scratch import scratch_folder
from app.cli.scratch_database import on_a_server_of_its_own
from core import clock
from core.actor import system_actor
from core.db import configure, engine, read_session, unit_of_work
from core.memory import set_aside
from documents.sheets import examining

ROWS, QUICK_ROWS = 100_000, 5_000
BAD = Decimal("0.01")
"""The share of rows with one bad cell."""
BENCH = system_actor("bench")
_SPOILT: tuple[tuple[int, object], ...] = ((3, "plastic"), (4, "stone"), (5, "06901234560016"), (6, "1,5"))


def measure(*, quick: bool = False, rows: int | None = None) -> dict[str, Any]:
    """Check and store a list of items on each database, as XLSX and as CSV; every bad cell has to be named.

    ``dry_run_seconds`` and ``store_seconds`` are the longest of the four; storing checks the list once more.
    Null where no PostgreSQL is installed; its own processor time is not in the figures.
    """
    count = rows or (QUICK_ROWS if quick else ROWS)
    figures: dict[str, Any] = {"rows": count, "bad_rows": int(count * BAD)}
    for name, database in (("sqlite", nullcontext({})), ("postgres", on_a_server_of_its_own())):
        try:
            with scratch_folder() as folder, database as environment, installed(folder, environment):
                figures[name] = _figures(folder, count)
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            figures |= {name: None, "postgres_reason": str(reason)}
    found = [one for name in ("sqlite", "postgres") for one in (figures[name] or {}).values()]
    for key in ("dry_run_seconds", "store_seconds"):
        figures[key] = max(one[key] for one in found)
    return {**figures, "machine": machine(), "size": {"rows": count, "quick": quick}}


@contextmanager
def installed(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Make a folder and a database this process's installation while the block lasts."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("QMS_DATABASE")]:
        del os.environ[name]
    os.environ.update(environment)
    use_home(str(folder))
    try:
        configure()
        db.upgrade()
        set_aside()  # as a worker does
        yield
    finally:
        engine().dispose()
        os.environ.clear()
        os.environ.update(before)
        use_home(before.get("QMS_HOME"))


def _figures(folder: Path, count: int) -> dict[str, Any]:
    return {
        kind: _measure(folder, kind, write, count, number)
        for number, (kind, write) in enumerate((("xlsx", _write_xlsx), ("csv", _write_csv)))
    }


def _measure(
    folder: Path, kind: str, write: Callable[[Path, list[list[object]]], None], count: int, series: int
) -> dict[str, Any]:
    before, bad, good = _stored(), folder / f"bad.{kind}", folder / f"good.{kind}"
    write(bad, list(_rows(count, series, spoilt=True)))
    write(good, list(_rows(count, series, spoilt=False)))
    found, wall, cpu = _timed(partial(_dry_run, bad))
    figures = {"dry_run_seconds": wall, "dry_run_cpu_seconds": cpu, "findings": found.count}
    figures["all_named"] = _named(found) == {row for row in range(2, count + 2) if _is_bad(row)}
    figures["stored_by_dry_run"] = _stored() - before
    _, wall, cpu = _timed(partial(_store, good))
    return {**figures, "store_seconds": wall, "store_cpu_seconds": cpu, "stored": _stored() - before}


def _dry_run(file: Path) -> examining.Examined:
    with read_session() as session:
        return examining.examine(session, ITEMS, file, file.name, None)


def _store(file: Path) -> None:
    with unit_of_work(BENCH, reason="bench", now=clock.now()) as session:
        read = examining.read_rows(ITEMS, file, file.name)
        examining.examine_rows(session, ITEMS, read, None)
        examining.store_rows(session, ITEMS, read.rows, actor=BENCH, now=clock.now())


def _stored() -> int:
    with engine().connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM item")) or 0)


def _named(found: examining.Examined) -> set[int]:
    return {finding.row for finding in found.findings}


def _is_bad(row: int) -> bool:
    return (row - 1) % int(1 / BAD) == 0


def _rows(count: int, series: int, *, spoilt: bool) -> Iterator[list[object]]:
    """Rows of a list in which each hundredth has one bad cell; the headings come first."""
    yield [column.name["en"] for column in ITEMS.columns]
    chosen = random.Random(1)  # noqa: S311 - the same list each time
    for number in range(count):
        digits = f"06{series}9{number:09d}"
        row: list[object] = [
            f"RM{series}-{number:06d}", f"Granulate {number}", f"粒料 {number}", "material", "kg",
            f"{digits}{gs1_standard_check_digit(digits)}", 730, "dry", "干燥", "SPEC-1 B",
        ]  # fmt: skip
        if spoilt and _is_bad(number + 2):
            place, value = chosen.choice(_SPOILT)
            row[place] = value
        yield row


def _write_xlsx(file: Path, rows: list[list[object]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(file)


def _write_csv(file: Path, rows: list[list[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)


def _timed(act: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.monotonic(), time.process_time()
    done = act()
    return done, round(time.monotonic() - wall, 2), round(time.process_time() - cpu, 2)
