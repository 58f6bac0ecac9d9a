"""The person behind a request, as plain values: what pages show and what doors check."""

import uuid
from dataclasses import dataclass, field

from flask import has_request_context
from flask_login import current_user

from app.web.rights import ADMIN_ROLES, SIGNED_IN, roles_with
from core.actor import Actor, system_actor


@dataclass(frozen=True)
class Visitor:
    """A signed-in person with the roles that hold today.

    ``grants`` are pairs of role code and site id; a site of ``None`` means every site. ``name`` is bilingual.
    ``zone`` is an IANA name. ``must_change_password`` lets the person reach nothing else first.
    ``by_token`` is a program that acts in the person's name (app.api); it never signs.
    """

    id: uuid.UUID
    login: str
    name: dict[str, str]
    language: str
    zone: str
    grants: frozenset[tuple[str, uuid.UUID | None]]
    home_site_id: uuid.UUID | None = None
    must_change_password: bool = False
    statement_accepted: bool = False
    by_token: bool = False
    is_authenticated: bool = field(default=True, init=False)
    is_active: bool = field(default=True, init=False)
    is_anonymous: bool = field(default=False, init=False)

    def get_id(self) -> str:
        """Give the id that Flask-Login keeps in the session."""
        return str(self.id)

    @property
    def roles(self) -> frozenset[str]:
        """Role codes held today at any site."""
        return frozenset(role for role, _ in self.grants)

    @property
    def may_sign(self) -> bool:
        """Whether this person may sign at all: never with an administrator's role, nor by a program."""
        return not self.by_token and not self.roles & ADMIN_ROLES

    def may(self, right: str, site_id: uuid.UUID | None = None) -> bool:
        """Say whether one of today's roles holds a right, at one site when it is given."""
        if right == SIGNED_IN:
            return True
        holding = roles_with(right)
        return any(
            role in holding and (site_id is None or where is None or where == site_id)
            for role, where in self.grants
        )

    def sites(self, right: str) -> frozenset[uuid.UUID] | None:
        """Name the sites where a right is held; ``None`` means every site."""
        holding = roles_with(right)
        where = {site for role, site in self.grants if role in holding}
        return None if None in where else frozenset(site for site in where if site is not None)


def visitor() -> Visitor | None:
    """Give the signed-in person of this request, or ``None``."""
    if not has_request_context():
        return None
    user = current_user._get_current_object() if current_user else None
    return user if isinstance(user, Visitor) else None


def current_person() -> Visitor:
    """Give the signed-in person of this request.

    Raises:
        LookupError: nobody is signed in; the route should not have been declared open to anybody.
    """
    person = visitor()
    if person is None:
        raise LookupError("nobody is signed in")
    return person


def current_actor() -> Actor:
    """Give the actor of this request's changes: the signed-in person, or the page itself before sign-in."""
    person = visitor()
    if person is None:
        return system_actor("web")
    english = person.name.get("en", person.login)
    return Actor(id=str(person.id), login=person.login, name=english, name_zh=person.name.get("zh", ""))
