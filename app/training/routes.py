"""Pages of training: my qualifications, who is qualified for what, what lapses (URS-075)."""

import uuid
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.models import Person
from app.access.queries import persons_with_role, roles_of
from app.objects.kinds import Key, ObjectKind
from app.objects.pages import furnish
from app.sites.models import Site
from app.sites.queries import site_by_code, sites
from app.training import queries
from app.training.imports import (
    HOWS,
    QUALIFICATIONS,
    REQUIREMENTS,
    WORK,
    qualification_key,
    qualifications_by_key,
    requirements_by_key,
)
from app.training.models import Qualification, TrainingRequirement
from app.web import (
    access,
    current_person,
    db,
    listing,
    navigation,
    reachable_sites,
    request_time,
)
from core.clock import site_day
from core.errors import NotFound

bp = Blueprint("training", __name__)
navigation(
    "training.mine", _l("My qualifications"), icon="certificate", right="training.read", order=45
)
navigation(
    "training.matrix",
    _l("Who is qualified"),
    icon="table",
    right="training.read",
    order=46,
    group="master",
)
listing("training.matrix", "site", "role")


def _requirement(session: Session, key: Key) -> Any:
    return requirements_by_key(session, [key]).get(key)


def _qualification(session: Session, key: Key) -> Any:
    return qualifications_by_key(session, [key]).get(key)


def _needs(row: TrainingRequirement) -> dict[str, str]:
    place = f"{row.document.number} · {row.site.code}"
    return {lang: f"{name} · {place}" for lang, name in WORK[row.role].items()}


def _trained(row: Qualification) -> dict[str, str]:
    revision = row.document_revision
    return {
        lang: f"{row.person.name[lang]} · {WORK[row.role][lang]} · {revision.number}/{revision.code}"
        for lang in ("en", "zh")
    }


REQUIREMENT = furnish(
    bp,
    ObjectKind(
        name="training.requirement",
        title={"en": "Training needed", "zh": "培训要求"},
        listed=REQUIREMENTS,
        model=TrainingRequirement,
        plural="training-requirements",
        icon="school",
        read="training.read",
        find=_requirement,
        key_of=lambda row: (row.site.code, row.role, row.document.number),
        label=_needs,
        shown={
            "role": TrainingRequirement.role,
            "document": TrainingRequirement.number,
            "since": TrainingRequirement.since,
            "grace_days": TrainingRequirement.grace_days,
        },
        words=(TrainingRequirement.number,),
        site_of=lambda row: row.site_id,
    ),
)

QUALIFICATION = furnish(
    bp,
    ObjectKind(
        name="training.qualification",
        title={"en": "Qualification", "zh": "上岗资格"},
        listed=QUALIFICATIONS,
        model=Qualification,
        plural="qualifications",
        icon="certificate",
        read="training.manage",
        find=_qualification,
        key_of=qualification_key,
        label=_trained,
        shown={
            "person": Qualification.login,
            "role": Qualification.role,
            "document": Qualification.number,
            "qualified_from": Qualification.qualified_from,
            "qualified_until": Qualification.qualified_until,
        },
        words=(Qualification.login, Qualification.number),
    ),
)


@bp.get("/training/mine")
@access("training.read")
def mine() -> str:
    """Show what I need to be trained on, what I am trained on, and what lapses."""
    return _person_page(current_person().id)


@bp.get("/training/people/<uuid:person_id>")
@access("training.manage")
def person(person_id: uuid.UUID) -> str:
    """Show the same of somebody else."""
    return _person_page(person_id)


@bp.get("/training/matrix")
@access("training.read")
def matrix() -> str:
    """Show for one role at one site who is qualified for which document, and who is not."""
    mine = sites(db.session(), reachable_sites("training.read"))
    site = site_by_code(db.session(), request.args.get("site", ""))
    site = site if site in mine else (mine[0] if mine else None)
    role = request.args.get("role", "")
    role = role if role in WORK else "inspector"
    page = _matrix(site, role) if site is not None else {"needed": [], "people": []}
    return render_template("training/matrix.html", places=mine, place=site, roles=WORK, role=role, **page)


def _matrix(site: Site, role: str) -> dict[str, Any]:
    session, on = db.session(), site_day(request_time(), site.zone)
    needed = queries.requirements(session, site_id=site.id, roles={role}, on=on)
    people = persons_with_role(session, role, site.id, on=on)
    documents = {one.document_id for one in needed}
    held = queries.trainings(session, {one.id for one in people}, documents) if needed else {}
    lines = []
    for one in people:
        own = held.get((one.id, role), ())
        lines.append((one, [queries.standing_of(asked, own, on=on) for asked in needed]))
    cells = [cell for _, row in lines for cell in row if cell is not None]
    return {
        "needed": needed,
        "people": lines,
        "on": on,
        "gaps": sum(cell.gap is queries.Gap.MISSING for cell in cells),
        "lapsing": sum(cell.gap in (queries.Gap.LAPSES, queries.Gap.GRACE) for cell in cells),
    }


def _person_page(person_id: uuid.UUID) -> str:
    session = db.session()
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("person.unknown", "There is no such person.")
    on = site_day(request_time(), found.zone)
    held = roles_of(session, person_id, on=on)
    needed = [
        one
        for one in queries.requirements(session, site_id=None, roles={role for role, _ in held}, on=on)
        if (one.role, one.site_id) in held or (one.role, None) in held
    ]
    standings = queries.standings(session, person_id, needed, on=on)
    order = [queries.Gap.MISSING, queries.Gap.GRACE, queries.Gap.LAPSES, queries.Gap.GOOD]
    return render_template(
        "training/person.html",
        person=found,
        own=person_id == current_person().id,
        standings=sorted(standings, key=lambda one: order.index(one.gap)),
        recorded=queries.recorded(session, person_id),
        roles=WORK,
        hows=HOWS,
        on=on,
    )
