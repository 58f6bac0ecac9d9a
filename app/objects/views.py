"""What the pages of objects print, read in one go."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from app.access.queries import names_of
from app.objects import finding, inputs, queries
from app.objects.finding import Asked
from app.objects.kinds import ObjectKind, Values, kinds
from app.objects.named import PERSON, Names, named_by
from app.objects.panels import panels_of
from app.objects.records import VERBS
from app.objects.texts import both, raw_text, text_of
from app.sites.queries import sites
from app.web import current_person, db, reachable_sites, request_time
from app.web.filters import in_language
from app.web.paging import asked_page
from app.web.statuses import in_words
from core.clock import site_day
from core.effectivity import RevisionState, Standing, last_day_of, standing
from core.errors import Invalid, QmsError
from core.types import Bilingual
from documents.sheets import writing as sheets
from documents.sheets.cells import Column, answers_of, day, said_of

ENDABLE = (Standing.EFFECTIVE, Standing.FUTURE)
"""A revision that another one follows already is ended by that one."""
MOST_EXPORTED = 200_000
_REASON: Bilingual = {"en": "Reason", "zh": "理由"}


def list_page(kind: ObjectKind) -> dict[str, Any]:
    """A page of the list as its address asks for it."""
    words, chosen = request.args.get("q", "").strip(), inputs.choice_of(kind, request.args)
    sort = request.args.get("sort", "")
    asked = Asked(words, chosen, _reach(kind), sort, asked_page())
    page = finding.page(db.session(), kind, asked)
    rows = list(zip(page.items, kind.values_of(db.session(), page.items), strict=True))
    shown = [column for column in kind.listed.columns if column.key in kind.shown]
    names = Names(db.session(), shown, [values for _row, values in rows], today=True)
    return {
        "kind": kind,
        "page_of": page,
        "rows": rows,
        "columns": shown_columns(kind),
        "q": words,
        "chosen": chosen,
        "filters": inputs.filters_of(kind),
        "kept": queries.filters_of(db.session(), current_person().id, kind.name),
        "asked": chosen_of(kind, request.args),
        "may_write": current_person().may(kind.write),
        "cell": partial(cell, names),
        "days": {column.key for column in kind.listed.columns if is_day(column)},
        "standings": standings(kind, page.items),
    }


def standings(kind: ObjectKind, rows: Sequence[Any]) -> dict[uuid.UUID, Standing]:
    """What the revisions of a list are worth today, by their ids; nothing of other kinds."""
    if not hasattr(kind.model, "effective_from") or not rows:
        return {}
    today = site_day(request_time(), current_person().zone)
    owner = kind.model.owner_column()  # type: ignore[attr-defined]
    owners = {getattr(row, owner.key) for row in rows}
    of: dict[uuid.UUID, list[Any]] = {}
    for one in db.session.scalars(select(kind.model).where(owner.in_(owners))):
        of.setdefault(getattr(one, owner.key), []).append(one)
    return {row.id: standing(row, of[getattr(row, owner.key)], today) for row in rows}


def shown_columns(kind: ObjectKind) -> list[tuple[str, Any]]:
    """Key and name of each column of the list on the page."""
    names = {column.key: column.name for column in kind.listed.columns}
    return [(key, names.get(key) or _stem(key)) for key in kind.shown]


def cell(names: Names, kind: ObjectKind, row: Any, values: Mapping[str, Any], key: str) -> str:
    """The text of one cell of the list; ``names`` are those of what its rows name."""
    if key == "name" and "name" not in values:
        return in_language(both(values, "name")) or "–"
    column = kind.listed.column(key)
    value = values.get(key, getattr(row, key, None))
    if column is None:
        return str(in_words(raw_text(value)))
    if named_by(column) == PERSON and "name" in kind.shown:
        return in_language(text_of(column, value))
    return in_language(names.text(column, value))


def export(kind: ObjectKind) -> bytes:
    """Exactly what the filter shows as XLSX: the rows of the kind's list, as it reads them back.

    An object made of several rows is written with all its lines.
    """
    words, chosen = request.args.get("q", "").strip(), inputs.choice_of(kind, request.args)
    query = queries.objects(kind, words=words, chosen=chosen, sites=_reach(kind)).limit(MOST_EXPORTED)
    if kind.lines is not None:
        query = query.options(selectinload("*"))  # the lines of all objects in few queries
    found = db.session.scalars(query).all()
    columns = kind.listed.columns
    lines = (
        [written(column, values.get(column.key)) for column in columns] for values in _rows_of(kind, found)
    )
    heads = [in_language(column.name) for column in columns]
    return sheets.xlsx_file(in_language(kind.listed.title), heads, lines)


def _rows_of(kind: ObjectKind, found: Sequence[Any]) -> Iterator[Values]:
    """The rows of the kind's list that make some objects; one without lines is its head alone."""
    for one, head in zip(found, kind.values_of(db.session(), found), strict=True):
        yield from (kind.lines(db.session(), one) if kind.lines is not None else ()) or (head,)


def chosen_of(kind: ObjectKind, asked: Mapping[str, str]) -> dict[str, str]:
    """Search, filters and order of a list, as its address keeps them."""
    names = ("q", *inputs.filters_of(kind), "sort")
    return {name: asked[name] for name in names if asked.get(name)}


