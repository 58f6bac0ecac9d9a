import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from core import db, numbers
from core.actor import Actor
from core.errors import Invalid
from documents.models import Record, RecordState
from documents.records import RecordDraft, check_record, content_hash, create_record, sha256_hex
from tests.factories import documents as made

LOT = uuid.UUID(int=7)


def draft(**changes: object) -> RecordDraft:
    plain = RecordDraft(
        kind="lot_release.inspection",
        title=made.both("Lot inspection record", "批检验记录"),
        form_code="QR-QA-012",
        form_revision="A3",
        site=made.house(),
        language="both",
        content=made.content(2),
        case_id=uuid.UUID(int=8),
        element_id="inspection",
        subject=("inventory.lot", LOT, "L26-1107"),
        search={"lot_number": "L26-1107", "supplier_label": "Hengyuan", "signers_text": "Wang Ming"},
    )
    return replace(plain, **changes)


def write(keeper: Actor, now: datetime, **changes: object) -> Record:
    with db.unit_of_work(keeper, now=now) as session:
        numbers.define(session, "record", prefix="R")
        return create_record(session, draft(**changes), actor=keeper, now=now)


@pytest.mark.urs("URS-020", "URS-144")
def test_a_record_has_a_number_of_its_site_and_its_bytes_say_everything(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    record = write(keeper, now)
    said = json.loads(record.canonical)
    check_record(said)
    assert record.number == said["number"] == "SZ-R-2026-0001"
    assert record.sha256 == sha256_hex(record.canonical)
    assert content_hash(said["content"]) == content_hash(made.content(2))
    assert said["created_by"] == {"id": keeper.id, "name": keeper.name}
    assert said["subject"] == {"type": "inventory.lot", "id": str(LOT), "label": "L26-1107"}
    assert (record.state, record.lot_number) == (RecordState.PENDING, "L26-1107")


def test_the_number_belongs_to_the_year_of_the_sites_calendar(database: Engine, keeper: Actor) -> None:
    new_year_in_shanghai = datetime.fromisoformat("2026-12-31T17:00:00+00:00")
    assert write(keeper, new_year_in_shanghai).number == "SZ-R-2027-0001"


@pytest.mark.urs("URS-144")
def test_a_refused_record_takes_no_number(database: Engine, keeper: Actor, now: datetime) -> None:
    with pytest.raises(Invalid):
        write(keeper, now, content={"entered": [{"title": "x", "rows": [{"label": "a", "value": 1}]}]})
    with pytest.raises(Invalid):
        write(keeper, now, content={"unknown": "block"})
    assert write(keeper, now).number == "SZ-R-2026-0001"


@pytest.mark.urs("URS-020")
def test_a_record_that_could_not_be_printed_is_refused_before_anybody_signs_it(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    content = made.content(2)
    content["shown"][0]["rows"][0]["value"] = "tube 😀"
    with pytest.raises(Invalid) as refusal:
        write(keeper, now, content=content)
    assert refusal.value.code == "record.glyph"
    assert "😀" in refusal.value.text("zh")


@pytest.mark.urs("URS-022", "URS-024")
def test_a_written_record_cannot_be_changed_or_deleted_even_in_the_database(
    database: Engine, keeper: Actor, now: datetime
) -> None:
    record = write(keeper, now)
    for statement in (
        "UPDATE record SET canonical = x'00' WHERE id = :id",
        "UPDATE record SET number = 'X' WHERE id = :id",
        "DELETE FROM record WHERE id = :id",
    ):
        with pytest.raises(DBAPIError), db.unit_of_work(keeper, now=now) as session:
            session.execute(text(statement), {"id": record.id.hex})
    with db.read_session() as session:
        assert session.get_one(Record, record.id).canonical == record.canonical


def test_only_the_first_page_of_a_record_is_sealed(database: Engine, keeper: Actor, now: datetime) -> None:
    record = write(keeper, now)
    with db.unit_of_work(keeper, now=now) as session:
        kept = session.get_one(Record, record.id)
        kept.seal("a" * 64, now)
        kept.seal("a" * 64, now + timedelta(hours=1))
        with pytest.raises(ValueError, match="sealed already"):
            kept.seal("b" * 64, now)
    with db.read_session() as session:
        kept = session.get_one(Record, record.id)
        assert (kept.state, kept.pdf_sha256, kept.sealed_at) == (RecordState.SEALED, "a" * 64, now)
