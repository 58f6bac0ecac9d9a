"""The approver's pages as a browser uses them, without JavaScript."""

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import ORMExecuteState, Session
from werkzeug.test import TestResponse

from app.access.models import Person
from app.factory import create_app
from core import clock
from core.config import settings
from core.db import read_session, unit_of_work
from core.errors import Conflict
from documents.models import Record
from signatures.audit_models import AuditEntry
from signatures.models import Signature
from tests.factories.inbox import PASSWORD, RELEASE, RESULTS, Plant
from workflows import human_tasks
from workflows.models import CaseState, ProcessCase

Browse = Callable[..., "Browser"]


class Browser:
    """One person's browser: signs in, follows no redirect, sends the form token of the last page."""

    def __init__(self, client: FlaskClient, login: str) -> None:
        self.client, self.page = client, ""
        self.get("/login")
        answer = self.post("/login", login=login, password=PASSWORD)
        assert answer.status_code == 302, answer.text

    def get(self, path: str, **query: str) -> TestResponse:
        return self._read(self.client.get(path, query_string=query))

    def ask(self, path: str, **fields: str) -> TestResponse:
        """What a page with scripts asks after a change of the entries."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.page)
        headers = {"HX-Request": "true", "X-CSRFToken": token[1] if token else ""}
        return self.client.post(f"{path}/review", data={"opened": self.opened(), **fields}, headers=headers)

    def post(self, path: str, _files: dict[str, Any] | None = None, **fields: Any) -> TestResponse:
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.page)
        data = {"csrf_token": token[1] if token else "", **fields, **(_files or {})}
        return self._read(self.client.post(path, data=data))

    def hidden(self) -> dict[str, str]:
        """Every hidden field of what is signed, as the page carries it."""
        found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.panel()))
        return {name: value for name, value in found.items() if name != "csrf_token"}

    def panel(self) -> str:
        """What is signed, as the page shows it, with the bar below it."""
        found: str = self.page[self.page.index('id="sign-form"') :]
        return found

    def opened(self) -> str:
        found = re.search(r'name="opened" value="([0-9a-f]{64})"', self.page)
        assert found, self.page
        return found[1]

    def _read(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and "csrf-token" in answer.text:
            self.page = answer.text
        return answer


@pytest.fixture
def browse(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Browse:
    monkeypatch.setattr(clock, "now", lambda: now)
    settings().secret_key_file.parent.mkdir(parents=True, exist_ok=True)
    settings().secret_key_file.write_bytes(b"k" * 32)
    app = create_app(testing=True)
    return lambda login: Browser(app.test_client(), login)


def task_path(plant: Plant, step: str) -> str:
    return f"/inbox/{plant.task(step).id}"


def reviewed(browser: Browser, path: str, typed: dict[str, str]) -> TestResponse:
    browser.get(path)
    return browser.post(f"{path}/review", **typed, opened=browser.opened())


def sign(browser: Browser, path: str, typed: dict[str, str], **changes: str) -> TestResponse:
    answer = reviewed(browser, path, typed)
    assert answer.status_code == 200, answer.text
    fields = browser.hidden() | {"login": "", "password": PASSWORD} | changes
    login = re.search(r'name="login" value="([^"]+)"', browser.page)
    fields["login"] = fields["login"] or (login[1] if login else "")
    return browser.post(f"{path}/sign", **fields)


def count(table: type) -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def audited() -> list[str]:
    with read_session() as session:
        return list(session.scalars(select(AuditEntry.action)))


@pytest.mark.urs("URS-002", "URS-022")
def test_two_persons_take_a_lot_through_the_pages(plant: Plant, browse: Browse) -> None:
    inspector, qa = browse("inspector"), browse("qa")
    assert "Lot T-001 of tubing" in inspector.get("/inbox").text
    path = task_path(plant, "inspection")
    answer = sign(inspector, path, RESULTS)
    assert (answer.status_code, answer.location) == (303, f"/inbox?after={plant.case_id}")
    answer = sign(qa, task_path(plant, "incoming_release"), RELEASE)
    assert answer.status_code == 303
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).state is CaseState.COMPLETED
    assert count(Record) == count(Signature) == 2


def test_the_page_shows_what_is_signed_and_never_a_password(plant: Plant, browse: Browse) -> None:
    inspector = browse("inspector")
    reviewed(inspector, task_path(plant, "inspection"), RESULTS)
    dialog = inspector.panel()
    for text in ("QR-QA-012/A3", "Inspected", "Inspector", "legally binding", "UTC", "4.10", "(inspector)"):
        assert text in dialog
    assert inspector.hidden()["seen"][:16] in dialog
    password = re.search(r'<input[^>]*type="password"[^>]*>', dialog)
    assert password
    assert "value" not in password[0]
    assert 'autocomplete="current-password"' in password[0]


def test_a_chinese_reader_gets_chinese_pages(plant: Plant, browse: Browse) -> None:
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        session.scalars(select(Person).filter_by(login="inspector")).one().language = "zh"
    inspector = browse("inspector")
    page = inspector.get(task_path(plant, "inspection")).text
    for text in ("外径", "实测值", "检验结论", "导管批 T-001"):
        assert text in page


@pytest.mark.urs("URS-022", "URS-028")
def test_a_wrong_password_signs_nothing_keeps_everything_and_is_counted(plant: Plant, browse: Browse) -> None:
    inspector = browse("inspector")
    answer = sign(inspector, task_path(plant, "inspection"), RESULTS | {"remarks": "none"}, password="wrong")
    assert answer.status_code == 422
    assert 'id="sign-password-e"' in answer.text
    assert inspector.hidden()["results.0.value"] == "4.10"
    assert inspector.hidden()["remarks"] == "none"
    assert count(Record) == 0
    with read_session() as session:
        assert session.scalars(select(Person.failures).filter_by(login="inspector")).one() == 1
    assert "signature.failed" in audited()


def test_somebody_elses_user_id_signs_nothing(plant: Plant, browse: Browse) -> None:
    answer = sign(browse("inspector"), task_path(plant, "inspection"), RESULTS, login="inspector2")
    assert answer.status_code == 422
    assert count(Record) == 0


def test_a_result_outside_its_limits_cannot_pass(plant: Plant, browse: Browse) -> None:
    inspector = browse("inspector")
    answer = reviewed(inspector, task_path(plant, "inspection"), RESULTS | {"results.0.value": "4.5"})
    assert answer.status_code == 422
    assert "Outside the limits: Outer diameter" in answer.text
    assert 'value="4.5"' in answer.text
    assert 'data-sign="ready"' not in answer.text
    assert inspector.hidden()["seen"] == ""


def test_a_stale_tab_is_told_and_keeps_its_entries(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    answer = inspector.post(f"{path}/review", **RESULTS, opened="0" * 64)
    assert answer.status_code == 409
    assert "changed since you opened it" in answer.text
    assert 'value="4.10"' in answer.text
    assert "request.refused" in audited()


@pytest.mark.urs("URS-024")
def test_a_double_click_leaves_one_record(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    sign(inspector, path, RESULTS)
    fields = inspector.hidden() | {"login": "inspector", "password": PASSWORD}
    answer = inspector.post(f"{path}/sign", **fields)
    assert answer.status_code == 409
    assert count(Record) == count(Signature) == 1


@pytest.mark.urs("URS-023")
def test_the_wrong_signer_is_refused_also_by_a_hand_made_request(plant: Plant, browse: Browse) -> None:
    inspector = browse("inspector")
    sign(inspector, task_path(plant, "inspection"), RESULTS)
    path = task_path(plant, "incoming_release")
    page = inspector.get(path).text
    assert "you took part in" in page
    assert 'id="task-form"' not in page
    fields = {"opened": "0" * 64, "seen": "0" * 64, "login": "inspector", "password": PASSWORD}
    answer = inspector.post(f"{path}/sign", **RELEASE, **fields)
    assert answer.status_code == 403
    assert count(Record) == 1
    assert "request.refused" in audited()


def test_a_person_who_never_opened_the_page_is_refused(plant: Plant, browse: Browse) -> None:
    first, second, path = browse("inspector"), browse("inspector2"), task_path(plant, "inspection")
    reviewed(first, path, RESULTS)
    second.get("/inbox")
    fields = first.hidden() | {"login": "inspector2", "password": PASSWORD}
    assert second.post(f"{path}/sign", **fields).status_code == 403
    assert count(Record) == 0


def test_an_administrator_has_no_inbox(plant: Plant, browse: Browse) -> None:
    assert browse("admin").get("/inbox").status_code == 403


def test_what_was_typed_is_found_again(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    answer = inspector.post(f"{path}/draft", remarks="half way", conclusion="fail")
    assert answer.status_code == 200
    assert "half way" in inspector.get(path).text


@pytest.mark.urs("URS-020")
def test_a_file_is_added_without_javascript_and_stands_in_the_record(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    upload = {"_file.attachments": (io.BytesIO(b"length;4.10\n"), "print-out.csv")}
    answer = inspector.post(f"{path}/review", _files=upload, _upload="attachments", remarks="see file")
    assert answer.status_code == 303
    page = inspector.get(path).text
    assert "print-out.csv" in page
    sha256 = re.search(r'name="attachments" value="([0-9a-f]{64})"', page)
    assert sha256
    sign(inspector, path, RESULTS | {"attachments": sha256[1]})
    with read_session() as session:
        canonical = session.scalars(select(Record.canonical)).one()
    assert sha256[1].encode() in canonical
    qa, path = browse("qa"), task_path(plant, "incoming_release")
    assert "print-out.csv" in qa.get(path).text
    answer = qa.get(f"{path}/files/{sha256[1]}")
    assert answer.data == b"length;4.10\n"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()
    assert qa.get(f"{path}/files/{'0' * 64}").status_code == 404


def test_a_file_that_is_not_what_it_claims_is_refused(plant: Plant, browse: Browse) -> None:
    inspector = browse("inspector")
    inspector.get(task_path(plant, "inspection"))
    answer = inspector.post("/attachments", _files={"file": (io.BytesIO(b"MZ\x90\x00" * 50), "photo.png")})
    assert answer.status_code == 422
    answer = inspector.post("/attachments")
    assert answer.status_code == 422
    answer = inspector.post("/attachments", _files={"file": (io.BytesIO(b"a;b\n1;2\n"), "a.csv")})
    assert answer.json is not None
    assert answer.json["name"] == "a.csv"


def test_claiming_and_giving_back(plant: Plant, browse: Browse) -> None:
    first, second, path = browse("inspector"), browse("inspector2"), task_path(plant, "inspection")
    first.get(path)
    assert first.post(f"{path}/claim").status_code == 303
    assert "Claimed by you" in first.get("/inbox").text
    assert "Lot T-001" not in second.get("/inbox").text
    assert "Lot T-001" in second.get("/inbox", whose="others").text
    second.get(path)
    assert second.post(f"{path}/claim").status_code == 409
    assert first.post(f"{path}/release").status_code == 303
    assert "Lot T-001" in second.get("/inbox").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "T-001"}, True),
        ({"q": "导管"}, True),
        ({"q": "SR-"}, True),
        ({"q": "nothing"}, False),
        ({"process": "small_release"}, True),
        ({"process": "other"}, False),
        ({"due": "overdue"}, False),
        ({"due": "week"}, True),
        ({"sort": "newest", "page": "99"}, True),
        ({"sort": "case", "due": "nonsense"}, True),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(
    plant: Plant, browse: Browse, query: dict[str, str], shown: bool
) -> None:
    page = browse("inspector").get("/inbox", **query).text
    assert ("Lot T-001 of tubing" in page) is shown


def test_a_task_that_is_over_leads_to_its_case(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    sign(inspector, path, RESULTS)
    assert inspector.get(path).location == f"/cases/{plant.case_id}"
    assert inspector.get("/inbox/00000000-0000-4000-8000-000000000000").status_code == 404


def test_the_second_signer_sees_what_the_first_one_signed(inspected_twice: Plant, browse: Browse) -> None:
    first, second = browse("qa"), browse("qa2")
    path = task_path(inspected_twice, "incoming_release")
    assert sign(first, path, RELEASE | {"remarks": "complete"}).status_code == 303
    assert "You have signed this step already" in first.get(path).text
    page = second.get(path).text
    assert "Signed already by Qa" in page
    assert "complete" in page
    assert sign(second, path, {}).status_code == 303
    assert count(Signature) == 3
    assert count(Record) == 2


def test_a_person_who_has_not_accepted_the_statement_is_led_to_it(plant: Plant, browse: Browse) -> None:
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        session.scalars(select(Person).filter_by(login="inspector")).one().statement_accepted_at = None
    answer = sign(browse("inspector"), task_path(plant, "inspection"), RESULTS)
    assert answer.status_code == 403
    assert "statement of accountability" in answer.text
    assert count(Record) == 0


@pytest.mark.urs("URS-022", "URS-142")
def test_what_is_signed_follows_the_entries_and_its_hash_signs(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    assert 'aria-invalid="true"' not in inspector.page
    assert 'data-sign="waiting"' in inspector.page
    half = inspector.ask(path, **RESULTS | {"sample_size": ""})
    assert half.status_code == 200
    assert 'data-sign="waiting"' in half.text
    assert 'data-goto="f-sample_size"' in half.text
    whole = inspector.ask(path, **RESULTS)
    assert 'data-sign="ready"' in whole.text
    assert 'id="main"' not in whole.text, "the panel alone"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', whole.text))
    answer = inspector.post(f"{path}/sign", **fields, password=PASSWORD)
    assert answer.status_code == 303
    assert "Nothing else waits for you" in inspector.get("/inbox", after=str(plant.case_id)).text


@pytest.mark.urs("URS-022")
def test_other_entries_than_shown_are_not_signed_and_what_they_make_is_shown(
    plant: Plant, browse: Browse
) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    whole = inspector.ask(path, **RESULTS)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', whole.text))
    answer = inspector.post(f"{path}/sign", **fields | {"remarks": "slipped in"}, password=PASSWORD)
    assert answer.status_code == 409
    assert "changed since you opened it" in answer.text
    assert 'data-sign="ready"' in answer.text
    assert inspector.hidden()["seen"] not in ("", fields["seen"])
    assert "slipped in" in inspector.panel()
    assert count(Record) == 0


def test_facts_that_changed_meanwhile_are_said_beside_the_button(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    inspector.get(path)
    answer = inspector.ask(path, **RESULTS | {"opened": "0" * 64})
    assert answer.status_code == 409
    assert 'data-sign="waiting"' in answer.text
    assert "Show it as it stands now" in answer.text


def test_a_step_without_entries_is_signed_from_the_page_that_opens(
    inspected_twice: Plant, browse: Browse
) -> None:
    path = task_path(inspected_twice, "incoming_release")
    sign(browse("qa"), path, RELEASE)
    second = browse("qa2")
    page = second.get(path).text
    assert 'data-sign="ready"' in page
    assert 'needs-script" id="sign-form"' not in page, "also without scripts"
    answer = second.post(f"{path}/sign", **second.hidden(), password=PASSWORD)
    assert answer.status_code == 303
    assert count(Signature) == 3


def test_whoever_started_a_case_sees_who_has_it(plant: Plant, browse: Browse) -> None:
    with read_session() as session:
        starter = session.get_one(ProcessCase, plant.case_id).started_by
    login = next(name for name, actor in plant.people.items() if actor.id == str(starter))
    page = browse(login).get("/inbox", whose="started").text
    assert "Lot T-001 of tubing" in page
    assert "Waits for: Inspector" in page
    assert f'href="/cases/{plant.case_id}"' in page


@pytest.mark.urs("URS-040")
def test_a_request_that_calls_a_signed_step_unsigned_is_refused(plant: Plant, browse: Browse) -> None:
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    answer = sign(inspector, path, RESULTS, unsigned="1")
    assert answer.status_code == 403
    assert "user id and password" in answer.text
    assert plant.task("inspection").completed_at is None


@pytest.mark.urs("URS-040")
def test_what_a_rule_of_the_plant_refuses_stands_on_the_page_with_the_entries(
    plant: Plant, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Conflict("lot.expired", "Lot %(lot)s has expired.", lot="T-001")

    def refuse(*_args: object, **_facts: object) -> None:
        raise refusal

    monkeypatch.setattr(human_tasks, "complete", refuse)
    inspector, path = browse("inspector"), task_path(plant, "inspection")
    answer = sign(inspector, path, RESULTS)
    assert answer.status_code == 409
    assert "Lot T-001 has expired." in answer.text
    assert 'id="task-form"' in answer.text
    assert all(f'value="{RESULTS[name]}"' in answer.text for name in ("sample_size", "results.0.value"))
    with read_session() as session:
        refused = select(func.count()).where(AuditEntry.entry.contains("lot.expired"))
        assert session.scalar(refused) == 1
    assert plant.task("inspection").completed_at is None


@pytest.mark.urs("URS-002")
def test_a_step_without_signature_costs_few_statements_and_one_commit(
    unsigned: Plant, database: Engine, browse: Browse
) -> None:
    unsigned.signs("inspector", "inspection", RESULTS)
    qa, path = browse("qa"), task_path(unsigned, "incoming_release")
    assert reviewed(qa, path, RELEASE).status_code == 200
    fields, sent, commits = qa.hidden(), [], []
    event.listen(database, "before_cursor_execute", lambda *args: sent.append(args[2]))
    event.listen(database, "commit", commits.append)
    assert qa.post(f"{path}/sign", **fields).status_code == 303
    statements = [one for one in sent if not one.startswith("BEGIN")]
    assert len(statements) <= 25, "\n".join(statements)
    assert len(commits) == 1


def test_what_every_step_asks_is_asked_of_tables(unsigned: Plant, browse: Browse) -> None:
    unsigned.signs("inspector", "inspection", RESULTS)
    qa, path = browse("qa"), task_path(unsigned, "incoming_release")
    assert reviewed(qa, path, RELEASE).status_code == 200
    fields, by_objects = qa.hidden(), []

    def note(asked: ORMExecuteState) -> None:
        if asked.is_orm_statement:
            by_objects.append(str(asked.statement))

    event.listen(Session, "do_orm_execute", note)
    try:
        assert qa.post(f"{path}/sign", **fields).status_code == 303
    finally:
        event.remove(Session, "do_orm_execute", note)
    assert len(by_objects) <= 3, "\n\n".join(by_objects)
