"""Timers and messages are rows: found after a stop, done once by two workers, kept if undelivered."""

import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core import clock, db, outbox
from core.errors import Conflict
from core.outbox import OutboxEntry
from tests.factories import workflows as made
from tests.factories.at_once import at_once
from workflows import history, human_tasks, messages, registry, timers, waits
from workflows.message_models import CaseMessage, CaseWait, MessageState
from workflows.models import CaseState, ProcessCase, StepHistory

assert timers  # registers the jobs
CASES = 12
LATER = made.NOW + timedelta(days=30)
MESSAGE = '<bpmn:message id="m" name="lab_result" />'


def waits_for_lab(task="result"):
    """A receive task that knows its lot, then a person."""
    body = (
        f'<bpmn:receiveTask id="{task}" messageRef="m"><bpmn:extensionElements>'
        '<qms:correlation name="lot" value="lot.number" /></bpmn:extensionElements></bpmn:receiveTask>'
    )
    files = made.process(
        made.start(), body, made.user("a"), made.end(), made.flows(f"begin>{task}>a>done"), tasks=("a",)
    )
    return defining(files, MESSAGE)


def defining(files, definition):
    """The files with a definition before the process."""
    before = definition.encode() + b"<bpmn:process "
    return {name: data.replace(b"<bpmn:process ", before, 1) for name, data in files.items()}


def timed(*, interrupting=True):
    return made.process(
        made.start(),
        made.user("a"),
        made.timer("late", "a", "P2D", interrupting),
        made.user("boss"),
        made.end(),
        made.end("late_done"),
        made.flows("begin>a>done", "late>boss>late_done"),
        tasks=("a", "boss"),
    )


def two_workers(job):
    """Run all due entries of a job by two workers at once, each taking whatever it can lease."""
    wrong = []

    def work():
        try:
            for _ in range(3):
                with db.unit_of_work(made.person(5), now=LATER) as session:
                    leased = [(one.id, one.payload) for one in outbox.lease_due(session, now=LATER)]
                for entry_id, payload in leased:
                    outbox.handler_of(job)(entry_id, payload, None)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.urs("URS-006")
def test_timers_missed_in_a_stop_fire_once_with_two_workers_racing(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, timed())
        keys = [made.case(session).id for _ in range(CASES)]
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with db.read_session() as session:
        assert set(waits.overdue(session, now=LATER)) == set(keys)
    two_workers("workflows.fire_timers")
    with db.read_session() as session:
        fired = select(StepHistory.case_id, func.count()).where(StepHistory.element_id == "late")
        assert dict(session.execute(fired.group_by(StepHistory.case_id)).all()) == dict.fromkeys(keys, 1)
        assert waits.overdue(session, now=LATER) == []
        assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.urs("URS-006")
