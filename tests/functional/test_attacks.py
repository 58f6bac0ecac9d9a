"""Attacks on sessions, forms and addresses: each is beaten off, and each gets through without its guard.

A test that passes whether or not the guard stands proves nothing; so every attack runs twice, the second time
with the guard taken away.
"""

import re
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from sqlalchemy import Engine, update
from weasyprint import URLFetcher
from weasyprint.urls import URLFetchingError

from app.access import passwords, proof, routes
from app.access.errors import wrong_password
from app.access.models import Person
from app.access.passwords import is_right
from app.factory import create_app
from app.sites.queries import site_of, style_of
from app.web import assets, doors, filters, security, sessions
from app.web.models import WebSession
from app.web.sessions import IDLE, ServerSession
from core import clock, db
from core.config import settings
from core.errors import NotFound
from core.languages import pick
from documents import store
from documents.preview import preview_of
from documents.weasy import weasyprint
from tests.factories.people import PASSWORD, SETUP, Company, make_company, post, sign_in, token

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


def framed_page(app: Flask, _company: Company) -> bool:
    """Show a page of the product in a frame of one's own, under one's own picture."""
    headers = app.test_client().get("/login").headers
    allowed = "frame-ancestors 'none'" not in headers["Content-Security-Policy"]
    return allowed or headers["X-Frame-Options"] != "DENY"


def script_in_place(app: Flask, _company: Company) -> bool:
    """Have a script run that stands in the page itself or comes from elsewhere."""
    policy = app.test_client().get("/login").headers["Content-Security-Policy"]
    return "script-src 'self';" not in policy or "default-src 'none'" not in policy


def readable_cookie(app: Flask, _company: Company) -> bool:
    """Read the session's cookie from a script, or have another site's page send it."""
    given = app.test_client().get("/login").headers["Set-Cookie"]
    return "HttpOnly" not in given or "SameSite=Lax" not in given


def forged_host(app: Flask, _company: Company) -> bool:
    """Have an answer lead to a host of one's own choice."""
    return "evil.example" in app.test_client().get("/me", headers={"Host": "evil.example"}).location


def page_kept(app: Flask, _company: Company) -> bool:
    """Find a page again in the browser's cache after its reader has gone."""
    return sign_in(app, "qa").get("/me").headers.get("Cache-Control") != "no-store"


def tried_names(app: Flask, _company: Company) -> bool:
    """Learn from the words of refusals which names exist."""
    said = {}
    for login in ("qa", "nobody-is-called-this"):
        client = app.test_client()
        entered = {"login": login, "password": "wrong", "csrf_token": token(client)}
        answers = [client.post("/login", data=entered) for _ in range(6)]
        said[login] = [(one.status_code, "is locked" in one.text) for one in answers]
    return len({str(one) for one in said.values()}) > 1


def timed_names(app: Flask, _company: Company) -> bool:
    """Learn from the work that a refusal takes which names exist."""
    worked = []
    for login in ("qa", "nobody-is-called-this"):
        client, hashed = app.test_client(), []
        entered = {"login": login, "password": "wrong", "csrf_token": token(client)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "_hasher", SimpleNamespace(verify=lambda *_, h=hashed: h.append(1)))
            client.post("/login", data=entered)
        worked.append(len(hashed))
    return len(set(worked)) > 1


def unasked_fields(app: Flask, company: Company) -> bool:
    """Send more fields with a form than it has: another name, no need for a new password."""
    entered = {"language": "en", "zone": "UTC", "login": "boss", "failures": "-9", "role": "security_admin"}
    post(sign_in(app, "qa"), "/me", **entered)
    with db.read_session() as session:
        person = session.get_one(Person, company.people["qa"])
        return person.login != "qa" or person.failures < 0


def other_method(app: Flask, _company: Company) -> bool:
    """Have a plain request count as one that changes something."""
    client = sign_in(app, "qa")
    headers = {"X-HTTP-Method-Override": "POST", "X-CSRFToken": token(client, "/me/password")}
    client.get("/logout?_method=POST", headers=headers)
    return client.get("/me").status_code != 200


def unlisted_asset(app: Flask, _company: Company) -> bool:
    """Ask the assets for a file that is not one of them."""
    asked = ("manifest.json", "../build/manifest.json", "..%2f..%2f__init__.py", "%2e%2e/build/manifest.json")
    client = app.test_client()
    return any(client.get(f"/assets/{name}", buffered=True).status_code == 200 for name in asked)


def path_for_a_hash(_app: Flask, _company: Company) -> bool:
    """Name a file of the server where the store expects a hash."""
    secret = settings().home / "secret"
    secret.write_text("secret")
    try:
        with store.open_file(str(secret)) as file:
            return file.read() == b"secret"
    except NotFound:
        return False


def template_in_a_name(app: Flask, company: Company) -> bool:
    """Be called by the name of a template, and have the server work it out."""
    with db.unit_of_work(SETUP, now=clock.now()) as session:
        session.get_one(Person, company.people["qa"]).name = {"en": "{{ 7 * 191 }}", "zh": "{{ 7 * 191 }}"}
    return "1337" in sign_in(app, "qa").get("/me").text


