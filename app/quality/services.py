"""Verbs on inspections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalog.models import CharacteristicKind, InspectionCharacteristic
from app.catalog.queries import specification_of, standard_in_force
from app.catalog.units import MEASURE_UNITS, Unit, quantity_text
from app.inventory.models import Lot
from app.quality.models import Inspection, InspectionResult, Verdict
from core import numbers
from core.actor import Actor
from core.clock import site_day, to_zone
from core.errors import Conflict, Invalid
from core.languages import pick
from signatures import audit
from workflows.models import ProcessCase


def open_inspection(
    session: Session, lot: Lot, case: ProcessCase, *, actor: Actor, now: datetime
) -> Inspection:
    """Open an inspection of a lot, with what is inspected on the item on that day frozen into it.

    Raises:
        Conflict: ``inspection.no_standard``: nothing says what to inspect on the item.
    """
    today = site_day(now, lot.site.zone)
    standard = standard_in_force(session, lot.item_id, today)
    if standard is None or not standard.characteristics:
        raise Conflict(
            "inspection.no_standard", "Item %(item)s has no inspection standard in force.", item=lot.item.code
        )
    inspection = Inspection(
        number=numbers.take(session, "inspection", site_code=lot.site.code, now=to_zone(now, lot.site.zone)),
        lot=lot,
        case_id=case.id,
        plan=[plan_row(characteristic) for characteristic in standard.characteristics],
        specification=specification_of(session, lot.item_id, today),
        opened_at=now,
    )
    session.add(inspection)
    session.flush()  # the step's form reads the plan in this same transaction
    audit.record(
        session,
        "inspection.opened",
        subject=("quality.inspection", inspection.id),
        facts={"inspection": inspection.number, "lot": lot.number},
    )
    return inspection


def plan_row(characteristic: InspectionCharacteristic) -> dict[str, Any]:
    """A characteristic as the inspection form shows it; limits as text, open ends None."""
    unit = MEASURE_UNITS.get(characteristic.unit)
    return {
        "code": characteristic.code,
        "characteristic": _described(characteristic),
        "kind": characteristic.kind.value,
        "method": characteristic.method,
        "unit": _symbol(unit) if unit else None,
        "lower": None if characteristic.lower is None else quantity_text(characteristic.lower),
        "upper": None if characteristic.upper is None else quantity_text(characteristic.upper),
    }


@dataclass(frozen=True)
class Findings:
    """What the inspector entered: rows by characteristic, sample size in pieces, conclusion and remarks."""

    rows: Sequence[Mapping[str, Any]]
    conclusion: Verdict
    sample_size: int | None = None
    remarks: str = ""


def record_inspection(
    session: Session, inspection: Inspection, findings: Findings, *, actor: Actor, now: datetime
) -> Inspection:
    """Keep the results of an inspection, judged again here against its frozen plan, and close it.

    Raises:
        Invalid: ``inspection.result_missing`` or ``inspection.value``.
        Conflict: ``inspection.recorded`` or ``inspection.conclusion``: pass although a result is outside
            its limits.
    """
    given = {str(found.get("code")): found for found in findings.rows}
    results = [_result(row, given, position) for position, row in enumerate(inspection.plan, start=1)]
    failed = [result.code for result in results if result.verdict is Verdict.FAIL]
    if findings.conclusion is Verdict.PASS and failed:
        raise Conflict(
            "inspection.conclusion",
            "Outside the limits: %(codes)s. The lot cannot pass.",
            field="conclusion",
            codes=", ".join(failed),
        )
    inspection.conclude(findings.conclusion, by=(actor.id, actor.name), now=now)
    inspection.sample_size, inspection.remarks = findings.sample_size, findings.remarks
    set_committed_value(inspection, "results", [])  # it was open until now, so that none need be looked for
    inspection.results.extend(results)
    session.flush()  # decisions that follow in this transaction read the results
    audit.record(
        session,
        "inspection.recorded",
        subject=("quality.inspection", inspection.id),
        facts={
            "inspection": inspection.number,
            "conclusion": findings.conclusion.value,
            "failed": ", ".join(failed),
        },
    )
    return inspection


def define_numbers(session: Session) -> None:
    """Say how inspections are numbered."""
    numbers.define(session, "inspection", prefix="IN")


def _described(characteristic: InspectionCharacteristic) -> dict[str, str]:
    wanted = characteristic.requirement
    return {
        side: f"{name} · {wanted[side]}" if wanted.get(side) else name
        for side, name in characteristic.name.items()
    }


def _symbol(unit: Unit) -> str | dict[str, str]:
    """A unit's symbol; in both languages where it is a word."""
    return unit.symbol if unit.symbol["en"] != unit.symbol["zh"] else unit.symbol["en"]


def _result(
    row: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]], position: int
) -> InspectionResult:
    found = given.get(row["code"])
    if found is None:
        raise Invalid(
            "inspection.result_missing",
            "The result of %(characteristic)s is missing.",
            field="results",
            characteristic=row["code"],
        )
    lower, upper = _decimal(row["lower"]), _decimal(row["upper"])
    value = _measured(found, row["code"]) if row["kind"] == CharacteristicKind.MEASURED else None
    return InspectionResult(
        position=position,
        code=row["code"],
        name=row["characteristic"],
        value=value,
        lower=lower,
        upper=upper,
        unit=pick(row["unit"] or "", "en"),
        verdict=Verdict(str(found.get("judgement"))) if value is None else _within(value, lower, upper),
    )


def _measured(found: Mapping[str, Any], code: str) -> Decimal:
    try:
        value = Decimal(str(found.get("value")))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Invalid(
            "inspection.value",
            "The value of %(characteristic)s is not a number.",
            field="results",
            characteristic=code,
        )
    return value


def _within(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> Verdict:
    outside = (lower is not None and value < lower) or (upper is not None and value > upper)
    return Verdict.FAIL if outside else Verdict.PASS


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
