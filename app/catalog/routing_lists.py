"""Lists of routings and of item revisions (URS-031)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, ItemRevision, Routing, RoutingOperation
from app.catalog.revising import (
    ItemFacts,
    Operation,
    change_item_revision,
    change_routing,
    open_item_revision,
    open_routing,
)
from app.catalog.revision_lists import GROUP_BY, HEAD, check_revisions, empty_name, line_checks, other_day
from core.actor import Actor
from core.effectivity import must_be_draft
from core.errors import Conflict, Invalid
from documents.sheets.cells import Column, name_columns, number, text, whole
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer
from documents.sheets.rows import Finding, Reach, Row, both_cells


def minutes(value: Any) -> Any:
    """A number of minutes, zero or more.

    Raises:
        Invalid: ``routing.minutes``, or no number.
    """
    found = number(value)
    if found < 0:
        raise Invalid("routing.minutes", "Minutes are zero or more.")
    return found


def operation_cells(one: RoutingOperation) -> dict[str, Any]:
    """A step of a routing as the cells of its row."""
    return {
        **both_cells("name", one.name),
        "equipment": one.equipment,
        "setup_minutes": one.setup_minutes,
        "run_minutes": one.run_minutes,
        "instruction": one.instruction,
        "skill": one.skill,
    }


def operations_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the routings of some items hold already, step by step."""
    query = (
        select(Item.code, Routing, RoutingOperation)
        .join(Routing, Routing.item_id == Item.id)
        .join(RoutingOperation, RoutingOperation.routing_id == Routing.id)
    )
    found = session.execute(query.where(Item.code.in_({item for item, _, _ in keys})))
    return {
        (item, routing.code, one.number): {"effective_from": routing.effective_from, **operation_cells(one)}
        for item, routing, one in found
    }


def operations_of(rows: Sequence[Row]) -> list[Operation]:
    """The rows of one routing as what its revision holds."""
    return [
        Operation(
            number=row.get("number"),
            name=row.both("name"),
            equipment=row.get("equipment"),
            setup_minutes=row.get("setup_minutes"),
            run_minutes=row.get("run_minutes"),
            instruction=row.get("instruction") or "",
            skill=row.get("skill") or "",
        )
        for row in rows
    ]


def create_routings(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the routings of a list."""
    for found in grouped(rows, GROUP_BY).values():
        open_routing(
            session,
            found[0].found["item"],
            operations_of(found),
            revision=found[0].get("revision"),
            effective_from=found[0].get("effective_from"),
            actor=actor,
            now=now,
        )


def replace_routing(
    session: Session, of: Routing, rows: Sequence[Row], *, actor: Actor, now: datetime
) -> None:
    """Write the steps of a draft anew."""
    change_routing(session, of, operations_of(rows))


def _names(_session: Session, rows: Sequence[Row]) -> Iterator[Finding]:
    for row in rows:
        yield from empty_name(row)


def _revision_rows(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[str, str], ItemRevision]:
    query = select(Item.code, ItemRevision).join(ItemRevision, ItemRevision.item_id == Item.id)
    found = session.execute(query.where(Item.code.in_({item for item, *_ in keys})))
    return {(item, revision.code): revision for item, revision in found}


def item_revisions_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the revisions of some items say already."""
    return {
        key: {
            "effective_from": one.effective_from,
            "specification": one.specification,
            "drawing": one.drawing,
            "note": one.note,
        }
        for key, one in _revision_rows(session, keys).items()
    }


def check_item_revisions(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find approved revisions that a row would change, and days that only an approval may set."""
    every = list(rows)
    yield from check_revisions(session, ItemRevision, every)
    changed = {(row.get("item"), row.get("revision")): row for row in every if row.changes()}
    there = _revision_rows(session, changed) if changed else {}
    for key, row in changed.items():
        try:
            must_be_draft(there[key])
        except Conflict as frozen:
            yield row.wrong("revision", frozen)


def create_item_revisions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the revisions of a list."""
    for row in rows:
        open_item_revision(
            session,
            row.found["item"],
            _facts(row),
            revision=row.get("revision"),
            effective_from=row.get("effective_from"),
            actor=actor,
            now=now,
        )


def change_item_revisions(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Write drafts anew."""
    there = _revision_rows(session, [(row.get("item"), row.get("revision")) for row in rows])
    for row in rows:
        change_item_revision(session, there[row.get("item"), row.get("revision")], _facts(row))


def _facts(row: Row) -> ItemFacts:
    said = {name: row.get(name) or "" for name in ("specification", "drawing", "note")}
    return ItemFacts(**said)


ITEM_REVISIONS = Importer(
    name="catalog.item_revisions",
    title={"en": "Item revisions", "zh": "物料版本"},
    about={
        "en": "By which specification and drawing an item is made and judged, and since when.",
        "zh": "物料自何日起按哪份质量标准和图纸制造与检验。",
    },
    right="catalog.manage",
    order=22,
    key=GROUP_BY,
    existing=item_revisions_there,
    create=create_item_revisions,
    change=change_item_revisions,
    check=check_item_revisions,
    columns=(
        *HEAD,
        Column("specification", {"en": "Specification", "zh": "质量标准"}, text(), "SPEC-RM-001 C",
               {"en": "Document and revision it is judged by", "zh": "检验依据的文件及版本"}),
        Column("drawing", {"en": "Drawing", "zh": "图纸"}, text(), "DWG-1001 C",
               {"en": "Number and revision; its file is laid beside the draft.",
                "zh": "图号及版本；文件附于草稿。"},
               required=False),
        Column("note", {"en": "What is new", "zh": "变更说明"}, text(500), "",
               {"en": "", "zh": ""}, required=False),
    ),
)  # fmt: skip
ROUTINGS = Importer(
    name="catalog.routings",
    title={"en": "Routings", "zh": "工艺路线"},
    about={
        "en": "How an item is made, step by step: equipment, minutes, instruction, skill.",
        "zh": "物料的逐道工序：设备、工时、作业指导书、技能。",
    },
    right="catalog.manage",
    order=45,
    key=("item", "revision", "number"),
    group=Group(GROUP_BY, same=("effective_from",), error=other_day),
    existing=operations_there,
    create=create_routings,
    check=line_checks(Routing, _names),
    columns=(
        *HEAD,
        Column("number", {"en": "Operation", "zh": "工序号"}, whole(1, 9999), "10",
               {"en": "Operations are done in this order.", "zh": "按此顺序进行。"}),
        *name_columns("name", "Name", "名称", {"en": "Injection moulding", "zh": "注塑"}, needed=True),
        Column("equipment", {"en": "Equipment", "zh": "设备类别"}, text(), "injection moulding machine",
               {"en": "Work centre or kind of equipment", "zh": "工作中心或设备类别"}),
        Column("setup_minutes", {"en": "Set-up (min)", "zh": "准备（分）"}, minutes, "30",
               {"en": "Once for an order", "zh": "每单一次"}),
        Column("run_minutes", {"en": "Run (min)", "zh": "加工（分）"}, minutes, "0.5",
               {"en": "For one unit", "zh": "每单位产品"}),
        Column("instruction", {"en": "Instruction", "zh": "作业指导书"}, text(), "WI-101",
               {"en": "Document it is done by", "zh": "作业依据的文件"}, required=False),
        Column("skill", {"en": "Skill", "zh": "技能"}, text(), "moulding",
               {"en": "What a person has to be qualified for", "zh": "人员须具备的资质"}, required=False),
    ),
)  # fmt: skip

LISTS = (ITEM_REVISIONS, ROUTINGS)
