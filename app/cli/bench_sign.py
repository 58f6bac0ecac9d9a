"""How long the server takes to answer a signature, the password hash left out: one client, and eight at once.

Each database is measured by a process of its own on a scratch demo plant: SQLite in the folder, PostgreSQL on
a private server that keeps its promises to the disk. The requests are those of a browser, answered by the
application without a network; eight clients are two forked processes of four threads, as the web server has.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from app.cli.output import CannotCheck, machine
from app.cli.scratch import ROOT, scratch_folder
from app.cli.scratch_database import Environment, on_a_server_of_its_own

SIGNATURES, QUICK_SIGNATURES = 60, 10
EACH_OF_EIGHT, QUICK_EACH_OF_EIGHT = 8, 2


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Sign so many inspections on each database; milliseconds, null where no server is installed."""
    one, eight = (QUICK_SIGNATURES, QUICK_EACH_OF_EIGHT) if quick else (SIGNATURES, EACH_OF_EIGHT)
    figures: dict[str, Any] = {}
    for name, database in (("sqlite", nullcontext({})), ("postgres", on_a_server_of_its_own())):
        try:
            with _plant_on(database) as environment:
                seconds = _measured_in(environment, one, eight)
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            seconds, figures["postgres_reason"] = {"one": [], "eight": []}, str(reason)
        figures[f"{name}_p95_ms"] = _p95(seconds["one"])
        figures[f"{name}_median_ms"] = _milliseconds(statistics.median(seconds["one"] or [0]) or None)
        figures[f"{name}_8_p95_ms"] = _p95(seconds["eight"])
    size = {"signatures": one, "clients": 1, "eight_clients_each": eight, "quick": quick}
    return {**figures, "machine": machine(), "size": size}


@contextmanager
def _plant_on(database: AbstractContextManager[Environment]) -> Iterator[Environment]:
    """Put a demo plant into a scratch folder and that database; give the environment of its commands."""
    with scratch_folder() as folder, database as own:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("QMS_DATABASE")}
        environment = {**outside, **own, "QMS_HOME": str(folder)}
        for words in (("db", "upgrade"), ("demo", "load")):
            _run([sys.executable, "-m", "app.cli", *words], environment)
        yield environment


def _measured_in(environment: Environment, one: int, eight: int) -> dict[str, list[float]]:
    printed = _run([sys.executable, "-m", "app.cli.bench_sign_clients", str(one), str(eight)], environment)
    seconds: dict[str, list[float]] = json.loads(printed.splitlines()[-1])
    return seconds


def _run(command: list[str], environment: Environment) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotCheck(done.stderr)
    return done.stdout


def _p95(seconds: list[float]) -> float | None:
    """The time that 95 of 100 requests stay within."""
    return _milliseconds(sorted(seconds)[max(int(len(seconds) * 0.95) - 1, 0)] if seconds else None)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
