"""Fields of a step that pick an object: suggestions, refusal at the field, names in the record."""

import json

import pytest

from app.factory import create_app
from core import clock
from core.db import read_session
from core.errors import FieldErrors
from documents.models import Record
from forms import loader
from tests.factories import handling
from tests.factories.inbox import PASSWORD
from tests.factories.people import post, sign_in
from workflows import human_tasks
from workflows.models import ProcessCase

TITLE = {"en": "Colleague", "zh": "同事"}
FORM = {
    "type": "object",
    "title": {"en": "Who saw it", "zh": "发现人"},
    "x-form-code": "QR-T-1",
    "x-revision": "A1",
    "additionalProperties": False,
    "properties": {
        "who": {"type": "string", "x-pick": "access.person", "title": TITLE},
        "others": {
            "type": "array",
            "title": {"en": "Others", "zh": "其他人"},
            "x-pick": "access.person",
            "items": {"type": "string"},
        },
    },
}


@pytest.fixture
def reported(plant, monkeypatch):
    """A case whose first step asks who it was."""
    monkeypatch.setattr(clock, "now", lambda: plant.now)
    text = loader.text
    keys = (*loader.keys(), "who_saw")
    monkeypatch.setattr(loader, "keys", lambda: keys)
    monkeypatch.setattr(loader, "text", lambda key: json.dumps(FORM) if key == "who_saw" else text(key))
    files = handling.model(process='qms:title="report.who"')
    model = files["small_report.bpmn"].replace(b'qms:form="step_note"', b'qms:form="who_saw"', 1)
    handling.put_into_effect(plant, {"small_report.bpmn": model})
    client = sign_in(create_app(testing=True), "keeper", PASSWORD)
    post(client, "/cases/new", process=handling.KEY, site_id=str(plant.site_id))
    with read_session() as session:
        plant.case_id = session.query(ProcessCase).filter_by(process_key=handling.KEY).one().id
    return plant, client


@pytest.mark.urs("URS-002")
def test_suggestions_are_offered_to_who_has_the_task(reported):
    plant, client = reported
    task = plant.task("report")
    page = client.get(f"/inbox/{task.id}").text
    assert f'data-suggest="/inbox/{task.id}/suggestions/access.person"' in page
    offered = client.get(f"/inbox/{task.id}/suggestions/access.person?q=insp").text
    assert '<option value="inspector">Inspector</option>' in offered
    assert "keeper" not in offered
    assert client.get(f"/inbox/{task.id}/suggestions/no.such").status_code == 404


@pytest.mark.urs("URS-002")
def test_somebody_who_is_not_there_is_refused_at_the_field(reported):
    plant, _client = reported
    with pytest.raises(FieldErrors) as refused:
        plant.command("keeper", "report", {"who": "nobody", "others": ["qa", "nobody"]})
    assert {path: one.code for path, one in refused.value.errors.items()} == {
        "who": "pick.unknown",
        "others.1": "pick.unknown",
    }


@pytest.mark.urs("URS-002")
def test_the_record_says_key_and_name(reported):
    plant, _client = reported
    taken = plant.signs("keeper", "report", {"who": "qa", "others": ["inspector", "qa2"]})
    with read_session() as session:
        entered = json.loads(session.get_one(Record, taken.record.id).canonical)["content"]["entered"]
        case = session.get_one(ProcessCase, plant.case_id)
        facts = human_tasks.open_task(session, plant.task("answer").id).data
    assert entered[0]["rows"][0]["value"] == {"en": "qa · Qa", "zh": "qa · 演示qa"}
    assert facts["report"] == {"who": "qa", "others": ["inspector", "qa2"]}
    assert case.title == {"en": "Small report · qa", "zh": "小报告 · qa"}


@pytest.mark.urs("URS-002")
def test_without_scripts_one_more_input_is_a_button(reported):
    plant, client = reported
    task = plant.task("report")
    answer = post(client, f"/inbox/{task.id}/review", others="qa", _add="others")
    assert answer.text.count('name="others"') == 2
