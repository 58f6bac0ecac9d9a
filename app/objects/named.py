"""What a column shows that names something else: the key with the name beside it, and the way to its page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.objects.addresses import address_of
from app.objects.kinds import ObjectKind, kinds
from app.objects.texts import Text, in_pairs, raw_text, text_of
from app.web import current_person
from core.types import Bilingual
from documents.sheets.cells import Column
from forms.pickers import known_picker, picker_of

PERSON = "access.person"
"""What pickers call people."""
Fact = tuple[Bilingual, Text, str]
"""Name of a column, its value as people read it, the address of the object it names or nothing."""


def facts(session: Session, columns: Sequence[Column], values: Mapping[str, Any]) -> Iterator[Fact]:
    """Each column with its value; what names an object shows that object's name and leads to it."""
    naming = {column.name["en"]: column for column in columns if known_picker(named_by(column))}
    for name, text in in_pairs(columns, values):
        column = naming.get(name["en"])
        value = values.get(column.key) if column is not None else None
        yield (name, text, "") if column is None or not value else (name, *_named(session, column, value))


def called(session: Session, column: Column, value: Any, known: dict[tuple[str, str], Text]) -> Text:
    """What a cell of a list shows: an object it names by key and name, anything else as people read it.

    ``known`` keeps what has been looked up for the page.
    """
    kind = named_by(column)
    if not value or (kind != PERSON and _kind(kind) is None):
        return text_of(column, value)
    key = raw_text(value)
    if (kind, key) not in known:
        known[kind, key] = _text(session, kind, key)
    return known[kind, key]


def named_by(column: Column) -> str:
    """What a column names, as pickers call it; empty if it names nothing."""
    named: str = column.refers.kind if column.refers is not None else ""
    return named


def _named(session: Session, column: Column, value: Any) -> tuple[Text, str]:
    key, kind = raw_text(value), named_by(column)
    return _text(session, kind, key), _page(session, kind, key)


def _text(session: Session, kind: str, key: str) -> Text:
    label = _person(session, key) if kind == PERSON else picker_of(kind).label(session, key)
    if label is None:
        return key
    return {lang: key if name == key else f"{key} · {name}" for lang, name in label.items()}


def _page(session: Session, name: str, key: str) -> str:
    """The page of the object, for who may see its kind."""
    kind = _kind(name)
    if kind is None or not current_person().may(kind.read):
        return ""
    found = kind.find(session, (key,))
    return address_of(kind, found.id) if found is not None else ""


def _person(session: Session, login: str) -> Bilingual | None:
    """What somebody is called, also after he has left; pickers offer those alone who are there."""
    person = session.scalar(select(Person).where(Person.login == login))
    return person.name if person is not None else None


def _kind(name: str) -> ObjectKind | None:
    return next((one for one in kinds() if one.name == name), None)
