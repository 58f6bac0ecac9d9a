"""Killed at each point of the walk from the click to the sealed page: afterwards everything is there once."""

import itertools
import signal
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from sqlalchemy import func, select

from app.archive import services as archive
from app.archive import tasks as archive_tasks
from app.cli.visit import UnexpectedPage
from app.inbox import proving
from app.inbox import routes as inbox
from app.inbox import services as taking
from app.inventory.models import Lot, Movement
from app.jobs import relay
from app.jobs import work as jobs
from app.jobs.queue import connect, open_queue
from core import clock, db
from core.db import read_session
from core.outbox import OutboxEntry
from documents import store
from documents.models import Record, RecordState, StoredFile
from signatures.audit import verify_chain
from signatures.models import Signature
from signatures.verify import verify_pdf
from tests.chaos.conftest import Works, die, in_child
from workflows import human_tasks
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState

pytestmark = pytest.mark.chaos
KILLED = -signal.SIGKILL
RELEASE = {"decision": "release"}
Patch = Callable[[pytest.MonkeyPatch], None]
_numbers = itertools.count(1)


def then_die(target: object, name: str) -> Patch:
    """Be killed right after a function has done its work."""

    def patch(patches: pytest.MonkeyPatch) -> None:
        real = getattr(target, name)

        def last(*arguments: Any, **options: Any) -> None:
            real(*arguments, **options)
            die()

        patches.setattr(target, name, last)

    return patch


def die_at(target: object, name: str) -> Patch:
    """Be killed when a function is called."""
    return lambda patches: patches.setattr(target, name, die)


def die_before_commit(patches: pytest.MonkeyPatch) -> None:
    """Be killed when everything of the signature is written and COMMIT is next."""
    real = inbox.sign_task

    def sign(*arguments: Any, **options: Any) -> Any:
        patches.setattr(db, "_every_commit", [*db._every_commit, die])
        return real(*arguments, **options)

    patches.setattr(inbox, "sign_task", sign)


COUNTED = "before the proof of identity is committed"
"""Nothing is written about a proof unless a failed one was counted before it."""
IN_THE_REQUEST: dict[str, tuple[Patch, bool]] = {
    COUNTED: (then_die(proving, "reauthenticate"), False),
    "after the proof of identity": (die_at(inbox, "command_from"), False),
    "before the engine runs on": (die_at(human_tasks, "complete"), False),
    "after the engine has run on, before the record takes its number": (
        die_at(taking, "create_record"),
        False,
    ),
    "after the number is taken, before the signature": (die_at(taking, "put_signature"), False),
    "after the signature, before its page is asked for": (die_at(taking, "seal_later"), False),
    "inside the unit of work, all of it done": (then_die(inbox, "sign_task"), False),
    "right before COMMIT": (die_before_commit, False),
    "right after COMMIT, before the answer": (die_at(inbox, "_taken"), True),
}
"""Where the web process is killed, and whether the step is then there."""

IN_THE_RELAY: dict[str, Patch] = {
    "after it has read, before it hands out": die_at(relay, "_enqueue"),
    "after it has handed out": then_die(relay, "hand_out"),
}

IN_THE_JOB: dict[str, Patch] = {
    "before the page is made": die_at(archive, "make_page"),
    "after the page is made": then_die(archive, "make_page"),
    "before the page is stored": die_at(store, "put"),
    "after the page is stored, before the commit": then_die(store, "put"),
    "before the seal is noted": die_at(archive, "note_sealed"),
    "right before COMMIT": then_die(archive_tasks.outbox, "done"),
    "after the commit": then_die(jobs, "do_entry"),
}


@pytest.fixture
def case(works: Works) -> str:
    """A received and inspected lot that waits for its release, its page before this sealed."""
    return works.lot(f"POINT-{next(_numbers)}")


def case_id(case: str) -> uuid.UUID:
    return uuid.UUID(case.rsplit("/", 1)[-1])


def everything_is_there_once(works: Works, case: str) -> None:
    """One task done, one record, one signature, one sealed page that verifies, one way of the stock."""
    with read_session() as session:
        found = session.get_one(ProcessCase, case_id(case))
        assert found.state is CaseState.COMPLETED
        tasks = session.execute(select(HumanTask.step, HumanTask.state).filter_by(case_id=found.id)).all()
        assert sorted(step for step, _ in tasks) == ["incoming_release", "inspection"]
        assert {state for _, state in tasks} == {TaskState.COMPLETED}
        records = session.scalars(select(Record).filter_by(case_id=found.id)).all()
        assert Counter(record.kind.split(".")[-1] for record in records)["incoming_release"] == 1
        assert {record.state for record in records} == {RecordState.SEALED}
        release = next(record for record in records if record.kind.endswith("incoming_release"))
        signed = select(func.count()).select_from(Signature).filter_by(record_id=release.id)
        assert session.scalar(signed) == 1
        moves = session.scalars(select(Movement.kind).join(Lot).where(Lot.id == found.subject_id)).all()
        assert Counter(kind.value for kind in moves) == {"receipt": 1, "status": 2}
        assert session.scalars(select(OutboxEntry)).all() == []
        named = {*session.scalars(select(Record.pdf_sha256)), *session.scalars(select(StoredFile.sha256))}
    with read_session() as session:
        assert verify_chain(session).ok
    root = x509.load_pem_x509_certificate((works.home / "keys" / "root.pem").read_bytes())
    assert verify_pdf(store.read(str(release.pdf_sha256)), root=root).ok
    assert {path.name for path in (works.home / "files").rglob("*") if path.is_file()} == named


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("point", IN_THE_REQUEST)
def test_a_web_process_killed(works: Works, case: str, point: str) -> None:
    patch, kept = IN_THE_REQUEST[point]
    form = works.plant.review("qa", case, RELEASE)
    if point == COUNTED:
        works.plant.person("qa").submit(form, {"password": "not the password"})

    def sign(patches: pytest.MonkeyPatch) -> None:
        patch(patches)
        works.plant.sign("qa", form)

    assert in_child(sign) == KILLED
    if kept:
        with pytest.raises(UnexpectedPage, match="nothing of"):
            works.plant.task("qa", case)
    else:
        works.plant.sign_step("qa", case, RELEASE)
    works.work_off()
    everything_is_there_once(works, case)


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("point", IN_THE_RELAY)
def test_the_relay_killed(works: Works, case: str, point: str) -> None:
    works.plant.sign_step("qa", case, RELEASE)

    def relay_round(patches: pytest.MonkeyPatch) -> None:
        IN_THE_RELAY[point](patches)
        relay.hand_out(open_queue(connect()), now=clock.now())

    assert in_child(relay_round) == KILLED
    with read_session() as session:
        assert session.scalars(select(OutboxEntry.attempts)).all() == [1]
    works.work_off()
    everything_is_there_once(works, case)


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("point", IN_THE_JOB)
def test_a_worker_killed(works: Works, case: str, point: str) -> None:
    works.plant.sign_step("qa", case, RELEASE)
    works.hand_out(clock.now())

    def do_jobs(patches: pytest.MonkeyPatch) -> None:
        IN_THE_JOB[point](patches)
        Works(works.plant, works.home, open_queue(connect())).work()

    assert in_child(do_jobs) == 0
    with read_session() as session:
        left = session.scalars(select(OutboxEntry)).all()
    if left:
        assert left[0].last_error == "The worker was killed at work: SIGKILL."
        assert left[0].due_at - clock.now() < timedelta(seconds=5)
        works.hand_out(left[0].due_at)
        works.work()
    everything_is_there_once(works, case)
