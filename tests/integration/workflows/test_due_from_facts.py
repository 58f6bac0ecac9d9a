"""Due times that a decision gives: reckoned when the step comes up, refused where they are no duration."""

from datetime import timedelta

import pytest

from tests.factories import workflows as made
from workflows import human_tasks
from workflows.errors import StepFailed


def two_steps(due):
    parts = (made.start(), made.user("a"), made.user("b", due=due), made.end(), made.flows("begin>a>b>done"))
    return made.process(*parts, tasks=("a", "b"))


def after_first(session, days):
    made.release(session, two_steps("a.days"))
    case = made.case(session)
    task = human_tasks.open_tasks(session, case.id)[0]
    human_tasks.complete(session, task, {"days": days}, actor=made.person(2), now=made.NOW)
    return human_tasks.open_tasks(session, case.id)[0]


@pytest.mark.urs("URS-005")
def test_a_due_time_comes_from_the_facts(session):
    assert after_first(session, "P45D").due_at == made.NOW + timedelta(days=45)


@pytest.mark.urs("URS-005")
def test_a_fact_that_is_no_duration_stops_the_step_before(session):
    with pytest.raises(StepFailed):
        after_first(session, "soon")


@pytest.mark.urs("URS-005")
@pytest.mark.parametrize("due", ["soon", "2 days", "terms.", "P2"])
def test_words_and_broken_expressions_are_refused_in_a_model(session, due):
    assert "due.unparsable" in made.codes(two_steps(due))
