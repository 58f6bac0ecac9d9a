"""The trail as auditors see it: filters, before and after, verification, export; and the command."""

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.models import Person
from app.cli import main
from app.factory import create_app
from app.organisation.models import Department
from core.db import read_session, unit_of_work
from signatures import audit
from signatures.audit_models import AuditEntry
from tests.factories.inbox import Plant
from tests.factories.people import add_person, post, sign_in

Browser = Callable[[str], FlaskClient]
Tamper = Callable[[str, str], None]
BETTER = "UPDATE audit_entry SET entry = replace(entry, 'test', 'best') WHERE seq = 2"


def rename(plant: Plant, login: str, name: str, reason: str) -> uuid.UUID:
    person_id = uuid.UUID(plant.people[login].id)
    with unit_of_work(plant.people["admin"], reason=reason, now=plant.now) as session:
        person = session.get_one(Person, person_id)
        person.name = {"en": name, "zh": "新名"}
    return person_id


@pytest.mark.urs("URS-024")
def test_a_change_is_shown_with_before_after_who_and_why(plant: Plant, browser: Browser) -> None:
    person_id = rename(plant, "inspector2", "Zhang San", "Married")
    page = browser("qa").get(f"/audit?object_id={person_id}&what=update").text
    assert "<del>Inspector2</del>" in page
    assert "<ins>Zhang San</ins>" in page
    assert "Married" in page
    assert "Admin" in page


@pytest.mark.urs("URS-024")
def test_an_entry_about_an_object_of_the_plant_leads_to_its_page(plant: Plant, browser: Browser) -> None:
    with unit_of_work(plant.people["admin"], reason="opened", now=plant.now) as session:
        above = Department(code="D-0", name={"en": "Above", "zh": "总部"})
        session.add(above)
        session.flush()
        department = Department(code="D-1", name={"en": "One", "zh": "一部"}, parent_id=above.id)
        session.add(department)
        session.flush()
        key = department.id
    page = browser("qa").get(f"/audit?object_id={key}").text
    assert f'href="/departments/{key}"' in page
    assert "<ins>Active</ins>" in page, "a state stands in words"
    assert "<ins>D-0</ins>" in page, "what a row points to is called by its code"


@pytest.mark.urs("URS-024")
def test_the_trail_is_narrowed_by_who_what_object_text_and_day(plant: Plant, browser: Browser) -> None:
    rename(plant, "inspector2", "Zhang San", "Married")
    client = browser("qa")

    def shows(query: str) -> bool:
        return "Married" in client.get(f"/audit?{query}").text.split("<tbody>")[-1]

    assert shows("text=zhang+san")
    assert shows("who=admin&kind=person&what=update")
    assert shows("since=2026-11-22&until=2026-11-22")
    assert not shows("who=keeper")
    assert not shows("who=nobody-like-that")
    assert not shows("since=2026-11-23")
    assert not shows("until=2026-11-21")
    assert not shows("kind=lot")
    assert shows("since=nonsense")


def test_a_secret_never_reaches_the_page(plant: Plant, browser: Browser) -> None:
    page = browser("qa").get("/audit?kind=person").text
    assert "changed, values withheld" in page
    assert "argon2" not in page


@pytest.mark.urs("URS-025")
def test_the_trail_can_be_verified_and_that_is_noted(plant: Plant, browser: Browser) -> None:
    client = browser("qa")
    assert "Walk the whole trail now" in client.get("/audit/verify").text
    page = post(client, "/audit/verify", at="/audit/verify").text
    assert "The trail holds" in page
    with read_session() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "trail.verified")).one()
    assert json.loads(noted.entry)["facts"]["ok"] is True


@pytest.mark.urs("URS-025")
def test_tampering_is_named_on_the_page(plant: Plant, browser: Browser, tamper: Tamper) -> None:
    client = browser("qa")
    tamper("audit_entry", BETTER)
    page = post(client, "/audit/verify", at="/audit/verify").text
    assert "The trail does not hold" in page
    assert "The text of the entry has been altered." in page
    assert "keep_audit_entry_update" in page


@pytest.mark.urs("URS-024")
def test_the_exported_file_can_be_checked_without_the_product(plant: Plant, browser: Browser) -> None:
    rename(plant, "inspector2", "Zhang San", "=1+1")
    answer = browser("qa").get("/audit/export.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) > 10
    for row in rows:
        assert hashlib.sha256((row["prev_hash"] + row["entry"]).encode()).hexdigest() == row["hash"]
    renamed = next(row for row in rows if "Zhang San" in row["changes"])
    assert renamed["reason"] == "'=1+1", "a spreadsheet must not run it"


def test_who_may_not_read_the_trail_is_turned_away(plant: Plant, browser: Browser) -> None:
    client = browser("keeper")
    for path in ("/audit", "/audit/verify", "/audit/export.csv"):
        assert client.get(path).status_code == 403


@pytest.mark.urs("URS-025")
def test_the_command_says_whether_the_trail_holds(
    plant: Plant, tamper: Tamper, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["first_bad"]) == (True, None)
    assert said["rows"] > 0
    tamper("audit_entry", BETTER)
    assert main(["audit", "verify", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["first_bad"], said["reason"]) == (False, 2, "altered")
    assert main(["audit", "verify"]) == 1
    assert "does not hold (entry 2)" in capsys.readouterr().out


def test_history_of_an_object_is_its_changes_and_events(plant: Plant) -> None:
    person_id = rename(plant, "inspector2", "Zhang San", "Married")
    with read_session() as session:
        history = audit.history_of(session, "person", person_id)
    assert [entry.action for entry in history] == ["update", "insert"]


@pytest.mark.urs("URS-024", "URS-130")
def test_parts_of_the_system_and_refusals_are_told_in_the_readers_language(
    plant: Plant, browser: Browser
) -> None:
    assert browser("keeper").get("/audit").status_code == 403
    client = browser("qa")
    assert "Web pages" in client.get("/audit?what=session.opened").text
    post(client, "/language", language="zh")
    lines = client.get("/audit?text=").text.split("<tbody>")[-1]
    assert "网页" in lines
    assert "您无权进行此操作。" in lines
    assert "governance.trail" in lines
    assert "correlation" not in lines


@pytest.mark.urs("URS-024")
def test_the_trail_leads_only_to_pages_that_its_reader_may_open(plant: Plant, browser: Browser) -> None:
    with unit_of_work(plant.people["admin"], reason="audits", now=plant.now) as session:
        add_person(session, "trailkeeper", "audit_admin", plant.site_id, now=plant.now)
    assert "/cases/" in browser("qa").get("/audit?kind=process_case").text
    trailkeeper = sign_in(create_app(testing=True), "trailkeeper")
    assert "/cases/" not in trailkeeper.get("/audit?kind=process_case").text
