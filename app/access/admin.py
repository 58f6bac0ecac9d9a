"""Pages of the security administrator: people, their roles and their accounts."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.access import services
from app.access.grants import decide_role
from app.access.identity import verify_identity
from app.access.inputs import day, identity, new_grant, new_person, password_rules
from app.access.models import Person, RoleGrant
from app.access.policy import BOUNDS, policy_of
from app.access.queries import (
    identity_checks,
    left_on,
    names_of,
    open_notices,
    people,
    proposed_grants,
    suspended,
)
from app.web import (
    access,
    current_actor,
    current_person,
    db,
    navigation,
    paginate,
    piece,
    request_time,
    visitor,
    writing,
)
from app.web.control import WantedSetting, propose_setting
from app.web.pages import PageContext
from app.web.rights import ROLES, TWO_PERSON_ROLES
from core.clock import site_day
from core.errors import Conflict, FieldErrors, Invalid
from core.languages import pick

bp = Blueprint("people", __name__, url_prefix="/admin/people")

navigation(
    "people.index",
    _l("People"),
    icon="users",
    right="people.read",
    order=91,
    group="admin",
    count="security_notices",
)

EVIDENCE_WORDS = {
    "identity_card": _l("Identity card"),
    "passport": _l("Passport"),
    "staff_pass": _l("Staff pass with picture"),
    "known": _l("Known in person for at least a year"),
}
"""What may be looked at to verify who somebody is."""

Change = Callable[[Session, Person], None]


@piece("security_notices")
def count_notices() -> int:
    """Count what waits for this person: notices, proposed roles, rights to sign that rest."""
    person = visitor()
    if person is None:
        return 0
    session = db.session()
    waiting = len(open_notices(session)) if person.may("people.manage") else 0
    if person.may("roles.decide"):
        waiting += sum(grant.granted_by != str(person.id) for grant in proposed_grants(session))
    if person.may("identity.verify") and person.may_sign:
        waiting += len(suspended(session))
    return waiting


@bp.get("")
@access("people.read")
def index() -> str:
    """List all accounts, and what needs looking at."""
    text = request.args.get("q", "")
    return render_template(
        "access/people.html",
        list=paginate(people(text)),
        q=text,
        roles=ROLES,
        today=site_day(request_time(), current_person().zone),
        notices=open_notices(db.session()),
        proposed=proposed_grants(db.session()),
        suspended=suspended(db.session()),
    )


@bp.get("/new")
@access("people.manage")
def new() -> str:
    """Show the form for a new account."""
    return _new_page({}, {})


@bp.post("/new")
@access("people.manage")
def create() -> Response | tuple[str, int]:
    """Open an account with a first password that its owner must change."""
    try:
        with writing() as unit:
            person = services.create_person(
                unit, new_person(request.form), actor=current_actor(), now=request_time()
            )
    except (Invalid, Conflict) as wrong:
        return _new_page(request.form, {wrong.field or "": wrong}), wrong.status
    flash(_("The account is open. Give it a role now."), "success")
    return redirect(url_for("people.show", person_id=person.id))


@bp.get("/<uuid:person_id>")
@access("people.read")
def show(person_id: uuid.UUID) -> str:
    """Show one account with every role it holds or held."""
    return _person_page(person_id, {})


@bp.post("/<uuid:person_id>/roles")
@access("people.manage")
def grant(person_id: uuid.UUID) -> Response | tuple[str, int]:
    """Give a role for a site and a range of days."""

    def give(unit: Session, person: Person) -> None:
        services.grant_role(unit, person, new_grant(request.form), actor=current_actor(), now=request_time())

    waits = request.form.get("role") in TWO_PERSON_ROLES
    done = _("The role is proposed; a second person confirms it.") if waits else _("The role is given.")
    return _change(person_id, give, done)


@bp.post("/<uuid:person_id>/roles/<uuid:grant_id>/end")
@access("people.manage")
def end(person_id: uuid.UUID, grant_id: uuid.UUID) -> Response | tuple[str, int]:
    """Let a role end with a day, today if none is given."""

    def finish(unit: Session, person: Person) -> None:
        held = _grant_of(person, grant_id)
        last = day(request.form.get("valid_to", ""), "valid_to") or site_day(request_time(), person.zone)
        services.end_role(unit, held, last_day=last, actor=current_actor())

    return _change(person_id, finish, _("The role has its last day."))


@bp.post("/<uuid:person_id>/<any(lock, unlock, leave):verb>")
@access("people.manage")
def change_state(person_id: uuid.UUID, verb: str) -> Response | tuple[str, int]:
    """Lock or unlock an account, or close it for good when its owner has left."""
    verbs = {
        "lock": (services.lock_person, _("The account is locked.")),
        "unlock": (services.unlock_person, _("The account is open again.")),
        "leave": (services.mark_left, _("The account is closed.")),
    }
    act, done = verbs[verb]
    return _change(
        person_id, lambda unit, person: act(unit, person, actor=current_actor(), now=request_time()), done
    )


@bp.post("/<uuid:person_id>/password")
@access("people.manage")
def reset(person_id: uuid.UUID) -> str | tuple[str, int]:
    """Show a made-up password once; it only opens the page for a new one, and signing rests."""
    try:
        with writing(reason=request.form.get("reason") or None) as unit:
            person = services.person_of(unit, person_id)
            secret = services.reset_password(unit, person, actor=current_actor(), now=request_time())
    except Conflict as wrong:
        return _person_page(person_id, {"": wrong}), wrong.status
    return render_template("access/secret.html", person=person, secret=secret)


@bp.post("/<uuid:person_id>/roles/<uuid:grant_id>/<any(confirm, refuse):answer>")
@access("roles.decide")
def decide(person_id: uuid.UUID, grant_id: uuid.UUID, answer: str) -> Response | tuple[str, int]:
    """Confirm or refuse a role that somebody else proposed."""

    def say(unit: Session, person: Person) -> None:
        waiting = _grant_of(person, grant_id)
        decide_role(
            unit, waiting, confirmed=answer == "confirm", actor=current_actor(), now=request_time()
        )

    done = _("The role is confirmed.") if answer == "confirm" else _("The role is refused.")
    return _change(person_id, say, done)


@bp.post("/<uuid:person_id>/identity")
@access("identity.verify")
def verify(person_id: uuid.UUID) -> Response | tuple[str, int]:
    """Record that one has seen who the person is."""

    def see(unit: Session, person: Person) -> None:
        verify_identity(unit, person, identity(request.form), actor=current_actor(), now=request_time())

    return _change(person_id, see, _("The verified identity is recorded."))


@bp.get("/rules")
@access("policy.read")
def rules() -> str:
    """Show the rules for passwords."""
    rules_now = policy_of(db.session())
    return _rules_page({name: getattr(rules_now, name) for name in (*BOUNDS, "own_words")}, {})


@bp.post("/rules")
@access("policy.manage")
def change_rules() -> Response | tuple[str, int]:
    """Propose other rules for passwords, with the reason."""
    reason = request.form.get("reason", "").strip()
    try:
        if not reason:
            raise FieldErrors({"reason": Invalid("access.reason", "Say why.", field="reason")})
        values = {name: str(value) for name, value in vars(password_rules(request.form)).items()}
        wanted = WantedSetting("password_policy", values, reason)
        with writing(reason=reason) as unit:
            propose_setting(unit, wanted, actor=current_actor(), now=request_time())
    except FieldErrors as wrong:
        return _rules_page(request.form, wrong.errors), wrong.status
    except Conflict as wrong:
        return _rules_page(request.form, {"": wrong}), wrong.status
    flash(_("Proposed. It holds when a second person has accepted it with a signature."), "success")
    return redirect(url_for("people.rules"))


def _change(person_id: uuid.UUID, change: Change, done: str) -> Response | tuple[str, int]:
    try:
        with writing(reason=request.form.get("reason") or None) as unit:
            change(unit, services.person_of(unit, person_id))
    except (Invalid, Conflict) as wrong:
        return _person_page(person_id, {wrong.field or "": wrong}), wrong.status
    flash(done, "success")
    return redirect(url_for("people.show", person_id=person_id))


def _grant_of(person: Person, grant_id: uuid.UUID) -> RoleGrant:
    return next((one for one in person.grants if one.id == grant_id), None) or abort(404)


def _rules_page(given: Any, errors: dict[str, Any]) -> str:
    return render_template("access/rules.html", given=given, errors=errors, bounds=BOUNDS)


def _new_page(given: Any, errors: dict[str, Any]) -> str:
    zones = [(zone, zone) for zone in services.TIME_ZONES]
    return render_template(
        "access/person_new.html", given=given, errors=errors, zones=zones, sites=_site_options()
    )


def _person_page(person_id: uuid.UUID, errors: dict[str, Any]) -> str:
    person = services.person_of(db.session(), person_id)
    checks = identity_checks(db.session(), person_id)
    involved = [one.checked_by for one in checks]
    for grant in person.grants:
        involved += [grant.granted_by, grant.decided_by or ""]
    return render_template(
        "access/person.html",
        person=person,
        checks=checks,
        evidence=EVIDENCE_WORDS,
        names=names_of(db.session(), involved),
        errors=errors,
        roles=ROLES,
        sites=_site_options(),
        today=site_day(request_time(), person.zone),
        left_on=left_on(db.session(), person),
        open_grants=[one for one in person.grants if _may_end(one)],
    )


def _may_end(one: RoleGrant) -> bool:
    return one.valid_to is None or one.valid_to >= site_day(request_time(), one.person.zone)


def _site_options() -> list[tuple[str, str]]:
    """Sites to choose from, handed up by the room of sites."""
    language = (visitor() or abort(401)).language
    return [
        (str(one.id), f"{one.code} · {pick(one.name, language)}") for one in PageContext().all_sites or []
    ]
