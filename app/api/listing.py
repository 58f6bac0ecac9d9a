"""One page of a list for a program, and where the next one begins."""

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_

from app.api.answers import line_body
from app.objects import finding
from app.objects.finding import Asked
from app.objects.inputs import choice_of
from app.objects.kinds import ObjectKind
from app.objects.texts import raw_text
from app.web import db, reachable_sites
from core.errors import Invalid
from documents.labels import N_

USUAL, LARGEST = 50, 200
"""Objects a page, if nothing is said, and at most."""


def list_body(kind: ObjectKind, arguments: Mapping[str, str]) -> dict[str, Any]:
    """A page of the list with what leads to the next.

    Without an order it goes on to the last object however long the list is; in another order as far as pages
    lead (app.objects.finding).

    Raises:
        Invalid: ``api.limit``, ``api.cursor`` or ``api.sort``.
    """
    size, sort = _size(arguments.get("limit", "")), arguments.get("sort", "")
    if sort and sort.removeprefix("-") not in kind.shown:
        sentence = N_("The list has no such order. There are: %(known)s.")
        raise Invalid("api.sort", sentence, field="sort", known=", ".join(kind.shown))
    after = _read(arguments.get("cursor", ""))
    words, chosen = arguments.get("q", "").strip(), choice_of(kind, arguments)
    asked = Asked(words, chosen, reachable_sites(kind.read), sort, size=size)
    return _sorted(kind, asked, after) if sort else _in_own_order(kind, asked, after)


def _in_own_order(kind: ObjectKind, asked: Asked, after: list[str]) -> dict[str, Any]:
    first: Any = next(iter(kind.shown.values()))
    key: Any = kind.model.id  # type: ignore[attr-defined]
    beyond = tuple_(first, key) > tuple_(_typed(first, after[0]), _id(after[1])) if after else None
    rows = finding.following(db.session(), kind, asked, beyond)
    shown = rows[: asked.size]
    following = ""
    if len(rows) > asked.size:
        place = db.session.execute(select(first, key).where(key == shown[-1].id)).one()
        following = _written(raw_text(place[0]), str(place[1]))
    return {"items": _items(kind, shown), "next": following or None}


def _sorted(kind: ObjectKind, asked: Asked, after: list[str]) -> dict[str, Any]:
    number = int(after[0]) if after and after[0].isdecimal() and len(after[0]) < 9 else 1
    turned = Asked(asked.words, asked.chosen, asked.sites, asked.sort, number, asked.size)
    page = finding.page(db.session(), kind, turned)
    following = _written(str(page.number + 1), "") if page.number < page.pages else None
    return {"items": _items(kind, page.items), "next": following}


def _items(kind: ObjectKind, rows: Any) -> list[dict[str, Any]]:
    held = kind.values_of(db.session(), rows)
    return [line_body(kind, row, values) for row, values in zip(rows, held, strict=True)]


def _size(written: str) -> int:
    if not written:
        return USUAL
    if not written.isdecimal() or not 1 <= int(written[:9]) <= LARGEST:
        sentence = N_("A number from 1 to %(most)s is wanted.")
        raise Invalid("api.limit", sentence, field="limit", most=LARGEST)
    return int(written)


def _written(*place: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str) -> list[str]:
    if not cursor:
        return []
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(read, list) and len(read) == 2 and all(isinstance(one, str) for one in read):
            return read
    except ValueError:
        pass
    raise _no_cursor()


def _id(written: str) -> uuid.UUID:
    try:
        return uuid.UUID(written)
    except ValueError as error:
        raise _no_cursor() from error


def _typed(column: Any, written: str) -> Any:
    """What a cursor holds, as the column compares it."""
    try:
        kind = column.type.python_type
        read = getattr(kind, "fromisoformat", kind)
        return read(written)
    except (NotImplementedError, ValueError, ArithmeticError) as error:
        raise _no_cursor() from error


def _no_cursor() -> Invalid:
    return Invalid("api.cursor", "Take the cursor from “next” of the page before.", field="cursor")
