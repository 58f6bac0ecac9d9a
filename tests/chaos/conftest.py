"""A plant with lots that wait for their release, and a child of the test that can be killed."""

import os
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import Request

import pytest
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue

from app.access.routes import DEMO_PASSWORD
from app.cli import scratch_server
from app.cli.demo import load_demo
from app.cli.story import Plant
from app.cli.visit import Page, Visitor
from app.factory import create_app
from app.jobs import embedded
from app.jobs.lost import take_back
from app.jobs.queue import connect, open_queue
from app.jobs.relay import RELAY, hand_out
from app.jobs.worker import RegisteredWorker
from core import clock, config, db

PEOPLE = ("keeper", "inspector", "qa")


@dataclass(frozen=True)
class Works:
    """A plant in a database of its own, with people, a queue server and somebody who works."""

    plant: Plant
    home: Path
    queue: Queue

    def lot(self, name: str) -> str:
        """Receive and inspect a lot; gives its case, which waits for the release by quality assurance."""
        case = self.plant.receive_material(name, quantity="0.1")
        self.plant.sign_step("inspector", case)
        self.work_off()
        return case

    def hand_out(self, now: datetime) -> int:
        """Be the relay for one round: find what was lost, hand out what is due."""
        take_back(self.queue, actor=RELAY, now=now)
        return hand_out(self.queue, now=now)

    def work(self) -> None:
        """Be the worker until the queue is empty; each job in a forked child."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        connection = self.queue.connection
        RegisteredWorker([open_queue(connection)], connection=connection, serializer="json").work(burst=True)
        for number, handler in before.items():
            signal.signal(number, handler)

    def work_off(self) -> None:
        """Do everything that is due by now."""
        self.hand_out(clock.now())
        self.work()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def works(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """The demo plant without any history, on each database, made once for all the tests of a module."""
    home = tmp_path_factory.mktemp("works")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("QMS_HOME", str(home))
        patch.delenv("QMS_DATABASE_OWNER_URL", raising=False)
        patch.delenv("QMS_DATABASE_URL", raising=False)
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("empty_plant"), home / "qms.sqlite3")
        else:
            server: scratch_server.Server = request.getfixturevalue("postgres_server")
            name = stack.enter_context(server.database(request.getfixturevalue("postgres_template")))
            patch.setenv("QMS_DATABASE_URL", server.url(name, scratch_server.APPLICATION))
        config.settings.cache_clear()
        engine = db.configure()
        stack.callback(config.settings.cache_clear)
        stack.callback(engine.dispose)
        load_demo(with_cases=False)
        queue = stack.enter_context(_queue())
        yield Works(_people(), home, queue)


class _queue:
    """The plant's own queue server while the block lasts."""

    def __enter__(self) -> Queue:
        self._server = embedded.server()
        self._server.start()
        self._client: Redis = connect()
        return open_queue(self._client)

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._server.stop()


class Inside(Visitor):
    """A person whose requests are answered in this process."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__("http://localhost")
        self._client = client

    def _ask(self, request: Request) -> Page:
        path = urlsplit(request.full_url)
        target = f"{path.path}?{path.query}" if path.query else path.path
        headers = dict(request.header_items())
        answer = self._client.open(target, method=request.get_method(), data=request.data, headers=headers)
        if answer.status_code in (301, 302, 303):
            return self.get(answer.headers["Location"])
        return Page(answer.status_code, urljoin(self.address, target), answer.data)


def _people() -> Plant:
    app = create_app()
    plant = Plant("http://localhost", DEMO_PASSWORD)
    for login in PEOPLE:
        plant.people[login] = Inside(app.test_client())
        plant.people[login].sign_in(login, DEMO_PASSWORD)
    return plant


def die(*_: object, **__: object) -> None:
    """Be killed, here and now."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(act: Callable[[pytest.MonkeyPatch], object]) -> int:
    """Do something in a forked child with patches of its own; gives how it ended, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            db.engine().dispose(close=False)
            act(pytest.MonkeyPatch())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
