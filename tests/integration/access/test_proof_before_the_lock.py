"""The slow comparison of a password happens before the account is locked, and is judged under it."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.access import proof
from app.access.models import Person, PersonState
from app.access.proof import Proof, Refusal, authenticate, compare, reauthenticate
from app.access.services import lock_person, reset_password
from core.actor import Actor
from core.db import read_session, unit_of_work
from tests.factories.people import PASSWORD, SETUP

ADMIN = Actor(id="22222222-2222-4222-8222-222222222222", login="admin", name="Admin")
NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)
pytestmark = pytest.mark.urs("URS-028")


def compared(login: str, password: str = PASSWORD) -> proof.Comparison:
    with read_session() as session:
        return compare(session, login, password)


def person_of(session, login):
    return session.scalars(select(Person).where(Person.login == login)).one()


def test_no_hash_is_computed_while_the_account_is_locked(company, monkeypatch):
    before = compared("qa")
    monkeypatch.setattr(proof, "is_right", lambda *_: pytest.fail("computed under the lock"))
    with unit_of_work(SETUP, now=NOW) as session:
        answer = authenticate(session, "qa", PASSWORD, now=NOW, compared=before)
        again = reauthenticate(session, company.people["qa"], PASSWORD, now=NOW, compared=before)
    assert answer == again == Proof(company.people["qa"], "password", NOW)


def test_a_password_replaced_between_comparison_and_lock_proves_nothing(company):
    before = compared("qa")
    with unit_of_work(SETUP, now=NOW) as session:
        reset_password(session, person_of(session, "qa"), actor=ADMIN, now=NOW)
    with unit_of_work(SETUP, now=NOW) as session:
        assert isinstance(authenticate(session, "qa", PASSWORD, now=NOW, compared=before), Refusal)


def test_an_account_closed_between_comparison_and_lock_proves_nothing(company):
    before = compared("qa")
    with unit_of_work(SETUP, now=NOW) as session:
        lock_person(session, person_of(session, "qa"), actor=ADMIN, now=NOW)
    with unit_of_work(SETUP, now=NOW) as session:
        refused = reauthenticate(session, company.people["qa"], PASSWORD, now=NOW, compared=before)
    assert isinstance(refused, Refusal)
    assert refused.locked


def test_the_right_password_under_another_name_is_a_failure(company):
    before = compared("qa")
    with unit_of_work(SETUP, now=NOW) as session:
        person = company.people["qa"]
        answer = reauthenticate(session, person, PASSWORD, now=NOW, login="keeper", compared=before)
    assert isinstance(answer, Refusal)


def test_guesses_compared_at_once_are_all_counted_and_lock_the_account(company):
    together = Barrier(6)
    answers = []

    def guess(password: str) -> None:
        before = compared("qa", password)
        together.wait(30)
        with unit_of_work(SETUP, now=NOW) as session:
            answers.append(authenticate(session, "qa", password, now=NOW, compared=before))

    threads = [Thread(target=guess, args=(f"wrong {number}",)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(answer.locked for answer in answers) == [False] * 4 + [True] * 2
    with read_session() as session:
        assert person_of(session, "qa").state is PersonState.LOCKED
    with unit_of_work(SETUP, now=NOW) as session:
        assert isinstance(authenticate(session, "qa", PASSWORD, now=NOW, compared=compared("qa")), Refusal)
