"""Taking a step through the services: one record, one signature, one move of the process, or nothing."""

import json
import threading
import uuid
from datetime import date

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.access.models import Person, RoleGrant
from app.inbox.models import HeldKey, SharedSigning
from app.inbox.services import claim_task, draft_of_person, keep_entries, release_task
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.errors import Conflict, FieldErrors, NotAllowed, NotFound, QmsError
from core.outbox import OutboxEntry
from documents.models import Record
from signatures import one_time
from signatures.audit_models import AuditEntry
from signatures.models import Signature
from tests.factories.inbox import RELEASE, RESULTS, Plant
from workflows import history
from workflows.models import CaseState, HumanTask, ProcessCase, TaskState


def count(table: type) -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def refusal(plant: Plant, login: str, step: str, typed: dict[str, str], **changes: str) -> QmsError:
    with pytest.raises(QmsError) as caught:
        plant.signs(login, step, typed, **changes)
    assert count(Record) == count(Signature) == count(OutboxEntry) == 0
    return caught.value


@pytest.mark.urs("URS-020", "URS-022", "URS-024")
def test_a_signed_step_leaves_record_signature_job_and_the_next_task_together(plant: Plant) -> None:
    taken = plant.signs("inspector", "inspection", RESULTS)
    with read_session() as session:
        record = session.get_one(Record, taken.record.id)
        signature = session.scalars(select(Signature)).one()
        job = session.scalars(select(OutboxEntry)).one()
        content = json.loads(record.canonical)["content"]
        actions = set(session.scalars(select(AuditEntry.action)))
    assert signature.record_sha256 == record.sha256
    assert signature.meaning_code == "inspected"
    assert signature.signer_name == "Inspector 演示inspector"
    assert (job.job, job.payload, job.key) == (
        "archive.seal_record",
        {"record_id": str(record.id)},
        f"seal-{record.id}",
    )
    assert job.secret
    assert (record.form_code, record.form_revision, record.lot_number) == ("QR-QA-012", "A3", "T-001")
    assert content["signing"]["role"] == "inspector"
    assert content["entered"][1]["table"]["rows"][0][3] == "4.10 mm"
    assert content["case"]["version"] == "1"
    assert "record.signed" in actions
    assert plant.task("incoming_release").role == "qa"


@pytest.mark.urs("URS-001", "URS-023")
def test_the_whole_case_runs_to_its_end_and_later_records_name_the_earlier_ones(plant: Plant) -> None:
    first = plant.signs("inspector", "inspection", RESULTS)
    second = plant.signs("qa", "incoming_release", RELEASE)
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        content = json.loads(session.get_one(Record, second.record.id).canonical)["content"]
    assert case.state is CaseState.COMPLETED
    assert content["prior"][0]["sha256"] == first.record.sha256


@pytest.mark.urs("URS-022")
def test_a_step_nobody_opened_cannot_be_signed(plant: Plant) -> None:
    command = plant.command("inspector", "inspection", RESULTS)
    with pytest.raises(NotAllowed) as caught:
        plant.sends("inspector2", command)
    assert caught.value.code == "task.not_opened"
    assert count(Record) == 0


@pytest.mark.urs("URS-023")
def test_whoever_started_the_case_may_not_inspect_it(plant: Plant) -> None:
    assert refusal(plant, "keeper", "inspection", RESULTS).code == "task.separation"


@pytest.mark.urs("URS-023")
def test_whoever_inspected_may_not_release_though_he_holds_the_role(plant: Plant) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    with pytest.raises(NotAllowed) as caught:
        plant.signs("inspector", "incoming_release", RELEASE)
    assert caught.value.code == "task.separation"
    assert "Inspection" in caught.value.text("en")
    assert "检验" in caught.value.text("zh")


@pytest.mark.urs("URS-023")
def test_a_delegate_inherits_what_his_principal_may_not_do(plant: Plant) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    delegate = plant.people["qa"]
    principal = plant.people["inspector"].id
    plant.people["qa"] = Actor(delegate.id, delegate.login, delegate.name, on_behalf_of=principal)
    with pytest.raises(NotAllowed) as caught:
        plant.signs("qa", "incoming_release", RELEASE)
    assert caught.value.code == "task.separation"


