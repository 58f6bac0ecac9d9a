"""What the engine costs: its store against the library as it comes and bpmn-engine, timers, conditions."""

import importlib
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app.cli.output import CannotCheck, machine
from app.cli.scratch import scratch_folder
from core import clock, db
from signatures import audit
from workflows.bench import measures, peer
from workflows.bench import waiting as waiting_timers
from workflows.expressions import expression_us

CASES, QUICK_CASES = 200, 20
ROUNDS, QUICK_ROUNDS = 1_000, 100
MEMBERS, MEMBER_STEPS = 300, 40
WAITING, QUICK_WAITING = 100_000, 5_000
DUE, QUICK_DUE = 1_000, 100
CONDITION = 'assessment.severity >= 3 and assessment.kind = "material"'
FACTS = {"assessment": {"severity": 4, "kind": "material"}}
PEER_TURNS, PEER_CASES = 3, 20


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure steps, long loops and the peer, each pair turn by turn on scratch storage."""
    cases, rounds = (QUICK_CASES, QUICK_ROUNDS) if quick else (CASES, ROUNDS)
    with scratch_folder() as folder:
        step = measures.step_ratio(folder, cases)
        loop = measures.rework(folder, rounds)
        many = measures.members(folder, MEMBERS, MEMBER_STEPS)
        against_peer = _against_peer(folder)
    with _scratch_database() as folder:
        full = measures.full_step(folder, cases)
    due = _timers(*((QUICK_WAITING, QUICK_DUE) if quick else (WAITING, DUE)))
    return {
        "step_ratio_vs_plain": step["ratio"],
        "full_step_ms": full["ms"],
        "full_step_ratio_vs_plain": full["ratio"],
        "step_ratio_vs_bpmn_engine": against_peer,
        "loop1000_ratio_vs_plain": loop["ratio"],
        "loop1000_flatness": loop["flatness"],
        "multi_instance_300_ms": many["own_ms"],
        "multi_instance_300_ratio_vs_plain": many["ratio"],
        **due,
        "expression_us": round(expression_us(CONDITION, FACTS), 1),
        "step": step,
        "loop": loop,
        "machine": machine(),
        "size": {"cases": cases, "rounds": rounds, "quick": quick},
    }


def _timers(waiting: int, count: int) -> dict[str, float]:
    """Let so many of all waiting timers be due on a scratch SQLite database.

    Raises:
        CannotCheck: a timer fired twice, or not at all.
    """
    now = clock.now()
    with _scratch_database(lambda connection: waiting_timers.fill(connection, waiting - count, now)):
        waiting_timers.start_due(count, now)
        found_ms, due = waiting_timers.find_ms(now, count)
        seconds = waiting_timers.fire_seconds(due)
        with db.read_session() as session:
            fired = waiting_timers.fired(session)
    if fired != (count, count):
        raise CannotCheck(f"{count} timers were due; {fired[0]} fired in {fired[1]} cases")
    return {"timers_due_find_ms": round(found_ms, 1), "timers_1000_seconds": round(seconds, 2)}


@contextmanager
def _scratch_database(fill: Callable[[Connection], None] | None = None) -> Iterator[Path]:
    """Let this process have a database of the product on SQLite while the block lasts; gives its folder.

    ``fill`` puts rows in before the triggers are there: nobody did that.
    """
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    try:
        with scratch_folder() as folder:
            engine = db.configure(f"sqlite:///{folder}/scratch.sqlite3")
            with engine.execution_options(qms_write=True).begin() as connection:
                db.Base.metadata.create_all(connection)
                if fill is not None:
                    fill(connection)
                audit.install_triggers(connection, db.Base.metadata)
            yield folder
            engine.dispose()
    finally:
        db.configure()


def _against_peer(folder: Path) -> float | None:
    own, other = [], []
    try:
        peer.fetch(folder)
        for turn in range(PEER_TURNS):
            room = folder / f"turn{turn}"
            room.mkdir()
            own.append(measures.step_ratio(room, PEER_CASES)["own_ms"])
            other.append(peer.step_ms(folder, PEER_CASES))
    except peer.NoPeer as wrong:
        print(f"bpmn-engine is not measured: {wrong}", file=sys.stderr)
        return None
    return round(statistics.median(other) / statistics.median(own), 1)
