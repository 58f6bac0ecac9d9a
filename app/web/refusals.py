"""Refusals that matter stay in the audit trail, although the act they belong to was rolled back.

Nobody fills the trail with them: of the same refusal of the same person the first ones are written each, then
one entry stands for as many as had come before, and so on. Such an entry says how many it stands for, and the
log names every one.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.web.transactions import request_time
from app.web.visitor import current_actor
from core.actor import Actor
from core.db import unit_of_work
from core.errors import Conflict, NotAllowed, QmsError
from core.languages import LANGUAGES, translate
from core.log import correlation_id
from signatures import audit

log = logging.getLogger(__name__)

KEPT_CODES = frozenset({"site.unreachable"})
"""Refusals kept although their class says little: reaching for another site's object is an attempt."""

ROUTE, REFUSED = "web.route", "request.refused"
"""Subject and name of a refusal that is about no object."""
ATTEMPTED = "object.change_attempted"
"""Name of a refusal that is about an object: somebody tried to change it past change control."""
WRITTEN_EACH = 20
"""So many like refusals of one person are written one by one."""
RUN = timedelta(minutes=10)
"""Like refusals this far apart begin to count anew."""

Subject = tuple[str, str]
"""Type and id of what a refusal is about."""


@dataclass
class _Run:
    """Like refusals of one person in a row: how many, how many of them no entry stands for yet."""

    actor: Actor
    subject: Subject
    began: datetime
    count: int = 0
    waiting: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class Runs:
    """Decides which refusals are written, and how many each entry stands for; for one process."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, ...], _Run] = {}
        self._lock = threading.Lock()

    def take(
        self, actor: Actor, subject: Subject, facts: dict[str, Any], now: datetime
    ) -> list[tuple[Actor, Subject, dict[str, Any]]]:
        """Count one refusal; gives the entries to be written now, also for runs that have ended."""
        with self._lock:
            due = [self._entry(run) for run in self._ended(now) if run.waiting]
            about = subject[1] if subject[0] != ROUTE else ""
            run = self._runs.setdefault((actor.id, facts["code"], about), _Run(actor, subject, now))
            run.count += 1
            run.waiting += 1
            run.facts, run.subject = facts, subject
            if run.count <= WRITTEN_EACH or run.waiting * 2 >= run.count:
                due.append(self._entry(run))
            return due

    def _ended(self, now: datetime) -> list[_Run]:
        ended = [key for key, run in self._runs.items() if now - run.began > RUN]
        return [self._runs.pop(key) for key in ended]

    def _entry(self, run: _Run) -> tuple[Actor, Subject, dict[str, Any]]:
        times, run.waiting = run.waiting, 0
        return run.actor, run.subject, run.facts | ({"times": str(times)} if times > 1 else {})


def in_both(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of an entry with what was answered in both languages; older entries tell one alone."""
    said = facts.get("sentence")
    if not isinstance(said, str):
        return facts
    return {**facts, "sentence": {lang: translate(said, lang) for lang in LANGUAGES}}


def init_app(app: Flask) -> None:
    """Count the refusals of this application."""
    app.extensions["qms_refusals"] = Runs()


def matters(refusal: QmsError) -> bool:
    """Whether auditors want to see it: something forbidden or overtaken, not a slip of the pen."""
    return isinstance(refusal, NotAllowed | Conflict) or refusal.code in KEPT_CODES


def keep(refusal: QmsError, *, subject: Subject | None = None) -> None:
    """Write the refusal to the audit trail in a transaction of its own; failing to is logged, not shown.

    ``subject`` is the object it is about; without one, and none among the facts of the refusal, it is about
    the route.
    """
    facts = {
        "code": refusal.code,
        "sentence": {lang: refusal.text(lang) for lang in LANGUAGES},
        "method": request.method,
        "path": request.path[:500],
        "correlation_id": correlation_id.get(),
    }
    log.info("refused", extra={"code": refusal.code, "endpoint": request.endpoint})
    now = request_time()
    about: Subject = subject or refusal.facts.get("subject") or (ROUTE, str(request.endpoint))  # type: ignore[assignment]
    runs: Runs = current_app.extensions["qms_refusals"]
    for actor, named, said in runs.take(current_actor(), about, facts, now):
        _write(actor, named, said, now)


def _write(actor: Actor, subject: Subject, facts: dict[str, Any], now: datetime) -> None:
    action = REFUSED if subject[0] == ROUTE else ATTEMPTED
    try:
        with unit_of_work(actor, now=now) as session:
            audit.record(session, action, subject=subject, facts=facts)
    except SQLAlchemyError:
        log.exception("refusal not written to the audit trail", extra={"code": facts["code"]})
