"""What processes may do with corrective and preventive actions: service operations (URS-004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.quality.capas import extending, queries, services
from app.quality.capas.models import ActionKind, Capa, CapaState
from core.actor import Actor
from workflows.cancelling import when_cancelled
from workflows.extending import DayKeeper, keeps_days
from workflows.models import ProcessCase
from workflows.registry import OperationCall, operation


def _schema(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": ["string", "null"]}
_OPEN = _schema(
    ["title", "source"],
    title={"type": "string", "minLength": 1, "description": "the problem in a line"},
    source={"type": "string", "minLength": 1, "description": "kind of the source"},
    number={**_TEXT, "description": "number of the case that asked for it"},
    risk={**_TEXT, "description": "class of risk"},
    owner={**_TEXT, "description": "login of the owner"},
)
_PLAN = _schema(
    ["actions"], actions={"type": "array", "description": "rows with kind, action, owner (login) and due"}
)
_DONE = _schema(["position"], position={"type": "integer", "minimum": 1, "description": "row of the plan"})
_EXTEND = _schema(
    ["position", "due"],
    position={"type": "integer", "minimum": 1, "description": "row of the plan"},
    due={"type": "string", "format": "date", "description": "the new day"},
)
_CHECK = _schema(
    ["days"],
    days={"type": "integer", "minimum": 1, "description": "days until the check"},
    lots={"type": ["integer", "null"], "minimum": 1, "description": "how many lots to wait for instead"},
    item={**_TEXT, "description": "code of the item whose lots are counted"},
    until={**_TEXT, "format": "date", "description": "last day of waiting for lots"},
)
_CLOSE = _schema(declined={"type": "boolean", "description": "triage found that none is needed"})
_NOTHING = _schema()


def _found(call: OperationCall) -> Capa:
    return queries.locked(call.session, call.case.id)


def _text(call: OperationCall, name: str) -> str:
    return str(call.params.get(name) or "")


@operation("quality.open_capa", schema=_OPEN, title={"en": "Register the CAPA", "zh": "登记 CAPA"})
def open_capa(call: OperationCall) -> Mapping[str, Any]:
    """Register what the case is about; a corrected triage changes what was registered."""
    wanted = services.Wanted(**{name: _text(call, name) for name in _OPEN["properties"]})
    found = services.open_capa(call.session, call.case, wanted, actor=call.actor, now=call.now)
    return {"number": found.number}


@operation("quality.set_plan", schema=_PLAN, title={"en": "Note the plan", "zh": "登记措施计划"})
def set_plan(call: OperationCall) -> Mapping[str, Any]:
    """Note the actions of an approved plan.

    Raises:
        Invalid: ``capa.no_action`` or ``capa.due_over``.
    """
    planned = [
        services.Planned(
            kind=ActionKind(row["kind"]),
            action=str(row["action"]),
            owner=str(row["owner"]),
            due=date.fromisoformat(str(row["due"])),
        )
        for row in call.params["actions"]
    ]
    return {"plan": services.set_plan(call.session, _found(call), planned, now=call.now)}


@operation("quality.finish_action", schema=_DONE, title={"en": "Note the action done", "zh": "登记措施完成"})
def finish_action(call: OperationCall) -> Mapping[str, Any]:
    """Note that an action of the newest plan is done.

    Raises:
        Conflict: ``capa.no_such_action``.
    """
    position = int(call.params["position"])
    action = services.finish_action(call.session, _found(call), position, actor=call.actor, now=call.now)
    return {"done": f"{action.round}.{action.position}"}


@operation("quality.action_day", schema=_DONE, title={"en": "Day of the action", "zh": "措施期限"})
def action_day(call: OperationCall) -> Mapping[str, Any]:
    """Say by which day an action of the newest plan is due, as planned or as it was extended.

    Raises:
        Conflict: ``capa.no_such_action``.
    """
    return {"due": queries.action_of(_found(call), int(call.params["position"])).due.isoformat()}


@operation(
    "quality.count_extensions",
    schema=_DONE,
    title={"en": "How often it was extended", "zh": "已延期次数"},
)
def count_extensions(call: OperationCall) -> Mapping[str, Any]:
    """Say how often the day of an action of the newest plan was moved.

    Raises:
        Conflict: ``capa.no_such_action``.
    """
    action = queries.action_of(_found(call), int(call.params["position"]))
    return {"count": action.extensions}


@operation("quality.extend_action", schema=_EXTEND, title={"en": "Extend the action", "zh": "措施延期"})
def extend_action(call: OperationCall) -> Mapping[str, Any]:
    """Move the day of an action; call it after a signed request only. Gives how often it was moved.

    Raises:
        Conflict: ``capa.extensions``: twice at most.
        Invalid: ``capa.due_earlier``: the new day is no later one.
    """
    due, position = date.fromisoformat(str(call.params["due"])), int(call.params["position"])
    action = services.extend_action(call.session, _found(call), position, due, now=call.now)
    return {"count": action.extensions}


@operation(
    "quality.set_effectiveness_check",
    schema=_CHECK,
    title={"en": "Set the check of effectiveness", "zh": "安排有效性检查"},
)
def set_effectiveness_check(call: OperationCall) -> Mapping[str, Any]:
    """Note the day of the check of effectiveness, or after how many lots; gives how many checks were set.

    Raises:
        Conflict: ``capa.actions_open``: an action is not done.
        Invalid: ``capa.check_over``: the last day of waiting for lots has passed.
    """
    lots, until = call.params.get("lots"), _text(call, "until")
    check = services.Check(
        days=int(call.params["days"]),
        lots=None if lots is None else int(lots),
        item=_text(call, "item"),
        until=date.fromisoformat(until) if until else None,
    )
    found = services.set_effectiveness_check(call.session, _found(call), check, now=call.now)
    return {"due": str(found.check_due), "count": found.checks}


@operation("quality.reopen_capa", schema=_NOTHING, title={"en": "Reopen the CAPA", "zh": "重新启动 CAPA"})
def reopen_capa(call: OperationCall) -> Mapping[str, Any]:
    """The check found it ineffective: causes are looked for again."""
    return {"times": services.reopen_capa(call.session, _found(call), now=call.now).reopened}


@operation("quality.close_capa", schema=_CLOSE, title={"en": "Close the CAPA", "zh": "关闭 CAPA"})
def close_capa(call: OperationCall) -> Mapping[str, Any]:
    """Close it in the register, or decline it after triage.

    Raises:
        Conflict: ``capa.actions_open``: an action is not done.
    """
    declined = bool(call.params.get("declined"))
    return {"state": services.close_capa(call.session, _found(call), declined=declined, now=call.now).state}


keeps_days(DayKeeper(moved=extending.moved, move=extending.move))


@when_cancelled
def cancel_register(session: Session, case: ProcessCase, actor: Actor, now: datetime) -> None:
    """Close the row of a cancelled CAPA.

    Raises:
        NotAllowed: ``capa.own``.
    """
    found = queries.of_case(session, case.id)
    if found is not None and found.state in (CapaState.OPEN, CapaState.WATCHED):
        services.cancel_capa(session, queries.locked(session, case.id), actor=actor, now=now)
