"""How long a list of items takes: the dry run of a file with bad cells, and storing the same without them.

Processor time is given beside the wall clock, for the machine may do other work.
"""

import csv
import json
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
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
from app.cli.scratch_database import Environment, on_a_server_of_its_own
from core import clock
from core.actor import system_actor
from core.db import configure, engine, read_session, unit_of_work
from core.memory import set_aside
from documents.sheets import examining

ROWS, QUICK_ROWS = 100_000, 5_000
BAD = Decimal("0.01")
"""The share of rows with one bad cell."""
BENCH = system_actor("bench")
DATABASES = ("sqlite", "postgres")
_SPOILT: tuple[tuple[int, object], ...] = ((3, "plastic"), (4, "stone"), (5, "06901234560016"), (6, "1,5"))


def measure(*, quick: bool = False, rows: int | None = None, database: str | None = None) -> dict[str, Any]:
    """Check and store a list of items on each database, as XLSX and as CSV; every bad cell has to be named.

    ``dry_run_seconds`` and ``store_seconds`` are the longest of the four; storing checks the list once more.
    ``parts`` says what each part of the measurement took, and the load of the machine then. Null where no
    PostgreSQL is installed, or the other database alone is asked for; the server's own processor time is not
    in the figures.
    """
    count = rows or (QUICK_ROWS if quick else ROWS)
    figures: dict[str, Any] = {"rows": count, "bad_rows": int(count * BAD), "sqlite": None, "postgres": None}
    took = Parts()
    with scratch_folder() as folder:
        with took("files"):
            files = _files(folder, count)
        for name in (database,) if database else DATABASES:
            try:
                with ExitStack() as stack:
                    with took(f"{name}_set_up"):
                        stack.enter_context(on_database(name))
                    figures[name] = {
                        kind: _measure(files[kind], count, took, f"{name}_{kind}") for kind in files
                    }
            except CannotCheck as reason:
                if name == "sqlite":
                    raise
                figures["postgres_reason"] = str(reason)
    found = [one for name in DATABASES for one in (figures[name] or {}).values()]
    for key in ("dry_run_seconds", "store_seconds"):
        figures[key] = max((one[key] for one in found), default=None)
    size = {"rows": count, "quick": quick}
    return {**figures, "parts": took.parts, "machine": machine(), "size": size}


@dataclass
class Parts:
    """What the parts of a measurement took; each is said on standard error when it ends."""

    parts: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a part."""
        wall, cpu = time.monotonic(), time.process_time()
        yield
        took = {"seconds": time.monotonic() - wall, "cpu_seconds": time.process_time() - cpu}
        self.parts[name] = {key: round(value, 2) for key, value in took.items()}
        self.parts[name]["load"] = round(os.getloadavg()[0], 1)
        print(f"{name:<32}{json.dumps(self.parts[name])}", file=sys.stderr, flush=True)


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """Make an empty installation on a database this process's own while the block lasts."""
    database: AbstractContextManager[Environment] = nullcontext({})
    if name != "sqlite":
        database = on_a_server_of_its_own()
    with scratch_folder() as home, database as environment, installed(home, environment):
        yield


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


def _files(folder: Path, count: int) -> dict[str, tuple[Path, Path]]:
    """The lists, with bad cells and without, in each form; both databases are brought the same."""
    files = {}
    for series, (kind, write) in enumerate((("xlsx", _write_xlsx), ("csv", _write_csv))):
        bad, good = folder / f"bad.{kind}", folder / f"good.{kind}"
        write(bad, _rows(count, series, spoilt=True))
        write(good, _rows(count, series, spoilt=False))
        files[kind] = (bad, good)
    return files


def _measure(files: tuple[Path, Path], count: int, took: Parts, name: str) -> dict[str, Any]:
    before, (bad, good) = _stored(), files
    with took(f"{name}_dry_run"):
        found = _dry_run(bad)
    figures: dict[str, Any] = {
        "findings": found.count,
        "all_named": _named(found) == {row for row in range(2, count + 2) if _is_bad(row)},
        "stored_by_dry_run": _stored() - before,
    }
    with took(f"{name}_store"):
        _store(good)
    figures["stored"] = _stored() - before
    for act in ("dry_run", "store"):
        part = took.parts[f"{name}_{act}"]
        figures |= {f"{act}_seconds": part["seconds"], f"{act}_cpu_seconds": part["cpu_seconds"]}
    return figures


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


def _write_xlsx(file: Path, rows: Iterable[list[object]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(file)


def _write_csv(file: Path, rows: Iterable[list[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
