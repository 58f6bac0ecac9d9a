"""Who may sign after a reset, who gives roles to whom, and the three administrators."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.access.grants import GrantRole, decide_role, grant_role
from app.access.identity import VerifyIdentity, check_identity_known, check_may_sign, verify_identity
from app.access.models import GrantState, IdentityCheck, Person, RoleGrant
from app.access.queries import has_role
from app.access.services import CreatePerson, create_person, reset_password
from app.sites.models import Site
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, NotAllowed
from signatures.audit import AuditEntry
from tests.factories.people import PASSWORD, SETUP, add_person

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)
CARD = VerifyIdentity("identity_card", "…4711")


@pytest.fixture
def staff(company) -> dict[str, Actor]:
    """The company's people and two more administrators, as actors."""
    with unit_of_work(SETUP, now=NOW) as session:
        ids = dict(company.people)
        ids["admin2"] = add_person(session, "admin2", "security_admin", None)
        ids["system"] = add_person(session, "system", "system_admin", None)
    return {login: Actor(str(person), login, login) for login, person in ids.items()}


def person(session, login) -> Person:
    return session.scalars(select(Person).where(Person.login == login)).one()


def reset(login: str, by: Actor) -> str:
    with unit_of_work(by, now=NOW) as session:
        return reset_password(session, person(session, login), actor=by, now=NOW)


def verify(login: str, by: Actor) -> None:
    with unit_of_work(by, now=NOW) as session:
        verify_identity(session, person(session, login), CARD, actor=by, now=NOW)


def propose(login: str, role: str, by: Actor) -> RoleGrant:
    with unit_of_work(by, now=NOW) as session:
        command = GrantRole(role, session.scalars(select(Site.id)).first(), date(2026, 1, 1))
        return grant_role(session, person(session, login), command, actor=by, now=NOW)


def decide(grant: RoleGrant, by: Actor, *, confirmed: bool = True) -> None:
    with unit_of_work(by, now=NOW) as session:
        held = session.get_one(RoleGrant, grant.id)
        decide_role(session, held, confirmed=confirmed, actor=by, now=NOW)


def holds(grant: RoleGrant) -> bool:
    with read_session() as session:
        site = session.scalars(select(Site.id)).first()
        return has_role(session, grant.person_id, grant.role, site, NOW.date())


def actions() -> list[str]:
    with read_session() as session:
        return list(session.scalars(select(AuditEntry.action)))


@pytest.mark.urs("URS-028")
def test_after_a_reset_the_right_to_sign_rests_until_a_colleague_has_seen_who_it_is(staff) -> None:
    reset("keeper", staff["admin"])
    with read_session() as session, pytest.raises(NotAllowed) as refusal:
        check_may_sign(person(session, "keeper"))
    assert refusal.value.code == "access.signing_suspended"
    verify("keeper", staff["qa"])
    with read_session() as session:
        check_may_sign(person(session, "keeper"))
        checks = session.scalars(select(IdentityCheck).order_by(IdentityCheck.at.desc())).all()
    latest = checks[0]
    assert (latest.checked_by, latest.evidence, latest.note) == (staff["qa"].id, "identity_card", "…4711")
    assert {"signing.suspended", "identity.verified", "account.password_reset"} <= set(actions())


@pytest.mark.urs("URS-028")
@pytest.mark.parametrize("login", ["admin", "admin2", "system"])
def test_no_administrator_gives_the_right_to_sign_back(staff, login: str) -> None:
    reset("keeper", staff["admin"])
    with pytest.raises(NotAllowed) as refusal:
        verify("keeper", staff[login])
    assert refusal.value.code == "access.admins_proof"


def test_nobody_verifies_himself(staff) -> None:
    with pytest.raises(Conflict):
        verify("qa", staff["qa"])


def test_nobody_resets_his_own_password(staff) -> None:
    with pytest.raises(Conflict):
        reset("admin", staff["admin"])


@pytest.mark.urs("URS-028")
def test_before_the_first_signature_somebody_has_seen_who_it_is(staff) -> None:
    with unit_of_work(SETUP, now=NOW) as session:
        command = CreatePerson("newcomer", {"en": "New", "zh": "新"}, PASSWORD)
        create_person(session, command, actor=SETUP, now=NOW)
    with read_session() as session, pytest.raises(NotAllowed) as refusal:
        check_identity_known(person(session, "newcomer"))
    assert refusal.value.code == "access.identity_not_verified"
    verify("newcomer", staff["admin"])
    with read_session() as session:
        check_identity_known(person(session, "newcomer"))


