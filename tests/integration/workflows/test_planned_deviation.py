"""The delivered model of planned deviations: every flow is walked, and it is over by itself."""

from datetime import timedelta

import pytest

import app.cases.sheet
import app.factory
from forms.loader import load
from forms.validate import check
from tests.factories import walks
from tests.factories import workflows as made
from workflows import history, human_tasks, repository, runtime, sheet

assert app.factory  # the rooms register what the model calls

DAYS = {"first_day": ["2026-12-01"], "last_day": ["2026-12-31"], "most_lots": [2]}
LOTS = [[{"lot": "L1"}, {"lot": "L2"}], [{"lot": "L1"}], [{"lot": "L3"}]]
ANSWERS = {"request": DAYS, "use": {"lots": LOTS, "finished": ["no", "no", "yes"]}}


@pytest.mark.urs("URS-001", "URS-006")
def test_every_sequence_flow_is_walked_to_its_end(session, monkeypatch):
    late = {"now": 0}
    step = walks.Walker._step

    def wait_now_and_then(self, case):
        """Every other time nobody makes a lot before the last day is over."""
        open_steps = {one.step for one in human_tasks.open_tasks(self.session, case.id)}
        late["now"] += open_steps == {"use"}
        return self._wait(case) if open_steps == {"use"} and late["now"] % 3 == 0 else step(self, case)

    monkeypatch.setattr(walks.Walker, "_step", wait_now_and_then)
    long = ANSWERS | {"request": DAYS | {"last_day": ["2028-06-30"]}}  # the walker lets a year pass at a time
    walker = walks.Walker(session, "planned_deviation", answers=long)
    walker.walk()
    assert walker.missing == set()
    assert set(walker.ends) == {"closed", "rejected"}


@pytest.mark.urs("URS-012", "URS-147")
def test_it_is_in_force_from_the_first_day_at_the_site_and_over_with_the_last(session, monkeypatch):
    sure = {step: {"decision": ["approve"]} for step in ("engineering", "customer_answer", "qa_approval")}
    answers = ANSWERS | sure | {"use": {"lots": [[{"lot": "L1"}]], "finished": ["no"]}}
    walker = walks.Walker(session, "planned_deviation", answers=answers)
    case = walker._begin()
    while human_tasks.open_tasks(session, case.id):
        assert walker._step(case)
    runtime.fire_timers(session, case.id, now=made.NOW.replace(2026, 11, 30, 12))
    assert human_tasks.open_tasks(session, case.id) == []
    runtime.fire_timers(session, case.id, now=made.NOW.replace(2026, 12, 2))
    (task,) = human_tasks.open_tasks(session, case.id)
    assert (task.step, task.due_at.date().isoformat()) == ("use", "2026-12-31")
    walker.now = made.NOW.replace(2026, 12, 3)
    assert walker._step(case)
    assert len(history.facts(session, case.id)["use"]["lots"]) == 1
    for day, expected in ((31, "use"), (33, "closing")):
        runtime.fire_timers(session, case.id, now=made.NOW.replace(2026, 12, 1) + timedelta(days=day - 1))
        session.expire_all()
        assert [one.step for one in human_tasks.open_tasks(session, case.id)] == [expected]


def test_a_last_day_before_the_first_is_refused_at_its_field():
    form = load("planned_deviation_request")
    typed = {"first_day": "2026-12-31", "last_day": "2026-12-01"}
    assert check(form, typed, prefill={})["last_day"].code == "form.days_order"
    assert "last_day" not in check(form, typed | {"last_day": "2026-12-31"}, prefill={})


@pytest.mark.urs("URS-023")
def test_the_requester_decides_nothing_and_quality_has_not_assessed():
    found = set(walks.separations("planned_deviation"))
    for step in ("engineering", "customer_answer", "qa_approval", "closing"):
        assert {(step, "start"), (step, "request")} <= found
    assert {("qa_approval", "engineering"), ("qa_approval", "customer_answer")} <= found


@pytest.mark.parametrize(
    ("folder", "due", "giver"),
    [
        ("planned_deviation", "request.last_day", "Request"),
        ("change_control", "action.due", "Plan"),
        ("capa", "day.due", "Day of the action"),
        ("capa", "P3D", None),
    ],
)
def test_the_sheet_names_the_step_that_gives_a_day(session, folder, due, giver):
    process = repository.compiled(made.release(session, made.folder(folder), folder))
    named = sheet.giver_of(process, due)
    assert (named["en"] if named else None) == giver


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("planned_deviation", "waits for the day that “Request” gives"),
        ("planned_deviation", "ends “Lots made under it” after the day that “Request” gives"),
        ("change_control", "waits as many days as “Plan” gives"),
        ("capa", "waits Until the check, by the table “Time limits by risk”"),
    ],
)
def test_the_sheet_says_without_expressions_until_when_a_case_waits(session, folder, told):
    process = repository.compiled(made.release(session, made.folder(folder), folder))
    with app.factory.create_app().test_request_context(headers={"Accept-Language": "en"}):
        said = [words for _name, words in app.cases.sheet.exceptions(process)]
    assert told in said
