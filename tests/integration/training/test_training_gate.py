"""Nobody performs or signs a step without the training that the role needs (URS-075, 21 CFR 11.10(i))."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app.access.queries import persons_with_role
from app.controlled_documents.imports import revisions_by_key
from app.controlled_documents.queries import document_by_number
from app.factory import create_app
from app.inbox import services
from app.inbox.errors import TrainingMissing
from app.notifications.recipients import of_task
from app.objects.kinds import kind_of
from app.objects.models import Verb
from app.objects.services import ProposeChange, propose_change
from app.training import queries
from app.training.models import Qualification
from core import clock
from core.clock import site_day
from core.db import read_session, unit_of_work
from core.errors import FieldErrors, NotAllowed
from documents.registry import gather
from forms import sources
from tests.factories import training
from tests.factories.inbox import PLAN, RESULTS, Plant, make_plant
from workflows import registry
from workflows.models import HumanTask, ProcessCase

ZONE = "Asia/Shanghai"


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    return make_plant(now, "object_change")


@pytest.fixture
def today(now: datetime) -> date:
    return site_day(now, ZONE)


def ask(plant: Plant, today: date, *, grace_days: int = 0, known: tuple[str, ...] = ()) -> None:
    """Inspectors need revision A3, which follows A2; ``known`` are trained on A2."""
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        of = training.document(session)
        before = training.revision(session, plant, of, "A2", today - timedelta(days=100))
        training.revision(session, plant, of, "A3", today - timedelta(days=5))
        training.needs(session, plant, of, "inspector", today - timedelta(days=90), grace_days)
        for login in known:
            training.trained(session, login, "inspector", before, today - timedelta(days=90))


def train(plant: Plant, today: date, login: str, last: date | None = None) -> None:
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        revision = revisions_by_key(session, [("WI-QA-012", "A3")])[("WI-QA-012", "A3")]
        training.trained(session, login, "inspector", revision, today - timedelta(days=1), last)


@pytest.mark.urs("URS-075")
def test_without_a_requirement_nothing_is_asked(plant: Plant) -> None:
    assert plant.signs("inspector", "inspection", RESULTS).signed


@pytest.mark.urs("URS-075")
def test_an_untrained_person_can_neither_claim_nor_sign_and_reads_why_first(
    plant: Plant, today: date, browser: Callable[[str], FlaskClient]
) -> None:
    ask(plant, today)
    task = plant.task("inspection")
    with (
        pytest.raises(TrainingMissing) as refused,
        unit_of_work(plant.people["inspector"], now=plant.now) as session,
    ):
        services.claim_task(session, task.id, actor=plant.people["inspector"], now=plant.now)
    assert refused.value.code == "training.missing"
    assert "WI-QA-012, revision A3" in refused.value.text("en")
    with pytest.raises(TrainingMissing):
        plant.signs("inspector", "inspection", RESULTS)
    client = browser("inspector")
    page = client.get(f"/inbox/{task.id}").text
    assert "WI-QA-012, revision A3" in page
    assert "/training/mine" in page
    assert 'id="task-form"' not in page, "the form is not offered"
    assert "Training on WI-QA-012/A3 is missing" in client.get("/inbox").text


@pytest.mark.urs("URS-075")
def test_a_trained_person_signs(plant: Plant, today: date) -> None:
    ask(plant, today)
    train(plant, today, "inspector")
    assert plant.signs("inspector", "inspection", RESULTS).signed


@pytest.mark.urs("URS-075")
def test_a_training_that_has_lapsed_does_not_count(plant: Plant, today: date) -> None:
    ask(plant, today)
    train(plant, today, "inspector", last=today - timedelta(days=1))
    with pytest.raises(TrainingMissing):
        plant.signs("inspector", "inspection", RESULTS)


@pytest.mark.urs("URS-075")
def test_training_on_the_revision_before_counts_for_the_days_of_grace_only(plant: Plant, today: date) -> None:
    ask(plant, today, grace_days=6, known=("inspector",))
    assert plant.signs("inspector", "inspection", RESULTS).signed


@pytest.mark.urs("URS-075")
@pytest.mark.parametrize(("grace_days", "known"), [(5, ("inspector",)), (6, ())])
def test_grace_ends_and_is_for_those_who_knew_the_revision_before(
    plant: Plant, today: date, grace_days: int, known: tuple[str, ...]
) -> None:
    ask(plant, today, grace_days=grace_days, known=known)
    with pytest.raises(TrainingMissing):
        plant.signs("inspector", "inspection", RESULTS)


@pytest.mark.urs("URS-075")
def test_people_see_what_they_need_and_trainers_see_the_gaps(
    plant: Plant, today: date, browser: Callable[[str], FlaskClient]
) -> None:
    ask(plant, today)
    train(plant, today, "inspector", last=today + timedelta(days=10))
    own = browser("inspector").get("/training/mine").text
    assert "WI-QA-012" in own
    assert "Lapses soon" in own
    page = browser("owner").get("/training/matrix?site=SH&role=inspector").text
    assert "Gaps: 2" in page, "the second inspector and the keeper, who may inspect too, are not trained"
    assert "lapses within 30 days: 1" in page
    with read_session() as session:
        other = training.person_id(session, "inspector2")
    assert "Missing" in browser("owner").get(f"/training/people/{other}").text
    assert browser("keeper").get(f"/training/people/{other}").status_code == 403


@pytest.mark.urs("URS-075", "URS-141")
def test_the_case_says_at_once_when_nobody_is_trained(
    plant: Plant, today: date, browser: Callable[[str], FlaskClient]
) -> None:
    ask(plant, today)
    page = browser("owner").get(f"/cases/{plant.case_id}").text
    assert "Nobody can do this step now" in page
    assert "Not trained for it" in page
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        assert of_task(session, task, now=plant.now) == frozenset()
    train(plant, today, "inspector2")
    with read_session() as session:
        task = session.get_one(HumanTask, plant.task("inspection").id)
        heard = of_task(session, task, now=plant.now)
        assert heard == {training.person_id(session, "inspector2")}


def propose_training(plant: Plant, today: date, **more: str) -> None:
    """The owner proposes that the second quality assurance is trained on A3."""
    row = {
        "person": "qa2",
        "role": "qa",
        "document": "WI-QA-012",
        "code": "A3",
        "qualified_from": today.isoformat(),
        "how": "assessed",
        **more,
    }
    owner = plant.people["owner"]
    with unit_of_work(owner, now=plant.now) as session:
        kind = kind_of("training.qualification")
        wanted = ProposeChange(kind, Verb.OPEN, "Course", plant.site_id, rows=[row])
        plant.case_id = propose_change(session, wanted, actor=owner, now=plant.now).case_id or plant.case_id


@pytest.mark.urs("URS-075")
def test_a_training_is_signed_by_a_second_person_even_when_all_trainings_have_lapsed(
    plant: Plant, today: date, browser: Callable[[str], FlaskClient]
) -> None:
    ask(plant, today)
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        of = document_by_number(session, "WI-QA-012")
        training.needs(session, plant, of, "qa", today - timedelta(days=50))
    assert create_app(testing=True)
    propose_training(plant, today)
    with pytest.raises(NotAllowed) as own:
        plant.signs("qa2", "acceptance", {"decision": "accept"})
    assert own.value.code == "training.own"
    plant.signs("qa", "acceptance", {"decision": "accept"})
    with read_session() as session:
        trained = session.scalars(select(Qualification)).one()
        assert trained.how.value == "assessed"
        person = training.person_id(session, "qa2")
        assert queries.missing(session, person, "qa", plant.site_id, on=today) is None
        other = training.person_id(session, "qa")
        gap = queries.missing(session, other, "qa", plant.site_id, on=today)
        assert gap is not None
        assert gap.revision.code == "A3"


@pytest.mark.urs("URS-075")
def test_nobody_is_trained_on_a_draft_or_for_days_that_cannot_be(plant: Plant, today: date) -> None:
    ask(plant, today)
    with unit_of_work(plant.people["owner"], now=plant.now) as session:
        of = document_by_number(session, "WI-QA-012")
        training.revision(session, plant, of, "B1", None)
    assert create_app(testing=True)
    before = (today - timedelta(days=3)).isoformat()
    for wrong, field in (
        ({"code": "B1"}, "code"),
        ({"code": "Z9"}, "code"),
        ({"person": "nobody"}, "person"),
        ({"qualified_until": before}, "qualified_until"),
    ):
        with pytest.raises(FieldErrors) as refused:
            propose_training(plant, today, **wrong)
        assert list(refused.value.errors) == [field]


@pytest.mark.urs("URS-075", "URS-147")
def test_a_training_recorded_by_a_process_begins_on_the_day_of_its_site(plant: Plant, now: datetime) -> None:
    evening = now.replace(hour=20)  # the 23rd in Shanghai
    with unit_of_work(plant.people["qa"], now=evening) as session:
        on = training.revision(session, plant, training.document(session), "A1", date(2026, 1, 1))
        person = str(training.person_id(session, "inspector"))
        params = {"person": person, "revision": str(on.id), "role": "inspector", "how": "read"}
        case = session.get_one(ProcessCase, plant.case_id)
        call = registry.OperationCall(session, params, case, plant.people["qa"], evening)
        registry.call("training.record_qualification", call)
        assert session.scalars(select(Qualification)).one().qualified_from == site_day(evening, ZONE)


@pytest.mark.urs("URS-031", "URS-075")
def test_the_training_of_a_change_names_everybody_whose_role_needs_the_document(
    plant: Plant, today: date
) -> None:
    ask(plant, today)
    plan = {"documents": [{"document": "WI-QA-012", "revision": "A4"}], "effective_from": today.isoformat()}
    sites = {"plant": str(plant.site_id)}
    with read_session() as session:
        (told,) = gather("training.concerned", session, plant.site_id, {"plan": plan, "sites": sites})
        rows = told["table"]["rows"]
        assert {(row[0], row[1]) for row in rows} == {("WI-QA-012", "A4")}
        inspectors = persons_with_role(session, "inspector", plant.site_id, on=today)
        assert [row[3]["en"].split("(")[1].strip(")") for row in rows] == [one.login for one in inspectors]
        assert gather("training.concerned", session, plant.site_id, {"plan": {"documents": []}}) == []
