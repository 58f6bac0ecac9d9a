"""Rules for passwords as data: length, age, former ones, common ones, failures until the lock."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.access.models import FormerPassword, Person
from app.access.policy import ChangePolicy, change_policy, check_new, is_too_old, policy_of
from app.access.proof import Proof, Refusal, authenticate
from app.access.services import change_password
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, Invalid
from signatures.audit import AuditEntry
from tests.factories.people import SETUP

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)
RULES = {"shortest": 12, "oldest_days": 90, "remembered": 2, "lock_after": 3, "own_words": "huaxin"}


def put_into_force(**changes) -> None:
    with unit_of_work(SETUP, reason="SOP-IT-07", now=NOW) as session:
        change_policy(session, ChangePolicy(**RULES | changes), actor=SETUP, now=NOW)


def choose(company, new: str) -> None:
    with unit_of_work(SETUP, now=NOW) as session:
        person = session.get_one(Person, company.people["qa"])
        change_password(session, person, Proof(person.id, "password", NOW), new=new, now=NOW)


@pytest.mark.urs("URS-028")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-12345", "access.password_short"),
        ("Huaxin-meadow-1", "access.password_weak"),
        ("P@ssw0rd-2026!", "access.password_common"),
        ("medicaldevice1", "access.password_common"),
        ("qwertyuiop-12", "access.password_common"),
        ("201911223344", "access.password_common"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(company, password: str, code: str) -> None:
    put_into_force()
    with read_session() as session, pytest.raises(Invalid) as refusal:
        check_new(policy_of(session), password, login="qa")
    assert refusal.value.code == code


@pytest.mark.parametrize("password", ["copper meadow train", "春风 2026 又绿江南岸 好", "otter.lamp.river"])
def test_a_few_words_are_taken(company, password: str) -> None:
    put_into_force()
    with read_session() as session:
        check_new(policy_of(session), password, login="keeper")


@pytest.mark.urs("URS-028")
def test_the_last_passwords_are_not_taken_again_but_older_ones_are(company) -> None:
    put_into_force()
    choose(company, "copper meadow train")
    choose(company, "otter lamp river")
    for used in ("otter lamp river", "copper meadow train"):
        with pytest.raises(Invalid) as refusal:
            choose(company, used)
        assert refusal.value.code == "access.password_used"
    choose(company, "seven grey herons")
    choose(company, "copper meadow train")
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(FormerPassword)) == 4
        assert "argon2" not in " ".join(session.scalars(select(AuditEntry.entry)))


@pytest.mark.urs("URS-028")
def test_a_password_grows_old_by_the_rule_and_never_when_the_rule_says_never(company) -> None:
    put_into_force()
    with read_session() as session:
        person = session.get_one(Person, company.people["qa"])
        since = person.password_changed_at
        days = policy_of(session).oldest_days
        assert not is_too_old(days, since, since + timedelta(days=90))
        assert is_too_old(days, since, since + timedelta(days=91))
    put_into_force(oldest_days=0)
    with read_session() as session:
        assert not is_too_old(policy_of(session).oldest_days, since, since + timedelta(days=4000))


def test_the_account_locks_after_as_many_failures_as_the_rule_says(company) -> None:
    put_into_force()
    answers = []
    for _ in range(3):
        with unit_of_work(SETUP, now=NOW) as session:
            answers.append(authenticate(session, "qa", "wrong", now=NOW))
    assert [isinstance(answer, Refusal) and answer.locked for answer in answers] == [False, False, True]


def test_a_rule_out_of_its_bounds_is_refused_at_its_field(company) -> None:
    with pytest.raises(FieldErrors) as refusal:
        put_into_force(shortest=4, lock_after=99)
    assert set(refusal.value.errors) == {"shortest", "lock_after"}


@pytest.mark.urs("URS-148")
def test_a_change_of_the_rules_stands_in_the_trail_with_its_reason(company) -> None:
    put_into_force()
    with read_session() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == "policy.changed")).one()
    assert "SOP-IT-07" in found.entry
