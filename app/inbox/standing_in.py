"""Standing in (代理): a standing deputy takes steps of one who is away, on his behalf (URS-006, URS-140).

It matters where a step is one person's: by the model, handed over, or claimed. A step that is open to a whole
role a deputy takes in his own name. Role and training are always his own; separation of duties counts both.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from app.inbox.errors import NobodyStandsIn, NotStandingIn
from app.organisation.standing import Principal, principals_of
from core.actor import Actor
from core.db import acting_as
from workflows.models import HumanTask

Principals = Mapping[uuid.UUID, Principal]
"""Those who are away and for whom a person stands in, by their keys."""


def standing_for(session: Session, person_id: uuid.UUID, *, now: datetime) -> Principals:
    """For whom a person stands in now."""
    return {one.person.id: one for one in principals_of(session, person_id, now=now)}


def principal_of(session: Session, task: HumanTask, *, actor: Actor, now: datetime) -> Principal | None:
    """For whom a person would take a step, and until when that one is away; None in his own name."""
    owner = owner_of(task)
    if owner is None or str(owner) == actor.id:
        return None
    return standing_for(session, uuid.UUID(actor.id), now=now).get(owner)


def owner_of(task: HumanTask) -> uuid.UUID | None:
    """Whose step it is alone; None where several sign it or it is open to its role."""
    if int(task.policy.get("signers") or 1) > 1:
        return None
    return task.assigned_to or task.claimed_by


def acting(task: HumanTask, principals: Principals, *, actor: Actor) -> Actor:
    """The person as he takes a step: in his own name, or for the one who is away and whose step it is."""
    principal = principals.get(owner_of(task) or uuid.UUID(int=0))
    if actor.on_behalf_of is not None or principal is None:
        return actor
    return for_principal(actor, principal)


def for_principal(actor: Actor, principal: Principal) -> Actor:
    """The deputy as he acts for somebody, who is named with his login, as signatures name people."""
    person = principal.person
    names = {lang: f"{person.name[lang]} ({person.login})" for lang in ("en", "zh")}
    return replace(actor, on_behalf_of=str(person.id), for_name=names["en"], for_name_zh=names["zh"])


def check_standing_in(task: HumanTask, principals: Principals, *, actor: Actor) -> None:
    """Ask that who acts for somebody stands in for him now, at a step of his that is left to deputies.

    Raises:
        NobodyStandsIn: the process wants this person and nobody else.
        NotStandingIn: he does not stand in for him, or no longer; or the step is not his.
    """
    if actor.on_behalf_of is None:
        return
    if task.policy.get("no_delegate"):
        raise NobodyStandsIn(actor.for_names)
    owner = owner_of(task)
    if owner is None or str(owner) != actor.on_behalf_of or owner not in principals:
        raise NotStandingIn(actor.for_names)


@contextmanager
def in_his_name(session: Session, actor: Actor) -> Iterator[None]:
    """Have the audit trail name both persons while a deputy takes a step."""
    with acting_as(session, actor=actor) if actor.on_behalf_of else nullcontext():
        yield


def left_to(principals: Principals) -> ColumnElement[bool]:
    """Match the open steps of some people that their deputy may take."""
    if not principals:
        return false()
    owned = or_(
        HumanTask.assigned_to.in_(principals),
        and_(HumanTask.assigned_to.is_(None), HumanTask.claimed_by.in_(principals)),
    )
    alone = HumanTask.policy["signers"].as_integer() == 1
    return and_(owned, alone, HumanTask.policy["no_delegate"].as_string().is_(None))
