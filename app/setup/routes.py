"""The set-up of an empty installation as pages: code, company, sites, administrators, house style, review.

What is entered lies in the browser's session on the server until the last page; then everything is made at
once or nothing is. Passphrases are asked for on the last page and kept nowhere.
"""

import io
from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from app.setup import code, handover, inputs, pages
from app.setup.plan import plan_of
from app.setup.services import already_founded, found_plant, is_empty, rehearse
from app.web import ANYBODY, access, db, request_time
from app.web.doors import DECLARED, wants_data
from app.web.sessions import ServerSession
from core.config import settings
from core.errors import Conflict, FieldErrors, Invalid, QmsError
from documents import store
from documents.logos import LARGEST_PNG, accept_logo
from documents.models import Record, RecordState
from signatures import keys

Answer = str | AnyResponse | tuple[str, int]
Errors = Mapping[str, QmsError]

bp = Blueprint("setup", __name__, url_prefix="/setup")

OPEN, PLAN = "setup_open", "setup_plan"
"""In the session: that the code was right, and the plan as far as it is written."""
FOUNDED = "qms.founded"
SIGN_IN = frozenset({"access.sign_in", "access.sign_in_post"})


@bp.record_once
def announce(state: BlueprintSetupState) -> None:
    """Tell the operator the code when a server starts on an empty installation."""
    if not state.app.testing and is_empty():
        code.announce(settings().url)


@bp.before_app_request
def lead_to_setup() -> AnyResponse | None:
    """Lead every page of an empty installation to the set-up; the database is asked until it has a person."""
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    if endpoint not in SIGN_IN and (view is None or getattr(view, DECLARED, "") == ANYBODY):
        return None
    if current_app.extensions.get(FOUNDED) or not is_empty():
        current_app.extensions[FOUNDED] = True
        return None
    if wants_data():
        return Response("", status=503, mimetype="application/problem+json")
    return redirect(url_for("setup.index"), code=303)


@bp.get("")
@access(ANYBODY)
def index() -> Answer:
    """Ask for the code; with it, go on where the set-up was left."""
    _still_open()
    if not session.get(OPEN):
        return render_template("setup/code.html", errors={})
    return redirect(url_for("setup.done" if handover.waits() else _next()))


@bp.post("")
@access(ANYBODY)
def enter() -> Answer:
    """Take the code."""
    _still_open()
    if not code.is_right(request.form.get("code", "")):
        current_app.logger.warning("wrong set-up code", extra={"address": request.remote_addr})
        wrong = Invalid("setup.code", "This is not the code of this installation.", field="code")
        return render_template("setup/code.html", errors={"code": wrong}), 403
    if isinstance(session, ServerSession):
        session.renew()  # a cookie from before the code opens nothing
    session[OPEN] = True
    return redirect(url_for("setup.index"), code=303)


@bp.get("/company")
@access(ANYBODY)
def company() -> Answer:
    """Ask for the company's names."""
    return _ask("company", {}, {})


@bp.post("/company")
@access(ANYBODY)
def keep_company() -> Answer:
    """Keep the company's names."""
    _during_setup()
    found, errors = inputs.read_company(request.form)
    return _ask("company", errors, request.form) if errors else _kept(found, "setup.sites")


@bp.get("/sites")
@access(ANYBODY)
def sites() -> Answer:
    """Show the sites so far and ask for another one."""
    return _ask("sites", {}, {})


@bp.post("/sites")
@access(ANYBODY)
def keep_site() -> Answer:
    """Add a site, or take one away again."""
    _during_setup()
    there = list(_plan().get("sites", []))
    if request.form.get("remove"):
        left = [one for one in there if one["code"] != request.form["remove"]]
        for one in left:
            if one.get("registrant") == request.form["remove"]:
                del one["registrant"]
        return _kept({"sites": left}, "setup.sites")
    site, errors = inputs.read_site(request.form, [one["code"] for one in there])
    if len(there) >= inputs.MOST_SITES:
        errors["code"] = Invalid("setup.many_sites", "Add the other sites later.", field="code")
    if errors:
        return _ask("sites", errors, request.form)
    return _kept({"sites": [*there, site]}, "setup.sites")


@bp.get("/people")
@access(ANYBODY)
def people() -> Answer:
    """Ask for the three administrators."""
    return _ask("people", {}, {})


@bp.post("/people")
@access(ANYBODY)
def keep_people() -> Answer:
    """Keep the three administrators."""
    _during_setup()
    found, errors = inputs.read_administrators(request.form)
    return _ask("people", errors, request.form) if errors else _kept({"administrators": found}, "setup.house")


@bp.get("/house")
@access(ANYBODY)
def house() -> Answer:
    """Ask for logo, numbers and forms."""
    return _ask("house", {}, {})


@bp.post("/house")
@access(ANYBODY)
def keep_house() -> Answer:
    """Keep the house style; an empty field leaves it as delivered."""
    _during_setup()
    found, errors = inputs.read_house(request.form, list(pages.series()), [one[0] for one in pages.forms()])
    brought = request.files.get("logo")
    if brought and brought.filename:
        try:
            found["logo"] = accept_logo(brought.stream.read(LARGEST_PNG + 1))
        except Invalid as refused:
            errors["logo"] = refused
    elif "without_logo" in request.form:
        found["logo"] = ""
    return _ask("house", errors, request.form) if errors else _kept(found, "setup.review")


