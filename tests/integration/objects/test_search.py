"""Objects are found through the index, whatever their number; the index follows every change."""

import itertools
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy import Engine, event, select, text, tuple_
from sqlalchemy.orm import Session

from app.catalog.kinds import ITEM
from app.catalog.models import Item, ItemKind, ItemRevision, ItemState
from app.catalog.services import NewItem, open_items
from app.cli import search as command
from app.objects import finding, search
from app.objects.finding import Asked
from app.objects.kinds import ObjectKind, kind_of, kinds
from app.objects.models import ObjectSearch
from app.objects.ordering import order_in_index, sorted_texts
from app.organisation.models import Department, DepartmentState
from core.actor import Actor
from core.db import read_session, unit_of_work
from core.effectivity import RevisionState
from signatures import audit
from signatures.audit_models import AuditEntry

WHOLE = "INSERT INTO object_search_fts(object_search_fts) VALUES ('integrity-check')"


@pytest.fixture
def kind(database: Engine) -> ObjectKind:
    return kind_of("organisation.department")


def department(code: str, english: str = "Room", chinese: str = "车间") -> Department:
    return Department(code=code, name={"en": english, "zh": chinese}, state=DepartmentState.ACTIVE)


@pytest.fixture
def many(kind: ObjectKind, keeper: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Sixty departments, and an index that takes ten for many."""
    monkeypatch.setattr(finding, "MOST", 10)
    monkeypatch.setattr(finding, "REACH_OF_COMMON", 20)
    monkeypatch.setattr(finding, "WALKED", (7, 15, 30))
    monkeypatch.setattr(finding, "SOME", 4)
    monkeypatch.setattr(finding, "FEW", 2)
    with unit_of_work(keeper, now=now) as session:
        rows = [department(f"D-{number:02d}", "Even" if number % 2 == 0 else "Odd") for number in range(60)]
        session.add_all(rows)
    return [row.id for row in rows]


def codes(kind: ObjectKind, words: str = "", **asked: object) -> list[str]:
    with read_session() as session:
        return [row.code for row in finding.page(session, kind, Asked(words, **asked)).items]  # type: ignore[arg-type]


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("words", ["质量", "量保", "证", "qual", "D-QA", "d-q 质量保证", "assur qu"])
def test_an_object_is_found_by_parts_of_its_words(
    kind: ObjectKind, keeper: Actor, now: datetime, words: str
) -> None:
    with unit_of_work(keeper, now=now) as session:
        session.add_all([department("D-QA", "Quality assurance", "质量保证部"), department("D-1")])
    assert codes(kind, words) == ["D-QA"]


@pytest.mark.parametrize("words", ["质保", "uality", "D-QA D-1", "%", "' OR 1=1 --", '"', "a:b | !c", "x*"])
def test_what_no_object_has_finds_nothing(kind: ObjectKind, keeper: Actor, now: datetime, words: str) -> None:
    with unit_of_work(keeper, now=now) as session:
        session.add_all([department("D-QA", "Quality assurance", "质量保证部"), department("D-1")])
    assert codes(kind, words) == []


@pytest.mark.urs("URS-130")
def test_the_index_follows_a_change_in_the_same_transaction(
    kind: ObjectKind, keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        session.add(department("D-1"))
    with suppress(RuntimeError), unit_of_work(keeper, now=now) as session:
        session.scalars(select(Department)).one().name = {"en": "Kitchen", "zh": "厨房"}
        session.flush()
        raise RuntimeError
    assert (codes(kind, "车间"), codes(kind, "厨房")) == (["D-1"], [])
    with unit_of_work(keeper, now=now) as session:
        session.scalars(select(Department)).one().name = {"en": "Kitchen", "zh": "厨房"}
    assert (codes(kind, "车间"), codes(kind, "厨房")) == ([], ["D-1"])
    with unit_of_work(keeper, now=now) as session:
        session.delete(session.scalars(select(Department)).one())
    with read_session() as session:
        assert session.scalars(select(ObjectSearch)).all() == []


@pytest.mark.urs("URS-130")
@pytest.mark.parametrize("words", ["room", "odd", "车间", "even 车", ""])
@pytest.mark.parametrize("sort", ["", "-code", "name", "-name"])
def test_common_words_give_the_same_rows_as_looking_at_every_row(
    kind: ObjectKind, many: list[uuid.UUID], words: str, sort: str
) -> None:
    with read_session() as session:
        rows = session.scalars(select(Department)).all()
        meant = [
            row
            for row in rows
            if all(word in f"{row.name['en']} {row.name['zh']}".casefold() for word in words.split())
        ]
        by_name = sorted(meant, key=lambda row: row.code)
        if sort.endswith("name"):
            by_name.sort(key=lambda row: row.name["en"])
        if sort.startswith("-"):
            by_name.reverse()
        for number in (1, 2, 4):
            page = finding.page(session, kind, Asked(words, sort=sort, number=number, size=5))
            expected = by_name[(page.number - 1) * 5 : page.number * 5]
            assert [row.code for row in page.items] == [row.code for row in expected]
            assert (page.total, page.more) == (min(len(meant), 10), len(meant) > 10)


@pytest.mark.urs("URS-130")
def test_what_stands_together_far_away_in_the_list_is_found_in_its_order(
    kind: ObjectKind, many: list[uuid.UUID], keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        for number in range(60, 90):
            row = department(f"D-{number:02d}", "Late")
            row.state = DepartmentState.CLOSED if number % 5 else DepartmentState.ACTIVE
            session.add(row)
    with read_session() as session:
        rows = session.scalars(select(Department)).all()
        for words, chosen, sort in itertools.product(
            ("late", "车间"), ({}, {"state": "closed"}), ("", "-code", "state", "-state", "name", "-name")
        ):
            column = sort.removeprefix("-") or "code"
            meant = [row for row in rows if words in f"{row.name['en']} {row.name['zh']}".casefold()]
            meant = [row for row in meant if row.state.value in chosen.values() or not chosen]
            keys = {"code": lambda row: "", "state": lambda row: row.state.value,
                    "name": lambda row: row.name["en"]}  # fmt: skip
            meant.sort(key=lambda row: (keys[column](row), row.code), reverse=sort.startswith("-"))
            for number in (1, 3):
                page = finding.page(session, kind, Asked(words, chosen, sort=sort, number=number, size=5))
                expected = [row.code for row in meant[(number - 1) * 5 : number * 5]]
                assert [row.code for row in page.items] == expected, (words, chosen, sort, number)
        place = tuple_(Department.code, Department.id) > tuple_("D-20", uuid.UUID(int=0))
        following = finding.following(session, kind, Asked("late", size=4), place)
        assert [row.code for row in following] == ["D-60", "D-61", "D-62", "D-63", "D-64"]


def test_pages_of_many_end_and_say_so(kind: ObjectKind, many: list[uuid.UUID]) -> None:
    with read_session() as session:
        page = finding.page(session, kind, Asked("车间", number=999, size=5))
        assert (page.number, page.pages, page.more) == (4, 4, True)
        assert finding.page(session, kind, Asked(number=999, size=5)).number == 2


def test_filters_and_sites_are_asked_of_the_index(
    kind: ObjectKind, many: list[uuid.UUID], keeper: Actor, now: datetime
) -> None:
    with unit_of_work(keeper, now=now) as session:
        session.get_one(Department, many[3]).state = DepartmentState.CLOSED
    assert codes(kind, chosen={"state": "closed"}) == ["D-03"]
    assert codes(kind, "车间", chosen={"state": "closed"}) == ["D-03"]
    assert codes(kind, "even", chosen={"state": "closed"}) == []
    assert codes(kind, "odd", sites=[uuid.uuid4()], size=2) == ["D-01", "D-03"], "of the whole company"


@pytest.mark.urs("URS-130")
def test_a_search_never_reads_the_whole_table(kind: ObjectKind, many: list[uuid.UUID]) -> None:
    plans = list(_plans(kind, Asked("D-07")))
    assert plans
    whole = re.compile(r"SCAN (department|object_search)\b(?!_fts)")
    assert not [plan for plan in plans if whole.search(plan)]


@pytest.mark.urs("URS-130")
def test_each_list_is_sorted_by_each_of_its_columns(database: Engine) -> None:
    wanted = [
        (kind, f"{turned}{column}") for kind in kinds() for column in kind.shown for turned in ("", "-")
    ]
    with read_session() as session:
        shown = {
            (kind.name, sort): finding.page(session, kind, Asked(sort=sort)).total for kind, sort in wanted
        }
    assert set(shown.values()) == {0}
    assert len(shown) > 200


@pytest.mark.urs("URS-130")
def test_the_list_of_items_is_sorted_by_indexes(database: Engine) -> None:
    wanted = {"kind", "uom", "state", "name", "gtin"}
    assert wanted <= ITEM.shown.keys()
    for column, turned in itertools.product(sorted(wanted), ("", "-")):
        plans = "\n".join(_plans(ITEM, Asked(sort=f"{turned}{column}")))
        assert "USE TEMP B-TREE FOR ORDER BY" not in plans, (turned, column, plans)
    asked = Asked(chosen={"kind": "finished"}, sort="code")
    assert not [plan for plan in _plans(ITEM, asked) if "SCAN item" in plan]


@pytest.mark.urs("URS-024", "URS-130")
@pytest.mark.usefixtures("database")
def test_items_of_a_list_are_found_and_stand_in_the_trail_row_by_row(keeper: Actor, now: datetime) -> None:
    names = {"en": "Granulate", "zh": "粒料"}
    new = [NewItem(f"RM-{one}", names, ItemKind.MATERIAL, "kg", specification="S 1") for one in range(3)]
    with unit_of_work(keeper, now=now) as session:
        open_items(session, new, actor=keeper, now=now)
    assert codes(ITEM, "粒料") == ["RM-0", "RM-1", "RM-2"]
    with read_session() as session:
        row = session.scalars(select(Item).filter_by(code="RM-1")).one()
        assert (row.revision, row.state, row.storage, row.created_at) == (1, ItemState.ACTIVE, {}, now)
        entries = session.scalars(select(AuditEntry).filter_by(action="insert")).all()
        told = Counter(entry.subject_type for entry in entries)
        assert (told["item"], told["item_revision"]) == (3, 3)
        [own] = [json.loads(entry.entry) for entry in entries if entry.subject_id == str(row.id)]
        assert own["changes"]["code"] == [None, "RM-1"]
        assert own["actor"]["id"] == keeper.id


@pytest.mark.urs("URS-024", "URS-120")
@pytest.mark.usefixtures("database")
def test_a_long_list_stands_in_trail_and_index_like_its_rows_one_by_one(keeper: Actor, now: datetime) -> None:
    odd = '"\\u0000 \\ 😀 \u2028 {粒料}'
    assert audit.MANY < 70, "PostgreSQL is told so many entries at once"
    names = {"en": odd, "zh": odd}
    new = [NewItem(f"RM-{one:03d}", names, ItemKind.MATERIAL, "kg", specification=odd) for one in range(70)]
    with unit_of_work(keeper, now=now) as session:
        open_items(session, new, actor=keeper, now=now)
    with read_session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        assert [entry.seq for entry in entries] == list(range(1, 141))
        told = [json.loads(entry.entry)["changes"] for entry in entries]
        assert {one["name"][1]["zh"] for one in told[:70]} == {odd}
        assert [one["code"][1] for one in told[:70]] == [item.code for item in new]
        assert {entry.at for entry in entries} == {now}
        rows = session.scalars(select(Item)).all()
        assert {(row.revision, row.state, row.created_at, row.gtin) for row in rows} == {
            (1, ItemState.ACTIVE, now, None)
        }
        assert [row.storage for row in rows] == [{}] * 70
        first = session.scalars(select(ItemRevision)).all()
        assert {(one.specification, one.drawing, one.state) for one in first} == {
            (odd, "", RevisionState.APPROVED)
        }
        held = session.scalars(
            select(ObjectSearch.sorted_by).filter_by(kind=ITEM.name).order_by(ObjectSearch.id)
        ).all()
        assert [one["code"] for one in held] == [item.code for item in new]
        assert {one["name"] for one in held} == {odd}
    with read_session() as session:
        assert audit.verify_chain(session).ok


def _plans(kind: ObjectKind, asked: Asked) -> Iterator[str]:
    """The plans SQLite makes of each statement of one page."""
    with read_session() as session:
        if session.connection().dialect.name != "sqlite":
            yield "PostgreSQL's plans depend on the number of rows; see qms bench lists"
            return
        said = list[tuple[str, object]]()
        listen = (session.connection(), "before_cursor_execute", _note(said))
        event.listen(*listen)
        finding.page(session, kind, asked)
        event.remove(*listen)
        for statement, values in said:
            rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            yield "\n".join(str(row[3]) for row in rows)


def _note(said: list[tuple[str, object]]):  # type: ignore[no-untyped-def]
    def note(_connection, _cursor, statement, values, *_more):  # type: ignore[no-untyped-def]
        said.append((statement, values))

    return note


@pytest.mark.urs("URS-130")
def test_what_many_objects_have_is_sorted_by_the_index_alone(kind: ObjectKind, many: list[uuid.UUID]) -> None:
    with read_session() as session:
        said = list[tuple[str, object]]()
        event.listen(session.connection(), "before_cursor_execute", _note(said))
        page = finding.page(session, kind, Asked("even", sort="-name", number=2, size=5))
    assert [row.code for row in page.items] == ["D-48", "D-46", "D-44", "D-42", "D-40"]
    sorting = [statement for statement, _values in said if "sorted_by" in statement]
    assert sorting
    assert not [statement for statement in sorting if "department" in statement]


@pytest.mark.usefixtures("database")
def test_lists_are_sorted_by_the_index_where_their_own_texts_say_the_order() -> None:
    assert set(sorted_texts(ITEM)) == {"code", "name", "gtin"}, "no choices, no days, nothing of other tables"
    assert order_in_index(ITEM, "-gtin")
    assert order_in_index(ITEM, "kind") is None


@pytest.mark.usefixtures("database")
def test_terms_of_no_two_kinds_begin_alike() -> None:
    signs = Counter(search.sign_of(kind.plural) for kind in kinds())
    assert set(signs.values()) == {1}


@pytest.mark.urs("URS-130")
def test_the_index_can_be_made_anew(kind: ObjectKind, many: list[uuid.UUID], keeper: Actor) -> None:
    with unit_of_work(keeper) as session:
        search._forget(session, ObjectSearch.kind == kind.name)
    assert command.lacking() == {kind.name: 60}
    assert codes(kind, "odd", size=2) == []
    assert command.fill() == {kind.name: 60}
    assert command.lacking() == {}
    assert codes(kind, "odd", size=2) == ["D-01", "D-03"]
    if search._on_sqlite():
        with unit_of_work(keeper) as session:
            session.execute(text(WHOLE))


def test_a_session_that_only_reads_writes_no_index(kind: ObjectKind, many: list[uuid.UUID]) -> None:
    with read_session() as session:
        session.get_one(Department, many[0]).name = {"en": "x", "zh": "x"}
        assert isinstance(session, Session)
        assert "objects_to_index" not in session.info
