"""People hear of what concerns them: under the bell, and by mail as each one wants it."""

import email
import json
import re
import smtplib
import socket
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, select, update

from app.access.identity import VerifyIdentity, verify_identity
from app.access.models import Person
from app.access.services import lock_person, reset_password
from app.factory import create_app
from app.jobs import relay
from app.jobs.work import do_entry
from app.notifications import recipients, services
from app.notifications.models import Notice, NoticePreference
from app.notifications.services import ChooseDelivery, choose_delivery, gather
from core import clock, db
from core.config import settings
from core.errors import Invalid
from core.outbox import OutboxEntry, later
from forms import sources
from signatures import audit
from signatures.audit_models import AuditEntry
from tests.factories.inbox import PASSWORD, PLAN, RESULTS, Plant, make_plant
from tests.factories.people import SETUP, add_person, post, sign_in


class Letterbox:
    """Keeps what arrives; refuses while told to."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.closed = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.closed:
            return "451 come back later"
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 kept"


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch, home: object) -> Iterator[Letterbox]:
    """A mail server on this machine, and an installation that sends through it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("QMS_MAIL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("QMS_MAIL_FROM", "Quality <qms@plant.example>")
    monkeypatch.setenv("QMS_URL", "https://qms.plant.example")
    settings.cache_clear()
    yield box
    server.stop()


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """One inspection waits; the reader of the trail stands at its end."""
    monkeypatch.setitem(sources._sources, "quality.inspection_plan", lambda session, subject_id, data: PLAN)
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    gather(now=now)
    return plant


def told(kind: str) -> set[str]:
    """The logins of those who were told."""
    with db.read_session() as session:
        query = select(Person.login).join(Notice, Notice.person_id == Person.id).where(Notice.kind == kind)
        return set(session.scalars(query))


def wish(plant: Plant, login: str, delivery: str, address: str = "") -> None:
    actor = plant.people[login]
    command = ChooseDelivery(delivery, address or f"{login}@plant.example")
    with db.unit_of_work(actor, now=plant.now) as session:
        choose_delivery(session, uuid.UUID(actor.id), command, actor=actor, now=plant.now)


def waiting() -> list[OutboxEntry]:
    with db.read_session() as session:
        return list(session.scalars(select(OutboxEntry).where(OutboxEntry.job == services.SEND)))


def deliver() -> None:
    for entry in waiting():
        do_entry(entry.id)


@pytest.mark.urs("URS-133")
def test_a_task_is_told_to_those_who_may_take_it_and_only_once(plant: Plant, now: datetime) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    assert gather(now=now) == 2
    assert told("task.new") == {"qa", "qa2"}, "the inspector holds the role as well, but may not release"
    assert gather(now=now) == 0


def test_separation_of_duties_is_what_leaves_the_inspector_out(
    plant: Plant, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients.history, "performers", lambda *_, **__: {})
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    assert "inspector" in told("task.new")


@pytest.mark.urs("URS-133")
def test_a_task_due_soon_and_one_overdue_are_told(plant: Plant, now: datetime) -> None:
    gather(now=now + timedelta(hours=30))
    assert told("task.due") == {"inspector", "inspector2"}
    gather(now=now + timedelta(hours=49))
    assert told("task.overdue") == {"inspector", "inspector2"}


@pytest.mark.urs("URS-133", "URS-146")
def test_a_mail_goes_out_at_once_in_the_language_of_its_reader(
    plant: Plant, now: datetime, letters: Letterbox
) -> None:
    wish(plant, "qa", "now")
    wish(plant, "qa2", "off")
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    deliver()
    (letter,) = letters.letters
    assert letter["To"] == "qa@plant.example"
    assert "A task has reached you" in letter["Subject"]
    plain = letter.get_body(("plain",)).get_content()
    page = letter.get_body(("html",)).get_content()
    for text in (plain, page):
        assert "Incoming release" in text
        assert "Shanghai plant" in text
        assert re.search(r"https://qms\.plant\.example/inbox/[0-9a-f-]{36}", text)
        for content in ("T-001", "4.10", "M-014", "inspector"):
            assert content not in text
    assert waiting() == []
    deliver()
    assert len(letters.letters) == 1


def test_sending_again_after_a_crash_is_the_same_mail(
    plant: Plant, now: datetime, letters: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(plant, "qa", "now")
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    with monkeypatch.context() as crash:
        crash.setattr("app.notifications.tasks.outbox.done", _die)
        with pytest.raises(KeyboardInterrupt):
            deliver()
    deliver()
    first, second = letters.letters
    assert first["Message-ID"] == second["Message-ID"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.urs("URS-133")
def test_a_server_that_refuses_is_asked_again_later_and_work_goes_on(
    plant: Plant, now: datetime, letters: Letterbox
) -> None:
    wish(plant, "qa", "now")
    letters.closed = True
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    for _ in range(3):
        with pytest.raises(smtplib.SMTPException):
            deliver()
    (entry,) = waiting()
    assert "come back later" in (entry.last_error or "")
    assert "qa@plant.example" not in json.dumps(entry.payload)
    assert plant.task("incoming_release").state.value == "open"
    letters.closed = False
    deliver()
    assert len(letters.letters) == 1


@pytest.mark.urs("URS-133")
def test_the_mail_of_the_day_gathers_the_news_once_in_the_morning(
    plant: Plant, now: datetime, letters: Letterbox
) -> None:
    with db.unit_of_work(SETUP, now=now) as session:
        chinese = session.scalars(select(Person).where(Person.login == "qa")).one()
        chinese.language, chinese.zone = "zh", "Asia/Shanghai"
    wish(plant, "qa", "daily")
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    with db.unit_of_work(plant.people["admin"], now=now) as session:
        reset_password(session, session.merge(chinese), actor=plant.people["admin"], now=now)
    night = now.replace(hour=20)  # four in the morning in Shanghai
    gather(now=night)
    assert waiting() == []
    morning = night + timedelta(hours=4)
    gather(now=morning)
    gather(now=morning + timedelta(minutes=10))
    deliver()
    (letter,) = letters.letters
    plain = letter.get_body(("plain",)).get_content()
    assert plain.count("https://qms.plant.example/") >= 3
    assert "进货放行" in plain


@pytest.mark.urs("URS-133", "URS-028")
def test_accounts_tell_their_owners_and_the_security_administrators(plant: Plant, now: datetime) -> None:
    admin = plant.people["admin"]
    with db.unit_of_work(SETUP, now=now) as session:
        add_person(session, "sec", "security_admin", plant.site_id)
        keeper = session.scalars(select(Person).where(Person.login == "keeper")).one()
        reset_password(session, keeper, actor=admin, now=now)
        lock_person(session, keeper, actor=admin, now=now)
        qa = plant.people["qa"]
    gather(now=now)
    assert told("account.password_reset") == told("signing.suspended") == {"keeper"}
    assert told("account.locked") == {"keeper"}
    assert told("account.lockout") == {"sec"}
    with db.unit_of_work(qa, now=now) as session:
        keeper = session.merge(keeper)
        verify_identity(session, keeper, VerifyIdentity("identity_card"), actor=qa, now=now)
    gather(now=now)
    assert told("signing.restored") == {"keeper"}


@pytest.mark.urs("URS-133", "URS-147")
def test_administrators_hear_of_the_clock_once_an_hour_and_of_jobs_that_gave_up(
    plant: Plant, now: datetime, letters: Letterbox
) -> None:
    wish(plant, "admin", "now")
    with db.unit_of_work(SETUP, now=now) as session:
        for _ in range(3):
            facts = {"code": "signature.clock", "sentence": "-"}
            audit.record(session, "request.refused", subject=("web.route", "inbox.sign"), facts=facts)
        later(session, "archive.seal_record", {}, key="one")
        later(session, services.SEND, {"notices": []}, key="two")
        session.flush()
        session.execute(update(OutboxEntry).values(dead=True))
    gather(now=now)
    assert told("clock.refused") == {"admin"}
    assert told("job.dead") == {"admin"}
    with db.read_session() as session:
        dead = session.scalars(select(Notice).where(Notice.kind == "job.dead")).all()
    assert {notice.facts["job"] for notice in dead} == {"archive.seal_record", services.SEND}
    assert len([entry for entry in waiting() if not entry.dead]) == 2, "no mail about a mail that gave up"


@pytest.mark.urs("URS-133")
def test_without_a_mail_server_nothing_is_sent_and_the_pages_say_so(plant: Plant, now: datetime) -> None:
    wish(plant, "qa", "now")
    plant.signs("inspector", "inspection", RESULTS)
    assert gather(now=now) == 2
    assert waiting() == []
    app = create_app(testing=True)
    assert "sends no e-mail" in sign_in(app, "qa", PASSWORD).get("/me/notices").text
    assert "no mail server is configured" in sign_in(app, "admin", PASSWORD).get("/admin/operation").text


@pytest.mark.urs("URS-133")
def test_the_bell_counts_and_a_notice_leads_to_its_task(plant: Plant, now: datetime) -> None:
    plant.signs("inspector", "inspection", RESULTS)
    gather(now=now)
    app = create_app(testing=True)
    reader, other = sign_in(app, "qa", PASSWORD), sign_in(app, "qa2", PASSWORD)
    page = reader.get("/notices").text
    assert "Notices, 1 not read" in page
    (path,) = re.findall(r'action="(/notices/[0-9a-f-]{36})"', page)
    assert post(other, path, at="/notices").status_code == 404
    led = post(reader, path, at="/notices")
    assert led.location == f"/inbox/{plant.task('incoming_release').id}"
    assert "not read" not in reader.get("/notices").text
    assert post(other, "/notices/read", at="/notices").status_code == 302
    assert "not read" not in other.get("/notices").text


@pytest.mark.urs("URS-146")
def test_an_address_is_checked_and_stays_out_of_the_trail(plant: Plant) -> None:
    two = "a@b.example, c@d.example"
    odd = ("[", "(" * 3000, "a@[", "a@b@c.example", "a@b..example", ".a@b.example", "x" * 250 + "@b.example")
    for bad in ("", "a", "a@b", "a@b.example\r\nBcc: c@d.example", two, "名@b.example", *odd):
        with pytest.raises(Invalid):
            wish(plant, "qa", "now", bad or " ")
    app = create_app(testing=True)
    browser = sign_in(app, "qa", PASSWORD)
    assert post(browser, "/me/notices", delivery="now", email="nonsense").status_code == 422
    assert post(browser, "/me/notices", delivery="daily", email="anna@plant.example").status_code == 302
    assert "One e-mail a day" in browser.get("/me").text
    with db.read_session() as session:
        assert session.scalars(select(NoticePreference)).one().email == "anna@plant.example"
        assert not [one for one in session.scalars(select(AuditEntry.entry)) if "anna@plant.example" in one]


def test_notices_that_fail_never_stop_the_relay(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relay.notices, "gather", _fail)
    relay._tell_people()
    assert "notices were not written" in caplog.text


def _fail(**_: object) -> int:
    raise RuntimeError("broken")