def test_the_wrong_role_and_the_administrator_are_refused(plant: Plant) -> None:
    with pytest.raises(NotAllowed) as caught:
        plant.signs("qa", "inspection", RESULTS)
    assert caught.value.code == "task.role"
    with pytest.raises(NotAllowed) as caught:
        plant.signs("admin", "inspection", RESULTS)
    assert caught.value.code == "task.administrator"


def test_a_person_of_another_site_does_not_learn_that_the_task_exists(plant: Plant) -> None:
    stranger = plant.people["inspector2"]
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        for grant in session.scalars(select(RoleGrant).filter_by(person_id=uuid.UUID(stranger.id))):
            grant.valid_to = date(2026, 11, 21)
    with pytest.raises(NotFound) as caught:
        plant.signs("inspector2", "inspection", RESULTS)
    assert caught.value.code == "task.unknown"


def test_a_role_ends_with_its_last_day_at_the_site(plant: Plant) -> None:
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        for grant in session.scalars(select(RoleGrant)):
            grant.valid_to = date(2026, 11, 22)
    plant.signs("inspector", "inspection", RESULTS)


def test_entries_to_mend_are_named_by_field_and_nothing_is_kept(plant: Plant) -> None:
    error = refusal(plant, "inspector", "inspection", RESULTS | {"results.0.value": "4.21"}, seen="x")
    assert isinstance(error, FieldErrors)
    assert set(error.errors) == {"conclusion"}
    error = refusal(plant, "inspector", "inspection", RESULTS | {"remarks": "rocket \U0001f680"}, seen="x")
    assert isinstance(error, FieldErrors)
    assert error.errors["remarks"].code == "form.glyph"
    unknown = RESULTS | {"attachments": "0" * 64}
    error = refusal(plant, "inspector", "inspection", unknown, seen="x")
    assert isinstance(error, FieldErrors)
    assert error.errors["attachments"].code == "attachment.unknown"


@pytest.mark.urs("URS-022")
@pytest.mark.parametrize("changes", [{"seen": "0" * 64}, {"opened": "0" * 64, "seen": ""}])
def test_what_was_not_on_the_screen_cannot_be_signed(plant: Plant, changes: dict[str, str]) -> None:
    assert refusal(plant, "inspector", "inspection", RESULTS, **changes).code == "task.changed"


def test_an_entry_changed_after_the_dialog_is_not_signed(plant: Plant) -> None:
    seen = plant.command("inspector", "inspection", RESULTS).seen
    other = RESULTS | {"results.0.value": "4.11"}
    assert refusal(plant, "inspector", "inspection", other, seen=seen).code == "task.changed"


def test_a_second_click_signs_nothing(plant: Plant) -> None:
    command = plant.command("inspector", "inspection", RESULTS)
    plant.sends("inspector", command)
    with pytest.raises(Conflict) as caught:
        plant.sends("inspector", command)
    assert caught.value.code == "task.over"
    assert count(Record) == count(Signature) == 1


