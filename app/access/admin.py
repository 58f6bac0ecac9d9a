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
from app.access.inputs import day, new_grant, new_person
from app.access.models import Person, RoleGrant
from app.access.queries import open_notices, people
from app.web import access, current_actor, db, navigation, paginate, piece, request_time, visitor, writing
from app.web.pages import PageContext
from app.web.rights import ROLES
from core.errors import Conflict, Invalid
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

Change = Callable[[Session, Person], None]


@piece("security_notices")
def count_notices() -> int:
    """Count the notices that wait for a security administrator."""
    person = visitor()
    return len(open_notices(db.session())) if person and person.may("people.manage") else 0


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
        notices=open_notices(db.session()),
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

    return _change(person_id, give, _("The role is given."))


@bp.post("/<uuid:person_id>/roles/<uuid:grant_id>/end")
@access("people.manage")
def end(person_id: uuid.UUID, grant_id: uuid.UUID) -> Response | tuple[str, int]:
    """Let a role end with a day, today if none is given."""

    def finish(unit: Session, person: Person) -> None:
        held = next((one for one in person.grants if one.id == grant_id), None) or abort(404)
        last = day(request.form.get("valid_to", ""), "valid_to") or request_time().date()
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
def reset(person_id: uuid.UUID) -> Response | tuple[str, int]:
    """Give a first password again; nothing can be signed with it before its owner has changed it."""

    def renew(unit: Session, person: Person) -> None:
        new_password = request.form.get("new_password", "")
        services.reset_password(unit, person, new=new_password, actor=current_actor(), now=request_time())

    return _change(person_id, renew, _("A first password is set; it must be changed at the next sign-in."))


def _change(person_id: uuid.UUID, change: Change, done: str) -> Response | tuple[str, int]:
    try:
        with writing(reason=request.form.get("reason") or None) as unit:
            change(unit, services.person_of(unit, person_id))
    except (Invalid, Conflict) as wrong:
        return _person_page(person_id, {wrong.field or "": wrong}), wrong.status
    flash(done, "success")
    return redirect(url_for("people.show", person_id=person_id))


def _new_page(given: Any, errors: dict[str, Any]) -> str:
    zones = [(zone, zone) for zone in services.TIME_ZONES]
    return render_template(
        "access/person_new.html", given=given, errors=errors, zones=zones, sites=_site_options()
    )


def _person_page(person_id: uuid.UUID, errors: dict[str, Any]) -> str:
    person = services.person_of(db.session(), person_id)
    return render_template(
        "access/person.html",
        person=person,
        errors=errors,
        roles=ROLES,
        sites=_site_options(),
        today=request_time().date(),
        open_grants=[one for one in person.grants if _may_end(one)],
    )


def _may_end(one: RoleGrant) -> bool:
    return one.valid_to is None or one.valid_to >= request_time().date()


def _site_options() -> list[tuple[str, str]]:
    """Sites to choose from, handed up by the room of sites."""
    language = (visitor() or abort(401)).language
    return [
        (str(one.id), f"{one.code} · {pick(one.name, language)}") for one in PageContext().all_sites or []
    ]
