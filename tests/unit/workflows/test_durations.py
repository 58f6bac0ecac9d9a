"""Durations and moments of models."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows import durations
from workflows.cycles import first, is_literal

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "due"),
    [
        ("P2D", datetime(2026, 2, 2, 12, tzinfo=UTC)),
        ("PT8H30M", datetime(2026, 1, 31, 20, 30, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        ("P13M", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        ("P1W", datetime(2026, 2, 7, 12, tzinfo=UTC)),
        ("P1DT12H", datetime(2026, 2, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_duration_is_reckoned_in_the_calendar(duration, due):
    assert durations.after(NOW, duration) == due


@pytest.mark.parametrize("text", ["", "P", "PT", "2D", "P2X", "P1.5D", "-P1D", "P1D ", "P1H", "R/P1D"])
def test_what_is_no_duration_is_refused(text):
    if text.strip() == "P1D":
        assert durations.is_duration(text)
        return
    assert not durations.is_duration(text)
    with pytest.raises(ValueError, match="duration"):
        durations.after(NOW, text)


def test_a_moment_needs_its_zone():
    assert durations.moment("2026-11-22T08:00:00+08:00") == datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        durations.moment("2026-11-22T08:00:00")
    assert durations.moment("2026-11-22T00:00:00Z") - durations.moment("2026-11-21T00:00:00Z") == timedelta(
        days=1
    )


def test_the_text_of_a_timer_is_iso_8601_or_an_expression():
    assert is_literal("timeDuration", "P2D")
    assert is_literal("timeDate", "2026-11-22T08:00:00Z")
    assert is_literal("timeDate", "2026-11-22")
    assert not is_literal("timeDate", "2026-11-31")
    assert not is_literal("timeDuration", "lot.wait")


@pytest.mark.urs("URS-006", "URS-147")
def test_a_day_alone_begins_at_midnight_of_the_site():
    moments = {zone: first("timeDate", "2026-11-23", NOW, None, zone)[0] for zone in ("UTC", "Asia/Shanghai")}
    assert moments["UTC"] == datetime(2026, 11, 23, tzinfo=UTC)
    assert moments["Asia/Shanghai"] == datetime(2026, 11, 22, 16, tzinfo=UTC)
