"""A list is declared, not programmed: what its columns say is checked for all rows with few questions."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.actor import system_actor
from core.errors import Invalid
from documents.sheets import examining
from documents.sheets.cells import Column, choice, code, day, name_columns, number, text, whole
from documents.sheets.importers import Group, Importer, register
from documents.sheets.rows import Outcome, Reference, Row, Unique
from documents.sheets.writing import csv_template

NOW = None
THERE = {
    ("E-1",): {
        "name_en": "Press",
        "name_zh": "压机",
        "place": "P1",
        "until": date(2027, 1, 1),
        "serial": "S1",
    }
}


class Asked:
    """A plant of one object that counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0
        self.made: list[list[str]] = []
        self.changed: list[str] = []

    def existing(self, _session: Session, keys: Collection[tuple[str, ...]]) -> dict:
        self.times += 1
        return {key: THERE[key] for key in keys if key in THERE}

    def places(self, _session: Session, wanted: Collection[str], _reach: object) -> dict[str, str]:
        self.times += 1
        return {place: place.lower() for place in wanted if place.startswith("P")}

    def owners(self, _session: Session, serials: Collection[str]) -> dict[str, tuple[str, ...]]:
        self.times += 1
        return {serial: ("E-1",) for serial in serials if serial == "S1"}

    def create(self, _session: Session, rows: list[Row], *_: object) -> None:
        self.made.append([row.get("code") for row in rows])

    def change(self, _session: Session, rows: list[Row], *_: object) -> None:
        self.changed += [row.get("code") for row in rows]


def importer(asked: Asked, **others: object) -> Importer:
    def wrong(value: object) -> Invalid:
        return Invalid("test.wrong", "Wrong.", value=value)

    return Importer(
        **{
            "name": "test.equipment", "title": {"en": "E", "zh": "设"}, "about": {"en": "E", "zh": "设"},
            "right": "r", "order": 1, "key": ("code",), "existing": asked.existing, "create": asked.create,
            "change": asked.change,
            "columns": (
                Column("code", {"en": "Code", "zh": "编码"}, code(), "E-1", {"en": "Its code", "zh": "编码"}),
                *name_columns("name", "Name", "名称", {"en": "Press", "zh": "压机"}, needed=True),
                Column("place", {"en": "Place", "zh": "位置"}, code(), "P1", {},
                       refers=Reference(asked.places, wrong)),
                Column("until", {"en": "Until", "zh": "至"}, day, "2027-01-01", {}, required=False,
                       controlled=True),
                Column("serial", {"en": "Serial", "zh": "序列号"}, text(), "S1", {}, required=False,
                       unique=Unique(asked.owners, wrong)),
            ), **others,
        }
    )  # fmt: skip


def examine(asked: Asked, tmp_path: Path, *lines: str, **others: object) -> tuple[examining.Read, set]:
    file = tmp_path / "l.csv"
    file.write_text("\n".join(["code,name_en,name_zh,place,until,serial", *lines]), encoding="utf-8")
    what = importer(asked, **others)
    read = examining.read_rows(what, file, "l.csv")
    found = examining.examine_rows(None, what, read, None)
    return read, {(one.row, one.column, one.error.code) for one in found.findings}


@pytest.mark.urs("URS-120")
def test_each_row_is_new_changed_unchanged_or_refused(tmp_path: Path) -> None:
    lines = (
        "E-1,Press,,P1,2027-01-01,S1", "E-2,Mill,,P2,,", "E-2,Mill,,P2,,", "E-3,,,P2,,", "E-4,Saw,,Q9,,S1",
    )  # fmt: skip
    read, found = examine(Asked(), tmp_path, *lines)
    assert [row.outcome for row in read.rows] == [Outcome.UNCHANGED, Outcome.NEW, *[Outcome.REFUSED] * 3]
    assert found == {
        (4, "code", "cell.doubled"),
        (5, "name_en", "cell.required"),
        (6, "place", "test.wrong"),
        (6, "serial", "cell.doubled"),
        (6, "serial", "test.wrong"),
    }


