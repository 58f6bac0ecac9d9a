"""A door on every route: which right it asks for and at which site (21 CFR 11.10(d), (g)).

Every view carries :func:`access`; the factory refuses to start with a route that has none, and the access
table of the tests walks all of them.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from app.web.rights import ANYBODY, SIGNED_IN, roles_with
from app.web.visitor import current_person, visitor
from core.errors import NotAllowed, NotFound

P = ParamSpec("P")
R = TypeVar("R")
SiteOf = Callable[..., uuid.UUID | None]

DECLARED = "__qms_right__"
_FREE_BEFORE_PASSWORD_CHANGE = frozenset(
    {"access.change_password", "access.change_password_post", "access.sign_out", "access.switch_language"}
)


def access(
    right: str, *, site: SiteOf | None = None
) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Declare the right a route asks for; put it directly under ``@bp.route``.

    ``site`` is called with the view's own arguments and gives the id of the site the object belongs to; the
    right must be held there. A wrong site answers like *not found*, so that it tells nothing.

    Raises:
        LookupError: the right is not in :mod:`app.web.rights`.
    """
    if right not in (ANYBODY, SIGNED_IN):
        roles_with(right)

    def declare(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            turned_away = _knock(right, site, kwargs)
            return view(*args, **kwargs) if turned_away is None else turned_away

        setattr(guarded, DECLARED, right)
        return guarded

    return declare


def _knock(right: str, site: SiteOf | None, arguments: dict[str, Any]) -> Response | None:
    if right == ANYBODY:
        return None
    person = visitor()
    if person is None:
        return ask_to_sign_in()
    if person.must_change_password and request.endpoint not in _FREE_BEFORE_PASSWORD_CHANGE:
        return redirect(url_for("access.change_password"))
    if not person.may(right):
        raise NotAllowed("access.right", "You do not have the right to do this.", right=right)
    if site is not None:
        must_reach(site(**arguments), right)
    return None


def ask_to_sign_in() -> Response:
    """Send a nobody to the login page and back; a partial is told to go there.

    Raises:
        Unauthorized: the client asked for data.
    """
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        leads_on = {"HX-Redirect": url_for("access.sign_in", next=page.path or None)}
        return Response(status=401, headers=leads_on, mimetype="text/html")
    if wants_data():
        abort(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("access.sign_in", next=back))


def wants_data() -> bool:
    """Whether the client asked for JSON rather than a page."""
    kinds = request.accept_mimetypes
    return kinds["application/json"] > kinds["text/html"] or request.path.startswith("/api/")


def must_reach(site_id: uuid.UUID | None, right: str) -> None:
    """Refuse an object of a site where the person does not hold the right, as if it did not exist.

    Raises:
        NotFound: the right is not held at that site.
    """
    if site_id is not None and not current_person().may(right, site_id):
        raise NotFound("site.unreachable", "There is no such page, or not for you.")


def reachable_sites(right: str) -> frozenset[uuid.UUID] | None:
    """Name the sites whose objects the person may list; ``None`` means every site."""
    return current_person().sites(right)


def declared_rights(app: Flask | None = None) -> dict[str, str]:
    """Give every endpoint of the application with the right it asks for.

    Raises:
        LookupError: a route declares none.
    """
    views = (app or current_app).view_functions
    bare = sorted(name for name, view in views.items() if not hasattr(view, DECLARED))
    if bare:
        raise LookupError(f"routes without @access: {', '.join(bare)}")
    return {name: str(getattr(view, DECLARED)) for name, view in views.items()}
