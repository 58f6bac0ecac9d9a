"""Where the days off and make-up days of a country are published; named on the page of working days.

What the package ``holidays`` says was compared with these, day by day: China for 2019 to 2026, the United
States, Germany and Bavaria for 2024 to 2026. A year that is missing here may still be known to the package:
then the page names no document, and the people of the site compare it themselves.
"""

from core.types import Bilingual

_NOTICES = {
    2023: ("国办发明电〔2022〕16号", "2022-12-08"),
    2024: ("国办发明电〔2023〕7号", "2023-10-25"),
    2025: ("国办发明电〔2024〕12号", "2024-11-12"),
    2026: ("国办发明电〔2025〕7号", "2025-11-04"),
}
_LAWS: dict[str, Bilingual] = {
    "US": {
        "en": "5 U.S.C. 6103 and Executive Order 11582, as listed by the Office of Personnel Management",
        "zh": "《美国法典》第5编第6103条及第11582号行政令（人事管理局公布）",
    },
    "DE": {
        "en": "Holidays of all states of Germany, by their laws and the Unification Treaty, art. 2(2)",
        "zh": "德国各州法律及《统一条约》第2条第2款规定的共同假日",
    },
    "DE-BY": {
        "en": "Feiertagsgesetz (FTG) of Bavaria, art. 1(1) no. 1; not Assumption and the Augsburg Peace"
        " Festival, which sites there put on their own list",
        "zh": "巴伐利亚州《节假日法》(FTG) 第1条第1款第1项；圣母升天节与奥格斯堡和平节由当地场所自行列入清单",
    },
}


def published_in(keeps: str, year: int) -> Bilingual:
    """The document in which the days of a country, or a part of one, are published for a year, if known."""
    if keeps in _LAWS:
        return _LAWS[keeps]
    if keeps != "CN" or year not in _NOTICES:
        return {}
    number, day = _NOTICES[year]
    return {
        "en": f"Notice of the General Office of the State Council on holidays in {year}, {number}, {day}",
        "zh": f"国务院办公厅关于{year}年部分节假日安排的通知（{number}，{day}）",
    }
