"""What people see of cases: the list, the case with its live diagram, its records, the process sheet."""

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select

from app.access.models import Person, RoleGrant
from app.cases.wording import cell_words, duration_words
from app.factory import create_app
from app.sites.models import Layout, Site
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry, handler_of
from tests.factories.inbox import RELEASE, RESULTS, Plant
from workflows.models import ProcessCase

Browser = Callable[[str], FlaskClient]
SVG = "{http://www.w3.org/2000/svg}"


def seal_everything() -> None:
    with read_session() as session:
        waiting = session.scalars(select(OutboxEntry)).all()
    for job in waiting:
        handler_of(job.job)(job.id, job.payload, job.secret)


def case_number(plant: Plant) -> str:
    with read_session() as session:
        return session.get_one(ProcessCase, plant.case_id).number


@pytest.mark.urs("URS-008")
def test_the_page_says_where_the_case_stands_and_who_can_go_on(plant: Plant, browser: Browser) -> None:
    page = browser("qa").get(f"/cases/{plant.case_id}").text
    assert case_number(plant) in page
    assert "Lot T-001 of tubing" in page
    assert "Waits for" in page
    assert "Inspector2" in page
    assert "Took part before, so not:" in page, "the keeper, who also inspects, started the case"


@pytest.mark.urs("URS-008")
def test_what_happened_is_told_with_signer_meaning_and_entries(plant: Plant, browser: Browser) -> None:
    plant.signs("inspector2", "inspection", RESULTS)
    page = browser("qa").get(f"/cases/{plant.case_id}").text
    assert "Inspected" in page
    assert "Inspector2" in page
    assert "What was entered" in page
    assert "4.10" in page
    assert f"/cases/{plant.case_id}/progress" in page, "asked again while the record is being sealed"


@pytest.mark.urs("URS-008")
def test_progress_is_asked_for_until_every_record_is_sealed(plant: Plant, browser: Browser) -> None:
    plant.signs("inspector2", "inspection", RESULTS)
    client = browser("qa")
    waiting = client.get(f"/cases/{plant.case_id}/progress").text
    assert 'hx-trigger="every 2s"' in waiting
    assert "being sealed" in waiting
    seal_everything()
    done = client.get(f"/cases/{plant.case_id}/progress").text
    assert "hx-trigger" not in done
    assert ".pdf" in done


@pytest.mark.urs("URS-008")
def test_the_diagram_is_an_svg_that_a_strict_page_may_show(plant: Plant, browser: Browser) -> None:
    answer = browser("qa").get(f"/cases/{plant.case_id}/diagram.svg")
    assert answer.mimetype == "image/svg+xml"
    assert etree.fromstring(answer.data).tag == f"{SVG}svg"


@pytest.mark.urs("URS-122")
def test_the_interactive_diagram_gets_names_in_the_readers_language(plant: Plant, browser: Browser) -> None:
    client = browser("qa")
    assert b'name="Inspection"' in client.get(f"/cases/{plant.case_id}/model.bpmn").data
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        session.get_one(Person, uuid.UUID(plant.people["qa"].id)).language = "zh"
    assert 'name="检验"' in client.get(f"/cases/{plant.case_id}/model.bpmn").data.decode()


def test_an_ended_case_waits_for_nobody_and_names_its_end(plant: Plant, browser: Browser) -> None:
    plant.signs("inspector2", "inspection", RESULTS)
    plant.signs("qa", "incoming_release", RELEASE)
    page = browser("qa2").get(f"/cases/{plant.case_id}").text
    assert "Waits for" not in page
    assert "Decided" in page


def test_the_list_finds_cases_by_words_state_and_process(plant: Plant, browser: Browser) -> None:
    client = browser("qa")
    number = case_number(plant)
    assert number in client.get("/cases?q=tubing+T-001").text
    assert number in client.get("/cases?q=导管批").text
    assert number in client.get("/cases?state=running&process=small_release&sort=due").text
    assert number not in client.get("/cases?state=completed").text
    assert number not in client.get("/cases?q=nothing-like-it").text
    assert number in client.get("/cases?state=nonsense&sort=nonsense").text


@pytest.mark.urs("URS-120")
def test_a_case_of_another_site_answers_like_not_found(plant: Plant, browser: Browser) -> None:
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        away = Site(
            code="BJ", name={"en": "Beijing", "zh": "北京"}, company={"en": "Other", "zh": "其他"},
            address={"en": "Beijing", "zh": "北京"}, region="CN", zone="Asia/Shanghai", layout=Layout.BOTH,
            demo=True,
        )  # fmt: skip
        session.add(away)
        session.flush()
        person = uuid.UUID(plant.people["qa2"].id)
        for grant in session.scalars(select(RoleGrant).filter_by(person_id=person)):
            grant.valid_to = date(2026, 1, 2)
        session.add(
            RoleGrant(
                person_id=person, role="qa", site_id=away.id, valid_from=date(2026, 1, 1),
                granted_by="system:test", granted_at=plant.now,
            )
        )  # fmt: skip
    client = browser("qa2")
    assert client.get(f"/cases/{plant.case_id}").status_code == 404
    assert client.get(f"/cases/{plant.case_id}/diagram.svg").status_code == 404
    assert case_number(plant) not in client.get("/cases").text


def test_a_case_that_does_not_exist_is_not_found(plant: Plant, browser: Browser) -> None:
    assert browser("qa").get(f"/cases/{uuid.uuid4()}").status_code == 404


@pytest.mark.urs("URS-002")
def test_the_process_sheet_tells_steps_roles_and_signatures(plant: Plant, browser: Browser) -> None:
    client = browser("qa")
    assert "Small release" in client.get("/processes").text
    page = client.get("/processes/small_release").text
    wanted = ("Lot inspection record", "Inspected", "Release decision", "whoever started the case", "2 days")
    assert [words for words in wanted if words not in page] == []
    assert client.get("/processes/small_release/diagram.svg").mimetype == "image/svg+xml"
    assert b"small_release" in client.get("/processes/small_release/model.bpmn").data
    assert client.get("/processes/no_such_process").status_code == 404


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize(
    ("duration", "words"), [("P1D", "1 day"), ("P2DT1H", "2 days 1 hour"), ("soon", "soon")]
)
def test_a_duration_is_said_with_the_right_number(duration: str, words: str) -> None:
    with create_app(testing=True).test_request_context("/"):
        assert duration_words(duration) == words


@pytest.mark.parametrize(
    ("cell", "said"), [(">= 3", "≥ 3"), ("[1..4]", "1 – 4"), ("[0..3[", "≥ 0, < 3"), ("]1..3]", "> 1, ≤ 3")]
)
def test_a_cell_that_compares_numbers_is_said_with_the_signs_people_write(cell: str, said: str) -> None:
    with create_app().test_request_context():
        assert cell_words(cell) == said
