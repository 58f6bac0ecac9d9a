"""A company of two sites and persons with roles, made through the product's own services."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.access.identity import VerifyIdentity, verify_identity
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.sites.models import SiteKind
from app.sites.services import CreateSite, create_site
from core import clock
from core.actor import system_actor
from core.db import unit_of_work

PASSWORD = "quiet-harbour-42"
SETUP = system_actor("setup")
LONG_AGO = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Company:
    """Ids of the plant, the registrant's site, and of persons by login."""

    plant: uuid.UUID
    registrant: uuid.UUID
    people: dict[str, uuid.UUID]


def make_company(*logins_and_roles: tuple[str, str], now: datetime = LONG_AGO) -> Company:
    """Make two sites and one person a pair of login and role; roles hold at the plant."""
    with unit_of_work(SETUP, now=now) as session:
        registrant = _site(session, "REG", "Registrant", "注册人", SiteKind.REGISTRANT, None)
        plant = _site(session, "SZ1", "Suzhou plant", "苏州工厂", SiteKind.PLANT, registrant.id)
        people = {login: add_person(session, login, role, plant.id) for login, role in logins_and_roles}
        return Company(plant.id, registrant.id, people)


def add_person(session, login: str, role: str | None, site_id, *, now: datetime = LONG_AGO) -> uuid.UUID:
    """Add one person whose first password needs no change."""
    name = {"en": login.capitalize(), "zh": f"{login}先生"}
    command = CreatePerson(
        login, name, PASSWORD, zone="Asia/Shanghai", home_site_id=site_id, keep_password=True
    )
    person = create_person(session, command, actor=SETUP, now=now)
    person.password_changed_at = clock.now()  # pages ask for a new one when it is old
    verify_identity(session, person, VerifyIdentity("identity_card"), actor=SETUP, now=now)
    if role:
        grant = GrantRole(role, site_id, date(2026, 1, 1))
        grant_role(session, person, grant, actor=SETUP, now=now)
    session.flush()
    return person.id


def sign_in(app: Flask, login: str, password: str = PASSWORD) -> FlaskClient:
    """Give a browser in which a person is signed in."""
    client = app.test_client()
    answer = post(client, "/login", login=login, password=password, at="/login")
    assert answer.status_code == 302, answer.text
    return client


def token(client: FlaskClient, at: str = "/login") -> str:
    """Read the form token from a page."""
    page = client.get(at, follow_redirects=True).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:400]
    return found.group(1)


def post(client: FlaskClient, path: str, *, at: str = "/me/password", **fields: str) -> TestResponse:
    """Post a form as a browser would: with the token of the page it stands on."""
    return client.post(path, data={**fields, "csrf_token": token(client, at)})


def _site(session, code, en, zh, kind, registrant_id):
    return create_site(
        session,
        CreateSite(
            code=code,
            name={"en": en, "zh": zh},
            company={"en": "Huaxin Medical Devices", "zh": "华欣医疗器械"},
            address={"en": "Suzhou", "zh": "苏州"},
            region="CN",
            zone="Asia/Shanghai",
            kind=kind,
            registrant_site_id=registrant_id,
        ),
        actor=SETUP,
    )
