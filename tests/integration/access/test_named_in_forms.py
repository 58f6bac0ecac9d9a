"""Who is named in a form for steps of a role holds it; whoever does not is refused at the field."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from core.db import read_session, unit_of_work
from forms import guards
from forms.loader import load
from tests.factories.inbox import make_plant
from tests.factories.people import SETUP, add_person


@pytest.mark.urs("URS-003", "URS-041")
@pytest.mark.parametrize(
    ("login", "codes"),
    [("engineer", {}), ("ENGINEER ", {}), ("qa", {"owner": "person.role"}), ("nobody", {})],
)
def test_a_change_is_given_only_to_an_engineer_of_the_site(
    database: Engine, now: datetime, login: str, codes: dict[str, str]
) -> None:
    plant = make_plant(now)
    with unit_of_work(SETUP, now=now) as session:
        add_person(session, "engineer", "engineer", plant.site_id, now=now)
    form, entries = load("change_screening"), {"decision": "accept", "owner": login}
    with read_session() as session:
        found = guards.refusals(form, session, entries, site_id=plant.site_id, now=now)
    assert {field: error.code for field, error in found.items()} == codes
