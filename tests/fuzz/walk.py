"""Sends requests drawn by hypothesis through the application and looks after each at what it has left."""

import logging
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.procurement.models import Receipt
from core import db
from tests.fuzz.inputs import Hand, Recipe, recipes
from tests.fuzz.invariants import (
    State,
    faults_left,
    faults_of_answer,
    faults_of_database,
    faults_of_trail,
    text_of,
)
from tests.fuzz.plant import NOBODY, Plant, PutBack
from tests.fuzz.requests import Asked, make_request
from workflows.models import HumanTask, TaskState

WHOLE_LOOK = 250
"""After so many requests the whole database is looked at; after twice as many the plant is put back."""


SAYS_NO = {"web.ready": (503,)}
"""What a probe answers to a machine as long as no worker runs is no failure of the server."""


class _Listener(logging.Handler):
    """Keeps the failure behind an answer 500, which the answer does not tell."""

    def __init__(self) -> None:
        super().__init__()
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.last = "".join(traceback.format_exception(*record.exc_info))


@dataclass
class Report:
    """What was asked and what was found."""

    by_route: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    server_errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    half_done: list[str] = field(default_factory=list)
    receipts: int = 0
    steps: int = 0
    seconds: float = 0.0

    def as_figures(self) -> dict[str, Any]:
        """The report as it is printed."""
        return {
            "requests": self.by_route.total(),
            "routes": len(self.by_route),
            "by_route": dict(sorted(self.by_route.items())),
            "statuses": {str(code): count for code, count in sorted(self.statuses.items())},
            "people": dict(self.people),
            "5xx": len(self.server_errors),
            "improper_answers": len(self.faults),
            "half_done": len(self.half_done),
            "receipts_posted": self.receipts,
            "steps_completed": self.steps,
            "seconds": round(self.seconds, 1),
        }


def fuzz(plant: Plant, count: int, *, chance: int, put_back: PutBack) -> Report:
    """Send so many requests; nothing is raised for what they find, all of it is in the report."""
    report, listener, watch, started = Report(), _Listener(), _Watch(), time.perf_counter()
    logger = logging.getLogger("app.web.errors")
    logger.addHandler(listener)

    @seed(chance)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(recipes)
    def one(recipe: Recipe) -> None:
        if report.by_route.total() >= count:
            return
        _send(plant, make_request(plant, Hand(recipe, report.by_route.total())), report, listener, watch)
        if report.by_route.total() % WHOLE_LOOK == 0:
            _look(report)
        if report.by_route.total() % (2 * WHOLE_LOOK) == 0:
            put_back()
            watch.ends = None

    try:
        while report.by_route.total() < count:
            one()
    finally:
        logger.removeHandler(listener)
    _look(report)
    report.seconds = time.perf_counter() - started
    return report


@dataclass
class _Watch:
    """Where everything ended after the last request; None when something else has happened since."""

    ends: State | None = None
    mended: int = 0

    def before(self, plant: Plant) -> State:
        """Where everything ends now, before the next request."""
        if self.ends is None or plant.mended != self.mended:
            self.mended = plant.mended
            with db.read_session() as session:
                return State.read(session)[0]
        return self.ends


def _send(plant: Plant, asked: Asked, report: Report, listener: _Listener, watch: _Watch) -> None:
    seat = plant.seat(asked.who)
    before = watch.before(plant)
    answer = asked.send(plant.app, seat.cookie)
    report.by_route[asked.endpoint] += 1
    report.statuses[answer.status_code] += 1
    report.people[asked.who or "nobody"] += 1
    with db.read_session() as session:
        watch.ends, language = State.read(session, asked.who)
        left = list(faults_left(session, before, watch.ends, answer, asked.method))
    foretold = asked.who != NOBODY and "HTTP_COOKIE" not in asked.headers  # else the browser decides
    wrong = list(faults_of_answer(answer, language if foretold else None, asked.method))
    if answer.status_code in SAYS_NO.get(asked.endpoint, ()):
        return
    if answer.status_code >= 500:
        report.server_errors.append(f"{asked}\n{listener.last}")
    elif wrong:
        report.faults.append(f"{asked.endpoint} {answer.status_code} {wrong}: {asked}")
    report.half_done += [f"{asked.endpoint} {answer.status_code} {one}: {asked}" for one in left]
    _learn(plant, asked, answer)


def _learn(plant: Plant, asked: Asked, answer: TestResponse) -> None:
    """What a page offers now may be sent next: so steps are reviewed, then signed."""
    new = asked.method == "POST" or asked.endpoint not in plant.read
    if answer.status_code == 200 and answer.mimetype == "text/html" and new:
        plant.learn(text_of(answer), asked.path)


def _look(report: Report) -> None:
    with db.read_session() as session:
        report.half_done += list(faults_of_database(session))
        report.receipts += session.scalar(select(func.count()).select_from(Receipt)) or 0
        done = select(func.count()).select_from(HumanTask).where(HumanTask.state == TaskState.COMPLETED)
        report.steps += session.scalar(done) or 0
    with db.read_session() as session:
        report.half_done += list(faults_of_trail(session))
