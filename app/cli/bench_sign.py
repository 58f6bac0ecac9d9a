"""How long the server takes to answer a signature, the password hash left out; one person signs at a time.

The requests are those of a browser, answered by the application in this process on a scratch demo plant.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import Request

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.utils import import_string

from app.access import passwords
from app.access.routes import DEMO_PASSWORD
from app.cli.output import CannotCheck, machine
from app.cli.scratch import ROOT, scratch_folder
from app.cli.story import Plant
from app.cli.visit import Page, Visitor
from core import db
from core.config import settings

SIGNATURES, QUICK_SIGNATURES, WARM_UP = 60, 10, 3


class Stopwatch(PasswordHasher):
    """The product's password hash, which notes the seconds it has taken."""

    seconds = 0.0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        """Compare as ever, and note the time."""
        start = time.perf_counter()
        try:
            return super().verify(hash, password)
        finally:
            self.seconds += time.perf_counter() - start


class Timed(Visitor):
    """A person whose requests are answered in this process; `seconds` is the time of the last one."""

    def __init__(self, client: FlaskClient, stopwatch: Stopwatch) -> None:
        super().__init__("http://localhost")
        self._client, self._stopwatch = client, stopwatch
        self.seconds = 0.0

    def _ask(self, request: Request) -> Page:
        path = urlsplit(request.full_url)
        target = f"{path.path}?{path.query}" if path.query else path.path
        self._stopwatch.seconds = 0.0
        start = time.perf_counter()
        answer = self._client.open(
            target, method=request.get_method(), data=request.data, headers=dict(request.header_items())
        )
        if request.get_method() == "POST":
            self.seconds = time.perf_counter() - start - self._stopwatch.seconds
        if answer.status_code in (301, 302, 303):
            return self.get(answer.headers["Location"])
        return Page(answer.status_code, urljoin(self.address, target), answer.data)


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Sign so many inspections one after the other; figures in milliseconds."""
    wanted = QUICK_SIGNATURES if quick else SIGNATURES
    with scratch_folder() as folder, _plant_on(folder):
        seconds = _sign_many(wanted + WARM_UP)[WARM_UP:]
    ordered = sorted(seconds)
    return {
        "sqlite_p95_ms": round(ordered[int(len(ordered) * 0.95) - 1] * 1000, 1),
        "sqlite_median_ms": round(statistics.median(ordered) * 1000, 1),
        "postgres_p95_ms": None,
        "sqlite_8_p95_ms": None,
        "postgres_8_p95_ms": None,
        "machine": machine(),
        "size": {"signatures": wanted, "clients": 1, "quick": quick},
    }


@contextmanager
def _plant_on(folder: Path) -> Iterator[None]:
    """Put a demo plant into `folder` and make it this process's installation for a while."""
    before = os.environ.get("QMS_HOME")
    os.environ["QMS_HOME"] = str(folder)
    settings.cache_clear()
    db.configure()
    try:
        for words in (("db", "upgrade"), ("demo", "load")):
            command = [sys.executable, "-m", "app.cli", *words]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise CannotCheck(done.stderr)
        yield
    finally:
        if before is None:
            del os.environ["QMS_HOME"]
        else:
            os.environ["QMS_HOME"] = before
        settings.cache_clear()
        db.configure()


def _sign_many(count: int) -> list[float]:
    """Receive so many lots and sign the inspection of each; seconds of each signing request."""
    stopwatch = Stopwatch(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    passwords._hasher = stopwatch
    application = import_string("wsgi:app")
    plant = Plant("http://localhost", DEMO_PASSWORD)
    for login in ("keeper", "inspector", "qa"):
        person = Timed(application.test_client(), stopwatch)
        plant.people[login] = person
        person.sign_in(login, DEMO_PASSWORD)
    plant.accept_statement("inspector")
    inspector = plant.people["inspector"]
    assert isinstance(inspector, Timed)
    seconds = []
    for number in range(count):
        case = plant.receive_material(f"BENCH-{number}", quantity="1")
        plant.sign_step("inspector", case)
        seconds.append(inspector.seconds)
    return seconds
