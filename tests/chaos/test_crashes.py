"""Whatever is killed while records are made, every record is sealed once and nothing is half-done.

Not part of `make test`: `make chaos` runs it.
"""

import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from app.access.routes import DEMO_PASSWORD
from app.cli.chaos_targets import processes
from app.cli.scratch import NotRunning, Product, running, scratch_folder
from app.cli.story import Plant

RECEIPTS = 12
SETTLED_SECONDS = 300
COMMANDS = {"worker": "app.jobs.worker", "queue": "app.jobs.embedded", "relay": "app.jobs.relay"}


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def waiting(home: Path) -> tuple[int, int]:
    """How many jobs are not done and how many records are not sealed."""
    with sqlite3.connect(f"file:{home / 'qms.sqlite3'}?mode=ro", uri=True) as database:
        jobs = database.execute("SELECT count(*) FROM outbox_entry").fetchone()[0]
        records = database.execute("SELECT count(*) FROM record WHERE state != 'sealed'").fetchone()[0]
    database.close()
    return jobs, records


def settle(home: Path) -> None:
    deadline = time.monotonic() + SETTLED_SECONDS
    while waiting(home) != (0, 0):
        assert time.monotonic() < deadline, waiting(home)
        time.sleep(0.5)


def everything_holds(product: Product) -> None:
    """Each record has one stored page, no page is stored that no record has, and the trail holds."""
    with sqlite3.connect(f"file:{product.home / 'qms.sqlite3'}?mode=ro", uri=True) as database:
        sealed = [row[0] for row in database.execute("SELECT pdf_sha256 FROM record")]
        attached = [row[0] for row in database.execute("SELECT sha256 FROM stored_file")]
    database.close()
    stored = [path.name for path in (product.home / "files").rglob("*") if path.is_file()]
    assert [name for name, count in Counter(sealed).items() if count > 1] == []
    assert set(sealed) - set(stored) == set()
    pages = [str(path) for path in (product.home / "files").rglob("*") if path.name in set(sealed)]
    assert product.qms("records", "verify", *pages).returncode == 0
    assert product.qms("audit", "verify").returncode == 0
    assert set(stored) - set(sealed) - set(attached) == set()


@pytest.mark.chaos
def test_a_product_killed_whole_picks_up_where_it_was() -> None:
    with scratch_folder() as home:
        first = running(home)
        product = first.__enter__()
        plant = Plant(product.url, DEMO_PASSWORD)
        for number in range(RECEIPTS):
            plant.receive_material(f"CHAOS-{number}", quantity="1")
        kill(product.supervisor.pid)
        for module in (*COMMANDS.values(), "gunicorn", "valkey-server"):
            for pid in processes(home, module):
                kill(pid)
        with pytest.raises(NotRunning):
            first.__exit__(None, None, None)
        assert waiting(home)[1] > 0
        with running(home) as again:
            settle(home)
            everything_holds(again)
