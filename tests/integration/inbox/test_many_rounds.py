"""A case that goes round and round: what its steps read and its records list stays short, and complete."""

import json
import uuid

import pytest
from sqlalchemy import select

from core.actor import system_actor
from core.db import read_session, unit_of_work
from documents.models import Record
from documents.prior import LISTED
from tests.factories.inbox import Plant
from workflows import history, past, repository, runtime
from workflows.bench.stores import MODELS
from workflows.models import HumanTask, ProcessCase, TaskState

ROUNDS = LISTED + 5


@pytest.fixture
def rounds(plant: Plant) -> Plant:
    """A case whose one step comes again with every completion, done by two persons in turn."""
    maker = system_actor("test")
    with unit_of_work(maker, now=plant.now) as session:
        files = {"bench_task.bpmn": (MODELS / "task.bpmn").read_bytes()}
        release = repository.propose_release(session, "bench_task", files, actor=maker, now=plant.now)
        repository.make_effective(session, release, actor=maker, now=plant.now)
        plant.case_id = runtime.start_case(
            session,
            "bench_task",
            title={"en": "Round", "zh": "循环"},
            site_id=plant.site_id,
            subject=("bench.thing", uuid.uuid4()),
            data={},
            actor=plant.people["keeper"],
            now=plant.now,
        ).id
    for number in range(ROUNDS):
        plant.signs(f"inspector{'2' if number % 2 else ''}", "work", {"note": "again"}, method=None)
    return plant


@pytest.mark.urs("URS-008", "URS-022")
def test_a_record_lists_the_last_before_it_and_binds_all_others_through_them(rounds: Plant) -> None:
    with read_session() as session:
        query = select(Record).where(Record.case_id == rounds.case_id).order_by(Record.number)
        records = {one.sha256: one for one in session.scalars(query)}
    contents = {sha: json.loads(one.canonical)["content"] for sha, one in records.items()}
    last = list(records)[-1]
    assert len(contents[last]["prior"]) == LISTED
    assert contents[last]["prior_more"] == str(ROUNDS - 1 - LISTED)
    bound, reached = [last], {last}
    while bound:
        for earlier in contents[bound.pop()]["prior"]:
            if earlier["sha256"] not in reached:
                reached.add(earlier["sha256"])
                bound.append(earlier["sha256"])
    assert reached == set(records)


@pytest.mark.urs("URS-008", "URS-022")
def test_every_decision_stands_in_the_record_of_the_step_after_it_and_once(rounds: Plant) -> None:
    with read_session() as session:
        query = select(Record).where(Record.case_id == rounds.case_id).order_by(Record.number)
        ways = [json.loads(one.canonical)["content"]["decisions"] for one in session.scalars(query)]
    assert [len(one) for one in ways] == [0, *[1] * (ROUNDS - 1)]


@pytest.mark.urs("URS-008")
def test_the_path_of_many_rounds_counts_each_of_them(rounds: Plant) -> None:
    with read_session() as session:
        case = session.get_one(ProcessCase, rounds.case_id)
        path = history.path(session, case)
        rows = history.steps(session, case.id)
        assert path.rounds == {"begin": 1, "round": ROUNDS + 1, "work": ROUNDS, "good": ROUNDS}
        assert path.flows == {flow for row in rows for flow in row.flows}
        name = [row for row in rows if row.element_id == "work"][-1].actor_name
        assert path.marks["work"][0] == f"{name} ×{ROUNDS}"
        tasks = history.task_lines(session, case.id)
        performers = history.performers(session, case.id, tasks=tasks)
        assert performers == history.performers(session, case.id)
        assert len(tasks) < 5
        assert len(history.passages(session, case, tasks)) < 8


@pytest.mark.urs("URS-008")
def test_a_round_that_is_taken_back_hides_no_earlier_one_of_the_same_person(rounds: Plant) -> None:
    with unit_of_work(system_actor("test"), now=rounds.now) as session:
        told = history.task_lines(session, rounds.case_id)
        last = [line.id for line in told if line.state is TaskState.COMPLETED][-1]
        taken = session.get_one(HumanTask, last)
        taken.state, taken.taken_back = TaskState.WITHDRAWN, [1, 1]
        session.flush()
        lines = history.task_lines(session, taken.case_id)
        by = [line.completed_by for line in lines if line.state is TaskState.COMPLETED]
        assert taken.id in {line.id for line in lines}
        assert by.count(taken.completed_by) == 1


@pytest.mark.urs("URS-008", "URS-025")
def test_a_case_begun_before_there_were_totals_has_them_counted(rounds: Plant) -> None:
    with unit_of_work(system_actor("test"), now=rounds.now) as session:
        case = session.get_one(ProcessCase, rounds.case_id)
        kept, path = case.passed, history.path(session, case)
        case.passed = None
        session.flush()
        assert history.path(session, case) == path
        past.recount(session, case)
        assert json.loads(json.dumps(case.passed)) == kept
        case.passed = None
    rounds.signs("inspector", "work", {"note": "again"}, method=None)
    with read_session() as session:
        case = session.get_one(ProcessCase, rounds.case_id)
        assert case.passed is not None
        assert history.path(session, case).rounds["work"] == ROUNDS + 1
