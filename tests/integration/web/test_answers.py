"""Headers, refusals, languages: what every answer has in common."""

import gzip

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from app.web import ANYBODY, access
from core import db
from signatures.audit import AuditEntry
from tests.factories.people import PASSWORD, post, sign_in


def test_every_answer_carries_the_strict_policy(app, company):
    for path in ("/login", "/healthz", "/nothing"):
        headers = app.test_client().get(path).headers
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(app, company):
    page = sign_in(app, "qa").get("/me").text
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_pages_are_packed_for_browsers_that_can_read_it(app, company):
    answer = app.test_client().get("/login", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(answer.data)


@pytest.mark.urs("URS-122")
def test_the_language_switches_before_and_after_sign_in(app, company):
    client = app.test_client()
    assert 'lang="en"' in client.get("/login").text
    post(client, "/language", at="/login", language="zh", next="/login")
    assert 'lang="zh-Hans"' in client.get("/login").text
    person = sign_in(app, "qa")
    post(person, "/language", language="zh", next="/me")
    assert 'lang="zh-Hans"' in person.get("/me").text
    assert 'lang="zh-Hans"' in sign_in(app, "qa").get("/me").text


def test_the_browsers_wish_counts_before_sign_in(app, company):
    assert 'lang="zh-Hans"' in app.test_client().get("/login", headers={"Accept-Language": "zh-CN,zh"}).text


@pytest.mark.urs("URS-024")
def test_a_refused_right_is_said_and_kept_in_the_audit_trail(app, company):
    answer = sign_in(app, "qa").get("/admin/people/new")
    assert answer.status_code == 403
    assert "You do not have the right to do this." in answer.text
    with db.read_session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "request.refused")).one()
    assert entry.subject_id == "people.new"


def test_data_requests_get_problem_details(app, company):
    answer = sign_in(app, "qa").get("/admin/people/new", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert answer.json["type"] == "urn:qms:problem:access.right"
    assert answer.json["status"] == 403


def test_a_form_without_its_token_is_refused_kindly(app, company):
    answer = sign_in(app, "qa").post("/me", data={"language": "zh", "zone": "UTC"})
    assert answer.status_code == 400
    assert "This form is no longer valid" in answer.text


@pytest.mark.parametrize(
    "bad", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_back_only_to_this_site(app, company, bad):
    answer = post(app.test_client(), "/login", at="/login", login="qa", password=PASSWORD, next=bad)
    assert answer.location == "/"


def test_sign_in_leads_back_to_the_page_asked_for(app, company):
    answer = post(app.test_client(), "/login", at="/login", login="qa", password=PASSWORD, next="/me?x=1")
    assert answer.location == "/me?x=1"


def test_health_answers_nobody(app, company):
    assert app.test_client().get("/healthz").json == {"status": "ok"}


def test_partial_requests_get_a_sentence_instead_of_a_page(app, company):
    answer = sign_in(app, "qa").get("/admin/people/new", headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "#messages"
    assert "<html" not in answer.text


def test_two_people_on_one_row_get_a_sentence_instead_of_a_crash(app, company):
    @app.get("/clash")
    @access(ANYBODY)
    def clash():
        raise StaleDataError(
            "UPDATE statement on table 'person' expected to update 1 row(s); 0 were matched."
        )

    answer = app.test_client().get("/clash")
    assert answer.status_code == 409
    assert "Somebody else has just changed this." in answer.text
