"""Accounts: proof, lock, roles, passwords."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from app.access.models import LoginFailure, Person, PersonState, SecurityNotice
from app.access.proof import Proof, Refusal, authenticate, reauthenticate
from app.access.queries import has_role, persons_with_role, roles_of
from app.access.services import (
    CreatePerson,
    GrantRole,
    change_password,
    create_person,
    end_role,
    grant_role,
    mark_left,
    reset_password,
    unlock_person,
)
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, Invalid, NotAllowed
from signatures.audit import AuditEntry
from tests.factories.people import PASSWORD, SETUP, add_person

LOCK_AFTER = 5
ADMIN = Actor(id="22222222-2222-4222-8222-222222222222", login="admin", name="Admin")
NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)


def fail(login: str, times: int) -> list:
    answers = []
    for _ in range(times):
        with unit_of_work(SETUP, now=NOW) as session:
            answers.append(authenticate(session, login, "wrong", now=NOW))
    return answers


def person_of(session, login):
    return session.scalars(select(Person).where(Person.login == login)).one()


def test_the_right_password_proves_identity_in_any_case_of_the_login(company):
    with unit_of_work(SETUP, now=NOW) as session:
        answer = authenticate(session, " QA ", PASSWORD, now=NOW)
    assert answer == Proof(company.people["qa"], "password", NOW)


@pytest.mark.urs("URS-028")
def test_failures_lock_the_account_and_tell_the_security_administrators(company):
    answers = fail("qa", LOCK_AFTER)
    assert [answer.locked for answer in answers] == [False] * (LOCK_AFTER - 1) + [True]
    with unit_of_work(SETUP, now=NOW) as session:
        assert isinstance(authenticate(session, "qa", PASSWORD, now=NOW), Refusal)
    with read_session() as session:
        assert person_of(session, "qa").state is PersonState.LOCKED
        assert session.scalars(select(SecurityNotice)).one().kind == "locked"
        assert "account.locked" in session.scalars(select(AuditEntry.action)).all()


def test_an_unknown_login_says_the_same_as_a_wrong_password_and_is_counted(company):
    unknown, wrong = fail("nobody", 1)[0], fail("qa", 1)[0]
    assert unknown.error.code == wrong.error.code
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 2


def test_a_good_proof_forgets_earlier_failures(company):
    fail("qa", LOCK_AFTER - 1)
    with unit_of_work(SETUP, now=NOW) as session:
        authenticate(session, "qa", PASSWORD, now=NOW)
    assert not fail("qa", 1)[0].locked


@pytest.mark.urs("URS-022")
def test_a_signature_needs_the_signers_own_user_name_as_well(company):
    with unit_of_work(SETUP, now=NOW) as session:
        answer = reauthenticate(session, company.people["qa"], PASSWORD, now=NOW, login="keeper")
    assert isinstance(answer, Refusal)
    with read_session() as session:
        assert person_of(session, "qa").failures == 1


def test_an_administrator_opens_a_locked_account_again(company):
    fail("qa", LOCK_AFTER)
    with unit_of_work(ADMIN, now=NOW) as session:
        unlock_person(session, person_of(session, "qa"), actor=ADMIN, now=NOW)
    with read_session() as session:
        assert person_of(session, "qa").state is PersonState.ACTIVE
        assert session.scalars(select(SecurityNotice)).one().seen_by == ADMIN.id


@pytest.mark.urs("URS-028")
def test_a_login_is_never_given_to_another_even_after_its_owner_left(company):
    with unit_of_work(ADMIN, now=NOW) as session:
        mark_left(session, person_of(session, "qa"), actor=ADMIN, now=NOW)
    with pytest.raises(Conflict) as refusal, unit_of_work(ADMIN, now=NOW) as session:
        add_person(session, "QA", None, None)
    assert refusal.value.code == "access.login_taken"


def test_someone_who_left_does_not_come_back_by_unlocking(company):
    with unit_of_work(ADMIN, now=NOW) as session:
        person = person_of(session, "qa")
        mark_left(session, person, actor=ADMIN, now=NOW)
        unlock_person(session, person, actor=ADMIN, now=NOW)
    with read_session() as session:
        assert person_of(session, "qa").state is PersonState.LEFT


@pytest.mark.urs("URS-028", "URS-140")
def test_the_roles_of_somebody_who_left_end_with_that_day_and_open_nothing(company):
    qa, today = company.people["qa"], date(2026, 11, 22)
    with unit_of_work(ADMIN, now=NOW) as session:
        person = person_of(session, "qa")
        grant_role(session, person, GrantRole("qa", None, date(2026, 10, 1)), actor=ADMIN, now=NOW)
        grant_role(session, person, GrantRole("auditor", None, date(2026, 12, 1)), actor=ADMIN, now=NOW)
        mark_left(session, person, actor=ADMIN, now=NOW)
    with read_session() as session:
        person = person_of(session, "qa")
        held = {(one.role, one.state.value, one.standing(today), one.valid_to) for one in person.grants}
        assert ("qa", "effective", "ended", today) in held
        assert {one[2] for one in held} == {"ended", "refused"}, "what waited or was to begin never counts"
        assert not has_role(session, qa, "qa", company.plant, today)
        assert roles_of(session, qa, on=date(2026, 12, 2)) == frozenset()
        assert roles_of(session, qa, on=date(2026, 11, 21)) != frozenset(), "what was held stays readable"
    again = GrantRole("qa", None, today)
    with pytest.raises(Conflict) as refusal, unit_of_work(ADMIN, now=NOW) as session:
        grant_role(session, person_of(session, "qa"), again, actor=ADMIN, now=NOW)
    assert refusal.value.code == "access.has_left"


def test_a_role_holds_from_its_first_to_its_last_day_at_its_site(company):
    with unit_of_work(ADMIN, now=NOW) as session:
        person = person_of(session, "keeper")
        end_role(session, person.grants[0], last_day=date(2026, 11, 22), actor=ADMIN)
    keeper = company.people["keeper"]
    with read_session() as session:
        assert has_role(session, keeper, "keeper", company.plant, date(2026, 11, 22))
        assert not has_role(session, keeper, "keeper", company.registrant, date(2026, 11, 22))
        assert roles_of(session, keeper, on=date(2026, 11, 23)) == frozenset()
        assert roles_of(session, keeper, on=date(2025, 12, 31)) == frozenset()
        found = persons_with_role(session, "keeper", company.plant, on=date(2026, 11, 22))
        assert [person.login for person in found] == ["keeper"]


@pytest.mark.urs("URS-023")
@pytest.mark.parametrize(("login", "role"), [("qa", "system_admin"), ("admin", "releaser")])
def test_nobody_administers_and_signs(company, login, role):
    command = GrantRole(role, None, date(2026, 11, 1))
    with pytest.raises(Conflict) as refusal, unit_of_work(ADMIN, now=NOW) as session:
        grant_role(session, person_of(session, login), command, actor=ADMIN, now=NOW)
    assert refusal.value.code == "access.admin_and_work"


def test_nobody_grants_roles_to_himself(company):
    with unit_of_work(ADMIN, now=NOW) as session:
        person = person_of(session, "admin")
        himself = Actor(id=str(person.id), login="admin", name="Admin")
        with pytest.raises(Conflict):
            grant_role(
                session, person, GrantRole("audit_admin", None, date(2026, 1, 1)), actor=himself, now=NOW
            )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "1x"}, "login"),
        ({"login": "with space"}, "login"),
        ({"name": {"en": "A", "zh": " "}}, "name_zh"),
        ({"language": "de"}, "language"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"password": "short"}, "new_password"),
        ({"password": "aaaaaaaaaaaa"}, "new_password"),
        ({"password": "newperson-2026"}, "new_password"),
    ],
)
def test_an_unusable_account_is_refused_at_its_field(company, changes, field):
    given = {"login": "newperson", "name": {"en": "A", "zh": "甲"}, "password": PASSWORD, **changes}
    with pytest.raises(Invalid) as refusal, unit_of_work(ADMIN, now=NOW) as session:
        create_person(session, CreatePerson(**given), actor=ADMIN, now=NOW)
    assert refusal.value.field == field


def test_a_password_is_changed_by_its_proven_owner_to_another_one(company):
    proof = Proof(company.people["qa"], "password", NOW)
    with unit_of_work(SETUP, now=NOW) as session:
        person = person_of(session, "qa")
        with pytest.raises(Invalid) as refusal:
            change_password(session, person, proof, new=PASSWORD, now=NOW)
        assert refusal.value.field == "new_password"
        with pytest.raises(NotAllowed):
            change_password(session, person_of(session, "keeper"), proof, new="another-one-77", now=NOW)
        change_password(session, person, proof, new="another-one-77", now=NOW)
    with unit_of_work(SETUP, now=NOW) as session:
        assert isinstance(authenticate(session, "qa", "another-one-77", now=NOW), Proof)


def test_the_audit_trail_never_holds_a_password_hash(company):
    with unit_of_work(ADMIN, now=NOW) as session:
        reset_password(session, person_of(session, "qa"), actor=ADMIN, now=NOW)
    with read_session() as session:
        assert "argon2" not in " ".join(str(vars(entry)) for entry in session.scalars(select(AuditEntry)))
