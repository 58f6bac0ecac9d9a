"""Attacks on sessions, forms and addresses: each is beaten off, and each gets through without its guard.

A test that passes whether or not the guard stands proves nothing; so every attack runs twice, the second time
with the guard taken away.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, update

from app.access import routes
from app.factory import create_app
from app.web import doors, security, sessions
from app.web.models import WebSession
from app.web.sessions import IDLE, ServerSession
from core import clock, db
from tests.factories.people import PASSWORD, Company, make_company, post, sign_in, token

EVIL = "https://evil.example"
Attack = Callable[[Flask, Company], bool]
Opening = Callable[[pytest.MonkeyPatch], None]


def stolen_cookie(app: Flask, _company: Company) -> bool:
    """Copy the cookie, wait until its owner has signed out, and open his page."""
    victim, thief = sign_in(app, "qa"), app.test_client()
    thief.set_cookie("qms_session", victim.get_cookie("qms_session").value)
    assert thief.get("/me").status_code == 200
    post(victim, "/logout")
    return thief.get("/me").status_code == 200


def planted_cookie(app: Flask, _company: Company) -> bool:
    """Give the victim a session of one's own before he signs in, and share it afterwards."""
    thief, victim = app.test_client(), app.test_client()
    form = token(thief)
    planted = thief.get_cookie("qms_session").value
    victim.set_cookie("qms_session", planted)
    victim.post("/login", data={"login": "qa", "password": PASSWORD, "csrf_token": form})
    thief.set_cookie("qms_session", planted)
    return thief.get("/me").status_code == 200


def forgotten_browser(app: Flask, _company: Company) -> bool:
    """Sit down at a browser that nobody has used for half an hour."""
    client = sign_in(app, "qa")
    idle_since = clock.now() - IDLE - timedelta(seconds=1)
    with db.engine().execution_options(qms_write=True).begin() as connection:
        connection.execute(update(WebSession).values(seen_at=idle_since))
    return client.get("/me").status_code == 200


def open_redirect(app: Flask, _company: Company) -> bool:
    """Send somebody a link to the real login page that leads on to another site."""
    landed = []
    for target in (EVIL, "//evil.example", "/\\evil.example", "https:evil.example", "\\\\evil.example"):
        client = app.test_client()
        form = {"login": "qa", "password": PASSWORD, "csrf_token": token(client), "next": target}
        landed.append(client.post("/login", data=form).location)
    return any("evil.example" in location for location in landed)


def foreign_form(app: Flask, _company: Company) -> bool:
    """Let a page of another site post a form in the name of whoever is signed in."""
    victim = sign_in(app, "qa")
    posted = victim.post("/me", data={"language": "zh", "zone": "Mars/Base"}, headers={"Origin": EVIL})
    return posted.status_code == 422  # the form was read


def written_header(app: Flask, _company: Company) -> bool:
    """Have the answer carry a header value of one's own choice."""
    answer = app.test_client().get("/login", headers={"X-Correlation-ID": "a;<script>alert(1)</script>"})
    return "script" in answer.headers["X-Correlation-ID"]


def foreign_object(app: Flask, company: Company) -> bool:
    """Ask for an object of a site where one has no role, by its id."""
    return sign_in(app, "qa").get(f"/sites/{company.registrant}").status_code == 200


def script_in_data(app: Flask, _company: Company) -> bool:
    """Put a script, and a template, where a page prints what was typed."""
    page = app.test_client().get("/login?next=/%22%3E%3Cscript%3E%7B%7B7*7%7D%7D%3C/script%3E").text
    return "<script>{{7*7}}" in page or "49" in page


def keep_old_tokens(patch: pytest.MonkeyPatch) -> None:
    def renew_without_dropping(session: ServerSession) -> None:
        session.token, session.stored, session.modified = secrets.token_urlsafe(32), False, True

    patch.setattr(ServerSession, "renew", renew_without_dropping)


def unescape(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flask, "select_jinja_autoescape", lambda _app, _name: False)


GUARDS: dict[str, tuple[Attack, Opening]] = {
    "a stolen cookie": (stolen_cookie, keep_old_tokens),
    "a planted cookie": (planted_cookie, lambda patch: patch.setattr(ServerSession, "end", lambda _s: None)),
    "a forgotten browser": (
        forgotten_browser,
        lambda patch: patch.setattr(sessions, "IDLE", timedelta(days=9)),
    ),
    "an open redirect": (
        open_redirect,
        lambda patch: patch.setattr(routes, "_local", lambda target: target or ""),
    ),
    "a foreign form": (
        foreign_form,
        lambda patch: patch.setattr(security.csrf, "protect", lambda **_: None),
    ),
    "a written header": (
        written_header,
        lambda patch: patch.setattr(security, "_name_request", trust_the_header),
    ),
    "a foreign object": (
        foreign_object,
        lambda patch: patch.setattr(doors, "must_reach", lambda *_: None),
    ),
    "a script in data": (script_in_data, unescape),
}


def trust_the_header() -> None:
    security.correlation_id.set(security.request.headers.get("X-Correlation-ID", ""))


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company(("qa", "qa"), ("admin", "security_admin"))


@pytest.mark.urs("URS-023", "URS-028")
@pytest.mark.parametrize("name", GUARDS)
def test_an_attack_is_beaten_off_by_its_guard_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attack, take_away = GUARDS[name]
    assert not attack(create_app(testing=True), company)
    take_away(monkeypatch)
    assert attack(create_app(testing=True), company)


@pytest.mark.parametrize(
    "target", ["/me\r\nSet-Cookie: planted=1", "/me\nX-Planted: 1", "/me%0d%0aX-Planted: 1"]
)
def test_an_address_to_go_back_to_writes_no_header(company: Company, target: str) -> None:
    client = create_app(testing=True).test_client()
    form = {"login": "qa", "password": PASSWORD, "csrf_token": token(client), "next": target}
    answer = client.post("/login", data=form)
    written = [value for name, value in answer.headers if name in ("Set-Cookie", "X-Planted")]
    assert not any("planted" in value.lower() or value == "1" for value in written)


def test_a_forged_host_leads_nobody_away(company: Company) -> None:
    answer = create_app(testing=True).test_client().get("/me", headers={"Host": "evil.example"})
    assert answer.location.startswith("/login")


@pytest.mark.urs("URS-028")
def test_a_reset_ends_the_sessions_that_were_open(company: Company) -> None:
    app = create_app(testing=True)
    thief = sign_in(app, "qa")
    shown: Any = post(sign_in(app, "admin"), f"/admin/people/{company.people['qa']}/password")
    assert shown.status_code == 200
    assert thief.get("/me").status_code == 302
