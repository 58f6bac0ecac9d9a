"""Starting, moving and ending cases: facts under their own keys, everything in one transaction."""

import threading
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from core import clock, db, outbox
from core.errors import Conflict, NotFound
from tests.factories import workflows as made
from workflows import analysis, codec, history, human_tasks, repository, runtime, timers
from workflows.errors import ModelRefused, StepFailed
from workflows.models import CaseState, HumanTask, ProcessCase, StepHistory, StoredState, TaskState

assert timers  # registers the job


def line(*steps):
    """Steps one after the other."""
    keys = [key for key, _ in steps]
    return made.process(
        made.start(),
        *(part for _, part in steps),
        made.end(),
        made.flows(">".join(["begin", *keys, "done"])),
        tasks=[key for key, part in steps if "userTask" in part],
    )


def the_task(session, case):
    return human_tasks.open_tasks(session, case.id)[0]


@pytest.mark.urs("URS-003")
def test_a_task_carries_what_the_model_says(session):
    task = made.user(
        "a", meaning="released", notBy="start", shows="inventory.lot", siteScope="registrant", step="first"
    )
    made.release(session, line(("a", task)))
    registrant = uuid.uuid4()
    case = made.case(session, data={"sites": {"registrant": str(registrant)}})
    task = the_task(session, case)
    assert (task.step, task.role, task.form_key, task.site_id) == (
        "first",
        "qa",
        "lot_release_decision",
        registrant,
    )
    assert task.due_at == made.NOW + timedelta(days=2)
    assert task.policy["meaning"] == "released"
    assert task.policy["not_by"] == ["start"]
    assert case.number == "TRI-2026-0001"


@pytest.mark.urs("URS-002")
def test_a_form_writes_only_under_its_own_step(session):
    made.release(session, line(("a", made.user("a")), ("b", made.user("b"))))
    case = made.case(
        session, data={"lot": {"number": "L1", "expiry": date(2027, 1, 1), "quantity": Decimal("1.50")}}
    )
    human_tasks.complete(
        session, the_task(session, case), {"lot": "changed", "b": 1}, actor=made.person(2), now=made.NOW
    )
    facts = history.facts(session, case.id)
    assert facts["lot"] == {"number": "L1", "expiry": "2027-01-01", "quantity": Decimal("1.50")}
    assert facts["a"] == {"lot": "changed", "b": 1}
    assert "b" not in facts


def test_a_first_fact_may_not_have_the_name_of_a_step(session):
    made.release(session, line(("a", made.user("a"))))
    with pytest.raises(Conflict) as refused:
        made.case(session, data={"a": {"decision": "release"}})
    assert refused.value.code == "case.fact_is_step"


@pytest.mark.urs("URS-004")
def test_an_operation_runs_for_the_one_who_moved_the_case(session):
    operation = made.service("note", parameters={"lot": "lot.number", "again": "a.decision"})
    made.release(session, line(("a", made.user("a")), ("note", operation)))
    case = made.case(session, data={"lot": {"number": "L1"}})
    human_tasks.complete(
        session, the_task(session, case), {"decision": "x"}, actor=made.person(3), now=made.NOW
    )
    assert session.info["notes"] == [({"lot": "L1", "again": "x"}, case.number, "person3")]
    assert history.facts(session, case.id)["note"] == {"noted": True, "lot": "L1", "again": "x"}
    assert case.state is CaseState.COMPLETED
    assert case.outcome == "done"


@pytest.mark.urs("URS-004")
def test_when_an_operation_refuses_nothing_of_the_step_remains(engine):
    files = line(("a", made.user("a")), ("no", made.service("no", operation="test.refuse")))
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, files)
        case_id = made.case(session).id
    with pytest.raises(Conflict) as refused:
        complete_in_a_transaction_of_its_own(case_id)
    assert refused.value.code == "test.refused"
    with db.read_session() as session:
        assert [task.state for task in session.query(HumanTask)] == [TaskState.OPEN]
        assert [row.element_id for row in session.query(StepHistory)] == ["begin"]
        assert "a" not in history.facts(session, case_id)


def complete_in_a_transaction_of_its_own(case_id):
    with db.unit_of_work(made.person(2), now=made.NOW) as session:
        task = human_tasks.open_tasks(session, case_id)[0]
        human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)


def test_a_task_is_completed_once(session):
    made.release(session, line(("a", made.user("a")), ("b", made.user("b"))))
    case = made.case(session)
    task = the_task(session, case)
    human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    with pytest.raises(Conflict) as refused:
        human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    assert refused.value.code == "task.not_open"


