"""Reading states of format 1, which earlier releases wrote: cases that were running then go on.

Format 1 kept tasks that the library had only guessed, a pair of invisible tasks around every activity with
boundary events, and arrivals at a join as cancelled tasks.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from workflows.activities import HOST

FORMAT = 1
_SPLIT, _JOIN, _END = ".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin"
_GUESSED = TaskState.PREDICTED_MASK | TaskState.FUTURE
_ID, _PARENT, _SPEC, _STATE, _CHANGED, _TRIGGERED, _INTERNAL = range(7)

Row = list[Any]


def brought_forward(kept: dict[str, Any]) -> dict[str, Any]:
    """Give a state of format 1 as format 2."""
    return {
        **kept,
        "v": 2,
        "own": {},
        "results": {},
        "top": _rows(kept["top"]),
        "subs": [[parent, _rows(rows)] for parent, rows in kept["subs"]],
    }


def _rows(rows: list[Row]) -> list[Row]:
    by_id = {row[_ID]: row for row in rows}
    hosts = _hosts(rows, by_id)
    return [_row(row, by_id, hosts) for row in rows if _stays(row)]


def _stays(row: Row) -> bool:
    invisible = row[_SPEC].endswith((_SPLIT, _JOIN, _END)) or row[_SPEC] == "End"
    return not invisible and not row[_STATE] & _GUESSED


def _hosts(rows: list[Row], by_id: dict[str, Row]) -> dict[str, str]:
    """Map each split to the activity behind it; everything else behind it are its boundary events."""
    found: dict[str, str] = {}
    for row in rows:
        parent = by_id.get(row[_PARENT])
        if parent is not None and parent[_SPEC] == row[_SPEC] + _SPLIT:
            found[parent[_ID]] = row[_ID]
    return found


def _row(row: Row, by_id: dict[str, Row], hosts: dict[str, str]) -> Row:
    made = list(row)
    parent = by_id.get(row[_PARENT])
    if parent is not None and parent[_SPEC].endswith(_SPLIT):
        host = hosts.get(parent[_ID])
        if host is not None and host != row[_ID]:
            made[_TRIGGERED] = 1
            made[_INTERNAL] = {**(row[_INTERNAL] or {}), HOST: host}
        made[_PARENT] = parent[_PARENT]
    if row[_STATE] == TaskState.CANCELLED and not (row[_INTERNAL] or {}).get("used"):
        made[_STATE] = TaskState.WAITING  # format 1 kept a finished task only where it stood before a join
    return made
