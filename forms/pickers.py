"""What a field of a form picks: a room registers a kind of object, a field names it in `x-pick`.

The value is the key by which people call the object: the number of a lot, the code of an item, the login of a
person. What has no such key is refused at the field; records and pages show key and name. `x-pick` stands on
a text, a column of a table, or a list of texts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Invalid
from core.types import Bilingual
from forms.definition import Schema
from forms.errors import UnknownPicker
from forms.loader import Form
from forms.validate import has_rows

Suggest = Callable[[Session, str, UUID | None], Sequence[tuple[str, Bilingual]]]
"""(session, words typed, site of the step) to some keys with their names, best first."""

Label = Callable[[Session, str], Bilingual | None]
"""(session, key) to the object's name; None if there is no object with the key."""

Meant = Callable[[Session, str], Sequence[str]]
"""(session, key) to the keys of every object that it can mean, where a key may mean several."""

Labels = Mapping[str, Mapping[str, Bilingual]]
"""Names by kind and key, of what is there."""

SUGGESTED = 12


@dataclass(frozen=True)
class Picker:
    """A kind of object that fields can name."""

    name: str
    title: Bilingual
    suggest: Suggest
    label: Label
    meant: Meant | None = None


_pickers: dict[str, Picker] = {}


def picker(
    name: str, *, title: Bilingual, suggest: Suggest, label: Label, meant: Meant | None = None
) -> Picker:
    """Register a kind of object as `room.noun`."""
    _pickers[name] = Picker(name, title, suggest, label, meant)
    return _pickers[name]


def known_picker(name: str) -> bool:
    """Whether a room registered this name."""
    return name in _pickers


def picker_of(name: str) -> Picker:
    """Find a kind of object by its name.

    Raises:
        UnknownPicker: nobody registered it.
    """
    if name not in _pickers:
        raise UnknownPicker(name)
    return _pickers[name]


def picked(fields: Schema, data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Every key that the entries name: path of the field, kind, key."""
    for name, field in fields.items():
        value, path = data.get(name), prefix + name
        if "x-pick" in field:
            for at, key in _keys(path, value):
                yield at, str(field["x-pick"]), key
        elif has_rows(field):
            for index, row in enumerate(value or ()):
                yield from picked(field["items"]["properties"], row, f"{path}.{index}.")


def labels(form: Form, session: Session, data: Mapping[str, Any]) -> Labels:
    """The names of what the entries pick; a form without such fields asks nothing of the database.

    Raises:
        UnknownPicker: the form names a kind that nobody registered.
    """
    found: dict[str, dict[str, Bilingual]] = {}
    asked = {(kind, key) for _path, kind, key in picked(form.fields, data)}
    for kind, key in sorted(asked):
        label = picker_of(kind).label(session, key)
        if label is not None:
            found.setdefault(kind, {})[key] = label
    return found


def refusals(
    form: Form, data: Mapping[str, Any], there: Labels, session: Session | None = None
) -> dict[str, Invalid]:
    """What is wrong with the keys, by path; empty if each names one thing; ``there`` is of :func:`labels`."""
    return {
        path: _refusal(picker_of(kind), key, path, session)
        for path, kind, key in picked(form.fields, data)
        if key not in there.get(kind, {})
    }


def _refusal(of: Picker, key: str, path: str, session: Session | None) -> Invalid:
    meant = of.meant(session, key) if of.meant is not None and session is not None else ()
    if len(meant) > 1:
        return Invalid(
            "pick.ambiguous",
            "“%(key)s” can mean several: %(keys)s. Say which one.",
            field=path,
            key=key[:80],
            keys=", ".join(meant[:SUGGESTED]),
        )
    return Invalid("pick.unknown", "There is no %(kind)s “%(key)s”.", field=path, kind=of.title, key=key[:80])


def _keys(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        yield path, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield f"{path}.{index}", str(one)
