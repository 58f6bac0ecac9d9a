"""Steps of one person: who started, who did another step, whom the facts name; and titles from facts."""

import uuid
from dataclasses import replace

import pytest

from tests.factories import people
from tests.factories import workflows as made
from workflows import human_tasks, runtime
from workflows.compiler import compile_files
from workflows.errors import StepFailed


def two_steps(first, second, *, about="", tasks=("a", "b")):
    parts = (made.start(), first, second, made.end(), made.flows("begin>a>b>done"))
    return made.process(*parts, tasks=tasks, settings=about)


def the_task(session, case):
    return human_tasks.open_tasks(session, case.id)[0]


def completed(session, case, fields, number):
    task = the_task(session, case)
    return human_tasks.complete(session, task, fields, actor=made.person(number), now=made.NOW)


@pytest.mark.urs("URS-003", "URS-141")
def test_a_step_by_start_is_for_who_started_the_case(session):
    made.release(session, two_steps(made.user("a", by="start"), made.user("b")))
    case = made.case(session)
    assert the_task(session, case).assigned_to == case.started_by == uuid.UUID(int=1)


@pytest.mark.urs("URS-003", "URS-141")
def test_a_step_by_another_is_for_who_did_that_one(session):
    made.release(session, two_steps(made.user("a"), made.user("b", by="a")))
    case = made.case(session)
    assert the_task(session, case).assigned_to is None
    completed(session, case, {"decision": "release"}, 5)
    assert the_task(session, case).assigned_to == uuid.UUID(int=5)


@pytest.mark.urs("URS-003", "URS-006")
def test_what_a_deputy_has_done_goes_on_with_his_principal(session):
    made.release(session, two_steps(made.user("a"), made.user("b", by="a")))
    case = made.case(session)
    deputy = replace(made.person(5), on_behalf_of=made.person(4).id)
    task = the_task(session, case)
    human_tasks.complete(session, task, {"decision": "release"}, actor=deputy, now=made.NOW)
    assert the_task(session, case).assigned_to == uuid.UUID(int=4)


@pytest.mark.urs("URS-003", "URS-141")
def test_an_expression_names_the_person_by_login(session):
    person_id = people.add_person(session, "wang.fang", "qa", None)
    made.release(session, two_steps(made.user("a"), made.user("b", assignee="a.reason")))
    case = made.case(session)
    completed(session, case, {"reason": "Wang.Fang"}, 5)
    assert the_task(session, case).assigned_to == person_id


@pytest.mark.urs("URS-003", "URS-141")
def test_an_expression_that_gives_null_leaves_the_step_to_the_role(session):
    assignee = "get value(a, &quot;reason&quot;)"
    made.release(session, two_steps(made.user("a"), made.user("b", assignee=assignee)))
    case = made.case(session)
    completed(session, case, {"decision": "release"}, 5)
    assert the_task(session, case).assigned_to is None


@pytest.mark.urs("URS-003", "URS-141")
def test_a_login_that_nobody_has_refuses_the_step_before(session):
    made.release(session, two_steps(made.user("a"), made.user("b", assignee="a.reason")))
    case = made.case(session)
    with pytest.raises(StepFailed) as failed:
        completed(session, case, {"reason": "nobody.here"}, 5)
    assert "nobody.here" in failed.value.text("en")


@pytest.mark.urs("URS-002")
def test_the_facts_name_the_case_once_they_are_there(session):
    model = two_steps(made.user("a"), made.user("b"), about=' qms:title="a.reason" qms:nameZh="试验"')
    made.release(session, model)
    case = made.case(session)
    before = case.title
    completed(session, case, {"reason": "Seal leaks"}, 5)
    assert case.title == {"en": "trial · Seal leaks", "zh": "试验 · Seal leaks"} != before


@pytest.mark.urs("URS-002")
def test_a_case_can_be_about_itself(session):
    made.release(session, two_steps(made.user("a"), made.user("b")))
    case = runtime.start_case(
        session,
        "trial",
        title={"en": "Trial", "zh": "试验"},
        site_id=made.SITE,
        subject=None,
        data={},
        actor=made.person(1),
        now=made.NOW,
    )
    assert (case.subject_type, case.subject_id) == ("workflows.case", case.id)


@pytest.mark.urs("URS-002")
def test_persons_start_what_begins_in_a_lane_of_theirs_with_a_step_of_the_starter():
    report = made.user("a", by="start")
    everywhere = ("begin", "a", "b")
    assert started_in(two_steps(report, made.user("b"))) is None
    assert started_in(two_steps(report, made.user("b"), tasks=everywhere)).role == "qa"
    assert started_in(two_steps(made.user("a"), made.user("b"), tasks=everywhere)) is None


def started_in(files):
    return compile_files(files).model.started_in_person
