"""Signing in and out, the own account, the accountability statement."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from app.access import queries, services, statement
from app.access.models import Person
from app.access.policy import policy_of
from app.access.proof import Proof, Refusal, authenticate, compare, reauthenticate
from app.access.queries import people_by_login
from app.access.services import TIME_ZONES, choose_display, person_of
from app.access.visitors import load_visitor
from app.web import ANYBODY, SIGNED_IN, access, current_actor, current_person, db, request_time, writing
from app.web.attempts import MOST, SPAN, attempts
from app.web.filters import in_language
from app.web.languages import language, remember
from app.web.pages import PageContext
from app.web.rights import ROLES
from app.web.sessions import ServerSession
from app.web.visitor import visitor
from core.config import settings
from core.errors import Invalid, NotAllowed, QmsError
from core.languages import LANGUAGES
from signatures import audit

bp = Blueprint("access", __name__)

DEMO_PASSWORD = "demo-plant-2026"  # noqa: S105 - printed on the demo's own login page, never used elsewhere
DEMO_ORDER = (
    *("keeper", "inspector", "qa", "qa2", "releaser", "registrant", "auditor", "owner", "buyer"),
    *("planner", "engineer", "regulatory", "head"),
    *("admin", "secadmin", "audadmin"),
)


@bp.get("/login")
@access(ANYBODY)
def sign_in() -> AnyResponse | str:
    """Show the login page."""
    if visitor() is not None:
        return redirect(_back())
    return _login_page()


@bp.post("/login")
@access(ANYBODY)
def sign_in_post() -> AnyResponse | tuple[str, int]:
    """Prove identity by user name and password and open a session with a new id."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    address = request.remote_addr or ""
    if attempts().too_many(address, request_time()):
        abort(429)
    compared = compare(db.session(), login, password)
    with writing() as unit:
        answer = authenticate(unit, login, password, now=request_time(), compared=compared)
        if not isinstance(answer, Refusal):
            audit.record(unit, "session.opened", subject=("person", answer.person_id), facts={})
        elif attempts().failed(address, request_time()):
            facts = {"failures": str(MOST), "minutes": str(SPAN.seconds // 60)}
            audit.record(unit, "sign_in.held_up", subject=("web.address", address), facts=facts)
    if isinstance(answer, Refusal):
        return _login_page(error=answer.error), 403 if isinstance(answer.error, NotAllowed) else 401
    person = load_visitor(str(answer.person_id))
    _server_session().end()
    login_user(person)
    return redirect(_back())


@bp.post("/logout")
@access(SIGNED_IN)
def sign_out() -> AnyResponse:
    """End the session on the server; no copy of its cookie opens a page afterwards."""
    person = current_person()
    with writing() as unit:
        audit.record(unit, "session.closed", subject=("person", person.id), facts={})
    logout_user()
    _server_session().end()
    response = redirect(url_for("access.sign_in"))
    remember(response, person.language)  # type: ignore[arg-type]
    return response


@bp.post("/language")
@access(ANYBODY)
def switch_language() -> AnyResponse:
    """Switch between English and Chinese: for the account when signed in, else for this browser."""
    chosen = request.form.get("language", "")
    response = redirect(_back())
    if chosen not in LANGUAGES:
        return response
    person = visitor()
    if person is None:
        remember(response, chosen)  # type: ignore[arg-type]
        return response
    with writing() as unit:
        choose_display(unit, person_of(unit, person.id), language=chosen, zone=person.zone)
    return response


@bp.get("/me")
@access(SIGNED_IN)
def me() -> str:
    """Show the own account: name and roles as signatures print them, language, zone."""
    return _me_page({})


@bp.post("/me")
@access(SIGNED_IN)
def me_post() -> AnyResponse | tuple[str, int]:
    """Keep the chosen language and time zone."""
    try:
        with writing() as unit:
            choose_display(
                unit,
                person_of(unit, current_person().id),
                language=request.form.get("language", ""),
                zone=request.form.get("zone", ""),
            )
    except Invalid as wrong:
        return _me_page({wrong.field or "": wrong}), 422
    flash(_("Saved."), "success")
    return redirect(url_for("access.me"))


@bp.get("/me/password")
@access(SIGNED_IN)
def change_password() -> str:
    """Show the page for a new password."""
    return _password_page({})


@bp.post("/me/password")
@access(SIGNED_IN)
def change_password_post() -> AnyResponse | tuple[str, int]:
    """Change the own password; every other session of the account ends. A wrong present one is counted."""
    person, new = current_person(), request.form.get("new_password", "")
    if new != request.form.get("again"):
        differs = Invalid("access.password_differs", "The two new passwords differ.", field="again")
        return _password_page({"again": differs}), 422
    answer = _prove_again("old_password", person.login)
    if isinstance(answer, Refusal):
        return _turned_down(answer) or (_password_page({"old_password": answer.error}), 422)
    try:
        with writing() as unit:
            services.change_password(unit, person_of(unit, person.id), answer, new=new, now=request_time())
    except Invalid as wrong:
        return _password_page({wrong.field or "": wrong}), 422
    _server_session().renew()
    flash(_("Your password is changed. Other sessions of your account have ended."), "success")
    return redirect(url_for("web.start"))


@bp.get("/statement")
@access(SIGNED_IN)
def accept() -> str:
    """Show the accountability statement, to be accepted before the first signature."""
    return _statement_page({})


@bp.post("/statement")
@access(SIGNED_IN)
def accept_post() -> AnyResponse | tuple[str, int]:
    """Accept the statement with user name and password; the acceptance is a signed record."""
    person = current_person()
    house = PageContext().house
    if house is None:
        raise NotAllowed("access.no_site", "You do not belong to a site yet. Ask a security administrator.")
    answer = _prove_again("password", request.form.get("login", person.login))
    if isinstance(answer, Refusal):
        return _turned_down(answer) or (_statement_page({"password": answer.error}), 422)
    with writing() as unit:
        statement.accept_statement(
            unit,
            person_of(unit, person.id),
            answer,
            house=house,
            language=language(),
            actor=current_actor(),
            now=request_time(),
        )
    flash(_("Thank you. You can sign now."), "success")
    return redirect(_back())


def _prove_again(field: str, login: str) -> Proof | Refusal:
    """Prove the signed-in person's identity in a transaction of its own, so that a failure stays counted."""
    person, password = current_person(), request.form.get(field, "")
    compared = compare(db.session(), person.login, password)
    with writing() as unit:
        return reauthenticate(
            unit, person.id, password, now=request_time(), login=login, compared=compared
        )


def _turned_down(answer: Refusal) -> AnyResponse | None:
    """End the session of an account that the failure has locked."""
    if not answer.locked:
        return None
    _server_session().end()
    flash(answer.error.text(language()), "danger")
    return redirect(url_for("access.sign_in"))


def _password_page(errors: dict[str, QmsError]) -> str:
    person = person_of(db.session(), current_person().id)
    rules = policy_of(db.session())
    return render_template(
        "access/password.html",
        errors=errors,
        first=person.must_change_password,
        old=current_person().must_change_password,
        rules=rules,
    )


def _login_page(error: QmsError | None = None) -> str:
    timed_out = bool(session.pop("_timed_out", False))
    return render_template(
        "access/login.html",
        error=error,
        login=request.form.get("login", ""),
        next=_local(request.values.get("next")),
        timed_out=timed_out,
        accounts=_demo_accounts(),
        demo_password=DEMO_PASSWORD,
    )


@bp.app_template_global()
def person_name(actor_id: object, written: str | None = "") -> str:
    """Say in the reader's language who did something, by the id that a row keeps beside the written name."""
    return in_language(queries.name_of(db.session(), actor_id, written))


def _demo_accounts() -> list[dict[str, object]]:
    """Give the demo's accounts in the order of the story; an installation that is no demo shows none."""
    if not settings().demo:
        return []
    people = {person.login: person for person in db.session.scalars(people_by_login(DEMO_ORDER))}
    return [
        {
            "login": login,
            "name": people[login].name,
            "what": _name_and_roles(people[login]),
        }
        for login in DEMO_ORDER
        if login in people
    ]


def _name_and_roles(person: Person) -> str:
    """Name and roles of a demo account; who is called like the role is named once."""
    said = [person.name, *(ROLES[grant.role] for grant in person.grants)]
    return " · ".join(dict.fromkeys(in_language(name) for name in said))


def _me_page(errors: dict[str, Invalid]) -> str:
    person = person_of(db.session(), current_person().id)
    return render_template(
        "access/me.html",
        person=person,
        errors=errors,
        zones=[(zone, zone) for zone in TIME_ZONES],
        roles=ROLES,
    )


def _statement_page(errors: dict[str, QmsError]) -> str:
    return render_template(
        "access/statement.html",
        person=person_of(db.session(), current_person().id),
        text=statement.TEXT,
        title=statement.TITLE,
        errors=errors,
        may_sign=current_person().may_sign,
        next=_local(request.values.get("next")),
    )


def _server_session() -> ServerSession:
    held = session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(held, ServerSession):
        raise TypeError("this application keeps its sessions on the server")
    return held


def _local(target: str | None) -> str:
    """Accept only an address of this site to go back to; anything else leads to the start page."""
    parts = urlsplit(target or "")
    safe = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return str(target) if safe and not parts.scheme else ""


def _back() -> str:
    return _local(request.values.get("next")) or url_for("web.start")