@pytest.mark.urs("URS-148")
@pytest.mark.parametrize("role", ["qa", "releaser", "registrant_releaser", "process_owner"])
def test_an_approving_role_counts_only_after_a_second_person(staff, role: str) -> None:
    grant = propose("keeper", role, staff["admin"])
    assert not holds(grant)
    decide(grant, staff["qa"])
    assert holds(grant)
    assert {"role.proposed", "role.confirmed"} <= set(actions())


@pytest.mark.urs("URS-148")
def test_who_confirms_holds_his_role_by_his_own_day(staff) -> None:
    late, tomorrow = datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 23)
    with unit_of_work(SETUP, now=NOW) as session:
        quality = person(session, "qa")
        quality.zone = "Asia/Shanghai"
        for own in session.scalars(select(RoleGrant).where(RoleGrant.person_id == quality.id)):
            own.valid_from = tomorrow
    grant = propose("keeper", "releaser", staff["admin"])
    with unit_of_work(staff["qa"], now=late) as session:
        held = session.get_one(RoleGrant, grant.id)
        decide_role(session, held, confirmed=True, actor=staff["qa"], now=late)
        assert held.state is GrantState.EFFECTIVE


def test_a_refused_role_never_counts(staff) -> None:
    grant = propose("keeper", "qa", staff["admin"])
    decide(grant, staff["admin2"], confirmed=False)
    assert not holds(grant)
    with pytest.raises(Conflict) as refusal:
        decide(grant, staff["qa"])
    assert refusal.value.code == "access.decided_already"


def test_neither_the_proposer_nor_the_receiver_confirms(staff) -> None:
    grant = propose("qa", "releaser", staff["admin"])
    for login in ("admin", "qa"):
        with pytest.raises(Conflict) as refusal:
            decide(grant, staff[login])
        assert refusal.value.code == "access.second_person"


def test_whoever_is_neither_quality_nor_security_does_not_confirm(staff) -> None:
    grant = propose("keeper", "qa", staff["admin"])
    for login in ("keeper", "system"):
        with pytest.raises(QmsRefusal) as refusal:
            decide(grant, staff[login])
        assert refusal.value.code in ("access.second_person", "access.cannot_decide")


QmsRefusal = (NotAllowed, Conflict)


def test_an_inspector_needs_no_second_person(staff) -> None:
    assert holds(propose("keeper", "inspector", staff["admin"]))


def test_an_approving_role_waits_for_the_verified_identity(staff) -> None:
    with unit_of_work(SETUP, now=NOW) as session:
        command = CreatePerson("newcomer", {"en": "New", "zh": "新"}, PASSWORD)
        create_person(session, command, actor=SETUP, now=NOW)
    grant = propose("newcomer", "qa", staff["admin"])
    with pytest.raises(NotAllowed) as refusal:
        decide(grant, staff["qa"])
    assert refusal.value.code == "access.nobody_verified"


@pytest.mark.urs("URS-148")
@pytest.mark.parametrize(("login", "role"), [("system", "audit_admin"), ("admin2", "system_admin")])
def test_the_three_administrators_are_three_persons(staff, login: str, role: str) -> None:
    with pytest.raises(Conflict) as refusal:
        propose(login, role, staff["admin"])
    assert refusal.value.code == "access.two_administrators"


def test_of_two_proposals_that_never_meet_only_one_is_confirmed(staff) -> None:
    with unit_of_work(SETUP, now=NOW) as session:
        command = CreatePerson("newcomer", {"en": "New", "zh": "新"}, PASSWORD)
        create_person(session, command, actor=SETUP, now=NOW)
    propose("newcomer", "system_admin", staff["admin"])
    with pytest.raises(Conflict):
        propose("newcomer", "audit_admin", staff["admin"])


def test_a_decision_stays_as_it_is(staff) -> None:
    grant = RoleGrant(state=GrantState.REFUSED)
    grant.decide(GrantState.EFFECTIVE, staff["qa"].id, NOW + timedelta(days=1))
    assert grant.state is GrantState.REFUSED
