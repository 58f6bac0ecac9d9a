"""A measured value is a record from the moment it is saved; a change before signing is told for ever."""

import json
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import MultiDict

from app.factory import create_app
from app.inbox.errors import Changed
from app.inbox.originals import Taking
from app.inbox.services import keep_entries
from core import clock
from core.config import settings
from core.db import read_session, unit_of_work
from core.errors import FieldErrors
from documents.models import Record
from tests.factories.inbox import RELEASE, RESULTS, Plant
from tests.integration.inbox.test_pages import Browser, sign
from workflows.originals import OriginalEntry

VALUE = "results.0.value"
WHY = f"_why.{VALUE}"


def save(
    plant: Plant, login: str, typed: dict[str, str], *, taking: Taking = Taking.VALUES, ago: int = 0
) -> None:
    actor, now = plant.people[login], plant.now - timedelta(minutes=ago)
    task = plant.task("inspection")
    with unit_of_work(actor, now=now) as session:
        keep_entries(session, task.id, MultiDict(typed), taking=taking, actor=actor, now=now)


def kept(field: str) -> list[tuple[str, str, str]]:
    with read_session() as session:
        rows = session.scalars(select(OriginalEntry).filter_by(field=field).order_by(OriginalEntry.position))
        return [(row.value, row.person_name["en"], row.reason) for row in rows]


def refused(plant: Plant, typed: dict[str, str], login: str = "inspector") -> dict[str, str]:
    with pytest.raises(FieldErrors) as refusal:
        plant.command(login, "inspection", typed)
    return {path: error.code for path, error in refusal.value.errors.items()}


@pytest.mark.urs("URS-142")
def test_the_first_saved_value_stays_with_person_and_time_when_it_changes(plant: Plant) -> None:
    name = plant.people["inspector"].name
    save(plant, "inspector", {VALUE: "4.10"}, ago=7)
    save(plant, "inspector", RESULTS | {VALUE: "4.12", WHY: "misread"}, taking=Taking.REVIEWED)
    assert kept("results.OD.value") == [("4.10", name, ""), ("4.12", name, "misread")]
    taken = plant.signs("inspector", "inspection", RESULTS | {VALUE: "4.12"})
    content = json.loads(taken.record.canonical)["content"]
    assert "4.12 mm [1]" in content["entered"][1]["table"]["rows"][0]
    first, second = content["entered"][2]["table"]["rows"]
    assert (first[2]["en"], first[4], first[5]["en"]) == ("4.10 mm", "2026-11-22T08:03:05Z", "first entry")
    assert (second[2]["en"], second[4], second[5]) == ("4.12 mm", "2026-11-22T08:10:05Z", "misread")


@pytest.mark.urs("URS-142")
def test_whoever_takes_the_next_step_reads_what_was_changed(plant: Plant) -> None:
    save(plant, "inspector", {VALUE: "4.10"})
    save(plant, "inspector", RESULTS | {VALUE: "4.12", WHY: "misread"}, taking=Taking.REVIEWED)
    plant.signs("inspector", "inspection", RESULTS | {VALUE: "4.12"})
    released = plant.signs("qa", "incoming_release", RELEASE)
    shown = json.loads(released.record.canonical)["content"]["shown"]
    assert shown[-1]["title"]["en"] == "Entries of earlier steps that were changed before signing"
    assert "misread" in shown[-1]["table"]["rows"][1]


@pytest.mark.urs("URS-142")
def test_entries_signed_as_first_written_carry_no_mark(plant: Plant) -> None:
    save(plant, "inspector", {VALUE: "4.10"})
    save(plant, "inspector", RESULTS, taking=Taking.REVIEWED)
    taken = plant.signs("inspector", "inspection", RESULTS | {"remarks": "free text may change"})
    assert len(json.loads(taken.record.canonical)["content"]["entered"]) == 2
    assert len(kept("results.OD.value")) == len(kept("sample_size")) == 1


