"""Lists that sort by their columns and are found again as they were left, while the session lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, redirect, request, session, url_for
from sqlalchemy import Select
from werkzeug.wrappers import Response

from app.web.visitor import visitor

PLACE = "_lists"
"""Where the session keeps the choices, by endpoint."""


@dataclass(frozen=True)
class Listing:
    """What a list keeps in its address, and the columns it sorts by."""

    keeps: frozenset[str]
    columns: Mapping[str, Any]


_listings: dict[str, Listing] = {}


def listing(endpoint: str, *keeps: str, columns: Mapping[str, Any] | None = None) -> None:
    """Have a list remember these arguments of its address and sort by ``?sort=name`` or ``?sort=-name``.

    ``columns`` gives a column of the query by name. An argument sent empty is forgotten.
    """
    _listings[endpoint] = Listing(frozenset(keeps) | {"sort"}, columns or {})


def in_order(query: Select[Any]) -> Select[Any]:
    """Order the query of the list shown by the column its address asks for; rows alike keep their order."""
    asked = request.args.get("sort", "")
    column = _listings[request.endpoint or ""].columns.get(asked.removeprefix("-"))
    if column is None:
        return query
    first = column.desc() if asked.startswith("-") else column.asc()
    return query.order_by(None).order_by(column.is_(None), first, *query._order_by_clauses)


def init_app(app: Flask) -> None:
    """Send a person who opens a list anew to the choices he left it with."""
    app.before_request(_recall)
    app.jinja_env.globals["sort_link"] = sort_link


def sort_link(name: str) -> dict[str, str]:
    """Give address and present direction (``ascending``, ``descending``, ``none``) of a column's sorting."""
    asked = request.args.get("sort", "")
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if key not in ("page", "sort")}
    direction = {name: "ascending", f"-{name}": "descending"}.get(asked, "none")
    turned = f"-{name}" if direction == "ascending" else name
    return {"url": url_for(request.endpoint or "", **kept, sort=turned), "direction": direction}


def _recall() -> Response | None:
    known = _listings.get(request.endpoint or "")
    if known is None or request.method != "GET" or visitor() is None:
        return None
    left = session.get(PLACE, {})
    if not request.args:
        chosen = left.get(request.endpoint)
        return redirect(url_for(request.endpoint or "", **chosen)) if chosen else None
    if request.args.keys() & known.keeps:
        chosen = {name: value for name, value in request.args.items() if value and name in known.keeps}
        if chosen != left.get(request.endpoint):
            session[PLACE] = {**left, request.endpoint: chosen}
    return None
