"""Labels and equipment through their pages: print, print again with a reason, record a calibration."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app.equipment.models import Equipment, EquipmentEvent, EquipmentKind, EquipmentState
from app.factory import create_app
from app.labels.models import LabelPrint
from core import clock
from core.db import read_session, unit_of_work
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.people import sign_in, token

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    with unit_of_work(plant.people["qa"], now=now) as session:
        session.add(
            Equipment(
                code="M-014", name={"en": "Micrometer", "zh": "千分尺"}, kind=EquipmentKind.INSTRUMENT,
                site_id=plant.site_id, state=EquipmentState.IN_USE, calibration_months=12,
                calibrated_until=now.date() - timedelta(days=1),
            )
        )  # fmt: skip
    return plant


@pytest.fixture
def client(plant: Plant) -> FlaskClient:
    return sign_in(create_app(testing=True), "qa", PASSWORD)


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(client, "/equipment")}
    return client.post(path, data=form, content_type="multipart/form-data")


def at() -> str:
    with read_session() as session:
        return f"/equipment/{session.scalars(select(Equipment.id)).one()}"


@pytest.mark.urs("URS-032", "URS-162")
def test_labels_are_printed_from_the_page_and_again_with_a_reason(client: FlaskClient) -> None:
    label = f"{at()}/label"
    assert "M-014" in client.get(label).text
    assert client.get(f"{label}.svg").mimetype == "image/svg+xml"
    for wrong in ("0", "x", "501", ""):
        assert send(client, label, copies=wrong).status_code == 422
    answer = send(client, label, copies="2")
    assert answer.mimetype == "application/pdf"
    pages = pypdfium2.PdfDocument(answer.data)
    assert len(pages) == 2
    [code] = zxingcpp.read_barcodes(pages[1].render(scale=4).to_pil())
    assert code.bytes == b"92M-014"
    again = send(client, label, copies="1")
    assert again.status_code == 422
    assert "Say why they are printed again" in again.text
    assert send(client, label, copies="1", reason="Torn off").status_code == 200
    assert "Torn off" in client.get("/labels").text
    with read_session() as session:
        assert len(session.scalars(select(LabelPrint)).all()) == 2


@pytest.mark.urs("URS-078")
def test_a_calibration_is_recorded_with_its_certificate(client: FlaskClient, now: datetime) -> None:
    assert "M-014" in client.get("/equipment-due").text
    assert "was valid until" in client.get(at()).text
    answer = send(client, f"{at()}/events", duty="calibration", verdict="good", done_on="", document="C-1")
    assert "Choose a day" in client.get(answer.headers["Location"]).text
    day = now.date().isoformat()
    send(client, f"{at()}/events", duty="calibration", verdict="good", done_on=day, document="C-1")
    assert "was valid until" not in client.get(at()).text
    assert "M-014" not in client.get("/equipment-due").text
    found = {"duty": "calibration", "verdict": "out_of_tolerance", "done_on": day, "document": "C-2"}
    send(client, f"{at()}/events", **found)
    assert "In question" not in client.get(at()).text, "it was used for nothing"
    with read_session() as session:
        assert session.scalars(select(Equipment)).one().blocked
        assert len(session.scalars(select(EquipmentEvent)).all()) == 2


@pytest.mark.urs("URS-078")
def test_equipment_is_blocked_at_once_from_its_page(client: FlaskClient) -> None:
    send(client, f"{at()}/block", why="Dropped")
    assert "Dropped" in client.get(at()).text
