"""Master data through its pages: drafts are written freely, a day is signed, what is approved stays."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app.catalog import revising, services
from app.catalog.models import Bom, Item, ItemKind
from app.objects.models import ObjectChange
from core import clock
from core.db import read_session, unit_of_work
from core.effectivity import RevisionState
from documents.models import Record
from tests.factories.inbox import Plant, make_plant
from tests.factories.people import token

LINE = {"lines.1.part": "PART", "lines.1.quantity": "2"}

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def plant(database: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.setattr(clock, "now", lambda: now)
    plant = make_plant(now, "object_change")
    owner = plant.people["owner"]
    with unit_of_work(owner, now=now) as session:
        made, part = (
            services.open_item(
                session,
                services.NewItem(code, {"en": code, "zh": name}, ItemKind.COMPONENT, "{pcs}"),
                actor=owner,
                now=now,
            )
            for code, name in (("MADE", "制成品"), ("PART", "零件"))
        )
        parts = [revising.BomPart(part, Decimal(1))]
        revising.open_bom(
            session, made, parts, revision="A", effective_from=date(2026, 1, 1), actor=owner, now=now
        )
    return plant


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    form = {**fields, "csrf_token": token(client, "/boms")}
    return client.post(path, data=form, content_type="multipart/form-data")


def revision(code: str) -> Bom:
    with read_session() as session:
        return session.scalars(select(Bom).where(Bom.code == code)).one()


@pytest.mark.urs("URS-031")
def test_an_approved_revision_is_refused_on_its_page_and_the_attempt_is_listed(
    plant: Plant, browser: Browser
) -> None:
    at, client = f"/boms/{revision('A').id}", browser("owner")
    asked = client.get(f"{at}/change")
    assert (asked.status_code, "does not change any more" in asked.text) == (409, True)
    assert "Make a new revision" in asked.text
    assert "correct the marked fields" not in asked.text, "no field is marked"
    changed = {"item": "MADE", "revision": "A", "reason": "Two of them", **LINE}
    answer = send(client, f"{at}/change", **changed)
    assert answer.status_code == 409
    assert "does not change any more" in answer.text
    with read_session() as session:
        assert [line.quantity for line in session.scalars(select(Bom)).one().lines] == [Decimal(1)]
    for page in ("/changes/attempts", f"/changes/attempts?object={revision('A').id}"):
        assert "does not change any more" in browser("qa").get(page).text
    assert client.get("/changes/attempts").status_code == 403


@pytest.mark.urs("URS-031")
def test_a_draft_is_written_freely_and_comes_into_force_by_a_signature(
    plant: Plant, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, day = browser("owner"), "2026-12-24"
    new = {"item": "MADE", "revision": "B", "reason": "Two of them"}
    assert send(client, "/boms/new", **new, **LINE, effective_from=day).status_code == 422
    for bad, words in (({"lines.1.part": "NONE"}, "There is no item"), ({"lines.1.unit": "kg"}, "convert")):
        answer = send(client, "/boms/new", **new, **{**LINE, **bad})
        assert (answer.status_code, words in answer.text) == (422, True), bad
    assert send(client, "/boms/new", **new, **LINE).status_code == 303
    draft = revision("B")
    assert draft.state is RevisionState.DRAFT
    more = {**new, **LINE, "lines.1.quantity": "0.5"}
    assert "takes whole ones" in send(client, f"/boms/{draft.id}/change", **more).text
    assert send(client, f"/boms/{draft.id}/change", **{**more, "lines.1.quantity": "3"}).status_code == 303
    assert send(client, f"/boms/{draft.id}/day", day="2026-01-01", reason="Late").status_code == 422
    assert send(client, f"/boms/{draft.id}/day", day=day, reason="From Christmas").status_code == 303
    assert revision("B").state is RevisionState.DRAFT, "nothing holds before the signature"
    with read_session() as session:
        waiting = select(ObjectChange).where(ObjectChange.state == "proposed")
        plant.case_id = session.scalars(waiting).one().case_id
    plant.signs("qa", "acceptance", {"decision": "accept"})
    with read_session() as session:
        records = [one.canonical.decode() for one in session.scalars(select(Record))]
    assert any("PART · 零件" in one for one in records), "who signs reads names, not codes alone"
    assert (revision("B").state, revision("B").effective_from) == (
        RevisionState.APPROVED, date(2026, 12, 24),
    )  # fmt: skip
    before = f"/boms/{revision('A').id}"
    assert "2026-01-01 – 2026-12-23" in client.get(before).text, "it is in force until the next one follows"
    too_late = send(client, f"{before}/day", verb="end", day=day, reason="No longer made")
    assert (too_late.status_code, "revision.followed" in too_late.text) == (422, True)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 24, 12, tzinfo=UTC))
    page = browser("owner").get(before).text
    assert ("Superseded" in page, "End without a successor" in page) == (True, False)


@pytest.mark.urs("URS-024", "URS-031")
def test_a_part_leads_to_its_bills_and_their_history_tells_the_lines_of_any_day(
    plant: Plant, browser: Browser, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {"item": "MADE", "revision": "B", "reason": "Two of them"}
    assert send(browser("owner"), "/boms/new", **new, **LINE).status_code == 303
    at, later = f"/boms/{revision('B').id}", now + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    client = browser("owner")
    changed = {**new, "lines.1.part": "PART", "lines.1.quantity": "7"}
    assert send(client, f"{at}/change", **changed).status_code == 303
    lines = '<td data-label="Quantity">{}</td>'
    for day, quantity, words in ((now, "2", "not the same as today"), (later, "7", "the same as today")):
        page = client.get(f"{at}/history?on={day.date().isoformat()}").text
        assert lines.format(quantity) in page, "what was changed later is not what it was"
        assert words in page
    assert '<td>Revision</td>' in page
    listed = client.get("/boms?q=制成").text
    assert "Effective" in listed
    assert not re.search(r">\s*Approved\s*<", listed), "a list tells what a revision is worth today"
    with read_session() as session:
        part = session.scalars(select(Item).where(Item.code == "PART")).one()
    assert f'href="{at}"' in client.get(f"/items/{part.id}").text
