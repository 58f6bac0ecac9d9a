"""The clients of `qms bench sign`: signs on the installation of its environment.

Started by the measurement once for each database; prints one JSON line, ``{"one": […], "eight": […]}``.
"""

import json
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import chain
from multiprocessing import get_context
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import Request

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.utils import import_string

from app.access import passwords
from app.access.routes import DEMO_PASSWORD
from app.cli.story import Plant
from app.cli.visit import Page, Visitor
from core.db import engine

WARM_UP, PROCESSES, THREADS = 3, 2, 4
INSPECTORS = ("inspector", "inspector2")
TOGETHER = get_context("fork").Barrier(PROCESSES * THREADS)
"""Eight clients begin to sign when all of them have their reviews before them."""


class Stopwatch(PasswordHasher):
    """The product's password hash; `seconds` is what it has taken in this thread, `skip` leaves it out."""

    taken = threading.local()
    skip = False

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        """Compare as ever, and note the time."""
        if self.skip:
            return True
        start = time.perf_counter()
        try:
            return super().verify(hash, password)
        finally:
            self.taken.seconds = time.perf_counter() - start


STOPWATCH = Stopwatch(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Timed(Visitor):
    """A person whose requests are answered in this process; `seconds` is the time of the last one."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__("http://localhost")
        self._client = client
        self.seconds = 0.0

    def _ask(self, request: Request) -> Page:
        path = urlsplit(request.full_url)
        target = f"{path.path}?{path.query}" if path.query else path.path
        STOPWATCH.taken.seconds = 0.0
        start = time.perf_counter()
        answer = self._client.open(
            target, method=request.get_method(), data=request.data, headers=dict(request.header_items())
        )
        if request.get_method() == "POST":
            self.seconds = time.perf_counter() - start - STOPWATCH.taken.seconds
        if answer.status_code in (301, 302, 303):
            return self.get(answer.headers["Location"])
        return Page(answer.status_code, urljoin(self.address, target), answer.data)


def main(one: int, each_of_eight: int) -> None:
    """Receive the lots, sign them with one client, then with eight, and print the seconds of each request."""
    passwords._hasher = STOPWATCH
    keeper = _people("keeper", *INSPECTORS)
    for login in INSPECTORS:
        keeper.accept_statement(login)
    alone = [keeper.receive_material(f"BENCH-{n}", quantity="0.1") for n in range(one + WARM_UP)]
    many = [
        [keeper.receive_material(f"BENCH-{client}-{n}", quantity="0.1") for n in range(each_of_eight)]
        for client in range(PROCESSES * THREADS)
    ]
    seconds = {"one": _sign("inspector", alone)[WARM_UP:], "eight": _sign_together(many)}
    print(json.dumps(seconds))


def _sign_together(shares: list[list[str]]) -> list[float]:
    """Have eight browsers of the two inspectors sign at once, each its own lots; no hash is computed."""
    STOPWATCH.skip = True
    clients = [(INSPECTORS[number % 2], cases) for number, cases in enumerate(shares)]
    engine().dispose()  # a forked process opens its own connections
    halves = [clients[start : start + THREADS] for start in range(0, len(clients), THREADS)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as processes:
        return list(chain.from_iterable(processes.map(_sign_in_threads, halves)))


def _sign_in_threads(clients: list[tuple[str, list[str]]]) -> list[float]:
    with ThreadPoolExecutor(THREADS) as threads:
        each = threads.map(lambda client: _sign(*client, together=True), clients)
        return list(chain.from_iterable(each))


def _sign(login: str, cases: list[str], *, together: bool = False) -> list[float]:
    """Fill in the inspections of these cases, then sign them one by one; seconds of each signing request."""
    plant = _people(login, "qa")
    forms = [plant.review(login, case) for case in cases]
    person, seconds = plant.people[login], []
    assert isinstance(person, Timed)
    if together:
        TOGETHER.wait()
    for form in forms:
        plant.sign(login, form)
        seconds.append(person.seconds)
    return seconds


def _people(*logins: str) -> Plant:
    application = import_string("wsgi:app")
    plant = Plant("http://localhost", DEMO_PASSWORD)
    for login in logins:
        plant.people[login] = Timed(application.test_client())
        plant.people[login].sign_in(login, DEMO_PASSWORD)
    return plant


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
