"""Cases that a person starts: which processes he may start and where, and the start itself (URS-002).

A person starts a process whose start event lies in a lane of a role that he holds, if the step behind it is
the starter's own: the report. Everything else begins with what happens in the plant.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.queries import grants_of
from app.sites.models import Site
from app.sites.queries import sites as sites_by_code
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import NotAllowed, NotFound
from core.types import Bilingual
from workflows import human_tasks, repository, runtime
from workflows.compiled import CompiledProcess
from workflows.models import ProcessCase, ProcessRelease
from workflows.sheet import documentation

Grants = Collection[tuple[str, uuid.UUID | None]]


@dataclass(frozen=True)
class Startable:
    """A process that a person may start: what it is for, in which role, and at which sites."""

    key: str
    name: Bilingual
    about: Bilingual
    role: Bilingual
    sites: Sequence[Site]


def may_start_any(session: Session, grants: Grants) -> bool:
    """Whether there is any process that somebody with these roles may start."""
    roles = {role for role, _site in grants}
    return not roles & ADMIN_ROLES and any(role in roles for role, _release in _in_person(session))


def startable(session: Session, grants: Grants) -> list[Startable]:
    """List the processes that somebody with these roles may start, by name."""
    if {role for role, _site in grants} & ADMIN_ROLES:
        return []
    every = sites_by_code(session)
    found = []
    for role, release in _in_person(session):
        held = {site for one, site in grants if one == role}
        places = [site for site in every if site.id in held or None in held]
        if places:
            process = repository.compiled(release)
            name = ROLES.get(role, {"en": role, "zh": role})
            found.append(Startable(process.key, process.name, documentation(process), name, places))
    return sorted(found, key=lambda one: one.name["en"])


def start(
    session: Session, process_key: str, site_id: uuid.UUID, *, actor: Actor, now: datetime
) -> ProcessCase:
    """Start a case at a site in the name of a person, with nothing known but its sites.

    Raises:
        NotFound: ``release.none`` or ``site.unknown``.
        NotAllowed: ``case.start_plant``: nobody starts this process by hand; ``case.start_role``: the role is
            not held at the site on its day; ``case.start_administrator``: an administrator's role is held.
        StepFailed: ``case.step_failed``: the diagram cannot go on.
    """
    process = repository.compiled(repository.effective_release(session, process_key))
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound("site.unknown", "There is no such site.")
    _check_may_start(session, process, site, actor=actor, now=now)
    return runtime.start_case(
        session,
        process_key,
        title=process.name,
        site_id=site.id,
        subject=None,
        data={"sites": {"plant": str(site.id), "registrant": str(site.registrant_site_id or site.id)}},
        actor=actor,
        now=now,
        message={} if process.started_by is not None else None,
    )


def report_of(session: Session, case: ProcessCase, actor: Actor) -> uuid.UUID | None:
    """The first task of a case that its starter does himself; None if there is none."""
    waiting = human_tasks.open_tasks(session, case.id)
    return next((task.id for task in waiting if str(task.assigned_to) == actor.id), None)


def _in_person(session: Session) -> list[tuple[str, ProcessRelease]]:
    found = []
    for release in repository.effective_releases(session):
        lane = repository.compiled(release).model.started_in_person
        if lane is not None:
            found.append((lane.role, release))
    return found


def _check_may_start(
    session: Session, process: CompiledProcess, site: Site, *, actor: Actor, now: datetime
) -> None:
    lane = process.model.started_in_person
    if lane is None:
        raise NotAllowed(
            "case.start_plant", "%(process)s is started by what happens in the plant.", process=process.name
        )
    held = grants_of(session, uuid.UUID(actor.id), on=site_day(now, site.zone))
    if any(one.role in ADMIN_ROLES for one in held):
        raise NotAllowed(
            "case.start_administrator", "An account with an administrator's role cannot start a case."
        )
    if not any(one.role == lane.role and one.site_id in (None, site.id) for one in held):
        raise NotAllowed(
            "case.start_role",
            "%(process)s is started by the role %(role)s, which you do not hold at %(site)s today.",
            process=process.name,
            role=ROLES.get(lane.role, {"en": lane.role, "zh": lane.role}),
            site=site.name,
        )
