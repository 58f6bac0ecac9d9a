"""Running cases go on under another release where that is safe, and come back as they were."""

import os
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import db
from core.errors import Conflict, FieldErrors
from signatures.audit_models import AuditEntry
from tests.factories import workflows as made
from workflows import human_tasks, repository, runtime
from workflows.migration import plan
from workflows.migration.verdicts import Verdict
from workflows.models import CaseState, MigrationState, ProcessCase, StoredState

pytestmark = pytest.mark.urs("URS-007")
CASES = int(os.environ.get("QMS_MIGRATED_CASES", "30"))
LATER = made.NOW + timedelta(hours=1)


def steps(*keys, more=(), drawn=()):
    """A process whose steps follow one another."""
    return made.process(
        made.start(),
        *(made.user(key) for key in keys),
        made.end(),
        made.flows(">".join(("begin", *keys, "done"))),
        *drawn,
        tasks=(*keys, *more),
    )


@pytest.fixture
def decides(session):
    """The process in which a second person decides on a migration."""
    made.release(session, made.folder(plan.PROCESS), key=plan.PROCESS)


def candidate(session, target, case):
    found = plan.candidates(session, target, actor=made.person(1), now=LATER)
    return next(one for one in found if one.case.id == case.id)


def propose(session, target, chosen, **more):
    command = plan.ProposeMigration(target.id, chosen, "The new release closes a gap.", made.SITE, **more)
    return plan.propose(session, command, actor=made.person(1), now=LATER)


def accept(session, case, by=2):
    (task,) = human_tasks.open_tasks(session, case.id)
    human_tasks.complete(session, task, {"decision": "accept"}, actor=made.person(by), now=LATER)
    session.expire_all()


def do(session, case, *elements, at=LATER):
    for element in elements:
        (task,) = [one for one in human_tasks.open_tasks(session, case.id) if one.element_id == element]
        human_tasks.complete(session, task, {}, actor=made.person(3), now=at)
        session.expire_all()


def test_a_case_goes_on_under_the_new_release_with_its_draft_and_its_due_date(session, decides):
    made.release(session, steps("a", "b"))
    case = made.case(session)
    (task,) = human_tasks.open_tasks(session, case.id)
    human_tasks.save_draft(session, task, {"remark": "half done"}, actor=made.person(3), now=made.NOW)
    due = task.due_at
    new = made.release(session, steps("a", "b", "c"))
    assert candidate(session, new, case).judgement.verdict is Verdict.SAFE
    migration, decision = propose(session, new, {case.id: ""})
    accept(session, decision)
    assert migration.state == MigrationState.DONE
    (task,) = human_tasks.open_tasks(session, case.id)
    assert (task.element_id, task.due_at, task.draft) == ("a", due, {"remark": "half done"})
    do(session, case, "a", "b", "c")
    assert session.get_one(ProcessCase, case.id).state == CaseState.COMPLETED


def test_the_trail_names_the_case_and_the_reason(engine):
    with db.unit_of_work(made.person(1), now=made.NOW) as session:
        made.release(session, made.folder(plan.PROCESS), key=plan.PROCESS)
        made.release(session, steps("a"))
        case = made.case(session)
        _, decision = propose(session, made.release(session, steps("a", "b")), {case.id: ""})
        accept(session, decision)
        key = str(case.id)
    with db.read_session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.migrated")).one()
    assert entry.subject_id == key
    assert "closes a gap" in entry.entry


def test_a_step_that_would_be_skipped_needs_a_decision(session, decides):
    made.release(session, steps("a", "b"))
    case = made.case(session)
    do(session, case, "a")
    new = made.release(session, steps("a", "check", "b"))
    one = candidate(session, new, case)
    assert one.judgement.verdict is Verdict.NEEDS_DECISION
    assert [(reason.code, reason.element) for reason in one.judgement.reasons] == [
        ("migration.skipped", "check")
    ]
    with pytest.raises(FieldErrors) as refused:
        propose(session, new, {case.id: ""})
    assert list(refused.value.errors) == [f"decision-{case.id}"]
    migration, decision = propose(session, new, {case.id: "The check was done on paper, record QR-7."})
    accept(session, decision)
    assert migration.cases[0]["decision"].startswith("The check was done")
    do(session, case, "b")
    assert session.get_one(ProcessCase, case.id).state == CaseState.COMPLETED


