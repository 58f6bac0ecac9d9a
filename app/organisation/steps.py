"""What processes may do in the organisation: the same checks as on pages and in lists (URS-140)."""

from collections.abc import Mapping
from typing import Any

from app.objects.kinds import kind_of
from app.objects.reading import check_rows, key_of_rows
from core.errors import NotFound
from documents.sheets.examining import store_rows
from workflows.registry import OperationCall, operation

_DAY = {"type": "string", "format": "date"}
_POST = {
    "person": {"type": "string", "description": "user name of the holder"},
    "position": {"type": "string", "description": "code of the position"},
    "valid_from": {**_DAY, "description": "first day of the post"},
}
_LAST = {**_DAY, "description": "last day; open if it is left out"}
_OPEN_POST = {
    "type": "object",
    "properties": {
        **_POST,
        "valid_to": _LAST,
        "main": {"type": "string", "enum": ["yes", "no"], "description": "whether it is the main post"},
        "manager": {"type": "string", "description": "user name of the line manager, if he is another one"},
        "shift": {"type": "string", "description": "code of the shift"},
    },
    "required": list(_POST),
    "additionalProperties": False,
}
_END_POST = {
    "type": "object",
    "properties": {**_POST, "valid_to": {**_DAY, "description": "last day of the post"}},
    "required": [*_POST, "valid_to"],
    "additionalProperties": False,
}
_SET_DEPUTY = {
    "type": "object",
    "properties": {
        "subject": {"type": "string", "description": "user name or code of a position that is stood in for"},
        "rank": {"type": "string", "enum": ["A", "B"], "description": "A stands in first, B when A is away"},
        "deputy": {"type": "string", "description": "user name of the deputy"},
        "valid_from": {**_DAY, "description": "first day"},
        "valid_to": _LAST,
    },
    "required": ["subject", "rank", "deputy", "valid_from"],
    "additionalProperties": False,
}


@operation("organisation.open_post", schema=_OPEN_POST, title={"en": "Open a post", "zh": "任职"})
def open_post(call: OperationCall) -> Mapping[str, Any]:
    """Put a person into a position.

    Raises:
        QmsError: what the list of posts would refuse.
    """
    return {"post": _store(call, "organisation.post")}


@operation("organisation.end_post", schema=_END_POST, title={"en": "End a post", "zh": "终止任职"})
def end_post(call: OperationCall) -> Mapping[str, Any]:
    """End a post with its last day.

    Raises:
        NotFound: ``object.unknown``: there is no such post.
        Conflict: ``access.open_work``: it is the last one, and tasks wait for its holder alone.
    """
    return {"post": _store(call, "organisation.post", there=True)}


@operation("organisation.set_deputy", schema=_SET_DEPUTY, title={"en": "Name a deputy", "zh": "指定代理人"})
def set_deputy(call: OperationCall) -> Mapping[str, Any]:
    """Name a deputy for a person or a position, or change the one of that day.

    Raises:
        QmsError: what the list of deputies would refuse.
    """
    return {"deputy": _store(call, "organisation.deputy", there=None)}


def _store(call: OperationCall, name: str, *, there: bool | None = False) -> str:
    """Store one row as its list would; ``there`` says whether it has to be there, None for either."""
    kind, raw = kind_of(name), {key: str(value) for key, value in call.params.items()}
    of = None
    if there is not False:
        read = check_rows(call.session, kind, [raw], None).rows
        of = kind.find(call.session, key_of_rows(kind, read))
        if of is None and there:
            raise NotFound("object.unknown", "There is no such object.")
    checked = check_rows(call.session, kind, [raw], None, of=of)
    for error in checked.errors.values():
        raise error
    store_rows(call.session, kind.listed, checked.rows, actor=call.actor, now=call.now)
    call.session.flush()  # it is found by its key
    return str(kind.find(call.session, key_of_rows(kind, checked.rows)).id)
