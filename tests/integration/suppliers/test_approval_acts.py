"""Supplier approval acts on the plant: what is approved may be ordered, old papers are refused."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.catalog import services as catalog
from app.catalog.models import Supplier
from app.suppliers.approval.models import Grade, SupplierEvaluation
from app.suppliers.approval.queries import next_review_of, reviews_due
from app.suppliers.models import Standing
from app.suppliers.queries import OrderGate, may_order, standing_row
from app.suppliers.tasks import ask_reviews
from core.actor import Actor
from core.db import unit_of_work
from core.errors import Invalid
from documents import registry
from forms import guards
from forms.beginnings import begin
from forms.loader import load
from tests.factories import workflows as made
from tests.factories.plant import Plant, make_plant, names
from workflows import codec, history, human_tasks, messages, repository, runtime
from workflows.message_models import CaseMessage
from workflows.models import CaseState, ProcessCase

BUYER = Actor(str(uuid.UUID(int=7)), "buyer", "Buyer")
QUESTIONS = (
    "quality_system",
    "process_control",
    "traceability",
    "change_notice",
    "nonconformity",
    "delivery",
)
AUDITED = ("process_control", "environment", "traceability", "change_control", "records")


@pytest.fixture
def plant(database: Engine, now: datetime) -> Plant:
    with unit_of_work(BUYER, now=now) as session:
        plant = make_plant(session, actor=BUYER, now=now)
        command = catalog.NewSupplier("S-02", names("Second works", "第二厂"), "A", "CN")
        catalog.open_supplier(session, command, actor=BUYER, now=now)
        for process in ("supplier_approval", "scar"):
            made.release(session, made.folder(process), process)
    return plant


def fields(score: int, until: date, effect: str = "direct") -> dict[str, dict[str, object]]:
    iso = {"kind": "iso_13485", "number": "MD 2", "issuer": "Body", "valid_from": "2026-01-01",
           "valid_until": until.isoformat()}  # fmt: skip
    decision = {"decision": "approve", "until": until.isoformat(), "reason": "Evidence is there."}
    return {
        "request": {"kind": "first", "supplier": "S-02", "effect": effect, "detectable": "no",
                    "scope": [{"item": "RM-PVC", "site": "SZ"}], "reason": "Second source."},
        "documents": {"certificates": [iso], "agreement": "signed", "notifies_changes": "yes"},
        "document_review": {"decision": "accept"},
        "questionnaire": dict.fromkeys(QUESTIONS, score),
        "audit_on_site": dict.fromkeys(AUDITED, score),
        "sample": {"sample": "T-1", "conclusion": "pass", "score": score},
        "head_approval": decision,
        "qa_approval": decision,
    }  # fmt: skip


def play(session: Session, plant: Plant, answers: dict[str, dict[str, object]], now: datetime) -> ProcessCase:
    case = runtime.start_case(
        session, "supplier_approval", title=names("Approval", "准入"), site_id=plant.site.id,
        subject=("catalog.supplier", plant.supplier.id), data={"sites": {"plant": str(plant.site.id)}},
        actor=BUYER, now=now, message={},
    )  # fmt: skip
    while case.state is CaseState.RUNNING:
        task = human_tasks.open_tasks(session, case.id)[0]
        human_tasks.complete(session, task, answers[task.step], actor=BUYER, now=now)
    return case


def deliver(session: Session, now: datetime) -> list[ProcessCase]:
    """Bring the messages to whom they are for; gives the cases that they started."""
    sent = session.scalars(select(CaseMessage)).all()
    found = [messages.deliver(session, one.id, now=now) for one in sent]
    return [case for case in found if case is not None]


def second(session: Session) -> Supplier:
    return session.scalars(select(Supplier).where(Supplier.code == "S-02")).one()


def codes(session: Session, plant: Plant, on: date) -> list[str]:
    return [reason.code for reason in may_order(session, second(session), plant.material, plant.site, on)]


@pytest.mark.urs("URS-004", "URS-040", "URS-041")
def test_what_is_approved_may_be_ordered_until_its_last_day(plant: Plant, now: datetime) -> None:
    last = now.date() + timedelta(days=200)
    with unit_of_work(BUYER, now=now) as session:
        assert "supplier.not_approved" in codes(session, plant, now.date())
        case = play(session, plant, fields(3, last), now)
        assert case.outcome == "approved"
        assert codes(session, plant, now.date()) == codes(session, plant, last) == []
        assert codes(session, plant, last + timedelta(days=1)) != []
        assert next_review_of(session, second(session).id) > now.date() + timedelta(days=360)
        assert reviews_due(session, now.date() + timedelta(days=370))[0].number == case.number


@pytest.mark.urs("URS-041")
def test_a_score_between_one_and_two_approves_on_conditions(plant: Plant, now: datetime) -> None:
    with unit_of_work(BUYER, now=now) as session:
        play(session, plant, fields(1, now.date() + timedelta(days=90)), now)
        row = standing_row(session, second(session).id)
        assert row is not None
        assert row.standing is Standing.CONDITIONAL
        assert codes(session, plant, now.date()) == []


@pytest.mark.urs("URS-041")
def test_a_score_below_one_blocks_and_a_drop_asks_for_capa_and_scar(plant: Plant, now: datetime) -> None:
    last = now.date() + timedelta(days=90)
    with unit_of_work(BUYER, now=now) as session:
        play(session, plant, fields(3, last), now)
        assert list(session.scalars(select(CaseMessage))) == []
        assert play(session, plant, fields(0, last), now).outcome == "blocked"
        assert OrderGate(session, [second(session).id]).standing_of(second(session)) is Standing.BLOCKED
        sent = {one.name: codec.as_facts(one.payload) for one in session.scalars(select(CaseMessage))}
        assert set(sent) == {"capa_wanted", "scar_wanted"}
        triage = begin(load("capa_triage"), {"wanted": sent["capa_wanted"]})
        assert (triage["source"], triage["severity"]) == (["supplier"], ["4"])
        request = begin(load("scar_request"), {"wanted": sent["scar_wanted"]})
        told = {name: texts[0] for name, texts in request.items()}
        assert (told["supplier"], told["trigger"], told["severity"]) == ("S-02", "grade", "major")
        started = deliver(session, now)
        assert [case.process_key for case in started] == ["scar"]
        assert started[0].site_id == plant.site.id
        shown = registry.gather(
            "workflows.wanted", session, second(session).id, history.facts(session, started[0].id)
        )
        assert "SZ-SA-" in str(shown[0]["rows"][0]["value"])
        (told,) = repository.compiled_for(session, started[0].release_id).vocabulary.say_rows(shown)
        assert {"en": "Grade dropped", "zh": "等级下降"} in [row["value"] for row in told["rows"]]
        grades = [row.grade for row in session.scalars(select(SupplierEvaluation))]
        assert sorted(grades) == [Grade.APPROVE, Grade.BLOCKED]


@pytest.mark.urs("URS-040", "URS-041")
def test_approving_again_prolongs_what_stands(plant: Plant, now: datetime) -> None:
    with unit_of_work(BUYER, now=now) as session:
        for days in (90, 300):
            play(session, plant, fields(3, now.date() + timedelta(days=days), "indirect"), now)
        assert codes(session, plant, now.date() + timedelta(days=299)) == []


@pytest.mark.urs("URS-040")
def test_an_expired_certificate_is_refused_at_its_field(plant: Plant, now: datetime) -> None:
    form, yesterday = load("supplier_documents"), (now.date() - timedelta(days=2)).isoformat()
    rows = [{"kind": "licence", "valid_until": "2099-01-01"}, {"kind": "iso_13485", "valid_until": yesterday}]
    with unit_of_work(BUYER, now=now) as session:
        found = guards.refusals(form, session, {"certificates": rows}, site_id=plant.site.id, now=now)
    assert {path: wrong.code for path, wrong in found.items()} == {
        "certificates.1.valid_until": "certificate.expired"
    }


@pytest.mark.urs("URS-040")
def test_a_certificate_that_expired_on_the_way_stops_the_step(plant: Plant, now: datetime) -> None:
    with unit_of_work(BUYER, now=now) as session, pytest.raises(Invalid) as refused:
        play(session, plant, fields(3, now.date() - timedelta(days=2)), now)
    assert refused.value.code == "certificate.expired"


@pytest.mark.urs("URS-004", "URS-040")
def test_what_falls_due_asks_for_an_evaluation_once_for_each_thing_due(plant: Plant, now: datetime) -> None:
    last = now.date() + timedelta(days=500)
    review = now + timedelta(days=330)
    with unit_of_work(BUYER, now=now) as session:
        evaluated = play(session, plant, fields(3, last), now)
        days = {due.last for due in ask_reviews(session, plant.site, actor=BUYER, now=now)}
        assert days <= {now.date() + timedelta(days=60)}, "the review is a year ahead"
        asked = ask_reviews(session, plant.site, actor=BUYER, now=review)
        assert f"review {evaluated.number}" in [due.key for due in asked]
        for day in (review, review + timedelta(days=1)):
            assert ask_reviews(session, plant.site, actor=BUYER, now=day) == []
        before = len(session.scalars(select(ProcessCase)).all())
        deliver(session, review)
        new = session.scalars(select(ProcessCase).order_by(ProcessCase.started_at.desc())).all()
        assert len(new) == before + len(asked) + len(days)
        begun = history.facts(session, new[0].id)["wanted"]
        assert (begun["supplier"], begun["kind"]) == ("S-02", "re_evaluation")
        assert begin(load("supplier_request"), {"wanted": begun})["kind"] == ["re_evaluation"]
        assert human_tasks.open_tasks(session, new[0].id)[0].role == "buyer"


@pytest.mark.urs("URS-040", "URS-041")
def test_one_open_approval_of_a_supplier_is_enough_whatever_falls_due_meanwhile(
    plant: Plant, now: datetime
) -> None:
    soon = now + timedelta(days=330)

    def asked(at: datetime) -> list[str]:
        found = ask_reviews(session, plant.site, actor=BUYER, now=at)
        return [due.key.split()[0] for due in found if due.supplier.code == "S-02"]

    with unit_of_work(BUYER, now=now) as session:
        play(session, plant, fields(3, now.date() + timedelta(days=370)), now)
        begun = runtime.start_case(
            session, "supplier_approval", title=names("Approval", "准入"), site_id=plant.site.id,
            subject=("catalog.supplier", plant.supplier.id), data={"sites": {"plant": str(plant.site.id)}},
            actor=BUYER, now=soon, message={},
        )  # fmt: skip
        (request,) = human_tasks.open_tasks(session, begun.id)
        human_tasks.complete(session, request, fields(3, soon.date())["request"], actor=BUYER, now=soon)
        assert asked(soon) == [], "a person has begun one"
        begun.state = CaseState.CANCELLED
        assert asked(soon) == ["review"], "the certificate ends soon too, but one approval is enough"
        assert asked(soon + timedelta(days=1)) == []
        for case in deliver(session, soon):
            assert asked(soon + timedelta(days=2)) == []
            case.state = CaseState.CANCELLED
        assert asked(soon + timedelta(days=3)) == ["iso_13485"], "what is still due when it ends asks then"


@pytest.mark.urs("URS-041")
def test_nobody_is_asked_about_a_supplier_who_delivers_nothing_here(plant: Plant, now: datetime) -> None:
    with unit_of_work(BUYER, now=now) as session:
        play(session, plant, fields(0, now.date() + timedelta(days=90)), now)
        later = now + timedelta(days=400)
        asked = ask_reviews(session, plant.site, actor=BUYER, now=later)
        assert "S-02" not in {due.supplier.code for due in asked}
