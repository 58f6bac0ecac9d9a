"""What machines ask of the product: is it ready, how does it do; and what they may never learn from it."""

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine

from app.factory import create_app
from app.jobs import health
from app.jobs.queue import RELAY_ALIVE, WORKERS_ALIVE
from app.sites.queries import site_by_code, style_of
from core import clock, db, numbers, schema
from core.config import settings
from core.outbox import later
from documents.records import SERIES, RecordDraft, create_record
from signatures import keys
from tests.factories.people import SETUP, make_company, post, sign_in

SECRET = "figures-for-my-eyes"


@pytest.fixture
def app(database: Engine) -> Flask:
    make_company(("sys", "system_admin"), ("qa", "qa"))
    return create_app(testing=True)


@pytest.fixture
def still(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still, so that a slow machine changes no age."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def running(app: Flask, still: None, connection: Redis, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """An installation all of whose parts answer."""
    passphrases = ("correct horse battery", "staple of the plant")
    keys.create_authority(settings().keys, "Test plant", passphrases, clock.now())
    monkeypatch.setattr(schema, "step_of_database", schema.newest_step)
    monkeypatch.setattr(health, "free_mib", lambda: 50_000)
    for name in (RELAY_ALIVE, WORKERS_ALIVE):
        connection.set(name, clock.now().isoformat())
    return connection


def ask(app: Flask) -> tuple[int, dict[str, object]]:
    answer = app.test_client().get("/readyz")
    assert answer.json is not None
    return answer.status_code, answer.json


@pytest.mark.urs("URS-134")
def test_a_whole_installation_is_ready(app: Flask, running: Redis) -> None:
    status, said = ask(app)
    assert (status, said["failing"]) == (200, []), said
    assert set(said["checks"]) == {
        "database", "schema", "queue", "relay", "worker", "keys", "disk", "clock"
    }  # fmt: skip


@pytest.mark.urs("URS-134", "URS-147")
@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("part", ["schema", "relay", "worker", "keys", "disk", "clock"])
def test_each_part_that_fails_is_named_and_nothing_else_is_told(
    app: Flask, running: Redis, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_on = clock.now() + timedelta(minutes=10)
    harm = {
        "schema": lambda: monkeypatch.setattr(schema, "step_of_database", lambda: ""),
        "relay": lambda: running.delete(RELAY_ALIVE),
        "worker": lambda: running.set(WORKERS_ALIVE, (clock.now() - timedelta(seconds=30)).isoformat()),
        "keys": lambda: (settings().keys / "root.pem").unlink(),
        "disk": lambda: monkeypatch.setattr(health, "free_mib", lambda: 100),
        "clock": lambda: monkeypatch.setattr(health, "latest_moment", lambda _session: later_on),
    }
    harm[part]()
    status, said = ask(app)
    assert status == 503
    assert said["failing"] == [part]
    assert "Traceback" not in str(said)
    assert str(settings().home) not in str(said)


@pytest.mark.urs("URS-134")
def test_without_a_queue_the_process_lives_but_is_not_ready(app: Flask) -> None:
    status, said = ask(app)
    assert status == 503
    assert {"queue", "relay", "worker"} <= set(said["failing"])
    alive = app.test_client().get("/healthz")
    assert (alive.status_code, alive.json) == (200, {"status": "ok"})


def figures(app: Flask) -> dict[str, float]:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.urs("URS-134")
@pytest.mark.usefixtures("running")
def test_figures_tell_of_requests_jobs_and_the_oldest_unsealed_record(app: Flask) -> None:
    site = unsealed_record(minutes=7)
    assert sign_in(app, "qa").get(f"/sites/{site}").status_code == 200
    told = figures(app)
    assert told["qms_oldest_unsealed_record_seconds"] == 420
    assert told["qms_records_unsealed"] == 1
    assert told["qms_outbox_entries"] == 1
    assert told["qms_outbox_dead_letters"] == 0
    assert told["qms_queue_up"] == 1
    assert told["qms_worker_heartbeat_age_seconds"] < 10
    assert told['qms_check_ok{check="keys"}'] == 1
    route = 'route="/sites/<uuid:site_id>",status="200"'
    assert told[f'qms_http_request_duration_seconds_count{{method="GET",{route}}}'] >= 1
    assert {"qms_audit_head_age_seconds", "qms_failed_sign_ins_total", "qms_disk_free_bytes"} <= set(told)


@pytest.mark.urs("URS-146")
def test_figures_name_nobody_and_nothing(app: Flask) -> None:
    site = unsealed_record(minutes=1)
    sign_in(app, "qa").get(f"/sites/{site}?q=Zhang")
    post(app.test_client(), "/login", login="zhang.san", password="wrong", at="/login")
    text = app.test_client().get("/metrics").text
    for personal in ("qa", "zhang", "Zhang", str(site), "127.0.0.1"):
        assert not re.search(rf'"[^"]*\b{personal}\b[^"]*"', text), personal


def unsealed_record(*, minutes: int) -> uuid.UUID:
    """Leave an unsealed record of some age with its job; gives the id of its site."""
    now = clock.now() - timedelta(minutes=minutes)
    with db.unit_of_work(SETUP, now=now) as session:
        site = site_by_code(session, "SZ1")
        assert site is not None
        style, words = style_of(site), {"en": "Receipt", "zh": "收货"}
        numbers.define(session, SERIES, prefix="R")
        draft = RecordDraft("procurement.receipt", words, "QR-1", "A1", style, style.layout, {})
        record = create_record(session, draft, actor=SETUP, now=now)
        later(session, "archive.seal_record", {"record_id": str(record.id)}, key="seal")
        return site.id


@pytest.mark.urs("URS-134", "URS-146")
def test_figures_are_for_this_machine_or_the_bearer_of_the_token(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    assert browser.get("/metrics").status_code == 200
    for stranger in (
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Host": "qms.example.com"}},
    ):
        assert browser.get("/metrics", **stranger).status_code == 403
    (tmp_path / "token").write_text(SECRET + "\n")
    monkeypatch.setenv("QMS_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    settings.cache_clear()
    assert browser.get("/metrics").status_code == 403
    assert browser.get("/metrics", headers={"Authorization": "Bearer guess"}).status_code == 403
    far = {"REMOTE_ADDR": "192.0.2.7"}
    bearer = {"Authorization": f"Bearer {SECRET}"}
    assert browser.get("/metrics", environ_base=far, headers=bearer).status_code == 200
    (tmp_path / "token").write_text("")
    assert browser.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


@pytest.mark.urs("URS-134")
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize(("minutes", "alarming"), [(1, False), (6, True)])
def test_the_administrator_sees_how_long_the_oldest_record_waits(
    app: Flask, minutes: int, alarming: bool
) -> None:
    unsealed_record(minutes=minutes)
    administrator: FlaskClient = sign_in(app, "sys")
    page = administrator.get("/admin/operation").text
    assert f"{minutes * 60} s" in page if minutes < 2 else f"{minutes} min" in page
    assert ("waiting for its seal for more than" in page) is alarming
    assert sign_in(app, "qa").get("/admin/operation").status_code == 403
