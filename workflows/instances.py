"""How many members a multi-instance has, and how many it may have (URS-001)."""

from typing import Any

from core.config import settings
from core.errors import Conflict
from workflows.elements import Element
from workflows.errors import StepFailed, title_of
from workflows.sentences import N_, said

COUNTER = "loopCounter"
TOTAL = "nrOfInstances"
RESERVED = (COUNTER, TOTAL, "nrOfCompletedInstances", "nrOfActiveInstances")

_NO_NUMBER = N_("the number of instances is no whole number from 0 on")
_NO_LIST = N_("what it should go through is no list")


def members_of(value: Any, element: Element, *, counted: bool) -> list[Any]:
    """Turn a number (1, 2, …) or a list into the members of a multi-instance.

    Raises:
        StepFailed: it is neither.
        Conflict: ``instances.too_many``: more than ``QMS_MOST_INSTANCES``.
    """
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if counted and not whole:
        raise StepFailed(title_of(element), said(_NO_NUMBER))
    if not counted and not isinstance(value, (list, tuple)):
        raise StepFailed(title_of(element), said(_NO_LIST))
    count, most = (value if counted else len(value)), settings().most_instances
    if count > most:
        raise Conflict(
            "instances.too_many",
            "“%(element)s” would be done %(count)s times; at most %(most)s are allowed.",
            element=title_of(element),
            count=count,
            most=most,
        )
    return list(range(1, count + 1)) if counted else list(value)
