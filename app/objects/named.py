"""What columns show that name something else: the key with the name beside it, and the way to its page.

The things that some rows name are looked up together, one query a column.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.objects.addresses import address_of
from app.objects.kinds import ObjectKind, Values, kinds
from app.objects.pickers import name_of
from app.objects.texts import Text, in_pairs, raw_text, text_of
from app.web import current_person
from core.types import Bilingual
from documents.sheets.cells import Column

PERSON = "access.person"
"""What pickers call people."""
Fact = tuple[Bilingual, Text, str]
"""Name of a column, its value as people read it, the address of the object it names or nothing."""
Tell = Callable[[Session, Sequence[Any]], Mapping[Any, Bilingual]]
"""What is said of some named things behind their names, by their ids; all in one query."""

_more: dict[str, Tell] = {}


def say_more(named: str, tell: Tell) -> None:
    """Say more of what columns name than its name, such as who holds a position today."""
    _more[named] = tell


def named_by(column: Column) -> str:
    """What a column names, as pickers call it; empty if it names nothing."""
    named: str = column.refers.kind if column.refers is not None else ""
    return named


class Names:
    """What the columns of some rows name; ``today`` says more of it that holds on the reader's day."""

    def __init__(
        self, session: Session, columns: Sequence[Column], rows: Sequence[Values], *, today: bool = False
    ) -> None:
        self._known: dict[tuple[str, Any], tuple[Text, Any]] = {}
        self._kinds = kinds_of = {kind.model: kind for kind in kinds()}
        for column in columns:
            if column.refers is None:
                continue
            wanted = {value for row in rows if (value := row.get(column.key))}
            found = column.refers.find(session, wanted, None) if wanted else {}
            more = _told(session, named_by(column), list(found.values())) if today else {}
            for value, thing in found.items():
                text = _text(raw_text(value), thing, kinds_of.get(type(thing)), more)
                self._known[column.key, value] = text, thing

    def text(self, column: Column, value: Any) -> Text:
        """A value as people read it: what it names by key and name."""
        known = self._known.get((column.key, value))
        return known[0] if known is not None else text_of(column, value)

    def facts(self, columns: Sequence[Column], values: Values) -> list[Fact]:
        """Each column with its value; what names an object in the reader's reach leads to it."""
        told = self._told(columns, values)
        return [(name, text, _address(thing, self._kinds.get(type(thing)))) for name, text, thing in told]

    def pairs(self, columns: Sequence[Column], values: Values) -> list[tuple[Bilingual, Text]]:
        """Name and text of each column."""
        return [(name, text) for name, text, _thing in self._told(columns, values)]

    def _told(self, columns: Sequence[Column], values: Values) -> list[tuple[Bilingual, Text, Any]]:
        keys = {column.name["en"]: column.key for column in columns}
        told = []
        for name, text in in_pairs(columns, values):
            key = keys.get(name["en"], "")
            told.append((name, *self._known.get((key, values.get(key)), (text, None))))
        return told


def _told(session: Session, named: str, things: Sequence[Any]) -> Mapping[Any, Bilingual]:
    return _more[named](session, things) if named in _more and things else {}


def _text(key: str, thing: Any, kind: ObjectKind | None, more: Mapping[Any, Bilingual]) -> Text:
    label: Bilingual = name_of(kind, thing) if kind is not None else thing.name
    said = {lang: key if name == key else f"{key} · {name}" for lang, name in label.items()}
    behind = more.get(thing.id)
    return {lang: f"{text} · {behind[lang]}" for lang, text in said.items()} if behind else said


def _address(thing: Any, kind: ObjectKind | None) -> str:
    """The page of a thing, for who may see its kind."""
    if kind is None or not current_person().may(kind.read):
        return ""
    return address_of(kind, thing.id)
