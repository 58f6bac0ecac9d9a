"""What a change asks for and no process takes up yet waits in sight: on the case and on the document."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from app.factory import create_app
from core import clock
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories import training
from tests.factories.floor import Floor, make_floor
from tests.factories.inbox import PASSWORD
from tests.factories.people import sign_in
from tests.integration.catalog import test_a_change_acts as acts
from workflows.message_models import CaseMessage, MessageState
from workflows.models import ProcessCase

PEOPLE = {"owner": ("engineer", "employee"), "qa": ("qa", "employee")}


@pytest.fixture
def floor(database: Engine, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Floor:
    monkeypatch.setattr(clock, "now", lambda: now)
    return make_floor(("change_control",), PEOPLE, keeper, now)


def changed(floor: Floor) -> ProcessCase:
    first = floor.now.date() + timedelta(days=20)
    documents = [{"document": "WI-QA-012", "revision": "A2"}, {"document": "WI-QA-014", "revision": "C"}]
    given = acts.answers(first, documents=documents, training="yes", revisions=[])
    given = {step: typed for step, typed in given.items() if step not in ("verify", "effectivity")}
    with unit_of_work(acts.ACTOR, now=floor.now) as session:
        training.document(session)
        return acts.play(session, floor.plant, given, floor.now)


@pytest.mark.urs("URS-012", "URS-074")
def test_a_change_asks_for_every_document_and_for_training_and_both_ends_lead_to_each_other(
    floor: Floor,
) -> None:
    case = changed(floor)
    floor.post()
    with read_session() as session:
        sent = session.scalars(select(CaseMessage).order_by(CaseMessage.sent_at, CaseMessage.name)).all()
    assert sorted((one.name, one.state) for one in sent) == [
        ("document_revision_wanted", MessageState.KEPT),
        ("document_revision_wanted", MessageState.KEPT),
        ("training_wanted", MessageState.KEPT),
    ]
    assert {one.from_case_id for one in sent} == {case.id}
    visitor = sign_in(create_app(testing=True), "qa", PASSWORD)
    page = visitor.get(f"/cases/{case.id}").text
    assert page.count("data-asked") == 3
    assert "waits: no process has taken it up yet" in page
    with read_session() as session:
        at = f"/documents/{session.scalars(select(training.ControlledDocument.id)).one()}"
    assert page.count(f'href="{at}"') == 2
    back = visitor.get(at).text
    assert back.count(f'href="/cases/{case.id}"') == 2
    assert case.number in back