def test_somebody_elses_claim_is_respected(session):
    made.release(session, line(("a", made.user("a"))))
    task = the_task(session, made.case(session))
    human_tasks.claim(session, task, actor=made.person(2), now=made.NOW)
    for act in (
        lambda: human_tasks.claim(session, task, actor=made.person(3), now=made.NOW),
        lambda: human_tasks.save_draft(session, task, {}, actor=made.person(3), now=made.NOW),
        lambda: human_tasks.complete(session, task, {}, actor=made.person(3), now=made.NOW),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "task.claimed"
    human_tasks.release(session, task, actor=made.person(2), now=made.NOW)
    assert human_tasks.claim(session, task, actor=made.person(3), now=made.NOW).claimed_by == uuid.UUID(int=3)


def test_a_draft_is_kept_until_the_task_is_done(session):
    made.release(session, line(("a", made.user("a"))))
    task = the_task(session, made.case(session))
    human_tasks.save_draft(session, task, {"value": Decimal("1.20")}, actor=made.person(2), now=made.NOW)
    human_tasks.mark_opened(session, task, uuid.UUID(int=2), made.NOW)
    human_tasks.mark_opened(session, task, uuid.UUID(int=2), made.NOW + timedelta(days=1))
    found = human_tasks.open_task(session, task.id)
    assert found.task.draft == {"value": "1.20"}
    assert found.task.opened_by == {str(uuid.UUID(int=2)): made.NOW.isoformat()}
    human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    assert found.task.draft is None


def test_a_state_that_somebody_else_moved_on_is_not_overwritten(session):
    made.release(session, line(("a", made.user("a"))))
    case = made.case(session)
    task = the_task(session, case)

    def overtake(state):
        session.execute(update(StoredState).values(revision=StoredState.revision + 1))
        return dump(state[0], state[1])

    dump = codec.dump
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "dump", lambda workflow, facts: overtake((workflow, facts)))
        with pytest.raises(Conflict) as refused:
            human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    assert refused.value.code == "case.moved_on"
    session.rollback()


def test_a_condition_over_missing_facts_refuses_the_step_and_names_the_place(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.user("a"),
            made.gateway("exclusive", "choice", default="choice_other"),
            made.end(),
            made.end("other"),
            made.flows("begin>a>choice>other"),
            made.flow("choice", "done", "lot.sterile"),
            tasks=("a",),
        ),
    )
    task = the_task(session, made.case(session))
    with pytest.raises(Conflict) as refused:
        human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    assert refused.value.code == "case.step_failed"
    assert "lot.sterile" in str(refused.value)
    session.rollback()


def test_a_choice_without_an_answer_refuses_the_step(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.user("a"),
            made.gateway("exclusive", "choice"),
            made.end(),
            made.end("other"),
            made.flows("begin>a>choice"),
            made.flow("choice", "done", "a.x == 1"),
            made.flow("choice", "other", "a.x == 2"),
            tasks=("a",),
        ),
    )
    task = the_task(session, made.case(session))
    with pytest.raises(StepFailed):
        human_tasks.complete(session, task, {"x": 3}, actor=made.person(2), now=made.NOW)
    session.rollback()


def test_a_model_that_goes_round_by_itself_is_stopped(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("exclusive", "again"),
            made.service("note"),
            made.gateway("exclusive", "choice", default="choice_again"),
            made.end(),
            made.flows("begin>again>note>choice>again"),
            made.flow("choice", "done", "False"),
        ),
    )
    with pytest.raises(StepFailed):
        made.case(session)
    session.rollback()


def stuck_at_a_join():
    return made.process(
        made.start(),
        made.user("a"),
        made.gateway("exclusive", "choice", default="choice_right"),
        made.script("left", "left = 1"),
        made.script("right", "right = 1"),
        made.gateway("parallel", "join"),
        made.end(),
        made.flows("begin>a>choice>right>join>done", "left>join"),
        made.flow("choice", "left", "a.x == 1"),
        tasks=("a",),
    )


@pytest.mark.urs("URS-009")
def test_a_model_with_a_path_that_gets_stuck_cannot_be_proposed(session):
    with pytest.raises(ModelRefused) as refused:
        made.release(session, stuck_at_a_join())
    assert "static.deadlock" in {finding.code for finding in refused.value.findings}
    assert repository.releases(session, "trial") == []


def test_a_join_that_can_never_fire_refuses_the_step_instead_of_hanging(session, monkeypatch):
    monkeypatch.setattr(
        analysis, "explore", lambda files: []
    )  # as a release from before the paths were played
    made.release(session, stuck_at_a_join())
    task = the_task(session, made.case(session))
    with pytest.raises(StepFailed) as refused:
        human_tasks.complete(session, task, {"x": 1}, actor=made.person(2), now=made.NOW)
    assert "nothing is left to wait for" in str(refused.value)
    session.rollback()


