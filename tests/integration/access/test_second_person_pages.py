"""The pages on which a second person decides: resets, roles, rules, the clock."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.models import Person, RoleGrant
from core import clock
from core.db import read_session, unit_of_work
from signatures import audit
from signatures.audit import AuditEntry
from signatures.audit_clock import CLOCK, CONFIRMED
from tests.factories.people import PASSWORD, SETUP, add_person, post, sign_in
from tests.factories.settings import without_second_person


def administrator(login: str, role: str) -> None:
    with unit_of_work(SETUP) as session:
        add_person(session, login, role, None)


def reset(app, company) -> str:
    shown = post(sign_in(app, "admin"), f"/admin/people/{company.people['keeper']}/password", reason="lost")
    found = re.search(r"<code>([\w-]+)</code>", shown.text)
    assert found, shown.text
    return found.group(1)


@pytest.mark.urs("URS-028")
def test_a_reset_shows_a_secret_once_that_only_opens_the_page_for_a_new_password(app, company) -> None:
    secret = reset(app, company)
    keeper = sign_in(app, "keeper", secret)
    assert keeper.get("/stock").location == "/me/password"
    with read_session() as session:
        assert secret not in " ".join(session.scalars(select(AuditEntry.entry)))
    assert secret not in sign_in(app, "admin").get(f"/admin/people/{company.people['keeper']}").text


@pytest.mark.urs("URS-028")
def test_quality_assurance_gives_the_right_to_sign_back_and_an_administrator_cannot(app, company) -> None:
    reset(app, company)
    path = f"/admin/people/{company.people['keeper']}"
    admin, qa = sign_in(app, "admin"), sign_in(app, "qa")
    assert "keeper cannot sign" in qa.get("/admin/people").text
    assert post(admin, f"{path}/identity", evidence="passport").status_code == 403
    assert post(qa, f"{path}/identity", evidence="horoscope").status_code == 422
    assert post(qa, f"{path}/identity", evidence="passport", note="…0815").status_code == 302
    page = qa.get(path).text
    assert "…0815" in page
    assert "Passport" in page
    with read_session() as session:
        assert session.get_one(Person, company.people["keeper"]).signing_suspended_at is None


@pytest.mark.urs("URS-148")
def test_quality_assurance_confirms_an_approving_role_on_the_page(app, company) -> None:
    path = f"/admin/people/{company.people['keeper']}"
    admin, qa = sign_in(app, "admin"), sign_in(app, "qa")
    post(admin, f"{path}/roles", role="releaser", site_id=str(company.plant), valid_from="2026-01-01")
    assert "waits for a second person" in qa.get("/admin/people").text
    with read_session() as session:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.role == "releaser")).one()
    assert post(admin, f"{path}/roles/{grant.id}/confirm").status_code == 409
    assert post(qa, f"{path}/roles/{grant.id}/confirm").status_code == 302
    assert "waits for a second person" not in qa.get("/admin/people").text


@pytest.mark.urs("URS-028")
def test_an_old_password_is_changed_before_anything_else(app, company) -> None:
    with unit_of_work(SETUP) as session:
        person = session.get_one(Person, company.people["qa"])
        person.password_changed_at = clock.now() - timedelta(days=366)
    qa = sign_in(app, "qa")
    assert qa.get("/inbox").location == "/me/password"
    assert "older than 365 days" in qa.get("/me/password").text
    new = {"old_password": PASSWORD, "new_password": "copper meadow train", "again": "copper meadow train"}
    assert post(qa, "/me/password", at="/me/password", **new).location == "/"


@pytest.mark.urs("URS-028", "URS-148")
def test_the_rules_for_passwords_are_changed_with_a_reason(app, company, monkeypatch) -> None:
    without_second_person(monkeypatch)
    admin = sign_in(app, "admin")
    rules = {
        "shortest": "14",
        "oldest_days": "90",
        "remembered": "8",
        "lock_after": "4",
        "own_words": "huaxin",
    }
    assert post(admin, "/admin/people/rules", **rules).status_code == 422
    assert post(admin, "/admin/people/rules", **rules | {"shortest": "ten"}, reason="x").status_code == 422
    assert post(admin, "/admin/people/rules", **rules, reason="SOP-IT-07").status_code == 302
    assert 'value="14"' in admin.get("/admin/people/rules").text
    administrator("audit", "audit_admin")
    reader = sign_in(app, "audit")
    assert "huaxin" in reader.get("/admin/people/rules").text
    assert post(reader, "/admin/people/rules", **rules, reason="x").status_code == 403


@pytest.mark.urs("URS-147", "URS-148")
def test_the_audit_administrator_confirms_the_clock_and_the_system_administrator_cannot(app, company) -> None:
    administrator("audit", "audit_admin")
    administrator("system", "system_admin")
    for moment in (clock.now() + timedelta(hours=2), clock.now()):
        with unit_of_work(SETUP, now=moment) as session:
            audit.record(session, "test.happened", subject=("test", "1"), facts={})
    reader, system = sign_in(app, "audit"), sign_in(app, "system")
    assert "The clock has run back" in reader.get("/admin/people").text
    assert "The clock has run back" in system.get("/admin/clock").text
    assert post(system, "/admin/clock", reason="mended").status_code == 403
    assert post(reader, "/admin/clock", reason=" ").status_code == 422
    assert post(reader, "/admin/clock", reason="battery changed").status_code == 302
    assert "The clock has run back" not in reader.get("/admin/clock").text
    assert post(reader, "/admin/clock", reason="again").status_code == 409
    with read_session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == CONFIRMED)).one()
    assert entry.subject_id == CLOCK[1]
    assert "battery changed" in entry.entry