@pytest.mark.urs("URS-142")
def test_values_signed_without_a_draft_are_kept_with_the_signature(plant: Plant) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    assert [value for value, *_rest in kept("results.OD.value")] == ["4.10"]


@pytest.mark.urs("URS-142")
def test_a_change_without_a_reason_cannot_be_signed_nor_hidden_by_changing_back(plant: Plant) -> None:
    save(plant, "inspector", {VALUE: "4.30"})
    assert refused(plant, RESULTS) == {VALUE: "original.reason"}
    save(plant, "inspector", {VALUE: "4.10"})
    save(plant, "inspector", {VALUE: "4.30"})
    assert refused(plant, RESULTS | {VALUE: "4.30", "conclusion": "fail", "remarks": "x"}) == {
        VALUE: "original.reason"
    }
    save(plant, "inspector", RESULTS | {WHY: "wrong gauge"}, taking=Taking.REVIEWED)
    assert [(value, reason) for value, _name, reason in kept("results.OD.value")] == [
        ("4.30", ""),
        ("4.10", ""),
        ("4.30", ""),
        ("4.10", "wrong gauge"),
    ]
    assert plant.signs("inspector", "inspection", RESULTS)


@pytest.mark.urs("URS-142")
def test_emptying_a_saved_value_is_a_change_too(plant: Plant) -> None:
    save(plant, "inspector", RESULTS)
    emptied = {name: value for name, value in RESULTS.items() if name != "sample_size"}
    save(plant, "inspector", emptied, taking=Taking.REVIEWED)
    assert refused(plant, emptied) == {"sample_size": "form.required"}
    assert refused(plant, RESULTS) == {"sample_size": "original.reason"}
    save(plant, "inspector", RESULTS | {"_why.sample_size": "cleared by mistake"}, taking=Taking.REVIEWED)
    assert [value for value, *_rest in kept("sample_size")] == ["8", "", "8"]
    assert plant.signs("inspector", "inspection", RESULTS)


@pytest.mark.urs("URS-142")
def test_a_second_person_cannot_overwrite_the_first_ones_value_in_silence(plant: Plant) -> None:
    save(plant, "inspector", {"sample_size": "8"}, ago=3)
    save(plant, "inspector2", {"sample_size": "9"}, ago=2)
    save(plant, "inspector", {"sample_size": "8", "remarks": "typed on"}, ago=1)
    assert [value for value, *_rest in kept("sample_size")] == ["8", "9"]
    typed = RESULTS | {"sample_size": "9"}
    assert refused(plant, typed, "inspector2") == {"sample_size": "original.reason"}
    save(plant, "inspector2", typed | {"_why.sample_size": "one more taken"}, taking=Taking.REVIEWED)
    taken = plant.signs("inspector2", "inspection", typed)
    entered = json.loads(taken.record.canonical)["content"]["entered"]
    assert next(row for row in entered[0]["rows"] if row["label"]["en"] == "Sample size")["mark"] == "changed"
    persons = [line[3]["en"] for line in entered[2]["table"]["rows"]]
    assert persons == [plant.people["inspector"].name, plant.people["inspector2"].name]


@pytest.mark.urs("URS-142")
def test_a_reason_half_written_in_a_draft_is_not_taken(plant: Plant) -> None:
    save(plant, "inspector", {VALUE: "4.10"})
    save(plant, "inspector", {VALUE: "4.12", WHY: "mis"})
    assert [reason for *_rest, reason in kept("results.OD.value")] == ["", ""]


@pytest.mark.urs("URS-142")
def test_a_reason_no_record_can_print_is_refused_and_not_kept(plant: Plant) -> None:
    typed = RESULTS | {VALUE: "4.12", WHY: "mis\U0001f600read"}
    save(plant, "inspector", RESULTS)
    save(plant, "inspector", typed, taking=Taking.REVIEWED)
    assert refused(plant, typed) == {VALUE: "original.glyph"}
    assert kept("results.OD.value")[-1][2] == ""


