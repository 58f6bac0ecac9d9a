"""`qms run`: the whole product in one terminal, under one supervisor, until Ctrl-C."""

import argparse
import fcntl
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from honcho.manager import Manager
from sqlalchemy import text

from app.cli import db
from app.cli.output import CannotCheck, Subparsers
from core.config import settings
from core.db import engine

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = (130, 143)


def register(subparsers: Subparsers) -> None:
    """Add `qms run`."""
    parser = subparsers.add_parser("run", help="start web, workers, relay and queue; Ctrl-C ends them all")
    parser.set_defaults(run=_run)


def programs() -> dict[str, str]:
    """The processes of an installation, by name: what the supervisor starts."""
    python = shlex.quote(sys.executable)
    listed = {
        "queue": f"exec {python} -m app.jobs.embedded",
        "relay": f"exec {python} -m app.jobs.relay",
        "worker": f"exec {python} -m app.jobs.worker",
        "web": f"exec {python} -m gunicorn --config {shlex.quote(str(ROOT / 'gunicorn.conf.py'))} wsgi:app",
    }
    if settings().redis_url != f"unix://{settings().home / 'valkey.sock'}":
        del listed["queue"]
    return listed


def _run(_arguments: argparse.Namespace) -> int:
    home = settings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(home):
        _need_free_port(settings().port)
        _prepare()
        print(f"  Starting {settings().url} …  (Ctrl-C stops everything)", flush=True)
        environment = {**os.environ, "QMS_HOME": str(home), "QMS_STARTED": repr(time.time())}
        manager = Manager()
        for name, command in programs().items():
            manager.add_process(name, command, env=environment, cwd=str(ROOT))
        manager.loop()
    return 0 if manager.returncode in INTERRUPTED else 1


def _prepare() -> None:
    """Bring the database up to date and, for a demo that is still empty, load the demo plant."""
    with _phase("database"):
        if not db.is_current():
            db.upgrade()
    if settings().demo and _is_empty():
        with _phase("demo plant"):
            subprocess.run([sys.executable, "-m", "app.cli", "demo", "load"], cwd=ROOT, check=True)


def _is_empty() -> bool:
    with engine().connect() as connection:
        return not connection.scalar(text("SELECT count(*) FROM person"))


@contextmanager
def _phase(name: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"  {name:<24}{time.monotonic() - start:7.1f} s", flush=True)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold the data folder: two products on one folder would share a database, a queue and a port.

    Raises:
        CannotCheck: it is running already.
    """
    with (home / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise CannotCheck(f"the product is running already on {home}") from taken
        yield


def _need_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise CannotCheck(f"port {port} is taken; choose another one:  PORT=8001 make run") from taken
