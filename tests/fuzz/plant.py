"""A demo plant where everybody has signed in and looked around: which forms and addresses its pages offer."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.access.models import Person
from app.access.services import CreatePerson, GrantRole, create_person, grant_role
from app.catalog.gs1 import write_message
from app.catalog.models import Item
from app.cli.demo import load_demo
from app.cli.demo_plant import ACCOUNTS
from app.factory import create_app
from app.sites.services import CreateSite, create_site
from app.web.doors import declared_rights
from app.web.models import WebSession
from app.web.rights import ANYBODY, RIGHTS, SIGNED_IN, WORK_ROLES
from core import clock, db
from core.outbox import OutboxEntry, handler_of
from tests.factories.people import LONG_AGO, PASSWORD, SETUP, token
from tests.fuzz.pages import Form, Page, query_of

DEMO_PASSWORD = "demo-plant-2026"
NOBODY, FAR, NEW = "", "far", "newcomer"
IN_CHINESE = ("inspector", "qa", "secadmin", FAR)
_SECONDS = ("inspector2", "qa2", FAR)
_VISITS = 2
_LONG = 500  # of an address that carries what the fuzz itself has searched for

PutBack = Callable[[], None]
Forms = dict[tuple[str, ...], tuple[str, Form]]
"""The forms that lead to one route, by their shape, with the address they were last seen to send to."""


@dataclass
class Seat:
    """A browser somebody sits at: the cookie, the form token, and the rows that make it work."""

    cookie: str
    form_token: str
    session: dict[str, Any]
    person: dict[str, Any]


@dataclass
class Plant:
    """The application, who sits where, and what its pages offer: addresses and forms by endpoint."""

    app: Flask
    seats: dict[str, Seat] = field(default_factory=dict)
    people: dict[str, frozenset[str]] = field(default_factory=dict)
    addresses: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    queries: dict[str, list[list[tuple[str, str]]]] = field(default_factory=lambda: defaultdict(list))
    forms: dict[str, Forms] = field(default_factory=lambda: defaultdict(dict))
    ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    deliveries: int = 0
    read: set[str] = field(default_factory=set)
    mended: int = 0
    """How often somebody had to be seated again."""

    def endpoints(self) -> list[str]:
        """Every route there is; one that comes new is among them by itself."""
        return sorted(self.app.view_functions)

    def who_may(self, endpoint: str) -> list[str]:
        """Logins of the people whose role holds the right of a route."""
        right = declared_rights(self.app)[endpoint]
        if right == ANYBODY:
            return [NOBODY, *self.people]
        if right == SIGNED_IN:
            return list(self.people)
        holding = {login for login, roles in self.people.items() if roles & RIGHTS[right]}
        return sorted(holding - {FAR}) or [NOBODY]

    def learn(self, page: str, address: str) -> list[str]:
        """Keep the addresses and forms of a page; gives the addresses it leads to."""
        read = Page(page, address)
        self.read.add(self.match(address, "GET")[0])
        for form in read.forms():
            endpoint, _ = self.match(form.action, form.method)
            if endpoint:
                self.forms[endpoint][form.shape] = (form.action, form)
        found = [one if one.startswith("/") else read.address + one for one in read.addresses]
        for one in found:
            endpoint, arguments = self.match(one, "GET")
            if endpoint and arguments not in self.addresses[endpoint]:
                self.addresses[endpoint].append(arguments)
            query = query_of(one) if len(one) < _LONG else []
            if endpoint and query and len(self.queries[endpoint]) < 40:
                self.queries[endpoint].append(query)
        return found

    def match(self, address: str, method: str) -> tuple[str, dict[str, Any]]:
        """The route that an address leads to, and what stands in it."""
        adapter = self.app.url_map.bind("localhost")
        with suppress(HTTPException, RequestRedirect, UnicodeError, ValueError):
            endpoint, arguments = adapter.match(address.partition("?")[0].partition("#")[0], method=method)
            return str(endpoint), dict(arguments)
        return "", {}

    def next_label(self) -> str:
        """The label of a delivery or of goods made that nobody has posted yet."""
        self.deliveries += 1
        gtin = self.labels[self.deliveries % len(self.labels)]
        expiry = date(2026, 11, 22) + timedelta(days=900)
        return write_message(gtin, lot=f"FZ-{self.deliveries}", expiry=expiry)

    def seat(self, login: str) -> Seat:
        """Where somebody sits; who was locked out, signed out or sent away sits there again."""
        held = self.seats[login]
        if not self._is_whole(held):
            self._restore(held)
            self.mended += 1
        return held

    def _is_whole(self, seat: Seat) -> bool:
        columns = WebSession.__table__.columns
        asked = select(columns.data).where(columns.token_sha256 == seat.session["token_sha256"])
        if seat.person:
            asked = asked.add_columns(*_kept()).join(Person, Person.id == seat.person["id"])
        with db.engine().connect() as connection:
            found = connection.execute(asked).mappings().one_or_none()
        if found is None:
            return False
        now = dict(found)
        same = now.pop("data").get("csrf_token") == seat.session["data"].get("csrf_token")
        return same and now == seat.person

    def _restore(self, seat: Seat) -> None:
        now = clock.now()
        with db.engine().execution_options(qms_write=True).begin() as connection:
            table = WebSession.__table__
            connection.execute(table.delete().where(table.c.token_sha256 == seat.session["token_sha256"]))
            connection.execute(insert(table).values({**seat.session, "created_at": now, "seen_at": now}))
        if seat.person:
            with db.unit_of_work(SETUP, now=now) as session:
                session.execute(update(Person).where(Person.id == seat.person["id"]).values(seat.person))


def make_plant(pages: int = 80) -> Plant:
    """Load the demo plant into this process's database; everybody signs in and looks at some pages."""
    load_demo()
    _strangers()
    plant = Plant(create_app(testing=True))
    plant.people = {one.login: frozenset(one.roles) for one in ACCOUNTS}
    plant.people |= {FAR: WORK_ROLES, NEW: frozenset()}
    _seal_some()
    clients = {}
    for login in (NOBODY, *plant.people):
        clients[login] = plant.app.test_client()
        plant.seats[login] = _take_seat(clients[login], login)
    for login, client in clients.items():
        if login not in _SECONDS:
            _walk(plant, client, pages)
    _know_objects(plant)
    return plant


