"""A role alone is not the right to sign: it may rest, and it does not count among one's own grantors."""

import uuid

import pytest
from sqlalchemy import select, update

from app.access.identity import VerifyIdentity, verify_identity
from app.access.models import Person, RoleGrant
from app.access.services import reset_password
from core.actor import system_actor
from core.db import read_session, unit_of_work
from core.errors import NotAllowed
from signatures.models import Signature
from tests.factories.inbox import RESULTS, Plant

ADMIN = system_actor("security")


def refusal(plant: Plant) -> str:
    with pytest.raises(NotAllowed) as caught:
        plant.signs("inspector2", "inspection", RESULTS)
    with read_session() as session:
        assert session.scalars(select(Signature)).all() == []
    return caught.value.code


def granted_by(plant: Plant, login: str) -> None:
    """Say that somebody granted the second inspector's role."""
    person = uuid.UUID(plant.people["inspector2"].id)
    with unit_of_work(ADMIN, now=plant.now) as session:
        mine = update(RoleGrant).where(RoleGrant.person_id == person)
        session.execute(mine.values(granted_by=plant.people[login].id))


@pytest.mark.urs("URS-022", "URS-028")
def test_nobody_signs_after_a_reset_until_a_colleague_has_seen_who_it_is(plant: Plant) -> None:
    person = uuid.UUID(plant.people["inspector2"].id)
    with unit_of_work(ADMIN, now=plant.now) as session:
        reset_password(session, session.get_one(Person, person), actor=ADMIN, now=plant.now)
    assert refusal(plant) == "access.signing_suspended"
    colleague, seen = plant.people["qa"], VerifyIdentity("known")
    with unit_of_work(colleague, now=plant.now) as session:
        verify_identity(session, session.get_one(Person, person), seen, actor=colleague, now=plant.now)
    plant.signs("inspector2", "inspection", RESULTS)


@pytest.mark.urs("URS-023")
def test_a_role_does_not_count_in_a_case_in_which_its_grantor_takes_part(plant: Plant) -> None:
    granted_by(plant, "keeper")  # who started the case
    assert refusal(plant) == "task.grantor"
    granted_by(plant, "owner")
    plant.signs("inspector2", "inspection", RESULTS)
