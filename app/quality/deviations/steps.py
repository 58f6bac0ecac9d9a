"""What processes may do with nonconformities: service operations of ``bpmn/`` models (URS-004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.quality.deviations import dispositions, queries, services
from app.quality.deviations.models import Disposition, Nonconformity, NonconformityClass, NonconformityState
from core.actor import Actor
from workflows.cancelling import settles_when_cancelled, when_cancelled
from workflows.models import ProcessCase
from workflows.registry import OperationCall, operation

_CODE = {"type": ["string", "null"]}


def _schema(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_REPORT = _schema(
    ["title", "category"],
    title={"type": "string", "minLength": 1, "description": "what was found, in a line"},
    category={"type": "string", "minLength": 1, "description": "kind of fault, by which repetitions count"},
    item={**_CODE, "description": "code of the item"},
    supplier={**_CODE, "description": "code of the supplier"},
    equipment={**_CODE, "description": "code of the equipment"},
)
_HOLD = _schema(
    ["lots"],
    lots={"type": ["array", "null"], "description": "rows with lot (its number) and maybe quantity"},
    descendants={"type": "boolean", "description": "also every lot made from them"},
)
_BLOCK = _schema(
    equipment={**_CODE, "description": "code of the machine to block"},
    supplier={**_CODE, "description": "code of the supplier to block"},
)
_COUNT = _schema(["days"], days={"type": "integer", "minimum": 1, "description": "how far to look back"})
_CLASS = _schema(
    ["grave"], grave={"enum": [one.value for one in NonconformityClass], "description": "how grave it is"}
)
_DISPOSE = _schema(
    ["dispositions"],
    dispositions={
        "type": ["array", "null"],
        "description": "rows with lot and disposition, and what is scrapped or returned of it besides",
    },
    concession={"type": ["string", "null"], "description": "justification of a use as is"},
)
_REWORK = _schema(["passed"], passed={"type": "boolean", "description": "whether the new inspection passed"})
_CLOSE = _schema(cancelled={"type": "boolean", "description": "nothing was wrong"})
_NOTHING = _schema()


def _text(call: OperationCall, name: str) -> str:
    return str(call.params.get(name) or "")


def _found(call: OperationCall) -> Nonconformity:
    return queries.locked(call.session, call.case.id)


@operation(
    "quality.open_nonconformity",
    schema=_REPORT,
    title={"en": "Register the nonconformity", "zh": "登记不合格"},
)
def open_nonconformity(call: OperationCall) -> Mapping[str, Any]:
    """Register what the case is about; a corrected report changes what was registered.

    Raises:
        Invalid: ``pick.unknown``: there is no such item, supplier or equipment.
    """
    report = services.Report(**{name: _text(call, name) for name in _REPORT["properties"]})
    found = services.open_nonconformity(call.session, call.case, report, actor=call.actor, now=call.now)
    return {"number": found.number}


@operation(
    "quality.hold_lots",
    schema=_HOLD,
    title={"en": "Hold the lots", "zh": "冻结批次"},
    holds="inventory.lot",
)
def hold_lots(call: OperationCall) -> Mapping[str, Any]:
    """Put named lots on hold in the step that names them, with every lot made from them if asked.

    Raises:
        Invalid: ``lot.no_such``: there is no lot of this number at the site.
    """
    rows = [row for row in call.params["lots"] or [] if row.get("lot")]
    suspect = {row["lot"]: Decimal(str(row["quantity"])) for row in rows if row.get("quantity")}
    hold = services.Hold([row["lot"] for row in rows], bool(call.params.get("descendants")), suspect)
    found = _found(call)
    new = services.hold_lots(call.session, found, hold, actor=call.actor, now=call.now)
    return {"held": sorted(row.lot.number for row in new if row.held), "lots": len(found.lots)}


@operation(
    "quality.block_causes",
    schema=_BLOCK,
    title={"en": "Block machine or supplier", "zh": "停用设备或冻结供应商"},
)
def block_causes(call: OperationCall) -> Mapping[str, Any]:
    """Block a machine or a supplier if one is named and still free.

    Raises:
        Invalid: ``pick.unknown``.
    """
    codes = {name: _text(call, name) for name in ("equipment", "supplier")}
    return {
        "blocked": services.block_causes(
            call.session, _found(call), **codes, actor=call.actor, now=call.now
        )
    }


@operation("quality.lift_blocks", schema=_BLOCK, title={"en": "Lift the blocks", "zh": "解除停用或冻结"})
def lift_blocks(call: OperationCall) -> Mapping[str, Any]:
    """Lift the blocks that this case set; call it after a signed step only.

    Raises:
        Invalid: ``pick.unknown``.
    """
    codes = {name: _text(call, name) for name in ("equipment", "supplier")}
    return {
        "lifted": services.lift_blocks(call.session, _found(call), **codes, actor=call.actor, now=call.now)
    }


@operation(
    "quality.count_recurrence", schema=_COUNT, title={"en": "Count repetitions", "zh": "统计重复次数"}
)
def count_recurrence(call: OperationCall) -> Mapping[str, Any]:
    """Count how often the like was found within some days, this time included, from the register."""
    days = int(call.params["days"])
    return {"count": services.recurrence(call.session, _found(call), days=days, now=call.now)}


@operation("quality.classify_nonconformity", schema=_CLASS, title={"en": "Note the class", "zh": "登记分级"})
def classify_nonconformity(call: OperationCall) -> Mapping[str, Any]:
    """Note in the register how grave it is."""
    grave = NonconformityClass(call.params["grave"])
    services.classify_nonconformity(call.session, _found(call), grave)
    return {"class": grave.value}


@operation(
    "quality.refuse_makers",
    schema=_NOTHING,
    title={"en": "Refuse who made the goods", "zh": "核查是否为生产者"},
)
def refuse_makers(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the decision of whoever made one of the lots: the signature is not made.

    Raises:
        NotAllowed: ``nonconformity.maker``.
    """
    services.refuse_makers(call.session, _found(call), actor=call.actor)
    return {"checked": call.actor.login}


