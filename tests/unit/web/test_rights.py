import uuid

import pytest

from app.web import access
from app.web.rights import ADMIN_ROLES, RIGHTS, ROLES, WORK_ROLES, roles_with
from app.web.visitor import Visitor

HERE, THERE = uuid.uuid4(), uuid.uuid4()


def visitor(*grants):
    return Visitor(
        id=uuid.uuid4(),
        login="x",
        name={"en": "X", "zh": "某"},
        language="en",
        zone="UTC",
        grants=frozenset(grants),
    )


def test_every_right_is_held_by_known_roles_only():
    assert set().union(*RIGHTS.values()) <= set(ROLES)
    assert set(ROLES) == ADMIN_ROLES | WORK_ROLES
    assert not ADMIN_ROLES & WORK_ROLES


@pytest.mark.urs("URS-023")
def test_no_administrator_holds_a_right_to_work():
    for right in ("inbox.work", "receipts.post", "output.post", "models.propose"):
        assert not roles_with(right) & ADMIN_ROLES
    assert not visitor(("system_admin", None)).may_sign


def test_a_route_cannot_ask_for_an_unknown_right():
    with pytest.raises(LookupError, match=r"lots\.eat"):
        access("lots.eat")


def test_a_right_holds_at_its_site_only():
    keeper = visitor(("keeper", HERE))
    assert keeper.may("receipts.post")
    assert keeper.may("receipts.post", HERE)
    assert not keeper.may("receipts.post", THERE)
    assert keeper.sites("receipts.post") == {HERE}


def test_a_grant_for_every_site_holds_everywhere():
    auditor = visitor(("auditor", None))
    assert auditor.may("records.read", THERE)
    assert auditor.sites("records.read") is None
