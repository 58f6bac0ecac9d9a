"""`qms run`: the whole product in one terminal, under one supervisor, until Ctrl-C."""

import argparse
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from app.cli import db
from app.cli.output import CannotCheck, Subparsers
from app.cli.supervisor import Program, Supervisor
from core import log, schema
from core.config import settings
from core.db import engine

ROOT = Path(__file__).resolve().parents[2]
DEMO_LOADED = "demo.json"
"""In the data folder: the demo is loaded, and these are its accounts."""
WAITING_CONNECTIONS = 2048
MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "262144",
    "MALLOC_TRIM_THRESHOLD_": "262144",
}
"""How the C library keeps memory (mallopt(3)), unless the environment says otherwise.

Threads share two heaps instead of having one each. And what is large is given back when it is freed: after
the first password hash, of 19 MiB, the library would by itself raise both limits and keep as much for ever.
A web worker that has signed and shown every page is a sixth smaller so.
"""


def register(subparsers: Subparsers) -> None:
    """Add `qms run`."""
    parser = subparsers.add_parser("run", help="start web, workers, relay and queue; Ctrl-C ends them all")
    parser.set_defaults(run=_run)


def programs(listening: int | None = None) -> list[Program]:
    """The processes of an installation: what the supervisor keeps running, the queue first.

    ``listening`` is the descriptor of the socket that people's browsers reach. It stays open while the web
    server starts anew, so that a click waits instead of failing.
    """
    python = (sys.executable, "-m")
    web = (*python, "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"))
    reached = ("--bind", f"fd://{listening}") if listening is not None else ()
    listed = [
        Program("queue", (*python, "app.jobs.embedded")),
        Program("relay", (*python, "app.jobs.relay")),
        Program("worker", (*python, "app.jobs.worker")),
        Program("web", (*web, *reached, "wsgi:app"), (listening,) if listening is not None else ()),
    ]
    own_queue = settings().redis_url == f"unix://{settings().home / 'valkey.sock'}"
    return listed if own_queue else listed[1:]


def _run(_arguments: argparse.Namespace) -> int:
    home = settings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(home), _listening() as browsers:
        _prepare(home)
        demo = _plant_is_demo()
        if demo:
            print(_accounts(home), flush=True)
        print(f"  Starting {settings().url} …  (Ctrl-C stops everything)", flush=True)
        engine().dispose()
        log.configure()
        own = {"QMS_HOME": str(home), "QMS_DEMO": str(int(demo or False))}
        running = programs(browsers.fileno())
        Supervisor(running, environment={**MEMORY, **os.environ, **own}, folder=ROOT).run()
    return 0


def _prepare(home: Path) -> None:
    """Bring the database up to date and, where a demo is wanted and no real plant is, load what it lacks.

    Raises:
        CannotCheck: the demo plant cannot be loaded.
    """
    with _phase("database"):
        if not schema.is_current():
            db.upgrade()
    demo = _plant_is_demo()
    if settings().demo and demo is not False and not (demo and (home / DEMO_LOADED).exists()):
        with _phase("demo plant"):
            command = [sys.executable, "-m", "app.cli", "demo", "load", "--json"]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise CannotCheck("the demo plant cannot be loaded")
            (home / DEMO_LOADED).write_text(done.stdout, encoding="utf-8")


def _plant_is_demo() -> bool | None:
    """Whether the installation's sites belong to the demo; None while there is no site."""
    with engine().connect() as connection:
        marks = connection.scalars(text("SELECT DISTINCT demo FROM site")).all()
    return all(marks) if marks else None


def _accounts(home: Path) -> str:
    """What a person needs to look round in the demo: who he may be, and the one password."""
    if not (home / DEMO_LOADED).exists():
        return ""
    demo = json.loads((home / DEMO_LOADED).read_text(encoding="utf-8"))
    people = [f"    {one['login']:<12}{one['name']['en']} / {one['name']['zh']}" for one in demo["accounts"]]
    return "\n".join([f"  Demo accounts, password {demo['password']}:", *people])


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


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """Take the address that the browsers reach.

    Raises:
        CannotCheck: somebody else has it.
    """
    host, port = os.environ.get("QMS_BIND", "127.0.0.1"), settings().port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host.strip("[]"), port), family=family, backlog=WAITING_CONNECTIONS)
    except OSError as refused:
        raise CannotCheck(f"port {port} is taken; choose another one:  PORT=8001 make run") from refused
    with taken:
        yield taken