@pytest.mark.urs("URS-006")
def test_a_subprocess_is_entered_and_left_across_saves(session):
    inside = "".join((made.start("in_begin"), made.user("a"), made.user("b"), made.end("in_done")))
    inside += made.flows("in_begin>a>b>in_done")
    made.release(
        session,
        made.process(
            made.start(),
            f'<bpmn:subProcess id="sub">{inside}</bpmn:subProcess>',
            made.user("c"),
            made.end(),
            made.flows("begin>sub>c>done"),
            tasks=("a", "b", "c"),
        ),
    )
    case = made.case(session)
    for step in "abc":
        assert the_task(session, case).step == step
        human_tasks.complete(
            session, the_task(session, case), {"by": step}, actor=made.person(2), now=made.NOW
        )
    assert case.state is CaseState.COMPLETED
    passed = [row.element_id for row in history.steps(session, case.id)]
    assert passed == ["begin", "in_begin", "a", "b", "in_done", "sub", "c", "done"]


@pytest.mark.urs("URS-006")
def test_an_interrupting_timer_withdraws_the_task(session):
    made.release(session, timed(interrupting=True))
    case = made.case(session)
    late = made.NOW + timedelta(days=3)
    assert [entry.due_at for entry in wakes(session)] == [made.NOW + timedelta(days=2)]
    runtime.fire_timers(session, case.id, now=made.NOW + timedelta(days=1))
    assert the_task(session, case).step == "a"
    first = the_task(session, case)
    runtime.fire_timers(session, case.id, now=late)
    assert first.state is TaskState.WITHDRAWN
    assert the_task(session, case).step == "boss"
    assert wakes(session) == [], "an entry is left for a timer that nobody waits for"
    assert case.state is CaseState.RUNNING
    assert [row.actor_id for row in history.steps(session, case.id) if row.element_id == "late"] == [
        "system:timer"
    ]


@pytest.mark.urs("URS-006")
def test_a_reminding_timer_leaves_the_task_open(session):
    made.release(session, timed(interrupting=False))
    case = made.case(session)
    runtime.fire_timers(session, case.id, now=made.NOW + timedelta(days=3))
    assert {task.step for task in human_tasks.open_tasks(session, case.id)} == {"a", "boss"}
    for _ in range(2):
        human_tasks.complete(session, the_task(session, case), {}, actor=made.person(2), now=made.NOW)
    assert case.state is CaseState.COMPLETED


@pytest.mark.urs("URS-006")
def test_a_timer_whose_task_was_done_in_time_is_forgotten(session):
    made.release(session, timed(interrupting=True))
    case = made.case(session)
    human_tasks.complete(session, the_task(session, case), {}, actor=made.person(2), now=made.NOW)
    assert case.state is CaseState.COMPLETED
    passed = case.steps
    runtime.fire_timers(session, case.id, now=made.NOW + timedelta(days=30))
    assert case.steps == passed


@pytest.mark.urs("URS-006")
def test_the_job_fires_once_and_strikes_itself_out(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, timed(interrupting=True))
        case_id = made.case(session).id
    with db.read_session() as session:
        ((entry_id, payload),) = [(entry.id, entry.payload) for entry in wakes(session)]
    monkeypatch.setattr(clock, "now", lambda: made.NOW + timedelta(days=3))
    for _ in range(2):
        outbox.handler_of("workflows.fire_timers")(entry_id, payload, None)
    with db.read_session() as session:
        assert [task.step for task in human_tasks.open_tasks(session, case_id)] == ["boss"]
        assert wakes(session) == []


def wakes(session):
    return session.query(outbox.OutboxEntry).order_by(outbox.OutboxEntry.due_at).all()


def timed(*, interrupting):
    return made.process(
        made.start(),
        made.user("a"),
        made.timer("late", "a", "P2D", interrupting),
        made.user("boss"),
        made.end(),
        made.end("escalated"),
        made.flows("begin>a>done", "late>boss>escalated"),
        tasks=("a", "boss"),
    )


@pytest.mark.urs("URS-006")
def test_a_terminating_end_withdraws_what_is_open(session):
    made.release(
        session,
        made.process(
            made.start(),
            made.gateway("parallel", "split"),
            made.user("a"),
            made.user("b"),
            made.end("stopped", "<bpmn:terminateEventDefinition />"),
            made.end(),
            made.flows("begin>split>a>stopped", "split>b>done"),
            tasks=("a", "b"),
        ),
    )
    case = made.case(session)
    tasks = {task.step: task for task in human_tasks.open_tasks(session, case.id)}
    human_tasks.complete(session, tasks["a"], {}, actor=made.person(2), now=made.NOW)
    assert case.state is CaseState.COMPLETED
    assert case.outcome == "stopped"
    assert tasks["b"].state is TaskState.WITHDRAWN


