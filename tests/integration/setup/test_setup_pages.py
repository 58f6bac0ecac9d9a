"""An empty installation is set up by whoever holds its one-time code, all at once or not at all."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from app.access.models import Person, RoleGrant
from app.cli import main
from app.cli.plan import EXAMPLE
from app.factory import create_app
from app.setup import code, handover, services
from app.sites.models import Site, SiteFormCode
from core import clock, config, db
from core.db import read_session
from core.errors import Conflict
from core.numbers import NumberRule
from documents.models import Record
from signatures import keys
from signatures.audit import verify_chain
from tests.factories.people import sign_in
from workflows.models import ProcessRelease

FIRST, SECOND = "the first long passphrase", "the second long passphrase"
PASSPHRASES = {"first": FIRST, "first_again": FIRST, "second": SECOND, "second_again": SECOND}
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def app(database: Engine) -> Flask:
    return create_app(testing=True)


def post(client: FlaskClient, path: str, at: str, **fields: Any) -> TestResponse:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(at, follow_redirects=True).text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields}, content_type="multipart/form-data")


def opened(app: Flask) -> FlaskClient:
    client = app.test_client()
    assert post(client, "/setup", "/setup", code=code.ensure_code().lower()).status_code == 303
    return client


def both(name: str, words: dict[str, str]) -> dict[str, str]:
    return {f"{name}_{lang}": text for lang, text in words.items()}


def fill_in(client: FlaskClient, plan: dict[str, Any] = EXAMPLE) -> None:
    """Type the plan of the command into the pages."""
    assert (
        post(client, "/setup/company", "/setup/company", **both("company", plan["company"])).status_code
        == 303
    )
    for site in plan["sites"]:
        fields = {
            key: site.get(key, "") for key in ("code", "kind", "region", "zone", "layout", "registrant")
        }
        words = both("name", site["name"]) | both("address", site["address"])
        assert post(client, "/setup/sites", "/setup/sites", **fields, **words).status_code == 303
    people: dict[str, str] = {}
    for one in plan["administrators"]:
        role = one["role"]
        zone = one.get("zone", plan["sites"][0]["zone"])
        people |= {f"{role}_login": one["login"], f"{role}_language": one["language"], f"{role}_zone": zone}
        people |= both(f"{role}_name", one["name"])
    assert post(client, "/setup/people", "/setup/people", **people).status_code == 303
    house = {f"prefix_{name}": prefix for name, prefix in plan.get("numbers", {}).items()}
    for own in plan.get("forms", []):
        house |= {f"code_{own['form']}": own["code"], f"revision_{own['form']}": own["revision"]}
    logo = (io.BytesIO(LOGO.encode()), "logo.svg")
    assert post(client, "/setup/house", "/setup/house", **house, logo=logo).status_code == 303


def people() -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


@pytest.mark.urs("URS-028")
def test_every_page_of_an_empty_installation_leads_to_the_set_up(app: Flask) -> None:
    client = app.test_client()
    for path in ("/", "/login", "/inbox", "/admin/people", "/records"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/setup"), path
    assert client.get("/healthz").status_code == 200
    assert client.get("/", headers={"Accept": "application/json"}).status_code == 503


@pytest.mark.urs("URS-028")
def test_nobody_without_the_code_gets_any_further(app: Flask) -> None:
    client = app.test_client()
    assert post(client, "/setup", "/setup", code="AAAAA-BBBBB-CCCCC-DDDDD").status_code == 403
    for path in ("/setup/company", "/setup/sites", "/setup/people", "/setup/house", "/setup/review"):
        assert client.get(path).location == "/setup"
        assert post(client, path, "/setup").location == "/setup"
    for path in ("/setup/done", "/setup/root-key.pem", "/setup/root.pem", "/setup/baseline.pdf"):
        assert client.get(path).status_code == 404
    assert people() == 0


def test_only_the_operator_can_read_the_code(app: Flask, home: Path) -> None:
    first = code.ensure_code()
    assert code.ensure_code() == first
    assert (home / "setup.code").stat().st_mode & 0o077 == 0
    assert len(set(first)) > 5


@pytest.mark.urs("URS-024", "URS-144")
def test_the_pages_make_a_plant_and_hand_it_over_once(app: Flask, home: Path) -> None:
    client = opened(app)
    fill_in(client)
    review = client.get("/setup/review")
    assert review.status_code == 200
    assert "Suzhou plant" in review.text
    assert people() == 0, "the rehearsal on the review page leaves nothing"
    assert post(client, "/setup/review", "/setup/review", **PASSPHRASES).status_code == 303
    done = client.get("/setup/done").text
    assert client.get("/setup/done").text.count("data-login") == 3, "reloading loses nothing"
    assert keys.load().root_sha256 in done
    assert post(client, "/setup/done", "/setup/done", key="1", passwords="1").status_code == 422
    exported = client.get("/setup/root-key.pem").data
    assert load_pem_private_key(exported, f"{FIRST} {SECOND}".encode())
    assert client.get("/setup/root.pem").data == keys.root_pem()
    assert not (home / "keys" / "root.key").exists()
    assert post(client, "/setup/done", "/setup/done", key="1").status_code == 422
    logins = dict(re.findall(r'data-login="([^"]+)".*?<code>([^<]+)</code>', done))
    assert post(client, "/setup/done", "/setup/done", key="1", passwords="1").location == "/login"
    for path in ("/setup", "/setup/done", "/setup/root-key.pem", "/setup/company"):
        assert client.get(path).status_code == 404
    left = {file.name for file in (home / "keys").iterdir()} | {file.name for file in home.iterdir()}
    assert left.isdisjoint({"root.key", "handover.json", "handover.draft", "unfinished", "setup.code"})
    assert not any(
        b"ENCRYPTED" in file.read_bytes() and exported == file.read_bytes() for file in home.rglob("*.*")
    )
    for login, password in logins.items():
        assert sign_in(app, login, password).get("/").location == "/me/password"
    with read_session() as session:
        assert verify_chain(session).ok


@pytest.mark.urs("URS-024")
def test_page_and_command_make_the_same_plant(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened(app)
    plan = {**EXAMPLE, "sites": [{**site, "logo": "logo.svg"} for site in EXAMPLE["sites"]]}
    fill_in(client, plan)
    assert post(client, "/setup/review", "/setup/review", **PASSPHRASES).status_code == 303
    by_page = what_there_is()
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("QMS_HOME", str(other))
    for name in ("QMS_DATABASE_URL", "QMS_DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    config.settings.cache_clear()
    db.configure()
    (other / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (other / "logo.svg").write_text(LOGO, encoding="utf-8")
    for name, phrase in (("1", FIRST), ("2", SECOND)):
        (other / name).write_text(phrase, encoding="utf-8")
    words = ["init", "--plan", str(other / "plan.json"), "--root-key", str(other / "root.key"), "--json"]
    assert main([*words, "--passphrases", str(other / "1"), str(other / "2")]) == 0
    assert what_there_is() == by_page


def what_there_is() -> dict[str, Any]:
    """The plant as it stands, without keys, moments and secrets."""
    with read_session() as session:
        [record] = session.scalars(select(Record))
        said = json.loads(record.canonical)
        codes = {site.id: site.code for site in session.scalars(select(Site))}
        return {
            "sites": [
                (one.code, one.kind, one.name, one.company, one.address, one.region, one.zone, one.layout,
                 one.logo, codes.get(one.registrant_site_id))
                for one in session.scalars(select(Site).order_by(Site.code))
            ],
            "people": [
                (one.login, one.name, one.language, one.zone, one.must_change_password)
                for one in session.scalars(select(Person).order_by(Person.login))
            ],
            "roles": sorted(
                (one.person.login, one.role, one.state) for one in session.scalars(select(RoleGrant))
            ),
            "numbers": sorted(
                (one.series, one.site_code, one.prefix) for one in session.scalars(select(NumberRule))
            ),
            "forms": sorted(
                (codes[one.site_id], one.form, one.code) for one in session.scalars(select(SiteFormCode))
            ),
            "models": sorted(
                (one.process_key, one.bundle_sha256, one.state)
                for one in session.scalars(select(ProcessRelease))
            ),
            "record": (record.kind, record.number, said["content"]["shown"][1:]),
        }  # fmt: skip


def test_two_browsers_make_one_plant(app: Flask) -> None:
    one, other = opened(app), opened(app)
    fill_in(one)
    fill_in(other, {**EXAMPLE, "company": {"en": "Thieves Ltd.", "zh": "盗贼"}})
    assert post(one, "/setup/review", "/setup/review", **PASSPHRASES).status_code == 303
    found = re.search(r'name="csrf-token" content="([^"]+)"', other.get("/setup/done").text)
    late = other.post("/setup/review", data={"csrf_token": found[1], **PASSPHRASES})
    assert late.status_code == 409
    with read_session() as session:
        assert {site.company["en"] for site in session.scalars(select(Site))} == {EXAMPLE["company"]["en"]}


def test_what_is_half_done_after_a_crash_is_cleared_and_begun_anew(
    app: Flask, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened(app)
    fill_in(client)

    def crash(*_: object) -> None:
        (home / "keys" / "as-it-was").write_text("left by the crash")
        raise SystemExit

    with monkeypatch.context() as during:
        during.setattr(handover, "keep", crash)
        during.setattr(services, "_clear", lambda folder: None)  # a killed process clears nothing
        with pytest.raises(SystemExit):
            post(client, "/setup/review", "/setup/review", **PASSPHRASES)
    assert (home / "keys" / "root.pem").exists()
    assert people() == 0
    assert post(client, "/setup/review", "/setup/review", **PASSPHRASES).status_code == 303
    assert not (home / "keys" / "as-it-was").exists()
    assert people() == 3


def test_keys_of_another_plant_are_never_cleared_away(app: Flask, home: Path) -> None:
    keys.create_authority(home / "keys", "Another plant", (FIRST, SECOND), clock.now())
    before = (home / "keys" / "root.pem").read_bytes()
    client = opened(app)
    fill_in(client)
    assert post(client, "/setup/review", "/setup/review", **PASSPHRASES).status_code == 409
    assert (home / "keys" / "root.pem").read_bytes() == before
    assert people() == 0


@pytest.mark.parametrize(
    ("phrases", "words"),
    [
        ({**PASSPHRASES, "first_again": "x"}, "not typed the same twice"),
        (dict.fromkeys(PASSPHRASES, FIRST), "Two different passphrases"),
        (dict.fromkeys(PASSPHRASES, "short"), "Two different passphrases"),
    ],
)
def test_weak_passphrases_make_nothing(app: Flask, home: Path, phrases: dict[str, str], words: str) -> None:
    client = opened(app)
    fill_in(client)
    answer = post(client, "/setup/review", "/setup/review", **phrases)
    assert answer.status_code == 422
    assert words in answer.text
    assert people() == 0
    assert not (home / "keys" / "root.pem").exists()


def test_each_page_says_what_is_wrong_where_it_was_typed(app: Flask) -> None:
    client = opened(app)
    assert "Please fill in this field." in post(client, "/setup/company", "/setup/company").text
    assert post(client, "/setup/sites", "/setup/sites", code="?", zone="Moon").status_code == 422
    same = {f"{role}_login": "li.na" for role in ("system_admin", "security_admin", "audit_admin")}
    assert "three persons" in post(client, "/setup/people", "/setup/people", **same).text
    assert "capital letters" in post(client, "/setup/house", "/setup/house", prefix_record="1").text
    script = (io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), "logo.svg")
    assert post(client, "/setup/house", "/setup/house", logo=script).status_code == 422
    assert client.get("/setup/review").location == "/setup/company"


def test_a_second_plant_is_never_made(app: Flask, now) -> None:
    client = opened(app)
    fill_in(client)
    post(client, "/setup/review", "/setup/review", **PASSPHRASES)
    with pytest.raises(Conflict):
        services.found_plant(None, (FIRST, SECOND), keep=handover.keep, now=now)
