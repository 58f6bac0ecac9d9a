"""What processes may do with revisions of master data: operations for change control (URS-031)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.catalog import changing, revising
from core.errors import NotFound
from workflows.places import day_at
from workflows.registry import OperationCall, operation

_KIND = {
    "type": "string",
    "enum": sorted(revising.SUBJECTS),
    "description": "what it is a revision of: item, inspection standard, bill of material or routing",
}
_KEY = {"type": "string", "format": "uuid", "description": "id of the revision"}
_EFFECTIVE = {
    "type": "object",
    "properties": {
        "kind": _KIND,
        "revision": _KEY,
        "day": {"type": "string", "format": "date", "description": "first day in force at the site"},
    },
    "required": ["kind", "revision", "day"],
    "additionalProperties": False,
}
_END = {
    "type": "object",
    "properties": {
        "kind": _KIND,
        "revision": _KEY,
        "day": {"type": "string", "format": "date", "description": "last day in force at the site"},
    },
    "required": ["kind", "revision", "day"],
    "additionalProperties": False,
}


@operation(
    "catalog.make_revision_effective",
    schema=_EFFECTIVE,
    title={"en": "Put a revision into force", "zh": "版本生效"},
)
def make_revision_effective(call: OperationCall) -> Mapping[str, Any]:
    """Put a draft into force from a day on; a day that has passed meanwhile becomes today.

    Raises:
        Conflict: ``revision.not_draft`` or ``revision.overlap``.
        Invalid: ``bom.empty`` or ``bom.circle``.
        NotFound: ``object.unknown``.
    """
    today = _today(call)
    first = max(date.fromisoformat(str(call.params["day"])), today)
    revision = _revision(call)
    revising.make_revision_effective(
        call.session, revision, effective_from=first, today=today, actor=call.actor
    )
    return {"effective_from": first.isoformat()}


@operation(
    "catalog.end_revision",
    schema=_END,
    title={"en": "End a revision without a successor", "zh": "终止版本（无后续版本）"},
)
def end_revision(call: OperationCall) -> Mapping[str, Any]:
    """End an approved revision; a last day that has passed meanwhile becomes today.

    Raises:
        Conflict: ``revision.not_approved``.
        Invalid: ``revision.ends_before``.
        NotFound: ``object.unknown``.
    """
    today = _today(call)
    last = max(date.fromisoformat(str(call.params["day"])), today)
    revising.end_revision(call.session, _revision(call), last_day=last, today=today, actor=call.actor)
    return {"effective_until": last.isoformat()}


_TEXT = {"type": "string", "minLength": 1}
_BY_CODE = {
    "type": "object",
    "properties": {
        "kind": _KIND,
        "item": {**_TEXT, "description": "code of the item"},
        "revision": {**_TEXT, "description": "letter or number of the revision"},
        "day": {"type": "string", "format": "date", "description": "day at the site"},
    },
    "required": ["kind", "item", "revision", "day"],
    "additionalProperties": False,
}
_ITEM_DATA = {
    "type": "object",
    "properties": {
        "item": {**_TEXT, "description": "code of the item"},
        "gtin": {"type": "string", "description": "the new GTIN; empty: it stays"},
        "shelf_life_days": {"type": "integer", "minimum": 0, "description": "0: it stays"},
    },
    "required": ["item", "gtin", "shelf_life_days"],
    "additionalProperties": False,
}


@operation(
    "catalog.put_into_force",
    schema=_BY_CODE,
    title={"en": "Put a revision into force by its code", "zh": "按编码使版本生效"},
)
def put_into_force(call: OperationCall) -> Mapping[str, Any]:
    """Put a draft of an approved change into force from a day on; a day that has passed becomes today.

    Raises:
        NotFound: ``item.unknown`` or ``revision.unknown``.
        Conflict: ``revision.not_draft`` or ``revision.overlap``.
        Invalid: ``bom.empty`` or ``bom.circle``.
    """
    today = _today(call)
    first = changing.day_from(call.params["day"], today)
    revising.make_revision_effective(
        call.session, _named(call), effective_from=first, today=today, actor=call.actor
    )
    return {"effective_from": first.isoformat()}


@operation(
    "catalog.end_by_code",
    schema=_BY_CODE,
    title={"en": "End a revision by its code", "zh": "按编码终止版本"},
)
def end_by_code(call: OperationCall) -> Mapping[str, Any]:
    """End the revision of a temporary change; a last day that has passed becomes today.

    Raises:
        NotFound: ``item.unknown`` or ``revision.unknown``.
        Conflict: ``revision.not_approved``.
    """
    today = _today(call)
    last = changing.day_from(call.params["day"], today)
    revising.end_revision(call.session, _named(call), last_day=last, today=today, actor=call.actor)
    return {"effective_until": last.isoformat()}


@operation(
    "catalog.set_item_data",
    schema=_ITEM_DATA,
    title={"en": "Change GTIN and shelf life", "zh": "变更 GTIN 与有效期"},
)
def set_item_data(call: OperationCall) -> Mapping[str, Any]:
    """Give an item another GTIN or shelf life; lots that are there already keep their expiry.

    Raises:
        NotFound: ``item.unknown``.
        Invalid: ``gtin.format`` or ``gtin.check_digit``.
        Conflict: ``item.gtin_taken``.
    """
    gtin, days = str(call.params["gtin"]), int(call.params["shelf_life_days"])
    item = changing.set_item_data(call.session, str(call.params["item"]), gtin=gtin, shelf_life_days=days)
    return {"item": item.code}


def _named(call: OperationCall) -> revising.AnyRevision:
    names = (str(call.params[name]) for name in ("kind", "item", "revision"))
    return changing.revision_named(call.session, *names)


def _today(call: OperationCall) -> date:
    return day_at(call.session, call.case.site_id, call.now)


def _revision(call: OperationCall) -> revising.AnyRevision:
    model = revising.SUBJECTS[str(call.params["kind"])]
    found: Any = call.session.get(model, call.uuid("revision"))
    if found is None:
        raise NotFound("object.unknown", "There is no such object.")
    revision: revising.AnyRevision = found
    return revision