def test_a_case_that_stands_at_a_removed_step_must_finish_on_its_release(session, decides):
    made.release(session, steps("a", "b"))
    case = made.case(session)
    new = made.release(session, steps("b"))
    one = candidate(session, new, case)
    assert one.judgement.verdict is Verdict.MUST_FINISH
    assert one.judgement.reasons[0].code == "migration.removed"
    with pytest.raises(FieldErrors):
        propose(session, new, {case.id: "Nevertheless."})


def test_a_case_without_a_fact_that_lies_ahead_must_finish_on_its_release(session, decides):
    made.release(session, steps("a", "b"))
    case = made.case(session)
    do(session, case, "a")
    drawn = (
        made.gateway("exclusive", "how", default="how_done"),
        made.end("other"),
        made.flow("how", "other", 'check.decision == "release"'),
        made.flow("how", "done"),
    )
    files = made.process(
        made.start(),
        *(made.user(key) for key in ("a", "check", "b")),
        made.end(),
        made.flows("begin>a>check>b>how"),
        *drawn,
        tasks=("a", "check", "b"),
    )
    one = candidate(session, made.release(session, files), case)
    assert one.judgement.verdict is Verdict.MUST_FINISH
    assert one.judgement.reasons[0].code == "migration.fact"


def with_timer(duration, extra=False):
    reminders = [made.timer("late", "a", duration, interrupting=False), made.end("late_end")]
    if extra:
        reminders += [made.timer("later", "a", "PT9H", interrupting=False), made.end("later_end")]
    more = ("late>late_end", "later>later_end") if extra else ("late>late_end",)
    return steps("a", "b", drawn=(*reminders, made.flows(*more)))


def test_a_running_timer_keeps_its_time_and_a_new_one_begins(session, decides):
    made.release(session, with_timer("PT5H"))
    case = made.case(session)
    new = made.release(session, with_timer("PT7H", extra=True))
    one = candidate(session, new, case)
    assert (one.judgement.verdict, one.judgement.reasons[0].code) == (Verdict.SAFE, "migration.timer")
    _, decision = propose(session, new, {case.id: ""})
    accept(session, decision)
    assert session.get_one(StoredState, case.id).next_due == made.NOW + timedelta(hours=5)
    runtime.fire_timers(session, case.id, now=made.NOW + timedelta(hours=5))
    session.expire_all()
    assert session.get_one(StoredState, case.id).next_due == LATER + timedelta(hours=9)
    do(session, case, "a", "b", at=made.NOW + timedelta(hours=6))
    assert session.get_one(ProcessCase, case.id).state == CaseState.COMPLETED


@pytest.mark.parametrize(
    ("first", "then"), [(steps("a", "b"), with_timer("PT5H")), (with_timer("PT5H"), steps("a", "b"))]
)
def test_boundary_events_may_come_and_go_at_a_waiting_step(session, decides, first, then):
    made.release(session, first)
    case = made.case(session)
    new = made.release(session, then)
    _, decision = propose(session, new, {case.id: ""})
    accept(session, decision)
    do(session, case, "a", "b")
    assert session.get_one(ProcessCase, case.id).state == CaseState.COMPLETED


def two_reviews(*keys):
    return made.process(
        made.start(),
        made.gateway("parallel", "split"),
        *(made.user(key) for key in keys),
        made.gateway("parallel", "join"),
        made.end(),
        made.flows("begin>split", "join>done", *(f"split>{key}>join" for key in keys)),
        tasks=keys,
    )


