"""Random models, worked on in random order, do what an independent token game says, step by step."""

import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from core import db
from tests.factories import random_models as drawn
from tests.factories import workflows as made
from tests.factories.token_game import Game
from workflows import compaction, compiler, human_tasks, runtime, store
from workflows.models import CaseState, StoredState

pytestmark = [
    pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True),  # nothing here asks the database
    pytest.mark.urs("URS-002", "URS-006"),
]
EXAMPLES = int(os.environ.get("QMS_RANDOM_MODELS", "60"))
HURRY_AFTER, STOP_AFTER = 25, 120


class Undo(Exception):
    """The attempt leaves nothing behind."""


@pytest.mark.parametrize("compacting", [True, False], ids=["compacted", "whole"])
@pytest.mark.parametrize("kept", ["stored", "in memory"])
def test_a_case_waits_for_what_the_token_game_says(engine, monkeypatch, compacting, kept):
    if not compacting:
        monkeypatch.setattr(compaction, "compact", lambda workflow: None)
    if kept == "in memory":
        keep_in_memory(monkeypatch)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn.models(), st.lists(st.integers(0, 997), min_size=1, max_size=40))
    def holds(root, order):
        with suppress(Undo), db.unit_of_work(made.person(1), now=made.NOW) as session:
            compare(session, root, order)
            raise Undo

    holds()


def compare(session, root, order):
    """Work through one case, once by the engine, once by the rules."""
    files = drawn.bundle(root)
    note(files["trial.bpmn"].decode())
    report = compiler.check_files(files, known_form=made.known_form)
    assert report.executable, [(finding.code, finding.message) for finding in report.errors]
    made.release(session, files)
    case, game = made.case(session), Game(root, made.NOW)
    now = made.NOW
    for turn in range(STOP_AFTER):
        opened = human_tasks.open_tasks(session, case.id)
        assert Counter(task.element_id for task in opened) == game.open()
        assert session.get_one(StoredState, case.id).next_due == game.next_due()
        assert (case.state == CaseState.COMPLETED) == game.finished
        if game.finished:
            return
        now = turn_of(session, case, game, opened, now, order[turn % len(order)] + turn, turn > HURRY_AFTER)
    raise AssertionError(f"still running after {STOP_AFTER} turns")


def turn_of(session, case, game, opened, now, draw, hurry):
    """Let the next timer fire, or somebody do a task; both sides alike."""
    due = game.next_due()
    if due is not None and not hurry and (draw % 5 == 0 or not opened):
        runtime.fire_timers(session, case.id, now=due)
        game.wait_until(due)
        session.expire_all()
        return due
    now += timedelta(seconds=1)
    task = opened[draw % len(opened)]
    same = [other for other in opened if other.element_id == task.element_id]
    said = drawn.answer(task.element_id, draw // 5, hurry=hurry)
    game.now = now
    human_tasks.complete(session, task, said, actor=made.person(1 + draw % 3), now=now)
    game.complete(task.element_id, same.index(task), said)
    session.expire_all()
    return now


def keep_in_memory(monkeypatch):
    """Let a case live on as it is instead of being written and read."""
    living = {}
    save = store.save

    def keep(loaded):
        save(loaded)
        loaded.revision += 1
        living[loaded.move.case.id] = loaded

    def give(move):
        loaded = living[move.case.id]
        loaded.move = loaded.engine.move = move
        loaded.due = store.next_due(loaded.workflow)
        return loaded

    monkeypatch.setattr(store, "save", keep)
    monkeypatch.setattr(store, "load", give)