def fetched_while_printing(_app: Flask, company: Company) -> bool:
    """Have the printing of a record load a file of the server into the page."""
    fetchers: list[Any] = []
    with pytest.MonkeyPatch.context() as patch, db.read_session() as session:
        weasy = weasyprint()
        real = weasy.HTML
        patch.setattr(weasy, "HTML", lambda **given: fetchers.append(given["url_fetcher"]) or real(**given))
        preview_of(style_of(site_of(session, company.plant)))
    for address in (Path(__file__).as_uri(), "http://127.0.0.1:9/", "ftp://127.0.0.1/"):
        with suppress(OSError, ValueError, URLFetchingError):
            fetchers[0].fetch(address)
            return True
    return False


def bare_cookie(
    _sessions: Any, _app: Flask, response: Any, name: str, value: str, _seconds: int | None = None
) -> None:
    response.set_cookie(name, value)


def greedy(_session: Any, person: Person, **_asked: str) -> None:
    for name, value in request.form.items():
        if hasattr(Person, name):
            setattr(person, name, int(value) if name == "failures" else value)


def obey(patch: pytest.MonkeyPatch) -> None:
    plain = Flask.wsgi_app

    def overridden(app: Flask, environ: Any, start: Any) -> Any:
        method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", environ["REQUEST_METHOD"])
        return plain(app, {**environ, "REQUEST_METHOD": method}, start)

    patch.setattr(Flask, "wsgi_app", overridden)


def let_pages_be_kept(patch: pytest.MonkeyPatch) -> None:
    dress = security._dress

    def undressed(response: Any) -> Any:
        dress(response).headers.pop("Cache-Control")
        return response

    patch.setattr(security, "_dress", undressed)


def list_everything(patch: pytest.MonkeyPatch) -> None:
    names = [path.name for path in assets.BUILD.iterdir()]
    patch.setattr(assets, "_built", lambda _name: dict(enumerate(names)))


def keep_old_tokens(patch: pytest.MonkeyPatch) -> None:
    def renew_without_dropping(session: ServerSession) -> None:
        session.token, session.stored = secrets.token_urlsafe(32), False

    patch.setattr(ServerSession, "renew", renew_without_dropping)


def unescape(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flask, "select_jinja_autoescape", lambda _app, _name: False)
    fresh = {name: value for name, value in Flask.jinja_options.items() if name != "bytecode_cache"}
    patch.setattr(Flask, "jinja_options", fresh)  # the tests keep templates translated with the guard


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
    "a framed page": (framed_page, lambda patch: patch.setitem(security.POLICY, "frame-ancestors", "*")),
    "a script in place": (
        script_in_place,
        lambda patch: patch.setitem(security.POLICY, "script-src", "'self' 'unsafe-inline'"),
    ),
    "a readable cookie": (
        readable_cookie,
        lambda patch: patch.setattr(sessions.ServerSessions, "_set_cookie", bare_cookie),
    ),
    "a forged host": (
        forged_host,
        lambda patch: patch.setattr(Response, "autocorrect_location_header", True),
    ),
    "a page kept": (page_kept, let_pages_be_kept),
    "names tried": (
        tried_names,
        lambda patch: patch.setattr(proof, "_nobody", lambda *_, **__: proof.Refusal(wrong_password())),
    ),
    "names timed": (
        timed_names,
        lambda patch: patch.setattr(proof, "is_right", lambda kept, _: bool(kept and is_right(kept, ""))),
    ),
    "unasked fields": (unasked_fields, lambda patch: patch.setattr(routes, "choose_display", greedy)),
    "another method": (other_method, obey),
    "an unlisted asset": (unlisted_asset, list_everything),
    "a path for a hash": (
        path_for_a_hash,
        lambda patch: patch.setattr(store, "_SHA256", re.compile(".*")),
    ),
    "a template in a name": (
        template_in_a_name,
        lambda patch: patch.setattr(
            filters, "in_language", lambda text: render_template_string(pick(text, "en") if text else "")
        ),
    ),
    "a file fetched while printing": (
        fetched_while_printing,
        lambda patch: patch.setattr(weasyprint().urls, "URLFetcher", lambda **_: URLFetcher()),
    ),
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


def test_every_form_asks_for_the_token_of_its_page(company: Company) -> None:
    app = create_app(testing=True)
    client = sign_in(app, "qa")
    posting = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(posting) > 30
    for rule in posting:
        filled = {
            name: min(kind.items) if hasattr(kind, "items") else str(uuid.UUID(int=0))
            for name, kind in rule._converters.items()
        }
        answer = client.post(app.url_map.bind("localhost").build(rule.endpoint, filled, "POST"))
        programs_only = rule.endpoint.startswith("api.")
        assert (rule.endpoint, answer.status_code) == (rule.endpoint, 403 if programs_only else 400)
        assert ("api.cookie" if programs_only else "form.stale") in answer.text


def test_on_an_encrypted_line_the_cookie_never_leaves_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QMS_URL", "https://qms.example")
    settings.cache_clear()
    try:
        headers = create_app(testing=True).test_client().get("/login").headers
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert "Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.urs("URS-028")
def test_a_reset_ends_the_sessions_that_were_open(company: Company) -> None:
    app = create_app(testing=True)
    thief = sign_in(app, "qa")
    shown: Any = post(sign_in(app, "admin"), f"/admin/people/{company.people['qa']}/password")
    assert shown.status_code == 200
    assert thief.get("/me").status_code == 302
