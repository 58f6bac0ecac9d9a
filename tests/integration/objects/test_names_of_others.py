"""What is about something is found by the name that this has now, not by the one it had."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.catalog.models import ItemKind, ItemRevision, ItemState
from app.catalog.services import NewItem, open_item
from app.controlled_documents.models import ControlledDocument, DocumentKind, DocumentRevision
from app.objects import finding, readers
from app.objects.finding import Asked
from app.objects.kinds import kind_of
from app.training.models import How, Qualification
from core.actor import Actor
from core.db import Base, read_session, unit_of_work
from core.effectivity import RevisionState
from core.outbox import OutboxEntry, handler_of
from forms import pickers
from tests.factories.people import add_person


def found(kind: str, words: str) -> int:
    with read_session() as session:
        return len(finding.page(session, kind_of(kind), Asked(words)).items)


def left() -> list[OutboxEntry]:
    with read_session() as session:
        return list(session.scalars(select(OutboxEntry).filter_by(job=readers.INDEX_READERS)))


def rename(row: Base, keeper: Actor, now: datetime, **values: Any) -> None:
    with unit_of_work(keeper, now=now) as session:
        there = session.get_one(type(row), row.id)  # type: ignore[attr-defined]
        for name, value in values.items():
            setattr(there, name, value)


@pytest.mark.urs("URS-130")
def test_what_is_about_a_renamed_thing_is_found_by_the_new_name(
    database: Engine, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NewItem("M-1", {"en": "Tube", "zh": "软管"}, ItemKind.MATERIAL, "m")
    with unit_of_work(keeper, now=now) as session:
        item = open_item(session, new, actor=keeper, now=now)
        codes = [f"A{number}" for number in range(5)]
        session.add_all([ItemRevision(item_id=item.id, code=one, state=RevisionState.DRAFT) for one in codes])
    assert (found("catalog.item_revision", "tube"), left()) == (5, [])
    rename(item, keeper, now, state=ItemState.BLOCKED)
    assert left() == [], "its state is not its name"

    monkeypatch.setattr("app.objects.tasks.AT_ONCE", 2)
    rename(item, keeper, now, name={"en": "Hose", "zh": "胶管"})
    assert found("catalog.item", "hose") == 1
    [entry] = left()
    for _again in range(2):
        handler_of(entry.job)(entry.id, entry.payload, None)
    assert {words: found("catalog.item_revision", words) for words in ("hose", "胶管", "tube")} == {
        "hose": 5,
        "胶管": 5,
        "tube": 0,
    }
    assert left() == []


@pytest.mark.urs("URS-130")
def test_a_row_between_the_two_is_seen_through(database: Engine, keeper: Actor, now: datetime) -> None:
    with unit_of_work(keeper, now=now) as session:
        person_id = add_person(session, "trainee", None, None)
        paper = ControlledDocument(
            number="SOP-1", title={"en": "Cleaning", "zh": "清洁"}, kind=DocumentKind.PROCEDURE
        )
        session.add(paper)
        session.flush()
        of = DocumentRevision(document_id=paper.id, code="A", state=RevisionState.DRAFT)
        session.add(of)
        session.flush()
        session.add(
            Qualification(
                person_id=person_id,
                role="inspector",
                document_revision_id=of.id,
                how=How.READ,
                qualified_from=now.date(),
            )
        )
    rename(paper, keeper, now, number="SOP-77")
    [entry] = left()
    handler_of(entry.job)(entry.id, entry.payload, None)
    assert (found("training.qualification", "SOP-77"), found("training.qualification", "SOP-1")) == (1, 0)


def test_the_names_that_lists_are_searched_by_are_watched(database: Engine) -> None:
    read = readers.read_columns()
    assert read.keys() == {"item", "supplier", "person", "site", "position", "controlled_document"}
    assert read["item"] == {"code", "name"}


def test_a_refusal_names_the_kind_as_a_word_of_its_sentence() -> None:
    assert pickers.picker_of("catalog.item").title["en"] == "item"
    assert pickers.picker_of("procurement.order").title == {"en": "purchase order", "zh": "采购订单"}
