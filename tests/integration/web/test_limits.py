"""What comes too often, too long or without end is refused early, said in words, and fills no trail."""

import json
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.models import LoginFailure
from app.web import attempts, refusals
from core import clock, db
from core.actor import Actor
from signatures.audit_models import AuditEntry
from tests.factories.people import PASSWORD, Company, sign_in, token

AS_DATA = {"Accept": "application/json"}


def guess(client, form_token: str, login: str, password: str = "wrong") -> int:
    entered = {"login": login, "password": password, "csrf_token": form_token}
    return client.post("/login", data=entered).status_code


def entries(action: str) -> list[dict]:
    with db.read_session() as session:
        query = select(AuditEntry.entry).where(AuditEntry.action == action).order_by(AuditEntry.seq)
        return [json.loads(one) for one in session.scalars(query)]


@pytest.mark.urs("URS-028")
def test_who_guesses_names_has_to_wait_and_fills_no_trail(
    app: Flask, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, start = app.test_client(), clock.now()
    form = token(client)
    monkeypatch.setattr(clock, "now", lambda: start)
    assert {guess(client, form, f"guess-{n}") for n in range(attempts.MOST)} == {401}
    assert {guess(client, form, f"other-{n}") for n in range(50)} == {429}
    assert guess(client, form, "qa", PASSWORD) == 429
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == attempts.MOST
    assert [one["facts"]["failures"] for one in entries("sign_in.held_up")] == [str(attempts.MOST)]
    monkeypatch.setattr(clock, "now", lambda: start + attempts.SPAN + timedelta(seconds=1))
    assert guess(client, form, "qa", PASSWORD) == 302


def test_waiting_is_said_in_words(app: Flask, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST", 1)
    client = app.test_client()
    form = token(client)
    guess(client, form, "nobody")
    entered = {"login": "qa", "password": PASSWORD, "csrf_token": form}
    said = client.post("/login?lang=zh", data=entered, headers={"Accept-Language": "zh"})
    assert said.status_code == 429
    assert 'lang="zh-Hans"' in said.text
    assert "http.429" in said.text


@pytest.mark.urs("URS-028")
def test_a_flood_of_refusals_is_written_in_few_entries_with_numbers(app: Flask, company: Company) -> None:
    client = sign_in(app, "qa")
    for _ in range(170):
        assert client.get("/admin/jobs").status_code == 403
    said = [one["facts"].get("times", "1") for one in entries("request.refused")]
    assert said == ["1"] * refusals.WRITTEN_EACH + ["20", "40", "80"]


def test_what_a_flood_left_unwritten_is_written_when_it_has_ended(now: datetime) -> None:
    runs = refusals.Runs()
    anna, ben = (Actor(id=one, login=one, name=one) for one in ("anna", "ben"))
    refused = {"code": "access.right"}
    written = [runs.take(anna, ("web.route", "jobs.index"), refused, now) for _ in range(30)]
    assert sum(len(one) for one in written) == refusals.WRITTEN_EACH
    later = now + refusals.RUN + timedelta(seconds=1)
    (whose, _, facts), (second, *_) = runs.take(ben, ("web.route", "jobs.index"), refused, later)
    assert (whose, facts["times"], second) == (anna, "10", ben)


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/items?q=" + "x" * 4001, b"", "", 414),
        ("/me", b"a=1&" * 6000, "application/x-www-form-urlencoded", 413),
        ("/me", b"a=" + b"x" * 2_200_000, "application/x-www-form-urlencoded", 413),
        (
            "/me",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 10_000 + b"--b--\r\n",
            "multipart/form-data; boundary=b",
            413,
        ),
        (
            "/me",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
            400,
        ),
    ],
)
def test_more_than_a_page_ever_sends_is_refused_in_words(
    app: Flask, company: Company, path: str, body: bytes, kind: str, status: int
) -> None:
    client = sign_in(app, "qa")
    headers = {"X-CSRFToken": token(client, "/me/password")}
    method = "POST" if body else "GET"
    answer = client.open(path, method=method, data=body or None, content_type=kind or None, headers=headers)
    assert answer.status_code == status
    assert f"http.{status}" in answer.text


def test_nobody_who_asks_for_data_is_told_so_as_a_problem_document(app: Flask, company: Company) -> None:
    answer = app.test_client().get("/items", headers=AS_DATA)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.json["type"] == "urn:qms:problem:http.401"
    partial = app.test_client().get("/items", headers={"HX-Request": "true"})
    assert (partial.status_code, partial.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.urs("URS-028")
def test_the_login_page_tells_nobody_which_names_exist(app: Flask, company: Company) -> None:
    seen = {}
    for login in ("qa", "no-such-name"):
        client = app.test_client()
        entered = {"login": login, "password": "wrong", "csrf_token": token(client)}
        answers = [client.post("/login", data=entered) for _ in range(7)]
        seen[login] = [(one.status_code, "account is locked" in one.text) for one in answers]
    assert seen["qa"] == seen["no-such-name"]
    assert seen["qa"][-1] == (403, True)