@operation(
    "quality.dispose_lots",
    schema=_DISPOSE,
    title={"en": "Carry out the disposition", "zh": "执行处置"},
    settles="inventory.lot",
)
def dispose_lots(call: OperationCall) -> Mapping[str, Any]:
    """Do with every waiting lot what was decided: stock moves in the same transaction as the signature.

    Raises:
        Conflict: a lot nobody decided about, quantities that do not add up, a use as is without a concession.
    """
    decided = dispositions.read_decided(call.params["dispositions"] or [])
    done = dispositions.dispose_lots(
        call.session, _found(call), decided,
        concession=_text(call, "concession"), actor=call.actor, now=call.now,
    )  # fmt: skip
    rework = sorted(lot for lot, kind in done.items() if kind is Disposition.REWORK)
    return {"done": {lot: kind.value for lot, kind in done.items()}, "rework": rework}


@operation(
    "quality.finish_rework",
    schema=_REWORK,
    title={"en": "End the rework", "zh": "结束返工"},
    settles="inventory.lot",
)
def finish_rework(call: OperationCall) -> Mapping[str, Any]:
    """Free reworked lots that passed their new inspection; the others wait for another decision."""
    lots = dispositions.finish_rework(
        call.session, _found(call), passed=bool(call.params["passed"]), actor=call.actor, now=call.now
    )
    return {"lots": lots}


@operation(
    "quality.free_lots",
    schema=_NOTHING,
    title={"en": "Free the lots", "zh": "解冻批次"},
    settles="inventory.lot",
)
def free_lots(call: OperationCall) -> Mapping[str, Any]:
    """Nothing is wrong: every lot held for the case goes back to where it was."""
    return {"freed": services.free_lots(call.session, _found(call), actor=call.actor, now=call.now)}


@operation(
    "quality.close_nonconformity", schema=_CLOSE, title={"en": "Close the nonconformity", "zh": "关闭不合格"}
)
def close_nonconformity(call: OperationCall) -> Mapping[str, Any]:
    """Close it in the register, or cancel it because nothing was wrong.

    Raises:
        Conflict: ``nonconformity.lots_open``: somebody must decide about a lot first.
    """
    cancelled = bool(call.params.get("cancelled"))
    found = services.close_nonconformity(call.session, _found(call), cancelled=cancelled, now=call.now)
    return {"state": found.state.value}


@settles_when_cancelled
def cancelling_frees_lots(session: Session, case: ProcessCase, held: str) -> bool:
    """Lots that a report holds go back when the case is cancelled before somebody has judged it."""
    found = queries.of_case(session, case.id) if held == "inventory.lot" else None
    return found is not None and services.settled_by_cancelling(found)


@when_cancelled
def cancel_register(session: Session, case: ProcessCase, actor: Actor, now: datetime) -> None:
    """Close the row of a cancelled deviation.

    Raises:
        NotAllowed: ``nonconformity.own_report``.
    """
    found = queries.of_case(session, case.id)
    if found is not None and found.state is NonconformityState.OPEN:
        locked = queries.locked(session, case.id)
        services.cancel_nonconformity(session, locked, actor=actor, now=now)
