"""A long list is checked and stored by a worker: one may leave and come back; it is stored whole or not."""

import uuid
from datetime import datetime

import pytest
from sqlalchemy import func, select

from app.catalog.models import Item, Supplier
from app.imports import progress, services, tasks
from app.imports.models import DataImport, ImportState
from core import clock, outbox
from core.db import read_session, unit_of_work
from core.outbox import OutboxEntry
from signatures.audit_models import AuditEntry
from tests.factories.inbox import Plant
from tests.factories.lists import GOOD_ITEM, ITEM_HEADS, csv
from tests.integration.imports.test_bringing_lists import Browser, bring, plant, propose
from workflows.models import ProcessCase

__all__ = ["plant"]

ROWS = [[f"RM-{number}", *GOOD_ITEM[1:5], "", 100] for number in range(4)]
pytestmark = pytest.mark.urs("URS-120")


@pytest.fixture(autouse=True)
def few_rows_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 2)


def run(name: str, *, again: bool = False) -> None:
    """Do the jobs of a name as a worker does; twice if wanted, as when one was cut off at its very end."""
    with read_session() as session:
        entries = session.scalars(select(OutboxEntry).where(OutboxEntry.job.startswith(name))).all()
    assert entries or again, f"no {name} waits"
    for entry in entries:
        for _ in range(2 if again else 1):
            outbox.handler_of(entry.job)(entry.id, entry.payload, entry.secret)


def state(address: str) -> DataImport:
    with read_session() as session:
        return session.get_one(DataImport, uuid.UUID(address.rpartition("/")[2]))


def count(what: type) -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def accepted(plant: Plant, browser: Browser, *rows: list) -> str:
    client = browser("owner")
    address = bring(client, csv(ITEM_HEADS, *(rows or ROWS)), name="l.csv").headers["Location"]
    run("imports.check")
    assert propose(client, address).status_code == 303, client.get(address).text
    plant.case_id = state(address).case_id
    plant.signs("qa", "acceptance", {"decision": "accept"})
    return address


def test_the_check_runs_behind_a_page_that_can_be_left(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    address = bring(client, csv(ITEM_HEADS, *ROWS), name="l.csv").headers["Location"]
    assert state(address).state is ImportState.CHECKING
    assert "The list is being checked" in client.get(address).text
    telling = progress.Telling(state(address).id, stages=2, moment=clock.now)
    telling.stage(1)(2, 4)
    part = client.get(f"{address}/progress")
    assert "3 of 4 rows" in part.text
    assert "HX-Refresh" not in part.headers
    run("imports.check", again=True)
    assert progress.of(state(address).id) is None
    assert client.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    assert (state(address).state, state(address).row_count, count(Item)) == (ImportState.CHECKED, 4, 0)
    assert "4 rows, no findings" in client.get(address).text


@pytest.mark.urs("URS-004")
def test_storing_follows_the_signature_as_a_job_on_behalf_of_who_signed(
    plant: Plant, browser: Browser
) -> None:
    address = accepted(plant, browser)
    assert (state(address).state, count(Item)) == (ImportState.STORING, 0)
    with read_session() as session:
        assert session.get_one(ProcessCase, plant.case_id).state == "running"
    assert "The list is being stored" in browser("owner").get(address).text
    run("imports.store", again=True)
    run("workflows", again=True)
    assert (state(address).state, count(Item)) == (ImportState.APPLIED, 4)
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        assert (case.state, case.outcome) == ("completed", "applied")
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "item")).all()
        assert {one.actor_id for one in entries} == {"system:imports"}
        assert all(plant.people["qa"].id in one.entry for one in entries)


@pytest.mark.urs("URS-004")
def test_what_the_plant_has_overtaken_is_stored_not_even_in_part(
    plant: Plant, browser: Browser, now: datetime
) -> None:
    address = accepted(plant, browser)
    with unit_of_work(plant.people["owner"], now=now) as session:
        session.add(
            Item(code="RM-2", name={"en": "Other", "zh": "其他"}, kind="material", uom="kg", created_at=now)
        )
    run("imports.store", again=True)
    run("workflows", again=True)
    assert (state(address).state, count(Item)) == (ImportState.FAILED, 1)
    assert "RM-2" in state(address).failure["en"] or "row 4" in state(address).failure["en"]
    with read_session() as session:
        case = session.get_one(ProcessCase, plant.case_id)
        assert (case.state, case.outcome) == ("completed", "not_stored")
    assert "Nothing was stored." in browser("owner").get(address).text


def test_a_worker_killed_while_it_stores_leaves_nothing_half_done(
    plant: Plant, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = accepted(plant, browser)

    class Killed(BaseException):
        pass

    def dies(*_args: object, **_others: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(services, "_tell_case", dies)  # all rows are written by then, nothing is committed
        with pytest.raises(Killed):
            run("imports.store")
    assert (state(address).state, count(Item)) == (ImportState.STORING, 0)
    run("imports.store")
    assert (state(address).state, count(Item)) == (ImportState.APPLIED, 4)


def test_a_file_that_breaks_further_down_fails_with_its_reason(plant: Plant, browser: Browser) -> None:
    client = browser("owner")
    data = csv(ITEM_HEADS, *ROWS) + b'\r\nRM-9,"never closed'
    address = bring(client, data, name="l.csv").headers["Location"]
    run("imports.check")
    assert state(address).state is ImportState.FAILED
    assert "cannot be read" in client.get(address).text


def test_a_list_shows_and_stores_what_changes(
    plant: Plant, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 500)
    client, heads = browser("owner"), ["code", "name_en", "name_zh", "criticality", "country"]

    def brought(*rows: list) -> str:
        data = csv(heads, *rows)
        return bring(client, data, name="s.csv", what="catalog.suppliers").headers["Location"]

    def take(address: str) -> None:
        assert propose(client, address).status_code == 303
        plant.case_id = state(address).case_id
        plant.signs("qa", "acceptance", {"decision": "accept"})

    take(brought(["S-1", "Ruipu", "瑞普", "A", "CN"], ["S-2", "Other", "", "B", "DE"]))
    refused = brought(["S-1", "Ruipu", "", "B", "CN"], ["S-3", "Third", "", "C", "US"])
    assert "may change to “B” only through change control" in client.get(refused).text
    table = client.get(f"{refused}/findings.csv").data.decode("utf-8-sig").splitlines()
    assert table[0].endswith("Findings")
    assert len(table) == 2
    assert "cell.controlled" in table[1]
    rows = ["S-1", "Ruipu New", "", "A", "CN"], ["S-2", "Other", "", "B", "DE"], ["S-3", "T", "", "C", "US"]
    again = brought(*rows)
    page = client.get(again).text
    assert "Ruipu New" in page
    assert "Ruipu → Ruipu New" in client.get(f"{again}/findings.csv").data.decode()
    take(again)
    with read_session() as session:
        names = {one.code: one.name for one in session.scalars(select(Supplier))}
    assert names["S-1"] == {"en": "Ruipu New", "zh": "瑞普"}
    assert len(names) == 3


def test_jobs_are_known_by_their_names() -> None:
    assert {"imports.check", "imports.store"} <= outbox.job_names()
    assert tasks.FINAL