@pytest.mark.urs("URS-023")
def test_performers_are_all_who_did_a_step_in_any_round_and_those_they_acted_for(session):
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
    case = made.case(session, actor=made.person(1))
    delegate = made.person(3).__class__(
        id=str(uuid.UUID(int=3)), login="d", name="D", on_behalf_of=str(uuid.UUID(int=4))
    )
    human_tasks.complete(
        session, the_task(session, case), {"decision": "reject"}, actor=made.person(2), now=made.NOW
    )
    human_tasks.complete(
        session,
        the_task(session, case),
        {"decision": "release"},
        actor=delegate,
        now=made.NOW,
        also_by=[uuid.UUID(int=5)],
    )
    ids = {number: uuid.UUID(int=number) for number in range(1, 6)}
    assert history.performers(session, case.id) == {"start": {ids[1]}, "a": {ids[2], ids[3], ids[4], ids[5]}}


@pytest.mark.urs("URS-008")
def test_the_path_says_what_is_done_where_it_stands_and_by_which_flows(session):
    made.release(session, line(("a", made.user("a")), ("b", made.user("b"))))
    case = made.case(session)
    human_tasks.complete(session, the_task(session, case), {}, actor=made.person(2), now=made.NOW)
    path = history.path(session, case, zone="Asia/Shanghai")
    assert path.done == {"begin", "a"}
    assert path.current == {"b"}
    assert path.flows == {"begin_a", "a_b"}
    assert path.marks == {"a": ["Person 2", "2026-11-22 16:00+08:00"]}


@pytest.mark.urs("URS-007")
def test_a_running_case_stays_on_the_version_it_started_on(session):
    first = made.release(session, line(("a", made.user("a")), ("b", made.user("b"))))
    old = made.case(session)
    second = made.release(session, line(("a", made.user("a"))))
    new = made.case(session)
    assert (first.version, second.version) == (1, 2)
    assert (old.release_id, new.release_id) == (first.id, second.id)
    for case in (old, new):
        human_tasks.complete(session, the_task(session, case), {}, actor=made.person(2), now=made.NOW)
    assert (old.state, new.state) == (CaseState.RUNNING, CaseState.COMPLETED)
    assert repository.running_cases(session) == {first.id: 1}


@pytest.mark.urs("URS-007")
def test_releases_are_proposed_once_and_decided_once(session):
    files = line(("a", made.user("a")))
    release = made.release(session, files)
    with pytest.raises(Conflict) as unchanged:
        repository.propose_release(session, "trial", files, actor=made.person(1), now=made.NOW)
    assert unchanged.value.code == "release.unchanged"
    with pytest.raises(Conflict) as decided:
        repository.make_effective(session, release, actor=made.person(1), now=made.NOW)
    assert decided.value.code == "release.decided"
    with pytest.raises(Conflict) as other:
        repository.propose_release(session, "else", files, actor=made.person(1), now=made.NOW)
    assert other.value.code == "release.other_process"
    with pytest.raises(NotFound):
        repository.effective_release(session, "unknown")


def test_completing_a_task_needs_few_statements(session, statements):
    made.release(session, line(("a", made.user("a")), ("b", made.user("b"))))
    case = made.case(session)
    task = the_task(session, case)
    session.flush()
    statements.clear()
    human_tasks.complete(session, task, {"x": 1}, actor=made.person(2), now=made.NOW)
    assert len(statements) <= 8, statements
    assert isinstance(case, ProcessCase)


@pytest.mark.urs("URS-007")
def test_two_processes_never_share_case_numbers(session):
    made.release(session, line(("a", made.user("a"))))
    files = made.process(
        made.start(), made.user("a"), made.end(), made.flows("begin>a>done"), key="triage", tasks=("a",)
    )
    with pytest.raises(Conflict) as refused:
        repository.propose_release(session, "triage", files, actor=made.person(1), now=made.NOW)
    assert refused.value.code == "release.prefix_taken"


@pytest.mark.urs("URS-004")
def test_two_people_at_one_task_one_of_them_is_too_late(engine):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, line(("a", made.user("a")), ("note", made.service("note"))))
        case = made.case(session)
        task_id, case_id = the_task(session, case).id, case.id
    outcomes, together = [], threading.Barrier(2)

    def sign(number):
        with db.read_session() as session:
            seen = session.get_one(HumanTask, task_id)
        together.wait()
        try:
            with db.unit_of_work(made.person(number), now=made.NOW) as session:
                human_tasks.complete(session, seen, {"by": number}, actor=made.person(number), now=made.NOW)
            outcomes.append(number)
        except Conflict as late:
            outcomes.append(late.code)

    people = [threading.Thread(target=sign, args=(number,)) for number in (2, 3)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    winner = next(outcome for outcome in outcomes if outcome != "task.not_open")
    assert "task.not_open" in outcomes
    with db.read_session() as session:
        assert history.facts(session, case_id)["a"] == {"by": winner}
        assert history.performers(session, case_id)["a"] == {uuid.UUID(int=winner)}
