from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.web.filters import calendar_day, file_size, in_language, moment, offset_name, quantity


@pytest.mark.urs("URS-122")
def test_a_bilingual_text_shows_one_side_and_nothing_for_none():
    assert in_language({"en": "Lot", "zh": "批"}) == "Lot"
    assert in_language("SZ1") == "SZ1"
    assert in_language(None) == ""


@pytest.mark.urs("URS-022")
def test_a_moment_always_names_its_distance_from_utc():
    shown = moment(datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC))
    assert "2026-11-22 08:10" in shown
    assert "UTC" in shown
    assert "08:10:05" in moment("2026-11-22T08:10:05+00:00", "seconds")
    assert moment(None) == ""


def test_offsets_are_named_with_sign_and_minutes():
    assert offset_name(timedelta(hours=8)) == "UTC+8"
    assert offset_name(-timedelta(hours=3, minutes=30)) == "UTC-3:30"


def test_days_are_iso_in_both_languages():
    assert calendar_day(date(2027, 5, 31)) == "2027-05-31"
    assert calendar_day("2027-05-31") == "2027-05-31"
    assert calendar_day(None) == ""


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Decimal("1200.5000"), "kg", "1,200.5\u00a0kg"),
        (Decimal("10"), "", "10"),
        ("0.000001", "g", "0.000001\u00a0g"),
        (None, "kg", ""),
    ],
)
def test_quantities_are_exact_with_their_unit(value, unit, shown):
    assert quantity(value, unit) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1536, "1.5 KiB"), (5 * 1024**2, "5.0 MiB"), (None, "")]
)
def test_sizes_are_in_binary_units(count, shown):
    assert file_size(count) == shown
