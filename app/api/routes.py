"""The REST API: every kind of object with its list, its history and its changes (URS-132).

Objects are read and changed as on their pages: the same rights and sites, the same checks, the same second
person. Reading takes a key or the session of a page; writing takes a key.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request, url_for

from app.api import inputs, listing, openapi
from app.api.answers import (
    change_body,
    history_body,
    must_match,
    object_answer,
    object_body,
    once,
    written,
)
from app.api.tokens import RIGHT
from app.objects import attempts, queries, services
from app.objects.history import MOST
from app.objects.kinds import Act, ObjectKind, kinds
from app.objects.models import ChangeState, ObjectChange, Verb
from app.objects.services import ProposeChange
from app.objects.texts import plain, raw_row
from app.objects.views import deciding_site
from app.web import (
    SIGNED_IN,
    access,
    current_actor,
    current_person,
    db,
    must_reach,
    reachable_sites,
    request_time,
    visitor,
    writing,
)
from app.web.languages import language
from app.web.security import csrf
from core.errors import NotAllowed, NotFound, QmsError
from documents.labels import N_
from signatures import audit

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)  # a browser adds cookies to a foreign page's request, never a key; cookies write nothing here

_WRITING = frozenset({"POST", "PATCH"})


@bp.before_request
def _knock() -> None:
    """Refuse a bad key, an account that must see to itself first, and writing without a key.

    Raises:
        HTTPException: 401 or 429.
        NotAllowed: ``api.password``, ``api.use`` or ``api.cookie``.
    """
    person = visitor()
    if refused := g.get("bearer_refused"):
        abort(int(refused))
    if person is None:
        return
    if person.must_change_password:
        raise NotAllowed("api.password", "The password of this account has to be changed first, on its page.")
    if person.by_token and not person.may(RIGHT):
        raise NotAllowed("api.use", "This account may not be used by programs.")
    if request.method in _WRITING and not person.by_token:
        sentence = N_("Programs write with a key (Authorization: Bearer), not with the session of a page.")
        raise NotAllowed("api.cookie", sentence)


@bp.after_request
def _say_how(answer: Response) -> Response:
    answer.vary.add("Authorization")
    answer.vary.add("Accept-Language")
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="qms"'
    return answer


class _Doors:
    """The routes of one kind."""

    def __init__(self, kind: ObjectKind) -> None:
        self.kind = kind

    def table(self) -> list[tuple[str, str, Callable[..., Any], str, str]]:
        """Address, endpoint, view, method, right."""
        kind, one = self.kind, "/<uuid:object_id>"
        routes: list[tuple[str, str, Callable[..., Any], str, str]] = [
            ("", kind.plural, self.index, "GET", kind.read),
            ("", f"{kind.plural}_open", self.open, "POST", kind.write),
            (one, f"{kind.plural}_show", self.show, "GET", kind.read),
            (one, f"{kind.plural}_change", self.change, "PATCH", kind.write),
            (f"{one}/history", f"{kind.plural}_history", self.history, "GET", kind.read),
        ]
        if hasattr(kind.model, "effective_from"):
            day = f"{one}/effective"
            routes.append((day, f"{kind.plural}_effective", self.effective, "POST", kind.write))
        routes += [
            (f"{one}/{act.name}", f"{kind.plural}_{act.name}", self.doing(act), "POST", kind.write)
            for act in kind.acts
        ]
        return routes

    def index(self) -> Response:
        """List the objects: search, filters, order, one page after the other."""
        return jsonify(listing.list_body(self.kind, request.args))

    def show(self, object_id: uuid.UUID) -> Response:
        """Give one object, with its ETag."""
        found = self._object(object_id, self.kind.read)
        answer = object_answer(db.session(), self.kind, found)
        answer.make_conditional(request)
        return answer

    def history(self, object_id: uuid.UUID) -> Response:
        """Tell who changed the object, when and why; newest first."""
        found = self._object(object_id, self.kind.read)
        entries = audit.history_of(db.session(), self.kind.table, found.id, limit=MOST)
        return jsonify({"items": history_body(entries)})

    def open(self) -> Response:
        """Open an object, or propose it."""
        asked = inputs.asked_of(self.kind, inputs.body_of(request))
        rows = inputs.rows_of(self.kind, asked, [])
        return self._propose(Verb.OPEN, None, asked.reason, rows=rows)

    def change(self, object_id: uuid.UUID) -> Response:
        """Change an object, or propose it; fields that are not sent stay."""
        session, found = db.session(), self._object(object_id, self.kind.write)
        must_match(session, self.kind, found)
        asked = inputs.asked_of(self.kind, inputs.body_of(request))
        there = [raw_row(line) for line in self.kind.lines(session, found)] if self.kind.lines else []
        rows = inputs.rows_of(self.kind, asked, there)
        return self._propose(Verb.CHANGE, found, asked.reason, rows=rows, checked=True)

    def effective(self, object_id: uuid.UUID) -> Response:
        """Propose the day on which a revision comes into force, or with ``"verb": "end"`` its last."""
        session, found, body = db.session(), self._object(object_id, self.kind.write), inputs.body_of(request)
        if request.if_match:
            must_match(session, self.kind, found)
        verb = Verb.END if body.get("verb") == Verb.END.value else Verb.TAKE_EFFECT
        return self._propose(verb, found, str(body.get("reason", ""))[:500], day=inputs.day_of(body))

    def doing(self, act: Act) -> Callable[..., Response]:
        """The view of something that is done to an object besides changing what it holds."""

        def view(object_id: uuid.UUID) -> Response:
            return self._act(act, self._object(object_id, self.kind.write))

        view.__doc__ = f"{act.title['en']}."
        return view

    def _act(self, act: Act, found: Any) -> Response:
        kind = self.kind
        told, reason = inputs.told_of(act.columns, inputs.body_of(request))
        try:
            with writing(reason=reason or None) as session:

                def do() -> tuple[dict[str, Any], int]:
                    here = queries.object_of(session, kind, found.id)
                    if request.if_match:
                        must_match(session, kind, here)
                    act.run(session, here, told, reason, actor=current_actor(), now=request_time())
                    session.flush()  # the answer tells what is there now
                    return plain(object_body(session, kind, here)), 200

                body, status, again = once(session, do)
        except QmsError as refused:
            attempts.keep(kind, found, refused)
            raise
        return written(body, status, again, url_for(f"api.{kind.plural}_show", object_id=found.id))

    def _object(self, object_id: uuid.UUID, right: str) -> Any:
        found = queries.object_of(db.session(), self.kind, object_id)
        must_reach(self.kind.site_of(found), right)
        return found

    def _propose(self, verb: Verb, found: Any, reason: str, **more: Any) -> Response:
        kind, checked = self.kind, more.pop("checked", False)
        command = ProposeChange(
            kind=kind,
            verb=verb,
            reason=reason.strip(),
            site_id=deciding_site(kind, found),
            of=found,
            reach=reachable_sites(kind.write),
            **more,
        )
        try:
            with writing(reason=command.reason or None) as session:

                def act() -> tuple[dict[str, Any], int]:
                    if checked:  # read again in the transaction that writes
                        must_match(session, kind, queries.object_of(session, kind, found.id))
                    change = services.propose_change(
                        session, command, actor=current_actor(), now=request_time()
                    )
                    session.flush()  # the answer names what was made
                    return change_body(change), _status(change)

                body, status, again = once(session, act)
        except QmsError as refused:
            attempts.keep(kind, found, refused)
            raise
        return written(body, status, again, self._place(body))

    def _place(self, body: dict[str, Any]) -> str:
        """Where to look next: the object that holds, or the change that waits."""
        if body["state"] == ChangeState.APPLIED.value:
            return url_for(f"api.{self.kind.plural}_show", object_id=body["object"])
        return url_for("api.change", change_id=body["change"])


def _status(change: ObjectChange) -> int:
    if change.state is not ChangeState.APPLIED:
        return 202
    return 201 if change.verb is Verb.OPEN else 200


def _view(act: Callable[..., Any], name: str) -> Callable[..., Any]:
    def answer(**at: Any) -> Any:
        return act(**at)

    answer.__name__, answer.__doc__ = name, act.__doc__
    return answer


def _open_doors() -> None:
    for kind in kinds():
        for rule, endpoint, act, method, right in _Doors(kind).table():
            view = access(right)(_view(act, endpoint))
            bp.add_url_rule(f"/{kind.plural}{rule}", endpoint, view, methods=[method])


_open_doors()


def _site_of(change_id: uuid.UUID) -> uuid.UUID | None:
    return queries.change_of(db.session(), change_id).site_id


@bp.get("/changes/<uuid:change_id>")
@access("changes.read", site=_site_of)
def change(change_id: uuid.UUID) -> Response:
    """Say what became of a change: proposed, applied or refused."""
    found = queries.change_of(db.session(), change_id)
    kind = next((one for one in kinds() if one.name == found.kind), None)
    if kind is None or not current_person().may(kind.read):
        raise NotFound("change.unknown", "There is no such change.")
    return jsonify(change_body(found))


@bp.get("/openapi.json")
@access(SIGNED_IN)
def description() -> Response:
    """Describe the API (OpenAPI 3.1) in the language asked for."""
    wished = request.accept_languages.best_match(["en", "zh"])
    return jsonify(openapi.document(wished or language()))
