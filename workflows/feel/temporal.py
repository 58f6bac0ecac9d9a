"""Days, times, moments and durations as text (ISO 8601 as DMN uses it), both ways."""

import re

from workflows.feel import calendar
from workflows.feel.values import NANO, Clock, Day, Days, Moment, Months

_DAY = re.compile(r"(-?)([1-9]\d{4,8}|\d{4})-(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:(Z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z0-9_+/-]+))?",
    re.ASCII,
)
_MONTHS = re.compile(r"(-?)P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?", re.ASCII)
_DAYS = re.compile(
    r"(-?)P(?:(\d{1,15})D)?(?:T(?:(\d{1,15})H)?(?:(\d{1,15})M)?(?:(\d{1,15})(?:\.(\d{0,9})\d*)?S)?)?",
    re.ASCII,
)
_MOST_OFFSET = 18 * 3600


def read_day(text: str) -> Day | None:
    """Read ``YYYY-MM-DD``."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year = int(found[1] + found[2])
    month, of_month = int(found[3]), int(found[4])
    if not (1 <= month <= 12 and 1 <= of_month <= calendar.length_of_month(year, month)):
        return None
    return Day(year, month, of_month)


def read_clock(text: str) -> Clock | None:
    """Read ``hh:mm:ss`` with fraction and with an offset or ``@zone``."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    if hour == 24 and not (minute or second or _fraction(found[4])):
        hour = 0  # the end of a day, as ISO 8601 also writes it; ``read_moment`` moves the day
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset = 0 if found[5] else _offset(found)
    zone = found[10]
    if (offset is not None and abs(offset) > _MOST_OFFSET) or (zone and not calendar.is_zone(zone)):
        return None
    return Clock(hour, minute, second, _fraction(found[4]), offset, zone)


def _fraction(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))


def _offset(found: re.Match[str]) -> int | None:
    if not found[6]:
        return None
    if int(found[8]) > 59 or int(found[9] or 0) > 59:
        return _MOST_OFFSET + 1
    seconds = int(found[7]) * 3600 + int(found[8]) * 60 + int(found[9] or 0)
    return -seconds if found[6] == "-" else seconds


def read_moment(text: str) -> Moment | None:
    """Read ``YYYY-MM-DDThh:mm:ss``; a day alone is its midnight."""
    day_text, sign, clock_text = text.partition("T")
    one = read_day(day_text)
    clock = read_clock(clock_text) if sign else Clock(0, 0, 0)
    if one is not None and clock_text.startswith("24:"):
        one = calendar.day_from(calendar.number_of(one) + 1)
    return Moment(one, clock) if one is not None and clock is not None else None


def read_duration(text: str) -> Months | Days | None:
    """Read ``P1Y2M`` or ``P1DT2H3M4.5S``."""
    found = _MONTHS.fullmatch(text)
    if found is not None and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return Months(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if found is None or text.endswith("T") or not any(found.group(2, 3, 4, 5)):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.group(2, 3, 4, 5))
    nanos = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * NANO + _fraction(found[6])
    return Days(-nanos if found[1] else nanos)


def read_any(text: str) -> Day | Clock | Moment | Months | Days | None:
    """Read what stands between the quotes of ``@"…"``."""
    found = read_day(text) or read_clock(text) or read_duration(text)
    return found or (read_moment(text) if "T" in text else None)


def write_day(one: Day) -> str:
    """Write a day."""
    return f"{'-' if one.year < 0 else ''}{abs(one.year):04}-{one.month:02}-{one.day:02}"


def write_clock(clock: Clock) -> str:
    """Write a time of day."""
    text = f"{clock.hour:02}:{clock.minute:02}:{clock.second:02}"
    if clock.nano:
        text += f".{clock.nano:09}".rstrip("0")
    if clock.zone is not None:
        return f"{text}@{clock.zone}"
    return text if clock.offset is None else text + _write_offset(clock.offset)


def _write_offset(offset: int) -> str:
    if offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def write_moment(moment: Moment) -> str:
    """Write a day with its time."""
    return f"{write_day(moment.day)}T{write_clock(moment.clock)}"


def write_months(duration: Months) -> str:
    """Write a duration of years and months."""
    years, months = divmod(abs(duration.months), 12)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
    return f"{'-' if duration.months < 0 else ''}P{text}"


def write_days(duration: Days) -> str:
    """Write a duration of days and time."""
    if duration.nanos == 0:
        return "PT0S"
    seconds, nano = divmod(abs(duration.nanos), NANO)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    fraction = f".{nano:09}".rstrip("0") if nano else ""
    time = (f"{hour}H" if hour else "") + (f"{minute}M" if minute else "")
    time += f"{second}{fraction}S" if second or nano else ""
    text = (f"{days}D" if days else "") + (f"T{time}" if time else "")
    return f"{'-' if duration.nanos < 0 else ''}P{text}"
