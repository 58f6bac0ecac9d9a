"""What is exported of standards, bills and routings holds their lines, as the list of the kind reads them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app.catalog import revising, services
from app.catalog.models import CharacteristicKind, Item, ItemKind
from app.factory import create_app
from app.objects.kinds import kind_of
from core import clock
from core.db import read_session, unit_of_work
from documents.sheets.examining import examine
from documents.sheets.rows import Outcome
from tests.factories.inbox import PASSWORD, Plant, make_plant
from tests.factories.people import sign_in, token

Browser = Callable[[str], FlaskClient]
DAY = date(2026, 1, 1)
LINES = {
    "catalog.inspection_standard": {"en": "Measured", "zh": "计量"},
    "catalog.bom": {"en": "g", "zh": "g"},
    "catalog.routing": {"en": "0.5", "zh": "注塑"},
}
"""What is exported, and how one cell of it reads."""


def _both(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese}


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now)
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:

        def item(code: str, unit: str) -> Item:
            new = services.NewItem(code, _both(code, code), ItemKind.COMPONENT, unit)
            return services.open_item(session, new, actor=owner, now=now)

        parts = [revising.BomPart(item(f"P-{n}", "kg"), Decimal(20), "g") for n in (2, 1)]
        lines = [
            revising.Characteristic(
                "TEMPER",
                _both("Temper", "硬度"),
                CharacteristicKind.MEASURED,
                Decimal(-5),
                Decimal("2.50"),
                "Cel",
            ),
            revising.Characteristic(
                "LOOK", _both("Look", "外观"), CharacteristicKind.JUDGED, requirement=_both("+ clean", "洁净")
            ),
        ]
        steps = [
            revising.Operation(
                10, _both("Moulding", "注塑"), "press", Decimal(30), Decimal("0.5"), "WI-1", ""
            ),
            revising.Operation(20, _both("Packing", "包装"), "-", Decimal(0), Decimal(1), "", ""),
        ]
        for number in range(3):
            made = item(f"MADE-{number}", "{pcs}")
            told = {"revision": "A", "effective_from": DAY, "actor": owner, "now": now}
            revising.open_bom(session, made, parts, **told)
            revising.open_standard(session, made, lines, **told)
            revising.open_routing(session, made, steps, **told)
    return plant


@pytest.fixture
def client(plant: Plant) -> FlaskClient:
    return sign_in(create_app(testing=True), "owner", PASSWORD)


@pytest.mark.urs("URS-151", "URS-120")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_export_read_again_changes_nothing(client: FlaskClient, tmp_path: Path, language: str) -> None:
    client.post(
        "/language", data={"language": language, "csrf_token": token(client, "/boms"), "next": "/boms"}
    )
    for kind_name, held in LINES.items():
        kind = kind_of(kind_name)
        (tmp_path / "list.xlsx").write_bytes(client.get(f"/{kind.plural}.xlsx?q=MADE").data)
        with read_session() as session:
            found = examine(session, kind.listed, tmp_path / "list.xlsx", "list.xlsx", None)
        assert [(one.column, one.error.code) for one in found.findings] == []
        outcomes = list(found.outcomes.values())
        assert outcomes == [Outcome.UNCHANGED] * 6, "every line of three objects, and only theirs"
        assert held[language] in {str(cell) for line in found.first for cell in line.values()}


@pytest.mark.urs("URS-151")
def test_lines_are_not_asked_for_object_by_object(client: FlaskClient, database: Engine) -> None:
    asked: list[str] = []
    client.get("/boms.xlsx?q=MADE-1")
    event.listen(database, "before_cursor_execute", lambda *told: asked.append(told[2]))
    client.get("/boms.xlsx?q=MADE-1")
    one, asked[:] = len(asked), []
    client.get("/boms.xlsx?q=MADE")
    assert len(asked) == one
