"""Objects of the demo plant, written as rows of their lists and stored by the same checks as anybody's."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.sites.queries import earliest_day
from core.actor import Actor
from documents.sheets.examining import Examined, Read, examine_rows, read_row, store_rows
from documents.sheets.importers import importer_of

Rows = Sequence[Mapping[str, str]]
CATALOG: tuple[tuple[str, Rows], ...] = (
    (
        "catalog.coding_schemes",
        (
            {"code": "CS-PK", "name_en": "Packaging", "name_zh": "包材编码", "subject": "packaging",
             "pattern": "PK-*"},
            {"code": "CS-C", "name_en": "Manufacturers and customers", "name_zh": "制造商与客户编码",
             "subject": "party", "site": "SZ", "pattern": "SZ-C-###", "prefix": "C", "digits": "3"},
        ),
    ),
    (
        "catalog.parties",
        (
            {"code": "SZ-C-901", "name_en": "Example city hospital", "name_zh": "示例市医院",
             "role": "customer", "country": "CN", "contact": "receiving office"},
            {"code": "SZ-C-902", "name_en": "Riverside Polymers, works 2", "name_zh": "江畔高分子材料二厂",
             "role": "manufacturer", "country": "CN", "supplier": "S-101"},
        ),
    ),
    (
        "catalog.item_revisions",
        (
            {"item": "FD-IS150", "revision": "2", "specification": "SP-FD-150/A5", "drawing": "DW-IS150 C",
             "note": "Longer drip chamber"},
        ),
    ),
    (
        "catalog.packaging",
        (
            {"item": "FD-IS150", "level": "carton", "contains": "100", "gtin": "19521234001017",
             "label": "LB-IS150-C A"},
            {"item": "CP-LUER", "level": "carton", "contains": "1000", "gtin": "19521234000218"},
        ),
    ),
    (
        "catalog.unit_conversions",
        ({"item": "PK-POUCH", "quantity": "1", "unit": "{box}", "equals": "2000", "equals_unit": "{pcs}"},),
    ),
    (
        "catalog.boms",
        (
            {"item": "FD-IS150", "revision": "A4", "part": "RM-PVC-70", "quantity": "17.5", "unit": "g"},
            {"item": "FD-IS150", "revision": "A4", "part": "CP-LUER", "quantity": "1"},
            {"item": "FD-IS150", "revision": "A4", "part": "CP-DRIP", "quantity": "1"},
            {"item": "FD-IS150", "revision": "A4", "part": "CP-CLAMP", "quantity": "1"},
            {"item": "FD-IS150", "revision": "A4", "part": "PK-POUCH", "quantity": "1"},
            {"item": "FD-IS150", "revision": "A4", "part": "PK-CARTON", "quantity": "0.01"},
        ),
    ),
    (
        "catalog.routings",
        (
            {"item": "FD-IS150", "revision": "1", "effective_from": "{day-60}", "number": "10",
             "name_en": "Extrude the tube", "name_zh": "挤出导管", "equipment": "extruder",
             "setup_minutes": "45", "run_minutes": "0.05", "instruction": "WI-101", "skill": "extrusion"},
            {"item": "FD-IS150", "revision": "1", "effective_from": "{day-60}", "number": "20",
             "name_en": "Assemble and bond", "name_zh": "组装粘接", "equipment": "clean bench",
             "setup_minutes": "15", "run_minutes": "0.6", "instruction": "WI-102", "skill": "assembly"},
            {"item": "FD-IS150", "revision": "1", "effective_from": "{day-60}", "number": "30",
             "name_en": "Seal the pouch", "name_zh": "封口包装", "equipment": "heat sealer",
             "setup_minutes": "20", "run_minutes": "0.1", "instruction": "WI-103", "skill": "sealing"},
        ),
    ),
)  # fmt: skip
"""Master data besides what ``demo_plant`` opens: a second revision that waits, packs, units, parties."""
LISTS: tuple[tuple[str, Rows], ...] = (
    *CATALOG,
    (
        "organisation.departments",
        (
            {"code": "D-MGT", "name_en": "Management", "name_zh": "总经办", "state": "active"},
            {"code": "D-QA", "name_en": "Quality assurance", "name_zh": "质量保证部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
            {"code": "D-PD", "name_en": "Production", "name_zh": "生产部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
            {"code": "D-WH", "name_en": "Warehouse", "name_zh": "仓储部", "parent": "D-MGT",
             "site": "SZ", "state": "active"},
        ),
    ),
    (
        "organisation.positions",
        (
            {"code": "P-GM", "name_en": "General manager", "name_zh": "总经理", "department": "D-MGT"},
            {"code": "P-QA-M", "name_en": "Quality manager", "name_zh": "质量经理", "department": "D-QA",
             "reports_to": "P-GM"},
            {"code": "P-QA-1", "name_en": "Quality engineer", "name_zh": "质量工程师", "department": "D-QA",
             "reports_to": "P-QA-M"},
            {"code": "P-QC-1", "name_en": "Inspector", "name_zh": "检验员", "department": "D-QA",
             "reports_to": "P-QA-M"},
            {"code": "P-PD-M", "name_en": "Production manager", "name_zh": "生产经理", "department": "D-PD",
             "reports_to": "P-GM"},
            {"code": "P-WH-1", "name_en": "Warehouse keeper", "name_zh": "仓管员", "department": "D-WH",
             "reports_to": "P-GM"},
        ),
    ),
    (
        "organisation.site_calendars",
        ({"site": "SZ", "holidays": "CN", "week": "12345"},),
    ),
    (
        "organisation.shifts",
        (
            {"code": "S-DAY", "name_en": "Day shift", "name_zh": "白班", "site": "SZ", "starts": "08:30",
             "ends": "17:30"},
            {"code": "S-NIGHT", "name_en": "Night shift", "name_zh": "夜班", "site": "SZ", "starts": "20:00",
             "ends": "08:00", "days": "123456"},
        ),
    ),
    (
        "organisation.calendar_days",
        (
            {"site": "SZ", "year": "{next_year}", "day": "{next_year}-12-31", "kind": "off",
             "name_en": "Stock-taking", "name_zh": "年终盘点"},
        ),
    ),
    (
        "organisation.posts",
        (
            {"person": "owner", "position": "P-GM", "valid_from": "{day-400}"},
            {"person": "qa", "position": "P-QA-M", "valid_from": "{day-400}", "shift": "S-DAY"},
            {"person": "qa2", "position": "P-QA-1", "valid_from": "{day-200}", "shift": "S-DAY"},
            {"person": "inspector", "position": "P-QC-1", "valid_from": "{day-300}", "shift": "S-DAY"},
            {"person": "inspector2", "position": "P-QC-1", "valid_from": "{day-100}", "shift": "S-NIGHT"},
            {"person": "releaser", "position": "P-PD-M", "valid_from": "{day-400}", "shift": "S-DAY"},
            {"person": "keeper", "position": "P-WH-1", "valid_from": "{day-350}", "shift": "S-DAY"},
            {"person": "qa", "position": "P-QA-1", "valid_from": "{day-60}", "main": "no"},
        ),
    ),
    (
        "organisation.deputies",
        (
            {"subject": "P-QA-M", "rank": "A", "valid_from": "{day-100}", "deputy": "qa2"},
            {"subject": "inspector2", "rank": "A", "valid_from": "{day-100}", "deputy": "inspector"},
            {"subject": "P-GM", "rank": "A", "valid_from": "{day-100}", "deputy": "qa"},
            {"subject": "P-GM", "rank": "B", "valid_from": "{day-100}", "deputy": "releaser"},
        ),
    ),
    (
        "organisation.absences",
        (
            {"person": "inspector2", "valid_from": "{day+0}", "valid_to": "{day+5}", "kind": "travel"},
        ),
    ),
)  # fmt: skip
"""Name of a list and its rows, in the order in which they need each other.

