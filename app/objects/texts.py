"""What objects hold, in words: answers by their names, days, numbers, both languages of a text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core.types import Bilingual
from documents.sheets.cells import Column, said_of
from documents.sheets.rows import same

Text = str | Bilingual
_YES: Bilingual = {"en": "yes", "zh": "是"}
_NO: Bilingual = {"en": "no", "zh": "否"}
_YES_NO = {"yes": _YES, "no": _NO, "True": _YES, "False": _NO}


def text_of(column: Column, value: Any) -> Text:
    """A value as people read it; nothing is a dash."""
    if value is None or value == "":
        return "–"
    if said := _YES_NO.get(str(value)):
        return said
    if named := said_of(column.read, value):
        return named
    return raw_text(value)


def raw_text(value: Any) -> str:
    """A value as a cell of the list would be written; nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def raw_row(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as the texts of a row, empty ones left out."""
    return {key: text for key, value in values.items() if (text := raw_text(value))}


def in_pairs(columns: Sequence[Column], values: Mapping[str, Any]) -> Iterator[tuple[Bilingual, Text]]:
    """Name and text of each column; a text in both languages is one pair."""
    for column in columns:
        stem, _, lang = column.key.rpartition("_")
        other = f"{stem}_{'zh' if lang == 'en' else 'en'}"
        if lang == "en" and any(one.key == other for one in columns):
            yield _stem_name(column), both(values, stem) or "–"
        elif not (lang == "zh" and any(one.key == other for one in columns)):
            yield column.name, text_of(column, values.get(column.key))


def both(values: Mapping[str, Any], stem: str) -> Bilingual:
    """The text of two columns; the one language stands for the other when that is empty."""
    english, chinese = (str(values.get(f"{stem}_{lang}") or "") for lang in ("en", "zh"))
    return {"en": english or chinese, "zh": chinese or english} if english or chinese else {}


def differences(
    columns: Sequence[Column], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[Column, Any, Any]]:
    """The columns whose value changes, with the value there and the new one."""
    return [
        (column, before.get(column.key), after.get(column.key))
        for column in columns
        if not same(before.get(column.key), after.get(column.key))
    ]


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them: what is no JSON becomes text."""
    return {key: json.loads(json.dumps(value, default=raw_text)) for key, value in values.items()}


def _stem_name(column: Column) -> Bilingual:
    """The name of a column without the language behind it."""
    return {lang: name.split(" (")[0].split("（")[0] for lang, name in column.name.items()}
