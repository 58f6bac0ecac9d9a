"""The bad week of the demo plant through its pages: processes that ask one another, to the next good lot.

In Chinese and in one process: messages and timers are delivered between two looks, nothing is printed. With
the started product, its workers and every sealed record it is `qms scenario plant-week` (`make bench`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import Request

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from app.access.routes import DEMO_PASSWORD
from app.cli import main, scenario
from app.cli.demo import load_demo
from app.cli.plant_week import Week
from app.cli.report import Report
from app.cli.story import Plant
from app.cli.visit import Page, Visitor
from app.factory import create_app
from app.inventory.models import MOVEMENT_NAMES
from app.jobs.relay import HURRIED
from app.jobs.work import do_entry
from core import clock
from core.db import read_session
from core.outbox import OutboxEntry

ADDRESS = "http://localhost"
ON_SQLITE = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)


class Inside(Visitor):
    """A visitor of the application itself, without a network; he reads Chinese."""

    def __init__(self, app: Flask) -> None:
        super().__init__(ADDRESS, language="zh")
        self.client = app.test_client()

    def _ask(self, request: Request) -> Page:
        where = urlsplit(request.full_url)
        answer = self.client.open(
            f"{where.path}?{where.query}", method=request.get_method(), data=request.data,
            headers=dict(request.header_items()), base_url=ADDRESS, follow_redirects=True,
        )  # fmt: skip
        return Page(answer.status_code, answer.request.url, answer.data)


class PlantInside(Plant):
    """The demo plant in this process; what workers must do at once is done while somebody waits."""

    def __init__(self, app: Flask) -> None:
        super().__init__(ADDRESS, DEMO_PASSWORD, "zh")
        self.app = app

    def person(self, login: str) -> Visitor:
        if login not in self.people:
            self.people[login] = Inside(self.app).sign_in(login, self.password)
        return self.people[login]

    def pause(self) -> None:
        with read_session() as session:
            hurried = select(OutboxEntry.id).where(OutboxEntry.job.in_(HURRIED))
            entries = session.scalars(hurried.where(OutboxEntry.due_at <= clock.now())).all()
        for one in entries:
            do_entry(one)


@ON_SQLITE
@pytest.mark.urs("URS-002", "URS-004", "URS-041", "URS-050", "URS-071", "URS-073")
def test_a_failed_lot_leads_over_linked_processes_to_the_next_released_one(database: Engine) -> None:
    load_demo()
    report = Report()
    week = Week(PlantInside(create_app(testing=True)), report)
    told = week.found.cases  # what `qms scenario plant-week` prints holds this very list
    week.tell()
    assert report.reason is None
    found = {one["process"]: one for one in told}
    assert {name: one["state"] for name, one in found.items()} == {
        "lot_release": "completed", "deviation": "completed", "supplier_approval": "completed",
        "capa": "running", "change_control": "running", "scar": "running",
    }  # fmt: skip
    waiting = [one["waits"] for one in found.values() if one["state"] == "running"]
    assert all(wait["until"] for waits in waiting for wait in waits)
    assert [(one["from"][3:6], one["to"][3:6]) for one in week.found.links] == [
        ("LR-", "DEV"), ("DEV", "CAP"), ("CAP", "CC-"), ("CAP", "SCA"), ("CC-", "SA-"),
    ]  # fmt: skip
    lines = [tuple(one.items()) for one in week.found.moves]
    assert len(lines) == len(set(lines))
    moved = {one["movement"] for one in week.found.moves}
    assert moved == {MOVEMENT_NAMES[kind]["zh"] for kind in ("receipt", "status", "return")}


@pytest.mark.urs("URS-122")
def test_a_story_that_breaks_off_ends_with_status_1_and_names_the_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def nobody_there(home: Path, _settings: dict[str, str]) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(url="http://127.0.0.1:9", home=home, seconds=0.1)

    monkeypatch.setattr(scenario, "running", nobody_there)
    assert main(["scenario", "plant-week", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["ok"]
    assert told["reason"].startswith("people sign in and accept the statement: ")
    assert [step["ok"] for step in told["steps"]] == [True, False]
    assert main(["scenario", "plant-week"]) == 1
    assert "FAIL" in capsys.readouterr().out
