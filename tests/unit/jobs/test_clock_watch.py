"""The clock was set, or it was not: told from the time since the machine started."""

from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.clock_watch import ClockWatch, steady_seconds

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)


@pytest.mark.urs("URS-147")
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(seconds=-40), timedelta(days=-365)])
def test_a_jump_of_the_clock_is_seen_once(jump: timedelta) -> None:
    watch = ClockWatch(NOW, 1000.0)
    assert watch.look(NOW + jump + timedelta(seconds=2), 1002.0) == jump
    assert watch.look(NOW + jump + timedelta(seconds=3), 1003.0) is None


@pytest.mark.parametrize("asleep", [0.2, 40.0, 86_400.0])
def test_a_machine_that_slept_or_was_slow_has_not_been_set(asleep: float) -> None:
    watch = ClockWatch(NOW, 1000.0)
    assert watch.look(NOW + timedelta(seconds=asleep), 1000.0 + asleep) is None


def test_the_slow_correction_by_a_time_service_adds_up_to_nothing() -> None:
    watch = ClockWatch(NOW, 0.0)
    for look in range(1, 1000):
        assert watch.look(NOW + timedelta(seconds=look * 1.0005), float(look)) is None


def test_the_steady_clock_only_goes_on() -> None:
    first = steady_seconds()
    assert steady_seconds() >= first