@pytest.mark.urs("URS-142")
def test_a_hand_made_request_that_changes_a_value_after_review_signs_nothing(plant: Plant) -> None:
    command = plant.command("inspector", "inspection", RESULTS)
    save(plant, "inspector", RESULTS)
    forged = RESULTS | {VALUE: "4.19", WHY: "never reviewed"}
    with pytest.raises(FieldErrors):
        plant.signs("inspector", "inspection", forged, seen=command.seen)
    save(plant, "inspector", forged, taking=Taking.REVIEWED)
    with pytest.raises(Changed):
        plant.signs("inspector", "inspection", forged, seen=command.seen)
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(Record)) == 0


@pytest.mark.urs("URS-142")
def test_nobody_rewrites_what_was_kept(plant: Plant) -> None:
    save(plant, "inspector", {VALUE: "4.10"})
    for statement in ("UPDATE original_entry SET value = '4.12'", "DELETE FROM original_entry"):
        with pytest.raises(DBAPIError), unit_of_work(plant.people["inspector"], now=plant.now) as session:
            session.execute(text(statement))


@pytest.mark.urs("URS-142", "URS-023")
def test_a_person_barred_from_the_step_writes_nothing_into_it(plant: Plant) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    actor, task = plant.people["inspector"], plant.task("incoming_release")
    with pytest.raises(Exception) as refusal, unit_of_work(actor, now=plant.now) as session:
        keep_entries(session, task.id, MultiDict(RELEASE), actor=actor, now=plant.now)
    assert getattr(refusal.value, "code", "") in {"task.role", "task.separation"}


@pytest.fixture
def inspector(plant: Plant, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(clock, "now", lambda: now)
    settings().secret_key_file.parent.mkdir(parents=True, exist_ok=True)
    settings().secret_key_file.write_bytes(b"k" * 32)
    return Browser(create_app(testing=True).test_client(), "inspector")


@pytest.mark.urs("URS-142")
def test_the_page_asks_for_the_reason_at_the_field_and_keeps_everything_typed(
    plant: Plant, inspector: Browser
) -> None:
    path = f"/inbox/{plant.task('inspection').id}"
    inspector.get(path)
    inspector.post(f"{path}/draft", **{VALUE: "4.30"})
    typed = RESULTS | {"remarks": "second gauge", "opened": inspector.opened()}
    answer = inspector.post(f"{path}/review", **typed)
    assert answer.status_code == 422
    assert "Say why Outer diameter · Measured value changes" in answer.text
    assert re.search(r"So far: 4\.30 mm, entered by [^<&]+ on 2026-11-22 16:10 UTC\+08:00<", answer.text)
    assert re.search(r'name="_why\.results\.0\.value" value=""', answer.text)
    assert "second gauge" in answer.text
    assert 'value="4.10"' in answer.text
    answer = inspector.post(f"{path}/review", **typed, **{WHY: "wrong gauge"})
    dialog = answer.text[answer.text.index('id="sign-form"') :]
    for words in ("4.10 mm [1]", "4.30 mm", "first entry", "wrong gauge"):
        assert words in dialog


@pytest.mark.urs("URS-142")
def test_the_case_page_tells_what_was_changed(plant: Plant, inspector: Browser) -> None:
    path = f"/inbox/{plant.task('inspection').id}"
    inspector.get(path)
    inspector.post(f"{path}/draft", **{VALUE: "4.30"})
    inspector.post(f"{path}/review", **RESULTS, **{WHY: "wrong gauge"}, opened=inspector.opened())
    assert sign(inspector, path, RESULTS).status_code == 303
    page = inspector.get(f"/cases/{plant.case_id}").text
    for words in ("4.10 mm [1]", "4.30 mm", "Entries changed before signing", "wrong gauge"):
        assert words in page