``{day-100}`` is the day a hundred days before the demo was made, ``{next_year}`` the year after it.
"""


def load_objects(session: Session, *, actor: Actor, now: datetime) -> None:
    """Store the objects of the demo plant.

    Raises:
        ValueError: a row does not fit; the demo is wrong.
    """
    today = earliest_day(session, now)
    for name, rows in LISTS:
        store_list(session, name, [_dated(row, today) for row in rows], actor=actor, now=now)


def _dated(row: Mapping[str, str], today: date) -> dict[str, str]:
    """A row with its days reckoned from the day the demo is made."""

    def day(match: re.Match[str]) -> str:
        return (today + timedelta(days=int(match[1]))).isoformat()

    return {
        key: re.sub(r"\{day([+-]\d+)\}", day, cell.replace("{next_year}", str(today.year + 1)))
        for key, cell in row.items()
    }


def store_list(session: Session, name: str, rows: Rows, *, actor: Actor, now: datetime) -> None:
    """Store the rows of one list one by one, so that a row may name an earlier one.

    Raises:
        ValueError: a row does not fit.
    """
    listed = importer_of(name)
    by_group: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for number, cells in enumerate(rows):
        group = tuple(cells[key] for key in listed.group.by) if listed.group else (str(number),)
        by_group.setdefault(group, []).append(cells)
    for together in by_group.values():
        examined, read = Examined(rows=len(together)), []
        for number, cells in enumerate(together, start=1):
            row, findings = read_row(listed.columns, number, cells)
            read.append(row)
            for finding in findings:
                examined.note(finding)
        found = examine_rows(session, listed, Read(read, examined), None).findings
        if found:
            raise ValueError(f"{name}, {found[0].column} = {found[0].value!r}: {found[0].error}")
        store_rows(session, listed, read, actor=actor, now=now)
        session.flush()  # the next row may name this one
