"""Parallel and inclusive joins, also in rework loops: no step is ever skipped."""

import random

import pytest

from core.errors import Conflict
from tests.factories import workflows as made
from workflows import history, human_tasks
from workflows.errors import StepFailed
from workflows.models import CaseState, StoredState

pytestmark = pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True)  # nothing here asks the database


def two_reviews(kind="parallel"):
    ways = (
        [
            made.flow("split", "a", "True"),
            made.flow("split", "b", "True"),
            made.flow("split", "join", "False"),
        ]
        if kind == "inclusive"
        else [made.flows("split>a", "split>b")]
    )
    return made.process(
        made.start(),
        made.gateway("exclusive", "again"),
        made.gateway(kind, "split"),
        made.user("a"),
        made.user("b"),
        made.gateway(kind, "join"),
        made.user("check"),
        made.gateway("exclusive", "good", default="good_again"),
        made.end(),
        made.flows("begin>again>split", "a>join", "b>join", "join>check>good"),
        *ways,
        made.flow("good", "again"),
        made.flow("good", "done", 'check.decision == "release"'),
        tasks=("a", "b", "check"),
    )


def waiting(session, case):
    return {task.step: task for task in human_tasks.open_tasks(session, case.id)}


@pytest.mark.urs("URS-006")
@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_join_in_a_rework_loop_waits_for_both_reviews_in_every_round(session, kind):
    made.release(session, two_reviews(kind))
    case = made.case(session)
    dice = random.Random(7)
    for round_number in range(1, 13):
        order = ["a", "b"]
        dice.shuffle(order)
        assert set(waiting(session, case)) == {"a", "b"}
        first, second = order
        complete(session, case, first, {"round": round_number})
        assert set(waiting(session, case)) == {second}, "the join fired with one review missing"
        complete(session, case, second, {"round": round_number})
        assert set(waiting(session, case)) == {"check"}
        facts = history.facts(session, case.id)
        assert facts["a"] == facts["b"] == {"round": round_number}, "an earlier round overwrote a later one"
        complete(session, case, "check", {"decision": "release" if round_number == 12 else "reject"})
    assert case.state is CaseState.COMPLETED
    assert history.path(session, case).rounds["join"] == 12


@pytest.mark.urs("URS-006")
def test_a_loop_inside_one_open_branch_does_not_let_the_join_fire(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("parallel", "split"),
            made.gateway("exclusive", "again"),
            made.user("a"),
            made.gateway("exclusive", "good", default="good_again"),
            made.user("b"),
            made.gateway("parallel", "join"),
            made.end(),
            made.flows("begin>split>again>a>good>again", "split>b>join>done"),
            made.flow("good", "join", 'a.decision == "release"'),
            tasks=("a", "b"),
        ),
    )
    case = made.case(session)
    sizes = []
    for _ in range(30):
        complete(session, case, "a", {"decision": "reject"})
        assert set(waiting(session, case)) == {"a", "b"}
        sizes.append(len(session.get_one(StoredState, case.id, populate_existing=True).state))
    assert max(sizes[5:]) <= sizes[5] * 1.05, "the state grows with every round"
    complete(session, case, "a", {"decision": "release"})
    assert case.state is CaseState.RUNNING
    complete(session, case, "b", {})
    assert case.state is CaseState.COMPLETED


@pytest.mark.urs("URS-006")
def test_three_branches_keep_what_each_reviewer_wrote(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("parallel", "split"),
            *(made.user(step) for step in "abc"),
            made.gateway("parallel", "join"),
            made.user("last"),
            made.end(),
            made.flows("begin>split>a>join", "split>b>join", "split>c>join", "join>last>done"),
            tasks=("a", "b", "c", "last"),
        ),
    )
    case = made.case(session)
    for step in "cab":
        complete(session, case, step, {"notes": [step]})
    facts = history.facts(session, case.id)
    assert [facts[step] for step in "abc"] == [{"notes": ["a"]}, {"notes": ["b"]}, {"notes": ["c"]}]
    assert set(waiting(session, case)) == {"last"}
    assert {"a_join", "b_join", "c_join"} <= history.path(session, case).flows