def test_of_two_persons_signing_at_once_one_signs_and_one_is_told(plant: Plant) -> None:
    commands = {login: plant.command(login, "inspection", RESULTS) for login in ("inspector", "inspector2")}
    results: list[str] = []

    def send(login: str) -> None:
        try:
            plant.sends(login, commands[login])
            results.append("signed")
        except Conflict as error:
            results.append(error.code)

    threads = [threading.Thread(target=send, args=(login,)) for login in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["signed", "task.over"]
    assert count(Record) == count(Signature) == count(OutboxEntry) == 1


def test_a_signature_needs_proof_of_identity_and_the_accepted_statement(plant: Plant) -> None:
    assert refusal(plant, "inspector", "inspection", RESULTS, method=None).code == "task.identity"  # type: ignore[arg-type]
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        session.get_one(Person, uuid.UUID(plant.people["inspector"].id)).statement_accepted_at = None
    assert refusal(plant, "inspector", "inspection", RESULTS).code == "task.statement"


def test_completed_tasks_know_who_and_when(plant: Plant) -> None:
    task = plant.task("inspection")
    plant.signs("inspector", "inspection", RESULTS)
    with read_session() as session:
        done = session.get_one(HumanTask, task.id)
    assert done.state is TaskState.COMPLETED
    assert str(done.completed_by) == plant.people["inspector"].id
    assert done.completed_at == plant.now
    assert done.draft is None


@pytest.mark.urs("URS-003", "URS-006")
def test_a_step_with_two_signers_completes_with_the_second_on_the_same_record(
    inspected_twice: Plant,
) -> None:
    plant = inspected_twice
    first = plant.signs("qa", "incoming_release", RELEASE)
    assert first.waits
    with pytest.raises(Conflict) as caught:
        plant.signs("qa", "incoming_release", RELEASE)
    assert caught.value.code == "task.signed_already"
    second = plant.signs("qa2", "incoming_release", {"decision": "reject"})
    assert not second.waits
    assert second.record.id == first.record.id
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        signatures = session.scalars(select(Signature).filter_by(record_id=first.record.id)).all()
        jobs = session.scalars(select(OutboxEntry).filter_by(key=f"seal-{first.record.id}")).all()
        facts = history.facts(session, case.id)
        took_part = history.performers(session, case.id)["incoming_release"]
    assert case.state is CaseState.COMPLETED
    assert len(signatures) == 2
    assert set(one_time.split(jobs[0].secret or b"")) == {signature.id for signature in signatures}
    assert facts["incoming_release"] == {"decision": "release"}
    assert {str(person) for person in took_part} == {plant.people["qa"].id, plant.people["qa2"].id}
    assert count(HeldKey) == count(SharedSigning) == 0


@pytest.mark.urs("URS-003")
def test_a_step_without_meaning_makes_a_record_that_only_the_plant_seals(unsigned: Plant) -> None:
    unsigned.signs("inspector", "inspection", RESULTS)
    taken = unsigned.signs("qa", "incoming_release", RELEASE, method=None)  # type: ignore[arg-type]
    with read_session() as session:
        content = json.loads(session.get_one(Record, taken.record.id).canonical)["content"]
        job = session.scalars(select(OutboxEntry).filter_by(key=f"seal-{taken.record.id}")).one()
    assert content["signing"] is None
    assert job.secret is None
    assert count(Signature) == 1


def test_a_claimed_task_is_nobody_elses_until_it_is_given_back(plant: Plant) -> None:
    task, actor = plant.task("inspection"), plant.people["inspector"]
    with unit_of_work(actor, now=plant.now) as session:
        claim_task(session, task.id, actor=actor, now=plant.now)
    with pytest.raises(Conflict) as caught:
        plant.signs("inspector2", "inspection", RESULTS)
    assert caught.value.code == "task.claimed"
    assert "Inspector" in caught.value.text("en")
    with unit_of_work(actor, now=plant.now) as session:
        release_task(session, task.id, actor=actor, now=plant.now)
    plant.signs("inspector2", "inspection", RESULTS)


def test_whoever_may_not_take_a_step_cannot_claim_it(plant: Plant) -> None:
    task, keeper = plant.task("inspection"), plant.people["keeper"]
    with unit_of_work(keeper, now=plant.now) as session, pytest.raises(NotAllowed):
        claim_task(session, task.id, actor=keeper, now=plant.now)


def test_each_person_finds_the_own_draft_again(plant: Plant) -> None:
    task = plant.task("inspection")
    for login, remark in (("inspector", "one"), ("inspector2", "two")):
        actor = plant.people[login]
        typed = MultiDict({"remarks": remark, "csrf_token": "x", "password": "secret"})
        with unit_of_work(actor, now=plant.now) as session:
            keep_entries(session, task.id, typed, actor=actor, now=plant.now)
    with read_session() as session:
        task = session.get_one(HumanTask, task.id)
        assert "secret" not in json.dumps(task.draft)
        for login, remark in (("inspector", "one"), ("inspector2", "two")):
            saved, at = draft_of_person(task, plant.people[login])
            assert saved.getlist("remarks") == [remark]
            assert at == plant.now
