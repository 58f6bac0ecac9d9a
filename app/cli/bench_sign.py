"""How long the server takes to answer a signature, the password hash left out: one client, and eight at once.

Each database is measured on a scratch demo plant: SQLite in the folder, PostgreSQL on a private server that
keeps its promises to the disk. The web server is the product's, with its own settings (workers, threads), and
the requests come over HTTP; eight clients are eight inspectors, each on a connection of his own, without a
pause between two signatures.

Measured is what the server itself measures: from the call of the application to its answer, every wait for
locks, database and disk included. Not in it: the time on the wire, the page that the answer leads to, and the
password hash, for the accounts have one here that costs next to nothing. The workers that print and seal the
records do not run meanwhile.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from app.cli.bench_sign_clients import sign
from app.cli.output import CannotCheck, machine
from app.cli.scratch import END_SECONDS, READY_SECONDS, ROOT, free_port, scratch_folder
from app.cli.scratch_database import Environment, on_a_server_of_its_own

SIGNATURES, QUICK_SIGNATURES = 60, 10
EACH_OF_EIGHT, QUICK_EACH_OF_EIGHT = 12, 2
SERVER = "app.cli.bench_sign_server"


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Sign so many inspections on each database; milliseconds, null where no server is installed."""
    one, eight = (QUICK_SIGNATURES, QUICK_EACH_OF_EIGHT) if quick else (SIGNATURES, EACH_OF_EIGHT)
    figures: dict[str, Any] = {}
    for name, database in (("sqlite", nullcontext({})), ("postgres", on_a_server_of_its_own())):
        try:
            with on_plant(database, SERVER) as environment, served(environment, SERVER) as address:
                seconds = sign(address, one, eight)
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            seconds, figures["postgres_reason"] = {"one": [], "eight": []}, str(reason)
        figures[f"{name}_p95_ms"] = _p95(seconds["one"])
        figures[f"{name}_median_ms"] = _milliseconds(statistics.median(seconds["one"] or [0]) or None)
        figures[f"{name}_8_p95_ms"] = _p95(seconds["eight"])
        figures[f"{name}_8_median_ms"] = _milliseconds(statistics.median(seconds["eight"] or [0]) or None)
    size = {"signatures": one, "clients": 1, "eight_clients_each": eight, "quick": quick}
    return {**figures, "machine": machine(), "size": size}


@contextmanager
def on_plant(
    database: AbstractContextManager[Environment], server: str, *words: str
) -> Iterator[Environment]:
    """Put a demo plant into a scratch folder and that database, and have the measuring server's module make
    it ready, with these words; give the environment of its commands."""
    with scratch_folder() as folder, database as own:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("QMS_DATABASE")}
        environment = {**outside, **own, "QMS_HOME": str(folder)}
        for command in (("app.cli", "db", "upgrade"), ("app.cli", "demo", "load"), (server, *words)):
            _run([sys.executable, "-m", *command], environment)
        yield environment


@contextmanager
def served(environment: Environment, server: str) -> Iterator[str]:
    """Run the product's web server with the application of a module while the block lasts; gives its address.

    Raises:
        CannotCheck: it does not answer in time.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {**environment, "PORT": str(port), "QMS_URL": address}
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), f"{server}:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield address
    finally:
        process.terminate()
        process.wait(END_SECONDS)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise CannotCheck("the web server does not start")


def _run(command: list[str], environment: Environment) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotCheck(done.stderr)


def _p95(seconds: list[float]) -> float | None:
    """The time that 95 of 100 requests stay within."""
    return _milliseconds(sorted(seconds)[max(int(len(seconds) * 0.95) - 1, 0)] if seconds else None)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