def test_what_a_row_changes_is_told_field_by_field(tmp_path: Path) -> None:
    read, found = examine(Asked(), tmp_path, "E-1,Large press,,P2,,")
    assert found == set()
    assert read.examined.changed[0].fields == {"name_en": ("Press", "Large press"), "place": ("P1", "P2")}
    assert read.rows[0].both("name") == {"en": "Large press", "zh": "压机"}, (
        "an empty cell keeps what is there"
    )
    assert read.rows[0].found["place"] == "p2"


@pytest.mark.urs("URS-030")
def test_what_is_under_change_control_is_not_changed_by_a_list(tmp_path: Path) -> None:
    assert examine(Asked(), tmp_path, "E-1,Press,,P1,2028-01-01,")[1] == {(2, "until", "cell.controlled")}
    refused = examine(Asked(), tmp_path, "E-1,Large press,,P1,,", change=None)[1]
    assert refused == {(2, "name_en", "cell.controlled")}


def test_a_thousand_rows_need_as_many_questions_as_batches(tmp_path: Path) -> None:
    asked = Asked()
    examine(asked, tmp_path, *(f"N-{number},Name,,P1,,X{number}" for number in range(1_000)))
    assert asked.times == 6


def test_rows_of_one_thing_agree_and_are_stored_together(tmp_path: Path) -> None:
    asked = Asked()
    group = Group(("code",), same=("place",))
    lines = [f"N-{number % 300},Name,,P{number % 300},," for number in range(900)]
    read, found = examine(asked, tmp_path, *lines, "N-1,Name,,P7,,", group=group)
    assert found == {(902, "place", "group.heads")}
    examining.store_rows(None, importer(asked, group=group), read.rows, actor=system_actor("test"), now=NOW)
    assert all(len(batch) <= examining.BATCH for batch in asked.made)
    assert sum(map(len, asked.made)) == 900
    assert not set(asked.made[0]) & set(asked.made[1]), "nothing is torn apart"


def test_only_rows_that_differ_are_given_to_change(tmp_path: Path) -> None:
    asked = Asked()
    read, _ = examine(asked, tmp_path, "E-1,Large press,,P1,,", "E-9,New,,P1,,")
    examining.store_rows(None, importer(asked), read.rows, actor=system_actor("test"), now=NOW)
    assert (asked.made, asked.changed) == ([["E-9"]], ["E-1"])


def test_the_csv_template_can_be_filled_in_as_it_is(tmp_path: Path) -> None:
    what, file = importer(Asked()), tmp_path / "l.csv"
    for language in ("en", "zh"):
        file.write_bytes(csv_template(what, language) + b"E-7,Name,,P1,,\r\n")
        assert [line.cells["code"] for line in examining.lines_of(what, file, "l.csv")] == ["E-7"]


def test_programs_are_told_the_same_columns_as_people() -> None:
    schema = importer(Asked()).schema("zh")
    assert schema["required"] == ["code", "place"]
    assert schema["properties"]["until"]["format"] == "date"
    assert schema["properties"]["code"]["title"] == "编码"
    kinds = {"whole": whole(1, 5), "number": number, "choice": choice({"a": {"en": "A", "zh": "甲"}})}
    columns = tuple(Column(key, {"en": key, "zh": key}, read, "", {}) for key, read in kinds.items())
    properties = importer(Asked(), columns=columns).schema("en")["properties"]
    assert (properties["whole"]["maximum"], properties["number"]["format"], properties["choice"]["enum"]) == (
        5, "decimal", ["a"],
    )  # fmt: skip


def test_a_key_that_is_no_column_is_a_mistake_of_the_room() -> None:
    with pytest.raises(ValueError, match="no column number"):
        register(importer(Asked(), key=("number",)))
