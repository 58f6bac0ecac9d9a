"""One number leads from a click through logs, trail and jobs to the sealed page; no line names anybody."""

import json
import logging
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from app.factory import create_app
from app.jobs.relay import hand_out
from core import clock, db
from core.actor import Actor
from core.config import settings
from core.errors import Conflict
from core.log import JsonFormatter, correlated, correlation_id, read_correlation_id, withheld
from core.outbox import OutboxEntry
from documents import store
from documents.models import Record, RecordState
from signatures import keys, paper
from signatures.audit_models import AuditEntry
from signatures.verify import verify_pdf
from tests.factories import plant as factory
from tests.factories.people import add_person, sign_in, token

GIVEN = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Every line that this process and its children write, as a file of logs would have it."""
    handler = logging.FileHandler(tmp_path / "log.jsonl", encoding="utf-8")
    handler.setFormatter(JsonFormatter())
    root, own = logging.getLogger(), logging.getLogger("app")
    root.addHandler(handler)
    own.setLevel(logging.INFO)

    def read() -> list[dict[str, Any]]:
        text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    yield read
    root.removeHandler(handler)
    own.setLevel(logging.NOTSET)
    handler.close()


@pytest.fixture
def app(database: Engine, keeper: Actor) -> Flask:
    now = clock.now()
    keys.create_authority(settings().keys, "Test plant", None, now)
    with db.unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
        add_person(session, "zhang.wei", "keeper", plant.site.id)
    made = create_app(testing=True)
    made.extensions["plant"] = plant
    return made


def receive(app: Flask, number: str) -> str:
    """Post a receipt under an id of one's own; gives the id under which the product did it."""
    plant = app.extensions["plant"]
    browser = sign_in(app, "zhang.wei")
    expiry = clock.now().date() + timedelta(days=200)
    answer = browser.post(
        "/receipts",
        headers={"X-Request-ID": number},
        data={
            "scan": f"(01){factory.PVC}(17){expiry:%y%m%d}(10)G77",
            "line": str(plant.order.lines[0].id),
            "quantity": "150",
            "unit": "kg",
            "location": str(plant.location.id),
            "key": "one",
            "csrf_token": token(browser),
        },
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["X-Request-ID"])


@pytest.mark.urs("URS-134", "URS-020")
def test_one_id_leads_from_the_click_to_the_sealed_page(
    app: Flask, queue: Queue, work: Callable[[], None], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    assert receive(app, GIVEN) == GIVEN
    with db.read_session() as session:
        record = session.scalars(select(Record)).one()
        entry = session.scalars(select(OutboxEntry).where(OutboxEntry.key == f"seal:{record.id}")).one()
    assert (record.correlation_id, entry.correlation_id) == (GIVEN, GIVEN)
    assert GIVEN not in record.canonical.decode(), "what was signed does not change with who asks"

    hand_out(queue, now=clock.now())
    assert [job.meta["correlation_id"] for job in jobs(queue) if job.args == [str(entry.id)]] == [GIVEN]
    work()

    said = [line["message"] for line in lines() if line["correlation_id"] == GIVEN]
    assert [one for one in said if one in ("request", "job handed out", "record.sealed", "job done")] == [
        "request", "job handed out", "record.sealed", "job done"
    ]  # fmt: skip
    sealed = next(line for line in lines() if line["message"] == "record.sealed")
    assert sealed["record"] == record.number
    with db.read_session() as session:
        record = session.scalars(select(Record)).one()
        trail = [json.loads(one) for one in session.scalars(select(AuditEntry.entry))]
    assert record.state is RecordState.SEALED
    caused = {one["action"] for one in trail if (one["facts"] or {}).get("correlation_id") == GIVEN}
    assert {"receipt.posted", "record.sealed"} <= caused
    page = store.read(str(record.pdf_sha256))
    assert verify_pdf(page, root=keys.root_certificate(), expect=record.number, compare=False).ok
    told = json.loads(files_in(page)["correlation.json"])
    assert told == {"schema": "qms.correlation/1", "record": record.number, "correlation_id": GIVEN}


def jobs(queue: Queue) -> list[Job]:
    return [job for job in queue.get_jobs() if job is not None]


@pytest.mark.urs("URS-146", "URS-134")
def test_no_line_names_anybody(
    app: Flask, queue: Queue, work: Callable[[], None], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    receive(app, GIVEN)
    app.test_client().post("/login", data={"login": "zhang.wei", "password": "wrong horse"})
    app.test_client().get("/records?q=zhang.wei&person=Wei")
    hand_out(queue, now=clock.now())
    work()
    said = json.dumps(lines(), ensure_ascii=False)
    assert lines()
    for personal in ("zhang", "Zhang", "先生", "wrong horse", "Wei", "127.0.0.1", "csrf", "G77"):
        assert personal not in said


@pytest.mark.urs("URS-146")
def test_what_a_library_or_a_careless_call_says_is_withheld() -> None:
    def line(**changes: Any) -> dict[str, Any]:
        record = logging.makeLogRecord({"name": "app.x", "levelno": 40, "levelname": "ERROR", **changes})
        made: dict[str, Any] = json.loads(JsonFormatter().format(record))
        return made

    assert line(msg="mail to zhang@plant.example failed")["message"] == "mail to withheld failed"
    assert line(msg="x", login="zhang", job="seal") | {"at": ""} == {
        "at": "", "level": "error", "logger": "app.x", "message": "x", "correlation_id": "-",
        "login": "withheld", "job": "seal",
    }  # fmt: skip
    for error in (
        IntegrityError("INSERT INTO person (login) VALUES (?)", ("zhang",), Exception("UNIQUE failed")),
        IntegrityError("-", None, Exception("duplicate key\nDETAIL:  Key (login)=(zhang) already exists.")),
        Conflict("seal.key_missing", "The key of %(signer)s is missing.", signer="zhang"),
    ):
        try:
            raise error
        except Exception:
            said = line(msg="job failed", exc_info=sys.exc_info())["error"]
        assert "zhang" not in said
        assert type(error).__name__ in said
    assert withheld("plain words") == "plain words"


@pytest.mark.urs("URS-134")
@pytest.mark.parametrize("given", ["13812345678", "zhang-wei", "a;b", "x" * 64, "", GIVEN.upper(), "0" * 31])
def test_no_text_but_a_uuid_is_taken_from_outside(database: Engine, given: str) -> None:
    answer = create_app(testing=True).test_client().get("/login", headers={"X-Request-ID": given})
    made = answer.headers["X-Request-ID"]
    assert made != given
    assert read_correlation_id(made) == made
    assert correlation_id.get() == "-", "the next one at work here begins without it"


@pytest.mark.urs("URS-134")
def test_a_page_of_refusal_names_the_number_to_quote(app: Flask) -> None:
    number = str(uuid.uuid4())
    answer = app.test_client().get("/nothing", headers={"X-Request-ID": number})
    assert answer.status_code == 404
    assert "quote this number" in answer.text
    assert number.replace("-", "") in answer.text


def test_work_under_an_id_gives_it_back() -> None:
    with correlated(GIVEN):
        assert correlation_id.get() == GIVEN
    assert correlation_id.get() == "-"


def files_in(page: bytes) -> dict[str, bytes]:
    return dict(paper.read(page).files)
