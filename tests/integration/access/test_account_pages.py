"""Pages about accounts, as a browser uses them."""

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app.access.models import Person, RoleGrant
from core import clock, numbers
from core.config import settings
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry
from documents.models import Record
from signatures import keys
from signatures.models import Signature
from tests.factories.people import PASSWORD, SETUP, post, sign_in

LOCK_AFTER = 5
NEW = {
    "login": "li.na",
    "name_en": "Li Na",
    "name_zh": "李娜",
    "language": "zh",
    "zone": "Asia/Shanghai",
    "new_password": "first-password-1",
}


@pytest.fixture
def authority(company):
    keys.create_authority(settings().keys, "Huaxin", None, clock.now())
    with unit_of_work(SETUP) as session:
        numbers.define(session, "record", prefix="R-")


def signatures() -> list[Signature]:
    with read_session() as session:
        return list(session.scalars(select(Signature)))


def test_a_wrong_password_keeps_the_user_name_and_says_one_sentence(app, company):
    answer = post(app.test_client(), "/login", at="/login", login="qa", password="wrong")
    assert answer.status_code == 401
    assert 'value="qa"' in answer.text
    assert "The user name or the password is not right." in answer.text
    assert "wrong" not in re.sub("wrong user", "", answer.text)


def test_the_lock_is_told_to_the_person_and_to_the_security_administrator(app, company):
    client = app.test_client()
    for _ in range(LOCK_AFTER):
        answer = post(client, "/login", at="/login", login="qa", password="wrong")
    assert answer.status_code == 403
    assert "This account is locked." in answer.text
    assert "The account qa was locked" in sign_in(app, "admin").get("/admin/people").text


def test_locking_ends_the_sessions_of_the_account_at_once(app, company):
    victim = sign_in(app, "qa")
    post(sign_in(app, "admin"), f"/admin/people/{company.people['qa']}/lock")
    assert victim.get("/me").status_code == 302


@pytest.mark.urs("URS-028", "URS-140")
def test_roles_of_somebody_who_left_are_shown_as_ended_with_the_day(app, company):
    qa, admin = sign_in(app, "qa"), sign_in(app, "admin")
    at = f"/admin/people/{company.people['qa']}"
    with unit_of_work(SETUP) as session:
        session.get_one(Person, company.people["qa"]).zone = "Asia/Shanghai"
    assert post(admin, f"{at}/leave").status_code == 302
    assert qa.get("/inbox").location.startswith("/login"), "the door is shut at once"
    today = clock.site_day(clock.now(), "Asia/Shanghai").isoformat()
    with unit_of_work(SETUP) as session:  # as plants kept it before roles ended with leaving
        [grant] = session.scalars(select(RoleGrant).where(RoleGrant.person_id == company.people["qa"]))
        grant.valid_to = None
    page = admin.get(at).text
    assert "Ended" in page
    assert "Effective" not in page
    assert f'data-label="Until">{today}' in page
    listed = admin.get("/admin/people?q=qa").text
    assert "Ended" in listed


def test_an_administrator_opens_an_account_and_its_owner_must_choose_a_password(app, company):
    admin = sign_in(app, "admin")
    page = post(admin, "/admin/people/new", **NEW, home_site_id=str(company.plant))
    assert page.status_code == 302
    person = sign_in(app, "li.na", NEW["new_password"])
    assert person.get("/statement").location == "/me/password"
    changed = post(
        person,
        "/me/password",
        at="/me/password",
        old_password=NEW["new_password"],
        new_password="calm-river-88",
        again="calm-river-88",
    )
    assert changed.location == "/"
    assert person.get("/statement").location is None


@pytest.mark.parametrize(
    ("wrong", "words"), [({"login": "qa"}, "never reused"), ({"name_zh": ""}, "both languages")]
)
def test_a_refused_account_comes_back_with_everything_typed(app, company, wrong, words):
    answer = post(sign_in(app, "admin"), "/admin/people/new", **{**NEW, **wrong})
    assert answer.status_code in (409, 422)
    assert words in answer.text
    assert 'value="Li Na"' in answer.text
    assert "first-password-1" not in answer.text