@bp.get("/review")
@access(ANYBODY)
def review() -> Answer:
    """Show everything, tried out once, before it is made."""
    _during_setup()
    return _review_page({})


@bp.post("/review")
@access(ANYBODY)
def found() -> Answer:
    """Make the plant: all of it or nothing."""
    _during_setup()
    first, second = request.form.get("first", ""), request.form.get("second", "")
    if (first, second) != (request.form.get("first_again"), request.form.get("second_again")):
        differ = Invalid("setup.differ", "A passphrase was not typed the same twice.", field="first")
        return _review_page({"first": differ})
    try:
        plan = plan_of(pages.words_of(_plan()), str)
        found_plant(plan, (first, second), keep=handover.keep, now=request_time())
    except (KeyError, FieldErrors):
        return _review_page({})
    except Invalid as wrong:
        return _review_page({"first" if wrong.code == "keys.weak_passphrase" else "": wrong})
    session.pop(PLAN, None)
    return redirect(url_for("setup.done"), code=303)


@bp.get("/done")
@access(ANYBODY)
def done() -> Answer:
    """Hand over: root key, root certificate, first passwords, baseline record."""
    return _done_page({})


@bp.get("/root-key.pem")
@access(ANYBODY)
def root_key() -> AnyResponse:
    """Give the root key, encrypted under both passphrases; the server cannot open it."""
    waiting = _waiting()
    handover.note_taken(waiting)
    return _file(waiting.root_key.encode("ascii"), "root-key.pem")


@bp.get("/root.pem")
@access(ANYBODY)
def root() -> AnyResponse:
    """Give the root certificate, against which everybody checks records."""
    _waiting()
    return _file(keys.root_pem(), "root.pem")


@bp.get("/baseline.pdf")
@access(ANYBODY)
def baseline() -> AnyResponse:
    """Give the sealed record of the baseline."""
    record = _record(_waiting())
    if record.pdf_sha256 is None:
        abort(404)
    return _file(store.read(record.pdf_sha256), f"{record.number}.pdf")


@bp.post("/done")
@access(ANYBODY)
def confirm() -> Answer:
    """Erase from the server what has been handed over, and end the set-up."""
    waiting = _waiting()
    errors: dict[str, QmsError] = {}
    if not waiting.taken:
        errors["key"] = Invalid("setup.key", "Download the root key first: it is nowhere else.", field="key")
    for box in ("key", "passwords"):
        if box not in request.form and box not in errors:
            errors[box] = Invalid("form.required", "Please fill in this field.", field=box)
    if errors:
        return _done_page(errors)
    handover.erase()
    code.forget()
    session.pop(OPEN, None)
    return redirect(url_for("access.sign_in"), code=303)


def _still_open() -> None:
    """See that there is something to set up or to hand over; else there is no such page."""
    if not is_empty() and not handover.waits():
        abort(404)


def _during_setup() -> None:
    """See that this browser has the code and the installation is still empty.

    Raises:
        Conflict: ``setup.done``: another browser or a command has made the plant meanwhile.
    """
    _still_open()
    if not session.get(OPEN):
        abort(redirect(url_for("setup.index"), code=303))
    if not is_empty():
        raise already_founded()


def _waiting() -> handover.Handover:
    waiting = handover.read()
    if not session.get(OPEN):
        abort(redirect(url_for("setup.index"), code=303))
    return waiting


def _plan() -> dict[str, Any]:
    return dict(session.get(PLAN) or {})


def _kept(words: Mapping[str, Any], then: str) -> AnyResponse:
    session[PLAN] = {**_plan(), **words}
    return redirect(url_for(then), code=303)


def _next() -> str:
    """The first page of the set-up that is not filled in."""
    plan = _plan()
    for key, page in (("company", "company"), ("sites", "sites"), ("administrators", "people")):
        if not plan.get(key):
            return f"setup.{page}"
    return "setup.review" if "numbers" in plan else "setup.house"


def _ask(page: str, errors: Errors, given: Mapping[str, str]) -> Answer:
    _during_setup()
    context = pages.step(page, _plan(), given)
    return render_template(f"setup/{page}.html", errors=errors, **context), 422 if errors else 200


def _review_page(errors: Errors) -> Answer:
    words, wrong = pages.words_of(_plan()), dict(errors)
    try:
        wrong = {**rehearse(plan_of(words, str), now=request_time()), **wrong}
    except FieldErrors as refused:
        wrong = {**refused.errors, **wrong}
    except KeyError:
        return redirect(url_for(_next()), code=303)
    context = pages.step("review", _plan(), {})
    return render_template("setup/review.html", errors=wrong, words=words, **context), 422 if errors else 200


def _done_page(errors: Errors) -> Answer:
    waiting = _waiting()
    sealed = _record(waiting).state is RecordState.SEALED
    context = pages.step("done", {}, {})
    page = render_template("setup/done.html", errors=errors, waiting=waiting, sealed=sealed, **context)
    return page, 422 if errors else 200


def _record(waiting: handover.Handover) -> Record:
    found = db.session.query(Record).filter_by(number=waiting.record_number).one_or_none()
    if found is None:
        raise Conflict("setup.nothing", "There is no such page, or not for you.")
    return found


def _file(data: bytes, name: str) -> AnyResponse:
    return send_file(
        io.BytesIO(data), mimetype="application/octet-stream", as_attachment=True, download_name=name
    )
