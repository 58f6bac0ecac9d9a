"""Days off and make-up days as governments have published them, with the working days of each month.

China: the General Office of the State Council, 国务院办公厅关于…年部分节假日安排的通知 for

- 2024: 国办发明电〔2023〕7号, 25 October 2023 (gov.cn/zhengce/zhengceku/202310/content_6911528.htm),
- 2025: 国办发明电〔2024〕12号, 12 November 2024 (gov.cn/zhengce/zhengceku/202411/content_6986383.htm),
- 2026: 国办发明电〔2025〕7号, 4 November 2025 (gov.cn/zhengce/zhengceku/202511/content_7047091.htm).

United States: the Office of Personnel Management, Federal Holidays, by 5 U.S.C. 6103(a); a holiday on a
Saturday is kept on the Friday before (6103(b)), one on a Sunday on the Monday after (Executive Order 11582,
section 3(a)), so New Year's Day of 2028 on 31 December 2027. Days on which a President closes offices once
(24 December 2024, 9 January 2025, 24 and 26 December 2025) are none of them: a site that keeps them puts them
on its list.

Germany: the days off in all states, by their laws and, for 3 October, art. 2(2) of the Unification Treaty.
Bavaria: art. 1(1) no. 1 of the Gesetz über den Schutz der Sonn- und Feiertage (Feiertagsgesetz, FTG) of
21 May 1980, last changed on 26 March 2019 (GVBl. p. 98). Assumption (15 August) is off in some communities
only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta


def days(year: int, *spans: str) -> list[date]:
    """Days of a year, written ``05-01`` or from the first to the last ``05-01..05-05``."""
    found: list[date] = []
    for span in spans:
        first, _, last = span.partition("..")
        begin, end = (date.fromisoformat(f"{year}-{one}") for one in (first, last or first))
        found += [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    return found


@dataclass(frozen=True)
class Year:
    """A year of a country: days off, days of a weekend that are worked, and working days of each month."""

    keeps: str
    year: int
    off: list[date]
    months: tuple[int, ...]
    worked: list[date] = field(default_factory=list)

    def working(self, week: Iterable[int] = range(1, 6)) -> list[date]:
        """The working days, where people work on some days of the week from 1, Monday."""
        every = days(self.year, "01-01..12-31")
        return [
            day for day in every if day in self.worked or (day.isoweekday() in week and day not in self.off)
        ]


_GERMANY = {
    2024: ("01-01", "03-29", "04-01", "05-01", "05-09", "05-20", "10-03", "12-25", "12-26"),
    2025: ("01-01", "04-18", "04-21", "05-01", "05-29", "06-09", "10-03", "12-25", "12-26"),
    2026: ("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"),
}
_CORPUS_CHRISTI = {2024: "05-30", 2025: "06-19", 2026: "06-04"}
_BAVARIA = {year: (*off, "01-06", _CORPUS_CHRISTI[year], "11-01") for year, off in _GERMANY.items()}

YEARS = (
    Year(
        "CN",
        2024,
        days(
            2024, "01-01", "02-10..02-17", "04-04..04-06", "05-01..05-05", "06-10", "09-15..09-17",
            "10-01..10-07",
        ),
        (22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22),
        days(2024, "02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"),
    ),
    Year(
        "CN",
        2025,
        days(2025, "01-01", "01-28..02-04", "04-04..04-06", "05-01..05-05", "05-31..06-02", "10-01..10-08"),
        (19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23),
        days(2025, "01-26", "02-08", "04-27", "09-28", "10-11"),
    ),
    Year(
        "CN",
        2026,
        days(
            2026, "01-01..01-03", "02-15..02-23", "04-04..04-06", "05-01..05-05", "06-19..06-21",
            "09-25..09-27", "10-01..10-07",
        ),
        (21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23),
        days(2026, "01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
    ),
    Year(
        "US",
        2024,
        days(
            2024, "01-01", "01-15", "02-19", "05-27", "06-19", "07-04", "09-02", "10-14", "11-11", "11-28",
            "12-25",
        ),
        (21, 20, 21, 22, 22, 19, 22, 22, 20, 22, 19, 21),
    ),
    Year(
        "US",
        2025,
        days(
            2025, "01-01", "01-20", "02-17", "05-26", "06-19", "07-04", "09-01", "10-13", "11-11", "11-27",
            "12-25",
        ),
        (21, 19, 21, 22, 21, 20, 22, 21, 21, 22, 18, 22),
    ),
    Year(
        "US",
        2026,
        days(
            2026, "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26",
            "12-25",
        ),
        (20, 19, 22, 22, 20, 21, 22, 21, 21, 21, 19, 22),
    ),
    Year(
        "US",
        2027,
        days(
            2027, "01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25",
            "12-24", "12-31",
        ),
        (19, 19, 23, 22, 20, 21, 21, 22, 21, 20, 20, 21),
    ),
    Year("DE", 2024, days(2024, *_GERMANY[2024]), (22, 21, 20, 21, 20, 20, 23, 22, 21, 22, 21, 20)),
    Year("DE", 2025, days(2025, *_GERMANY[2025]), (22, 20, 21, 20, 20, 20, 23, 21, 22, 22, 20, 21)),
    Year("DE", 2026, days(2026, *_GERMANY[2026]), (21, 20, 22, 20, 18, 22, 23, 21, 22, 22, 21, 22)),
    Year("DE-BY", 2024, days(2024, *_BAVARIA[2024]), (22, 21, 20, 21, 19, 20, 23, 22, 21, 22, 20, 20)),
    Year("DE-BY", 2025, days(2025, *_BAVARIA[2025]), (21, 20, 21, 20, 20, 19, 23, 21, 22, 22, 20, 21)),
    Year("DE-BY", 2026, days(2026, *_BAVARIA[2026]), (20, 20, 22, 20, 18, 21, 23, 21, 22, 22, 21, 22)),
)  # fmt: skip
BAVARIAN_SATURDAYS_WORKED = (25, 24, 26, 24, 25, 23, 27, 26, 26, 26, 24, 25)
"""Werktage (Monday to Saturday) of Bavaria in 2025 by month, 301 in all, by de-kalender.de/werktage."""

DUE = (
    ("CN", "2024-02-02", 1, "2024-02-04"),
    ("CN", "2024-02-02", 7, "2024-02-18"),
    ("CN", "2024-04-03", 1, "2024-04-07"),
    ("CN", "2024-04-26", 1, "2024-04-28"),
    ("CN", "2024-09-13", 2, "2024-09-18"),
    ("CN", "2024-09-27", 3, "2024-10-08"),
    ("CN", "2024-09-27", 7, "2024-10-12"),
    ("CN", "2025-01-24", 1, "2025-01-26"),
    ("CN", "2025-01-24", 3, "2025-02-05"),
    ("CN", "2025-01-24", 6, "2025-02-08"),
    ("CN", "2025-04-25", 5, "2025-05-06"),
    ("CN", "2025-09-26", 4, "2025-10-09"),
    ("CN", "2025-09-26", 6, "2025-10-11"),
    ("CN", "2025-12-31", 1, "2026-01-04"),
    ("CN", "2026-02-13", 1, "2026-02-14"),
    ("CN", "2026-02-13", 6, "2026-02-28"),
    ("CN", "2026-05-08", 1, "2026-05-09"),
    ("CN", "2026-09-18", 6, "2026-09-28"),
    ("CN", "2026-09-30", 3, "2026-10-10"),
    ("US", "2026-07-02", 1, "2026-07-06"),
    ("US", "2026-11-24", 5, "2026-12-02"),
    ("US", "2026-12-18", 10, "2027-01-05"),
    ("DE", "2026-04-02", 1, "2026-04-07"),
    ("DE", "2026-06-03", 1, "2026-06-04"),
    ("DE-BY", "2026-06-03", 1, "2026-06-05"),
    ("DE-BY", "2025-12-30", 4, "2026-01-07"),
)
"""Working days counted by hand in the calendars: where, from which day, how many, to which day."""