def values_for_form(kind: ObjectKind, found: Any) -> dict[str, Any]:
    """What an object holds, as the texts of its form."""
    [values] = kind.values_of(db.session(), [found])
    columns = {column.key: column for column in kind.listed.columns}
    typed: dict[str, Any] = {
        key: written(columns[key], value)
        if key in columns and not answers_of(columns[key].read)
        else raw_text(value)
        for key, value in values.items()
    }
    if kind.lines is not None:
        lines = kind.lines(db.session(), found)
        typed["lines"] = [{key: raw_text(value) for key, value in line.items()} for line in lines]
    return typed


def written(column: Column, value: Any) -> str:
    """A value as somebody would write it: in words where they are read as the same, else as a list has it."""
    said = said_of(column.read, value) if value not in (None, "") else None
    if said is None:
        return raw_text(value)
    try:
        return in_language(said) if column.read(in_language(said)) == value else raw_text(value)
    except Invalid:
        return raw_text(value)


def form_page(
    kind: ObjectKind, found: Any, values: Mapping[str, Any], errors: Mapping[str, QmsError]
) -> dict[str, Any]:
    """The form to open or change an object, with what was typed and what was refused."""
    lines = values.get("lines") or [{column.key: "" for column in kind.line}]
    return {
        "kind": kind,
        "found": found,
        "values": values,
        "lines": lines if kind.line else [],
        "errors": dict(sorted(errors.items(), key=lambda one: _place(kind, one[0]))),
        "names": {column.key: column.name for column in kind.listed.columns} | {"reason": _REASON},
        "suggests": named_by,
        "is_day": is_day,
        "proposes": kind.signed and not hasattr(kind.model, "effective_from"),  # drafts hold at once
        "answers": {column.key: answers_of(column.read) for column in kind.listed.columns},
        "fixed": set(kind.key_columns) | _controlled(kind) if found is not None else set(),
    }


def _place(kind: ObjectKind, field: str) -> tuple[int, int]:
    """Where a field stands on the form: its line, and its column; what is no column comes last."""
    line, _dot, key = field.rpartition(".")
    keys = [column.key for column in kind.listed.columns]
    if key not in keys:
        return MOST_EXPORTED, 0
    return int(line or 0), keys.index(key)


def object_page(kind: ObjectKind, found: Any) -> dict[str, Any]:
    """Everything the page of one object shows."""
    session, person = db.session(), current_person()
    [values] = kind.values_of(session, [found])
    changes = queries.changes_of(session, kind, found.id)
    files = queries.files_of(session, kind, found.id)
    actors = [one.proposed_by for one in changes] + [one.added_by for one in files]
    may = person.may(kind.write, kind.site_of(found))
    return {
        "kind": kind,
        "found": found,
        "label": in_language(kind.label(found)),
        "values": values,
        "lines": kind.lines(session, found) if kind.lines else [],
        "changes": changes,
        "waiting": queries.waiting_change(session, kind, found.id),
        "verbs": VERBS,
        "files": files,
        "people": names_of(session, actors),
        "uses": uses(kind, found),
        "may_write": may,
        "errors": {},
        "panels": panels_of(session, kind, found),
        **revision_page(kind, found, may=may),
        **kind.panel_data(session, found),
    }


def revision_page(kind: ObjectKind, found: Any, *, may: bool) -> dict[str, Any]:
    """What the page says about a revision: what it is worth today, and which days can be proposed."""
    if not hasattr(found, "effective_from"):
        return {"standing": None, "may_edit": may, "siblings": []}
    every = queries.siblings(db.session(), kind, found)
    today = site_day(request_time(), current_person().zone)
    worth = standing(found, every, today)
    return {
        "standing": worth,
        "last_days": {one.id: last_day_of(one, every) for one in every},
        "siblings": sorted(every, key=lambda one: (one.effective_from is None, one.effective_from or today)),
        "today": today,
        "may_edit": may and found.state is RevisionState.DRAFT,
        "may_take_effect": may and found.state is RevisionState.DRAFT,
        "may_end": may and worth in ENDABLE and found.effective_until is None,
    }


def uses(kind: ObjectKind, found: Any) -> list[tuple[ObjectKind, list[Any], int]]:
    """The objects of other kinds that name this one: some of them, and how many there are."""
    person, session, told = current_person(), db.session(), []
    for other in kinds():
        naming = queries.naming(other, kind, found.id) if person.may(other.read) else []
        if not naming:
            continue
        query = queries.objects(other, sites=_reach(other)).where(or_(*naming))
        some = session.scalars(query.limit(6)).all()
        if some:
            told.append((other, list(some[:5]), len(some)))
    return told


def deciding_site(kind: ObjectKind, found: Any) -> uuid.UUID:
    """The site whose quality assurance decides: the object's, else the person's own, else the first."""
    own = kind.site_of(found) if found is not None else None
    return own or current_person().home_site_id or sites(db.session())[0].id


def is_day(column: Column) -> bool:
    """Whether a column holds a calendar day."""
    return column.read is day


def _controlled(kind: ObjectKind) -> set[str]:
    return {column.key for column in kind.listed.columns if column.controlled}


def _reach(kind: ObjectKind) -> Any:
    return reachable_sites(kind.read)


def _stem(key: str) -> str:
    return str({"name": _("Name"), "state": _("State")}[key])
