"""A cut of `qms chaos edits`: whatever row is edited past the product, the verifier names it."""

import itertools
import random
import sqlite3
import uuid
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table

from app.cli import scratch_server
from app.cli.chaos_edits import Copy, copies_of_database, copies_of_file, edit_copies, is_named
from app.cli.chaos_tamper import NAMED, ROUND, deal, targets
from app.procurement import services as procurement
from core.actor import Actor
from core.db import Base, unit_of_work
from signatures.audit_plan import plan_of
from signatures.models import Signature
from tests.factories import plant as factory

EDITS = {"sqlite": 60, "postgresql": 30}


@pytest.fixture
def copies(
    database: Engine, keeper: Actor, now: datetime, request: pytest.FixtureRequest, home: Path
) -> Copy:
    """A plant that has received goods and signed a record, to be copied for each edit."""
    with unit_of_work(keeper, now=now) as session:
        plant = factory.make_plant(session, actor=keeper, now=now)
        factory.make_lot_release_effective(session, actor=keeper, now=now)
    with unit_of_work(keeper, now=now) as session:
        receipt = procurement.receive_goods(session, factory.goods(plant, now=now), actor=keeper, now=now)
        factory.make_lot(session, plant, plant.component, 50, actor=keeper, now=now)
        session.add(signature(receipt.id, now))
    database.dispose()
    if database.dialect.name == "sqlite":
        file = home / "qms.sqlite3"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
        return copies_of_file(file)
    server: scratch_server.Server = request.getfixturevalue("postgres_server")
    return copies_of_database(server, str(database.url.database))


def signature(record_id: uuid.UUID, now: datetime) -> Signature:
    words = ("record_sha256", "login", "signer_name", "role", "site", "meaning_code", "statement", "method")
    return Signature(
        **dict.fromkeys(words, "word"),
        record_id=record_id,
        position=1,
        person_id=uuid.uuid4(),
        meaning={"en": "Released", "zh": "放行"},
        language="en",
        signed_at=now,
        cms=b"cms",
        certificate=b"certificate",
        level="B-T",
    )


@pytest.mark.urs("URS-025")
def test_every_random_edit_past_the_product_is_named(copies: Copy, database: Engine) -> None:
    count = EDITS[database.dialect.name]
    done = list(edit_copies(copies, count, random.Random(20261122)))
    assert len(done) == count
    missed = [(edit, report.reason, report.findings) for edit, report in done if not is_named(edit, report)]
    assert missed == []
    assert len({edit.table for edit, _ in done}) > count // 2


def test_every_audited_table_is_edited_and_one_that_comes_new_as_well() -> None:
    metadata = MetaData()
    for name, told in (("brand_new", {}), ("not_audited", {"audit": False})):
        Table(name, metadata, Column("id", Integer, primary_key=True), info=told)
    assert targets(metadata)["master"] == ("brand_new",)
    kinds = targets(Base.metadata)
    wanted = {table.name for table in Base.metadata.sorted_tables if plan_of(table).audited}
    wanted |= {"audit_entry", "audit_head", "balance"}
    dealt = deal(random.Random(1), kinds)
    assert set(itertools.islice(dealt, len(ROUND) * len(kinds["master"]) // len(NAMED))) == wanted
