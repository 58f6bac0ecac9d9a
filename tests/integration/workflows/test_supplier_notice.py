"""The delivered model of suppliers' change notices: every flow is walked, and it asks for what is needed."""

import pytest
from sqlalchemy import select

import app.factory
from tests.factories import walks
from workflows.message_models import CaseMessage

assert app.factory  # the rooms register what the model calls


@pytest.mark.urs("URS-001", "URS-040")
def test_every_sequence_flow_is_walked_and_changes_and_approvals_are_asked_for(session):
    walker = walks.Walker(session, "supplier_notice", answers={"notice": {"supplier": ["S-01"]}})
    walker.walk()
    assert walker.missing == set()
    assert set(walker.ends) == {"answered"}
    sent = {one.name: one.payload for one in session.scalars(select(CaseMessage))}
    assert set(sent) == {"change_wanted", "supplier_approval_wanted"}
    assert sent["supplier_approval_wanted"]["supplier"] == "S-01"
    assert set(walks.separations("supplier_notice")) == {("assessment", "notice"), ("assessment", "start")}
