"""Nobody performs or signs a step without the training that the role needs (URS-075, 21 CFR 11.10(i))."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.controlled_documents.imports import revisions_by_key
from app.factory import create_app
from app.inbox import services
from app.inbox.errors import TrainingMissing
from core import clock
from core.clock import site_day
from core.db import read_session, unit_of_work
from forms import sources
from tests.factories import training
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, Plant, make_plant
from tests.factories.people import sign_in

ZONE = "Asia/Shanghai"


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    return make_plant(now)


@pytest.fixture
def today(now: datetime) -> date:
    return site_day(now, ZONE)


@pytest.fixture
def browser(plant: Plant) -> Callable[[str], FlaskClient]:
    app = create_app(testing=True)
    return lambda login: sign_in(app, login, PASSWORD)


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
    with pytest.raises(TrainingMissing) as refused, unit_of_work(
        plant.people["inspector"], now=plant.now
    ) as session:
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