def test_the_same_entry_worked_off_by_two_workers_at_once_fires_once(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, timed(interrupting=False))
        key = made.case(session).id
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with db.read_session() as session:
        ((entry_id, payload),) = [(one.id, one.payload) for one in session.scalars(select(OutboxEntry))]
    job = outbox.handler_of("workflows.fire_timers")
    threads = [threading.Thread(target=job, args=(entry_id, payload, None)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read_session() as session:
        assert sorted(task.step for task in human_tasks.open_tasks(session, key)) == ["a", "boss"]


@pytest.mark.urs("URS-006")
def test_messages_find_their_cases_once_with_two_workers_racing(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, waits_for_lab())
        keys = {}
        for number in range(CASES):
            keys[f"L{number}"] = made.case(session, data={"lot": {"number": f"L{number}"}}).id
        for lot in reversed(keys):
            messages.send(
                session, "lab_result", {"lot": lot}, {"lot": lot}, actor=made.person(7), now=made.NOW
            )
    monkeypatch.setattr(clock, "now", lambda: LATER)
    two_workers("workflows.deliver_message")
    with db.read_session() as session:
        for lot, key in keys.items():
            assert history.facts(session, key)["result"] == {"lot": lot}
            assert [task.step for task in human_tasks.open_tasks(session, key)] == ["a"]
        found = session.scalars(select(CaseMessage)).all()
        assert {one.state for one in found} == {MessageState.DELIVERED}
        assert {one.to_case_id for one in found} == set(keys.values())


@pytest.mark.urs("URS-006")
def test_two_messages_for_one_wait_are_one_delivered_and_one_kept(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, waits_for_lab())
        key = made.case(session, data={"lot": {"number": "L1"}}).id
        sent = [
            messages.send(session, "lab_result", {"n": n}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
            for n in (1, 2)
        ]
        assert len({one.id for one in sent}) == 2
    monkeypatch.setattr(clock, "now", lambda: LATER)
    two_workers("workflows.deliver_message")
    with db.read_session() as session:
        states = sorted(one.state for one in session.scalars(select(CaseMessage)))
        assert states == [MessageState.DELIVERED, MessageState.KEPT]
        assert len([row for row in history.steps(session, key) if row.element_id == "result"]) == 1


@pytest.mark.urs("URS-006")
def test_what_a_case_waits_for_is_found_by_index(session):
    made.release(session, timed())
    made.case(session)
    if session.get_bind().dialect.name == "sqlite":
        plan = session.execute(
            text("EXPLAIN QUERY PLAN SELECT case_id FROM case_wait WHERE due_at <= :now ORDER BY due_at"),
            {"now": LATER},
        ).all()
        assert any("ix_case_wait_due_at" in str(row) for row in plan)
    (wait,) = session.scalars(select(CaseWait)).all()
    assert (wait.element_id, wait.due_at, wait.since) == ("late", made.NOW + timedelta(days=2), made.NOW)


def test_what_is_waited_for_is_forgotten_when_the_case_goes_on(session):
    made.release(session, timed())
    case = made.case(session)
    task = human_tasks.open_tasks(session, case.id)[0]
    human_tasks.complete(session, task, {}, actor=made.person(2), now=made.NOW)
    assert case.state is CaseState.COMPLETED
    assert session.scalars(select(CaseWait)).all() == []
    assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.urs("URS-006")
def test_a_message_of_an_operation_that_fails_was_never_sent(engine, monkeypatch):
    monkeypatch.setattr(registry, "_operations", dict(registry._operations))

    @registry.operation("test.send_and_fail", schema={"type": "object"}, title={"en": "S", "zh": "S"})
    def send_and_fail(call):
        """Send, then fail."""
        messages.send(call.session, "lab_result", {}, {"lot": "L1"}, actor=call.actor, now=call.now)
        raise Conflict("test.failed", "No.")

    files = made.process(
        made.start(),
        made.service("send", operation="test.send_and_fail"),
        made.end(),
        made.flows("begin>send>done"),
    )
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, files)
    with pytest.raises(Conflict), db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.case(session)
    with db.read_session() as session:
        assert session.scalars(select(CaseMessage)).all() == []
        assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.urs("URS-006")
def test_what_a_caught_error_undid_leaves_neither_message_nor_job(engine, monkeypatch):
    monkeypatch.setattr(registry, "_operations", dict(registry._operations))

    @registry.operation("test.send_and_refuse", schema={"type": "object"}, title={"en": "S", "zh": "S"})
    def send_and_refuse(call):
        """Send, then refuse."""
        messages.send(call.session, "lab_result", {}, {"lot": "L1"}, actor=call.actor, now=call.now)
        raise Conflict("test.refused_late", "No.")

    error = '<bpmn:error id="e" errorCode="test.refused_late" />'
    border = (
        '<bpmn:boundaryEvent id="caught" attachedToRef="send"><bpmn:errorEventDefinition errorRef="e" />'
        "</bpmn:boundaryEvent>"
    )
    files = made.process(
        made.start(),
        made.service("send", operation="test.send_and_refuse"),
        border,
        made.user("mend"),
        made.end(),
        made.end("mended"),
        made.flows("begin>send>done", "caught>mend>mended"),
        tasks=("mend",),
    )
    files = defining(files, error)
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, files)
        key = made.case(session).id
    with db.read_session() as session:
        assert [task.step for task in human_tasks.open_tasks(session, key)] == ["mend"]
        assert history.facts(session, key)["caught"] == {"code": "test.refused_late", "message": "No."}
        assert session.scalars(select(CaseMessage)).all() == []
        assert session.scalars(select(OutboxEntry)).all() == []


@pytest.mark.urs("URS-006")
def test_a_message_that_waited_for_a_process_begins_it_when_that_comes_into_effect(session):
    asked = messages.send(session, "lab_result", {"n": 1}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
    assert messages.deliver(session, asked.id, now=made.NOW) is None
    assert asked.state is MessageState.KEPT
    files = made.process(
        made.start().replace("/>", '><bpmn:messageEventDefinition messageRef="m" /></bpmn:startEvent>', 1),
        made.user("a"),
        made.end(),
        made.flows("begin>a>done"),
        tasks=("a",),
    )
    made.release(session, defining(files, MESSAGE))
    assert asked.state is MessageState.SENT
    case = messages.deliver(session, asked.id, now=made.NOW)
    assert [task.step for task in human_tasks.open_tasks(session, case.id)] == ["a"]
    assert asked.state is MessageState.DELIVERED


def test_a_kept_message_can_be_withdrawn_once_with_a_reason(session):
    sent = messages.send(session, "nobody", {}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
    messages.deliver(session, sent.id, now=made.NOW)
    assert [one.id for one in messages.kept(session)] == [sent.id]
    messages.withdraw(session, sent.id, reason="sent twice", now=made.NOW)
    session.flush()
    assert messages.kept(session) == []
    with pytest.raises(Conflict) as refused:
        messages.withdraw(session, sent.id, reason="again", now=made.NOW)
    assert refused.value.code == "message.not_kept"


@pytest.mark.urs("URS-006", "URS-143")
def test_a_kept_message_is_handed_out_once_when_two_begin_to_want_it_at_once(engine):
    actor = made.person(7)
    with db.unit_of_work(actor, now=made.NOW) as session:
        made.release(session, waits_for_lab())
        sent = messages.send(session, "lab_result", {}, {"lot": "L1"}, actor=actor, now=made.NOW)
        messages.deliver(session, sent.id, now=made.NOW)
        assert sent.state is MessageState.KEPT
    handed_out = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.job == waits.DELIVER)
    with db.read_session() as session:
        before = session.scalar(handed_out)

    def wake(session):
        waits.wake_named(session, "lab_result")

    assert at_once(wake, wake, actor=actor, now=made.NOW) == []
    with db.read_session() as session:
        assert session.scalars(select(CaseMessage)).one().state is MessageState.SENT
        assert session.scalar(handed_out) == before + 1


@pytest.mark.parametrize("values", [{"lot": None}, {"lot": ""}, {"lot": ["L1"]}, {"lot": True}])
def test_a_message_without_a_value_to_find_its_case_is_refused(session, values):
    with pytest.raises(Conflict) as refused:
        messages.send(session, "lab_result", {}, values, actor=made.person(7), now=made.NOW)
    assert refused.value.code == "message.correlation"


def test_a_message_for_an_ended_case_is_kept(session):
    made.release(session, waits_for_lab())
    case = made.case(session, data={"lot": {"number": "L1"}})
    case.state = CaseState.CANCELLED
    sent = messages.send(session, "lab_result", {}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
    assert messages.deliver(session, sent.id, now=made.NOW) is None
    assert sent.state is MessageState.KEPT
    assert session.get_one(ProcessCase, case.id).state is CaseState.CANCELLED
    assert isinstance(case.id, uuid.UUID)


@pytest.mark.urs("URS-006")
def test_a_case_that_began_to_wait_unseen_gets_its_message_at_the_second_look(session, monkeypatch):
    made.release(session, waits_for_lab())
    sent = messages.send(session, "lab_result", {"n": 1}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
    messages.deliver(session, sent.id, now=made.NOW)
    assert sent.state is MessageState.KEPT
    again = session.scalars(select(OutboxEntry).order_by(OutboxEntry.due_at.desc()).limit(1)).one()
    assert again.due_at == made.NOW + timedelta(seconds=30)
    monkeypatch.setattr(waits, "_wake_kept", lambda session, wait: None)  # as if both had happened at once
    case = made.case(session, data={"lot": {"number": "L1"}})
    assert sent.state is MessageState.KEPT
    messages.deliver(session, sent.id, now=again.due_at)
    assert sent.state is MessageState.DELIVERED
    assert history.facts(session, case.id)["result"] == {"n": 1}


@pytest.mark.urs("URS-006")
def test_a_message_that_was_delivered_is_never_handed_to_somebody_else(session):
    made.release(session, waits_for_lab())
    first, second = (made.case(session, data={"lot": {"number": "L1"}}) for _ in range(2))
    sent = messages.send(session, "lab_result", {}, {"lot": "L1"}, actor=made.person(7), now=made.NOW)
    assert messages.deliver(session, sent.id, now=made.NOW) is not None
    assert messages.deliver(session, sent.id, now=made.NOW) is None
    opened = [len(human_tasks.open_tasks(session, case.id)) for case in (first, second)]
    assert sorted(opened) == [0, 1]


@pytest.mark.urs("URS-006")
def test_an_entry_that_is_worked_off_too_early_comes_up_again_in_time(engine, monkeypatch):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, timed())
        key = made.case(session).id
    with db.read_session() as session:
        ((entry_id, payload),) = [(one.id, one.payload) for one in session.scalars(select(OutboxEntry))]
    job = outbox.handler_of("workflows.fire_timers")
    for days, step in ((1, "a"), (2, "boss")):
        monkeypatch.setattr(clock, "now", lambda days=days: made.NOW + timedelta(days=days))
        job(entry_id, payload, None)
        with db.read_session() as session:
            due = [one.due_at for one in session.scalars(select(OutboxEntry))]
            assert due == ([made.NOW + timedelta(days=2)] if step == "a" else [])
            assert [task.step for task in human_tasks.open_tasks(session, key)] == [step]