def test_a_join_that_counts_other_flows_keeps_a_case_with_several_tokens(session, decides):
    made.release(session, two_reviews("a", "b"))
    case = made.case(session)
    do(session, case, "a")
    one = candidate(session, made.release(session, two_reviews("a", "b", "c")), case)
    assert one.judgement.verdict is Verdict.MUST_FINISH
    assert one.judgement.reasons[0].code == "migration.join"


def test_whoever_proposes_may_come_too_late(session, decides):
    """A case that moves on between proposal and acceptance is judged again."""
    made.release(session, steps("a", "b"))
    case, ended = made.case(session), made.case(session)
    new = made.release(session, steps("a", "c"))
    migration, decision = propose(session, new, {case.id: "", ended.id: ""})
    do(session, case, "a")
    do(session, ended, "a", "b")
    accept(session, decision)
    assert [line["moved"] for line in migration.outcome] == [False, False]
    do(session, case, "b")
    assert session.get_one(ProcessCase, case.id).state == CaseState.COMPLETED


def test_a_migration_is_decided_once(session, decides):
    made.release(session, steps("a"))
    case = made.case(session)
    new = made.release(session, steps("a", "b"))
    migration, decision = propose(session, new, {case.id: ""})
    accept(session, decision)
    with pytest.raises(Conflict, match="decided"):
        plan.carry_out(session, migration, actor=made.person(2), now=LATER)


def test_many_cases_over_three_releases_move_come_back_and_all_complete(session, decides):
    """``QMS_MIGRATED_CASES`` sets how many; a third starts on each release and stands at every step."""
    keys = ("a", "b", "c")
    cases = []
    for number, files in enumerate((steps("a", "b"), steps("a", "b", "c"), steps("a", "x", "b", "c"))):
        release = made.release(session, files)
        done = repository.compiled(release).elements
        for place in range(CASES // 3):
            case = made.case(session)
            for key in [key for key in (*keys[:1], "x", *keys[1:]) if key in done][: place % (number + 2)]:
                do(session, case, key)
            cases.append(case.id)
    target = repository.effective_release(session, "trial")
    found = plan.candidates(session, target, actor=made.person(1), now=LATER)
    verdicts = Counter(one.judgement.verdict for one in found)
    assert verdicts[Verdict.SAFE] > 0
    assert verdicts[Verdict.NEEDS_DECISION] > 0
    assert len(found) == 2 * (CASES // 3)
    chosen = {one.case.id: "x was done on paper." for one in found}
    before = {key: bytes(session.get_one(StoredState, key).state) for key in chosen}
    first, decision = propose(session, target, chosen)
    accept(session, decision)
    assert all(line["moved"] for line in first.outcome)
    assert not plan.candidates(session, target, actor=made.person(1), now=LATER)
    revert(session, first)
    assert {key: facts_and_places(session.get_one(StoredState, key).state) for key in chosen} == {
        key: facts_and_places(state) for key, state in before.items()
    }
    for key in cases:
        case = session.get_one(ProcessCase, key)
        while case.state == CaseState.RUNNING:
            do(session, case, *(task.element_id for task in human_tasks.open_tasks(session, key)))
        assert case.state == CaseState.COMPLETED


def revert(session, migration):
    for release_id in {moved.from_release_id for moved in plan.moved_cases(session, migration)}:
        target = next(one for one in repository.releases(session, "trial") if one.id == release_id)
        mine = [one for one in plan.moved_cases(session, migration) if one.from_release_id == release_id]
        chosen = {moved.case_id: "Taken back." for moved in mine}
        taken_back, decision = propose(session, target, chosen, reverts_id=migration.id)
        accept(session, decision)
        assert all(line["moved"] for line in taken_back.outcome)
    assert migration.state == MigrationState.REVERTED


def facts_and_places(state):
    kept = made.rows_of(state)
    return kept["facts"], sorted((row[2], row[3]) for row in kept["top"])