@pytest.mark.urs("URS-006")
def test_a_case_that_goes_round_six_hundred_times_stays_small_and_ends(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("exclusive", "again"),
            made.user("a"),
            made.gateway("exclusive", "good", default="good_again"),
            made.end(),
            made.flows("begin>again>a>good>again"),
            made.flow("good", "done", 'a.decision == "release"'),
            tasks=("a",),
        ),
    )
    case = made.case(session)
    for _ in range(600):
        complete(session, case, "a", {"decision": "reject"})
    assert len(session.get_one(StoredState, case.id, populate_existing=True).state) < 2_000
    complete(session, case, "a", {"decision": "release"})
    assert case.state is CaseState.COMPLETED


@pytest.mark.urs("URS-006")
def test_an_inclusive_join_waits_only_for_the_branches_that_were_chosen(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("inclusive", "split", default="split_c"),
            *(made.user(step) for step in "abc"),
            made.gateway("inclusive", "join"),
            made.end(),
            made.flows("begin>split>c>join>done", "a>join", "b>join"),
            made.flow("split", "a", "lot.high"),
            made.flow("split", "b", "lot.high and lot.sterile"),
            tasks=("a", "b", "c"),
        ),
    )
    both = made.case(session, data={"lot": {"high": True, "sterile": True}})
    complete(session, both, "b", {})
    assert set(waiting(session, both)) == {"a"}
    complete(session, both, "a", {})
    assert both.state is CaseState.COMPLETED
    default = made.case(session, data={"lot": {"high": False, "sterile": True}})
    complete(session, default, "c", {})
    assert default.state is CaseState.COMPLETED


def complete(session, case, step, fields, actor=None, now=made.NOW):
    human_tasks.complete(
        session, waiting(session, case)[step], fields, actor=actor or made.person(2), now=now
    )


@pytest.mark.urs("URS-006")
def test_a_second_token_by_the_same_flow_waits_for_the_next_round_of_the_join(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("parallel", "split"),
            *(made.user(step) for step in "abcd"),
            made.gateway("exclusive", "left"),
            made.gateway("exclusive", "right"),
            made.gateway("parallel", "join"),
            made.user("last"),
            made.end(),
            made.flows("begin>split>a>left>join>last>done", "split>b>left", "split>c>right>join"),
            made.flows("split>d>right"),
            tasks=("a", "b", "c", "d", "last"),
        ),
    )
    case = made.case(session)
    for step, lasts in (("a", 0), ("b", 0), ("c", 1), ("d", 2)):
        complete(session, case, step, {})
        opened = [task.step for task in human_tasks.open_tasks(session, case.id)]
        assert opened.count("last") == lasts
    for _ in range(2):
        assert case.state is CaseState.RUNNING
        complete(session, case, "last", {})
    assert case.state is CaseState.COMPLETED
    assert history.path(session, case).rounds["join"] == 2


@pytest.mark.urs("URS-006")
def test_a_loop_without_people_may_go_round_a_thousand_times(session):
    loop = '<bpmn:standardLoopCharacteristics loopMaximum="1000" />'
    task = f'<bpmn:scriptTask id="s"><bpmn:script>s = 1</bpmn:script>{loop}</bpmn:scriptTask>'
    made.release(session, made.process(made.start(), task, made.end(), made.flows("begin>s>done")))
    case = made.case(session)
    assert case.state is CaseState.COMPLETED
    assert history.path(session, case).rounds["s"] == 1000


@pytest.mark.urs("URS-001")
def test_more_members_than_the_installation_allows_are_refused_with_the_reason(session):
    many = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>lot.count</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    task = f'<bpmn:scriptTask id="s"><bpmn:script>s = loopCounter</bpmn:script>{many}</bpmn:scriptTask>'
    made.release(session, made.process(made.start(), task, made.end(), made.flows("begin>s>done")))
    case = made.case(session, data={"lot": {"count": 500}})
    assert history.facts(session, case.id)["s"] == list(range(1, 501))
    with pytest.raises(Conflict) as refused:
        made.case(session, data={"lot": {"count": 501}})
    assert refused.value.code == "instances.too_many"
    session.rollback()


@pytest.mark.parametrize("count", [-1, "many", 1.5, True, None])
def test_a_number_of_members_that_is_none_refuses_the_step(session, count):
    many = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>lot.count</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    task = f'<bpmn:scriptTask id="s"><bpmn:script>s = loopCounter</bpmn:script>{many}</bpmn:scriptTask>'
    made.release(session, made.process(made.start(), task, made.end(), made.flows("begin>s>done")))
    with pytest.raises(StepFailed):
        made.case(session, data={"lot": {"count": count}})
    session.rollback()
