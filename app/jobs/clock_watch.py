"""Notices when somebody sets the clock: wall time and the time since the machine started part (URS-147)."""

import time
from datetime import datetime, timedelta

from core.actor import system_actor
from core.db import unit_of_work
from signatures import audit
from signatures.audit_clock import CLOCK, STEPPED

WATCH = system_actor("clock")
STEP = timedelta(seconds=5)
"""A difference between two looks that is no slow correction by the time service any more."""


class ClockWatch:
    """Compares the wall clock with one that nobody can set, from look to look.

    Slow corrections (NTP slewing) stay far below :data:`STEP` between two looks; a jump does not.
    """

    def __init__(self, wall: datetime, steady: float) -> None:
        self._wall, self._steady = wall, steady

    def look(self, wall: datetime, steady: float) -> timedelta | None:
        """Give by how much the clock was set since the last look, forward or back; None if it was not."""
        step = (wall - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        return step if abs(step) > STEP else None


def steady_seconds() -> float:
    """Read the seconds since the machine started, sleep included; only differences mean much."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def note_step(step: timedelta, *, now: datetime) -> None:
    """Write a step of the clock into the trail, in a transaction of its own."""
    facts = {
        "before": (now - step).isoformat(),
        "after": now.isoformat(),
        "seconds": str(round(step.total_seconds())),
    }
    with unit_of_work(WATCH, now=now) as session:
        audit.record(session, STEPPED, subject=CLOCK, facts=facts)
