"""Sites and the house style of their records."""

import pytest

from app.sites.queries import site_by_code, style_of
from app.sites.services import CreateSite, create_site
from core.db import read_session, unit_of_work
from core.errors import Conflict, Invalid
from tests.factories.people import SETUP, add_person, sign_in

SITE = CreateSite(
    "SH1",
    {"en": "Shanghai", "zh": "上海"},
    {"en": "C", "zh": "司"},
    {"en": "A", "zh": "址"},
    "CN",
    "Asia/Shanghai",
)


@pytest.mark.urs("URS-144")
def test_a_sites_style_says_whose_its_records_are(company):
    with read_session() as session:
        style = style_of(site_by_code(session, "SZ1"))
    assert (style.code, style.layout, style.zone, style.demo) == ("SZ1", "both", "Asia/Shanghai", False)
    assert style.root_sha256 == ""


def test_a_code_is_given_once_and_a_zone_must_exist(company):
    with unit_of_work(SETUP) as session:
        create_site(session, SITE, actor=SETUP)
        with pytest.raises(Conflict):
            create_site(session, SITE, actor=SETUP)
        with pytest.raises(Invalid):
            create_site(
                session, CreateSite(**{**vars(SITE), "code": "SH2", "zone": "Mars/Base"}), actor=SETUP
            )


@pytest.mark.urs("URS-120")
def test_a_person_sees_own_sites_only_and_another_is_not_found(app, company):
    client = sign_in(app, "qa")
    assert "Registrant" not in client.get("/sites").text
    assert client.get(f"/sites/{company.plant}").status_code == 200
    assert client.get(f"/sites/{company.registrant}").status_code == 404


def test_a_role_for_every_site_sees_all(app, company):
    with unit_of_work(SETUP) as session:
        add_person(session, "chief", "auditor", None)
    assert sign_in(app, "chief").get(f"/sites/{company.registrant}").status_code == 200
