"""A person starts a case: what he may start is offered, everything else is refused with its reason."""

import re
import uuid

import pytest
from sqlalchemy import select

from core.db import read_session
from tests.factories import handling
from tests.factories.people import post
from workflows.models import HumanTask, ProcessCase


@pytest.fixture
def reports(plant):
    handling.put_into_effect(plant)
    return plant


def cases():
    with read_session() as session:
        return session.scalars(select(ProcessCase).filter_by(process_key=handling.KEY)).all()


@pytest.mark.urs("URS-002")
def test_who_holds_the_role_starts_a_case_and_stands_before_its_report(reports, browser):
    keeper = browser("keeper")
    page = keeper.get("/cases/new").text
    assert "Somebody has seen something" in page
    assert "Small release" not in page
    answer = post(keeper, "/cases/new", at="/cases/new", process=handling.KEY, site_id=str(reports.site_id))
    (case,) = cases()
    with read_session() as session:
        task = session.scalars(select(HumanTask).filter_by(case_id=case.id)).one()
    assert (answer.status_code, answer.location) == (303, f"/inbox/{task.id}")
    assert str(case.started_by) == str(task.assigned_to) == reports.people["keeper"].id
    assert case.title == {"en": "Small report", "zh": "小报告"}
    assert "Complete this step" in keeper.get(answer.location).text


@pytest.mark.urs("URS-002")
@pytest.mark.parametrize("path", ["/inbox", "/cases"])
def test_the_button_is_there_for_who_may_start_something(reports, browser, path):
    assert 'href="/cases/new"' in browser("keeper").get(path).text
    assert 'href="/cases/new"' not in browser("qa").get(path).text


@pytest.mark.urs("URS-002", "URS-023")
def test_without_the_role_nothing_is_started_and_the_rule_is_named(reports, browser):
    client = browser("qa")
    assert "You may start no process" in client.get("/cases/new").text
    answer = post(client, "/cases/new", process=handling.KEY, site_id=str(reports.site_id))
    assert answer.status_code == 403
    assert "Small report is started by the role Warehouse keeper" in answer.text
    assert not cases()


@pytest.mark.urs("URS-002")
def test_what_the_plant_starts_nobody_starts_by_hand(reports, browser):
    answer = post(browser("inspector"), "/cases/new", process="small_release", site_id=str(reports.site_id))
    assert answer.status_code == 403
    assert "started by what happens in the plant" in answer.text


@pytest.mark.urs("URS-002")
@pytest.mark.parametrize("site_id", ["", "x", str(uuid.UUID(int=7))])
def test_a_site_that_does_not_exist_is_not_found(reports, browser, site_id):
    answer = post(browser("keeper"), "/cases/new", process=handling.KEY, site_id=site_id)
    assert answer.status_code == 404
    assert not cases()


@pytest.mark.urs("URS-002")
def test_a_process_that_begins_with_a_message_can_be_started_in_person_where_its_lane_says_so(plant, browser):
    files = handling.model()
    text = files["small_report.bpmn"].decode()
    event = '<bpmn:startEvent id="began" name="Seen" qms:nameZh="已发现"'
    assert event in text
    text = text.replace(
        event + "/>",
        event + '><bpmn:messageEventDefinition id="m" messageRef="wanted"/></bpmn:startEvent>',
    ).replace("  <bpmn:process", '  <bpmn:message id="wanted" name="report_wanted"/>\n  <bpmn:process', 1)
    handling.put_into_effect(plant, {"small_report.bpmn": text.encode()})
    keeper = browser("keeper")
    answer = post(keeper, "/cases/new", process=handling.KEY, site_id=str(plant.site_id))
    assert re.match("/inbox/", answer.location)
