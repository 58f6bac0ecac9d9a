"""Rows of the tables against what the trail last says of them; the trail against a head kept elsewhere."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.access.models import Person
from app.cli import main
from core.db import read_session, unit_of_work
from core.numbers import NumberRule
from signatures import audit
from signatures.audit_head import KeptHead, present_head
from tests.factories.inbox import Plant
from tests.factories.people import post

Browser = Callable[[str], FlaskClient]
Tamper = Callable[[str, str], None]
Say = Callable[..., tuple[int, dict]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run `qms audit verify --json`; gives the exit status and the document."""

    def run(*options: str) -> tuple[int, dict]:
        capsys.readouterr()
        status = main(["audit", "verify", "--json", *options])
        return status, json.loads(capsys.readouterr().out)

    return run


def inspector(plant: Plant) -> uuid.UUID:
    return uuid.UUID(plant.people["inspector2"].id)


def moved(plant: Plant) -> None:
    """Some history: a person renamed twice, a rule put in and taken away, a case moved on."""
    for name in ("Li", "Wang"):
        with unit_of_work(plant.people["admin"], reason="Married", now=plant.now) as session:
            session.get_one(Person, inspector(plant)).name = {"en": name, "zh": "新名"}
    with unit_of_work(plant.people["admin"], now=plant.now) as session:
        rule = NumberRule(series="gone", prefix="G")
        session.add(rule)
        session.flush()
        session.delete(rule)


@pytest.mark.urs("URS-025")
def test_an_untouched_plant_agrees_with_its_trail_row_by_row(plant: Plant, verify: Say) -> None:
    moved(plant)
    status, said = verify()
    assert (status, said["ok"], said["findings"], said["reason"]) == (0, True, [], None)
    assert said["rows_compared"] > 20
    assert "person.password_hash" in said["not_compared"]
    assert len(said["not_proven"]) == 3


@pytest.mark.urs("URS-025")
@pytest.mark.parametrize(
    ("table", "statement", "code", "column"),
    [
        ("person", "UPDATE person SET login = 'better' WHERE login = 'inspector2'", "row_altered", "login"),
        ("process_release", "UPDATE process_release SET version = 7", "row_altered", "version"),
        ("process_case", "UPDATE process_case SET started_at = '2020-01-01'", "row_altered", "started_at"),
        ("case_state", "UPDATE case_state SET state = {blob}", "row_altered", "state"),
        ("number_counter", "UPDATE number_counter SET last = last + 1", "row_altered", "last"),
        ("human_task", "UPDATE human_task SET also_by = '[\"x\"]'", "row_altered", "also_by"),
        ("site", "UPDATE site SET demo = {false}", "row_altered", "demo"),
        ("number_rule", "DELETE FROM number_rule WHERE series = 'record'", "row_missing", None),
    ],
)
def test_a_row_changed_past_the_product_is_named(
    plant: Plant,
    database: Engine,
    tamper: Tamper,
    verify: Say,
    table: str,
    statement: str,
    code: str,
    column: str | None,
) -> None:
    moved(plant)
    sqlite = database.dialect.name == "sqlite"
    words = {"blob": "x'00ff'" if sqlite else "'\\x00ff'", "false": "0" if sqlite else "false"}
    for name, value in words.items():
        statement = statement.replace("{" + name + "}", value)
    tamper(table, statement)
    status, said = verify()
    found = [(one["code"], one["table"], one["column"]) for one in said["findings"]]
    assert (status, said["reason"], found) == (1, "rows_differ", [(code, table, column)])
    assert said["first_bad"] == said["findings"][0]["entry"]
    assert table in said["findings"][0]["message"]


@pytest.mark.urs("URS-025")
def test_the_last_entry_that_speaks_of_the_column_is_named(plant: Plant, tamper: Tamper, verify: Say) -> None:
    moved(plant)
    tamper("person", """UPDATE person SET name = '{"en": "Z", "zh": "Z"}' WHERE login = 'inspector2'""")
    _, said = verify()
    with read_session() as session:
        renamed = audit.history_of(session, "person", inspector(plant))[0]
    assert [(one["row"], one["entry"]) for one in said["findings"]] == [(str(inspector(plant)), renamed.seq)]


@pytest.mark.urs("URS-025")
def test_a_row_that_nobody_put_in_is_named(plant: Plant, tamper: Tamper, verify: Say) -> None:
    row = "INSERT INTO {0} SELECT '{1}', 'forged', site_code, prefix, digits, yearly{2} FROM {0} LIMIT 1"
    more = "".join(f', "{name}"' for name in NumberRule.__table__.columns.keys()[6:])
    tamper("number_rule", row.format("number_rule", uuid.UUID(int=7).hex, more))
    _, said = verify()
    found = [(one["code"], one["row"], one["entry"]) for one in said["findings"]]
    assert found == [("row_unknown", str(uuid.UUID(int=7)), None)]


@pytest.mark.urs("URS-025")
def test_the_page_names_the_rows(plant: Plant, browser: Browser, tamper: Tamper) -> None:
    client = browser("qa")
    assert "every row of the tables" in post(client, "/audit/verify", at="/audit/verify").text
    tamper("process_release", "UPDATE process_release SET version = 7")
    page = post(client, "/audit/verify", at="/audit/verify").text
    assert "The trail holds, but the tables do not say what it last says of them." in page
    assert "version is not what entry" in page


@pytest.mark.urs("URS-025")
def test_a_cut_end_and_a_history_written_anew_are_found_against_a_kept_head(
    plant: Plant, tamper: Tamper, verify: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved(plant)
    capsys.readouterr()
    assert main(["audit", "head"]) == 0
    kept = tmp_path / "head.txt"
    kept.write_text(capsys.readouterr().out)
    status, said = verify("--head", str(kept))
    assert (status, len(said["not_proven"]), said["kept_head"]) == (0, 1, kept.read_text().strip())
    seq = KeptHead.parse(kept.read_text()).seq
    moved(plant)
    assert verify("--head", kept.read_text().strip())[0] == 0, "what came later changes nothing"
    status, said = verify("--head", f"{'0' * 64}@{seq}")
    assert (status, said["reason"], said["first_bad"]) == (1, "head_differs", seq)
    status, said = verify("--head", f"{'0' * 64}@{seq + 1000}")
    assert (status, said["reason"]) == (1, "head_cut")
    with read_session() as session:
        end = present_head(session).seq
    assert said["first_bad"] == end + 1


def test_what_is_no_head_cannot_be_checked(plant: Plant, tmp_path: Path) -> None:
    assert main(["audit", "verify", "--head", str(tmp_path / "nothing")]) == 2
    (tmp_path / "empty").write_text("nothing")
    assert main(["audit", "verify", "--head", str(tmp_path / "empty")]) == 2
