"""`qms init` makes an empty plant, once, and leaves nothing behind when it cannot."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access.models import Person
from app.cli import main, plan
from core import db
from core.db import read_session
from core.outbox import OutboxEntry
from documents.models import Record
from signatures import keys
from signatures.audit import verify_chain
from workflows.models import ProcessRelease

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is at hand at set-up: the plan, two passphrases, a medium for the root key."""
    place = tmp_path / "desk"
    place.mkdir()
    (place / "plan.json").write_text(json.dumps(plan.EXAMPLE), encoding="utf-8")
    (place / "logo.svg").write_text(LOGO, encoding="utf-8")
    (place / "first").write_text("the first long passphrase\n", encoding="utf-8")
    (place / "second").write_text("the second long passphrase\n", encoding="utf-8")
    return place


def initialise(folder: Path) -> int:
    words = ["init", "--plan", str(folder / "plan.json"), "--root-key", str(folder / "root.key"), "--json"]
    return main([*words, "--passphrases", str(folder / "first"), str(folder / "second")])


@pytest.fixture
def empty_home(home: Path) -> Path:
    """An installation that nobody has set up yet."""
    db.configure()
    return home


@pytest.mark.urs("URS-024")
def test_an_empty_plant_has_its_sites_administrators_models_and_a_record_of_them(
    empty_home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert initialise(folder) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert report["root_sha256"] == keys.load().root_sha256
    with read_session() as session:
        people = session.scalars(select(Person)).all()
        assert {person.login for person in people} == {"secadmin", "admin", "audadmin"}
        assert all(person.must_change_password for person in people)
        [record] = session.scalars(select(Record)).all()
        assert record.kind == "installation.baseline"
        assert report["root_sha256"] in record.canonical.decode()
        for release in session.scalars(select(ProcessRelease)):
            assert release.state == "effective"
            assert release.bundle_sha256 in record.canonical.decode()
        assert session.scalars(select(OutboxEntry)).one().job == "archive.seal_record"
        assert verify_chain(session).ok


@pytest.mark.urs("URS-028")
def test_a_logo_that_is_not_beside_the_plan_is_named_and_nothing_is_made(
    empty_home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "logo.svg").unlink()
    assert initialise(folder) == 2
    assert "the logo logo.svg is not beside it" in capsys.readouterr().err
    assert not (folder / "root.key").exists()


def test_the_root_key_leaves_the_server_and_opens_only_with_both_passphrases(
    empty_home: Path, folder: Path
) -> None:
    assert initialise(folder) == 0
    assert not (empty_home / "keys" / "root.key").exists()
    assert "ENCRYPTED" in (folder / "root.key").read_text("ascii")
    assert (folder / "root.key").stat().st_mode & 0o077 == 0


def test_a_plant_is_made_only_once(
    empty_home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert initialise(folder) == 0
    (folder / "root.key").rename(folder / "locked-away.key")
    assert initialise(folder) == 2
    assert "holds a plant already" in capsys.readouterr().err
    assert not (folder / "root.key").exists()


def test_a_plan_that_cannot_be_carried_out_leaves_neither_keys_nor_rows(
    empty_home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = json.loads((folder / "plan.json").read_text("utf-8"))
    wrong["administrators"][0]["login"] = "Not A Login"
    (folder / "plan.json").write_text(json.dumps(wrong), encoding="utf-8")
    assert initialise(folder) == 2
    assert "user name" in capsys.readouterr().err
    assert not (folder / "root.key").exists()
    assert not (empty_home / "keys" / "root.pem").exists()
    with read_session() as session:
        assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda given: given.pop("company"), "'company' is missing"),
        (lambda given: given["sites"][1].update(registrant="XX"), "unknown here: XX"),
        (lambda given: given["administrators"].pop(0), "security_admin"),
        (lambda given: given["administrators"][1].update(role="qa"), "unknown here: qa"),
    ],
)
def test_a_plan_with_a_gap_is_refused_with_its_place(
    empty_home: Path, folder: Path, capsys: pytest.CaptureFixture[str], spoil, sentence: str
) -> None:
    given = json.loads((folder / "plan.json").read_text("utf-8"))
    spoil(given)
    (folder / "plan.json").write_text(json.dumps(given), encoding="utf-8")
    assert initialise(folder) == 2
    assert sentence in capsys.readouterr().err
