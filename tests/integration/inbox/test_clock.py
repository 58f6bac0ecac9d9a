"""The clock of the plant runs back: the trail says so, and nothing is signed until it is right again."""

import json
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from app.jobs.clock_watch import note_step
from core.actor import system_actor
from core.db import engine, read_session, unit_of_work
from core.errors import NotAllowed
from signatures import audit
from signatures.audit_clock import CLOCK, CONFIRMED, STEPPED, STEPPED_BACK, TOLERANCE, open_step
from signatures.audit_models import AuditEntry
from signatures.models import Signature
from tests.factories.inbox import RESULTS, Plant

SOMEBODY = system_actor("test")
AN_HOUR = timedelta(hours=1)


def something_happens(now) -> None:
    with unit_of_work(SOMEBODY, now=now) as session:
        audit.record(session, "test.happened", subject=("test", "1"), facts={})


def steps() -> list[dict]:
    with read_session() as session:
        query = select(AuditEntry.entry).where(AuditEntry.action == STEPPED_BACK).order_by(AuditEntry.seq)
        return [json.loads(entry) for entry in session.scalars(query)]


@pytest.mark.urs("URS-147")
def test_nothing_is_signed_while_the_clock_is_behind_the_trail(plant: Plant) -> None:
    something_happens(plant.now + AN_HOUR)
    with pytest.raises(NotAllowed) as refusal:
        plant.signs("inspector", "inspection", RESULTS)
    assert refusal.value.code == "signature.clock"
    with read_session() as session:
        assert session.scalars(select(Signature)).all() == []


@pytest.mark.urs("URS-147")
def test_entries_made_since_the_step_do_not_open_signing_again(plant: Plant) -> None:
    something_happens(plant.now + AN_HOUR)
    something_happens(plant.now)
    with pytest.raises(NotAllowed):
        plant.signs("inspector", "inspection", RESULTS)


def test_a_step_back_is_written_down_once_with_both_moments(plant: Plant) -> None:
    something_happens(plant.now + AN_HOUR)
    something_happens(plant.now)
    something_happens(plant.now + timedelta(seconds=1))
    [step] = steps()
    assert step["facts"] == {
        "before": (plant.now + AN_HOUR).isoformat(),
        "after": plant.now.isoformat(),
        "seconds": "3600",
    }
    with read_session() as session:
        found = open_step(session)
    with read_session() as session:
        assert audit.verify_chain(session).ok
    assert found is not None
    assert found.after == plant.now


def test_a_step_is_seen_by_an_act_that_waited_for_the_end_of_the_trail(plant: Plant) -> None:
    added, here = threading.Event(), threading.current_thread()

    def hold(_connection: object) -> None:
        if threading.current_thread() is not here:
            added.set()
            time.sleep(0.5)  # the other act waits for the locked head meanwhile

    event.listen(engine(), "commit", hold)
    ahead = threading.Thread(target=something_happens, args=(plant.now + AN_HOUR,))
    ahead.start()
    assert added.wait(20)
    something_happens(plant.now)
    ahead.join()
    [step] = steps()
    assert step["facts"]["seconds"] == "3600"


def test_a_request_that_waited_for_others_is_no_step(plant: Plant) -> None:
    something_happens(plant.now + TOLERANCE)
    plant.signs("inspector", "inspection", RESULTS)
    assert steps() == []


@pytest.mark.urs("URS-147")
def test_signing_goes_on_once_the_clock_has_caught_up(plant: Plant) -> None:
    something_happens(plant.now + AN_HOUR)
    something_happens(plant.now)
    plant.now += AN_HOUR
    plant.signs("inspector", "inspection", RESULTS)


def test_signing_goes_on_once_somebody_has_confirmed_that_the_clock_is_right(plant: Plant) -> None:
    something_happens(plant.now + AN_HOUR)
    something_happens(plant.now)
    with unit_of_work(SOMEBODY, now=plant.now) as session:
        audit.record(session, CONFIRMED, subject=CLOCK, facts={})
    with read_session() as session:
        assert open_step(session) is None
    plant.signs("inspector", "inspection", RESULTS)


@pytest.mark.urs("URS-147")
def test_a_clock_that_was_set_forward_stands_in_the_trail(plant: Plant) -> None:
    note_step(AN_HOUR, now=plant.now + AN_HOUR)
    with read_session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == STEPPED)).one()
    assert json.loads(entry.entry)["facts"]["seconds"] == "3600"