def _strangers() -> None:
    """Somebody with every role of the business at another site, and somebody with a first password."""
    words = {"en": "Elsewhere", "zh": "别处"}
    far = CreateSite("FAR", words, words, words, "EU", "Europe/Berlin")
    with db.unit_of_work(SETUP, now=LONG_AGO) as session:
        site = create_site(session, far, actor=SETUP)
        for login, keeps in ((FAR, True), (NEW, False)):
            name = {"en": login, "zh": login}
            command = CreatePerson(login, name, PASSWORD, home_site_id=site.id, keep_password=keeps)
            person = create_person(session, command, actor=SETUP, now=clock.now())
            for role in sorted(WORK_ROLES) if login == FAR else ():
                grant = GrantRole(role, site.id, date(2026, 1, 1))
                grant_role(session, person, grant, actor=SETUP, now=LONG_AGO)
        session.execute(update(Person).where(Person.login.in_(IN_CHINESE)).values(language="zh"))


def _seal_some() -> None:
    """Seal the first records as a worker would, so that there are pages to ask for."""
    with db.read_session() as session:
        entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.created_at).limit(2)).all()
        jobs = [(one.job, one.id, dict(one.payload), one.secret) for one in entries]
    for job, entry_id, payload, secret in jobs:
        handler_of(job)(entry_id, payload, secret)


def password_of(login: str) -> str:
    """What somebody of the plant types to sign."""
    return PASSWORD if login in (FAR, NEW) else DEMO_PASSWORD


def _take_seat(client: FlaskClient, login: str) -> Seat:
    form_token = token(client)
    if login:
        entered = {"login": login, "password": password_of(login), "csrf_token": form_token}
        assert client.post("/login", data=entered).status_code == 302
        form_token = token(client, "/me/password" if login == NEW else "/me")
    held = client.get_cookie("qms_session")
    assert held is not None
    digest = hashlib.sha256(held.value.encode()).hexdigest()
    columns = WebSession.__table__.columns
    with db.engine().connect() as connection:
        row = connection.execute(select(*columns).where(columns.token_sha256 == digest)).mappings().one()
        person = connection.execute(select(*_kept()).where(Person.login == login)).mappings().one_or_none()
    return Seat(held.value, form_token, dict(row), dict(person or {}))


def _kept() -> list[Any]:
    kept = ("id", "language", "zone", "state", "password_hash", "must_change_password", "failures")
    return [Person.__table__.columns[name] for name in (*kept, "signing_suspended_at", "locked_at")]


def _walk(plant: Plant, client: FlaskClient, pages: int) -> None:
    """Follow the links of the pages somebody sees, each kind of page a few times."""
    waiting = [plant.app.url_map.bind("localhost").build(name) for name in _starts(plant.app)]
    seen: dict[str, int] = defaultdict(int)
    asked: set[str] = set()
    while waiting and len(asked) < pages:
        address = waiting.pop(0).partition("#")[0]
        endpoint, _ = plant.match(address, "GET")
        if not endpoint or address in asked or seen[endpoint] >= _VISITS or endpoint == "web.asset":
            continue
        asked.add(address)
        seen[endpoint] += 1
        answer = client.get(address)
        assert answer.status_code < 500 or endpoint == "web.ready", address
        if answer.status_code == 302 and answer.location:
            waiting.insert(0, answer.location)
        if answer.mimetype == "text/html":
            waiting += plant.learn(answer.text, address)


def _starts(app: Flask) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [rule.endpoint for rule in rules if not rule.arguments]


def _know_objects(plant: Plant) -> None:
    """Every id in the database, whatever it is the id of, and the codes of what is expected."""
    with db.read_session() as session:
        for mapper in db.Base.registry.mappers:
            key = mapper.primary_key[0]
            if key.type.python_type is uuid.UUID:
                plant.ids += [str(one) for one in session.scalars(select(key).limit(12))]
        plant.labels = [code for code in session.scalars(select(Item.gtin)) if code]