def test_a_role_is_given_and_ended_on_the_page(app, company):
    admin, qa = sign_in(app, "admin"), company.people["qa"]
    given = post(
        admin, f"/admin/people/{qa}/roles", role="auditor", site_id="", valid_from="2026-01-01", valid_to=""
    )
    assert given.status_code == 302
    with read_session() as session:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.role == "auditor")).one()
    assert post(admin, f"/admin/people/{qa}/roles/{grant.id}/end", valid_to="2026-06-30").status_code == 302
    assert "2026-06-30" in admin.get(f"/admin/people/{qa}").text


@pytest.mark.urs("URS-028", "URS-147")
def test_a_role_that_ends_today_ends_on_the_day_of_its_holder(app, company, monkeypatch):
    """At 20:00 UTC it is the 23rd where the holder is, and the 22nd where the administrator sits."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 20, tzinfo=UTC))
    qa = company.people["qa"]
    with unit_of_work(SETUP) as session:
        session.get_one(Person, company.people["admin"]).zone = "America/New_York"
        (grant,) = session.scalars(select(RoleGrant).where(RoleGrant.person_id == qa))
    admin = sign_in(app, "admin")
    assert post(admin, f"/admin/people/{qa}/roles/{grant.id}/end", valid_to="").status_code == 302
    with read_session() as session:
        assert session.get_one(RoleGrant, grant.id).valid_to == date(2026, 11, 23)


def test_a_nonsense_day_is_refused_at_its_field(app, company):
    path = f"/admin/people/{company.people['qa']}/roles"
    answer = post(sign_in(app, "admin"), path, role="auditor", site_id="", valid_from="31.12.2026")
    assert answer.status_code == 422
    assert 'id="error-valid_from"' in answer.text


@pytest.mark.urs("URS-022")
def test_accepting_the_statement_is_itself_a_signed_record(app, company, authority):
    person = sign_in(app, "qa")
    assert post(person, "/statement", at="/statement", login="qa", password="wrong").status_code == 422
    assert signatures() == []
    assert post(person, "/statement", at="/statement", login="qa", password=PASSWORD).status_code == 302
    with read_session() as session:
        record = session.scalars(select(Record)).one()
        signature = session.scalars(select(Signature)).one()
        job = session.scalars(select(OutboxEntry)).one()
        assert session.get_one(Person, company.people["qa"]).statement_record_id == record.id
    assert (record.kind, signature.meaning_code, job.job) == (
        "access.statement",
        "accepted",
        "archive.seal_record",
    )
    assert post(person, "/statement", at="/statement", login="qa", password=PASSWORD).status_code == 409


@pytest.mark.urs("URS-023")
def test_an_administrator_cannot_accept_and_so_never_signs(app, company, authority):
    answer = post(sign_in(app, "admin"), "/statement", at="/statement", login="admin", password=PASSWORD)
    assert answer.status_code == 403
    assert signatures() == []


def test_language_and_zone_are_kept_for_the_account(app, company):
    person = sign_in(app, "qa")
    assert post(person, "/me", language="zh", zone="Europe/Berlin").status_code == 302
    assert post(person, "/me", language="zh", zone="Mars/Base").status_code == 422
    assert 'value="Europe/Berlin" selected' in person.get("/me").text


@pytest.mark.urs("URS-028")
def test_guessing_the_present_password_locks_the_account_and_ends_the_session(app, company):
    thief = sign_in(app, "qa")
    guess = {"old_password": "wrong", "new_password": "calm-river-88", "again": "calm-river-88"}
    answers = [post(thief, "/me/password", at="/me/password", **guess) for _ in range(LOCK_AFTER)]
    assert [answer.status_code for answer in answers] == [422] * (LOCK_AFTER - 1) + [302]
    assert thief.get("/me").location.startswith("/login")
    assert "This account is locked." in thief.get("/login").text
