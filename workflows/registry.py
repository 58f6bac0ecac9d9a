"""What models may call and name: service operations of the rooms, roles, meanings (URS-004).

A room registers its operations in its ``steps.py``; a model calls them by name with checked parameters. The
effect of an operation and the step that led to it are one transaction.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError
from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict, NotFound
from core.types import Bilingual
from workflows.sentences import N_, said, same

if TYPE_CHECKING:
    from workflows.models import ProcessCase


@dataclass(frozen=True)
class OperationCall:
    """One call from a service task: checked parameters, the case, and who moved the engine and when."""

    session: Session
    params: dict[str, Any]
    case: "ProcessCase"
    actor: Actor
    now: datetime

    def uuid(self, name: str) -> uuid.UUID:
        """Read a parameter that is a key."""
        return uuid.UUID(str(self.params[name]))


OperationFunction = Callable[[OperationCall], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Operation:
    """A registered, documented operation: its name, titles, parameters (JSON Schema) and description.

    ``holds`` and ``settles`` name the type of subject, such as ``inventory.lot``, that nobody may use between
    the one operation and the other.
    """

    name: str
    title: Bilingual
    schema: dict[str, Any]
    description: str
    run: OperationFunction
    holds: str | None = None
    settles: str | None = None


# What a mistake in an operation raises; what the database says is for those who hold the transaction.
_MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_operations: dict[str, Operation] = {}

_roles: dict[str, Bilingual] = {
    "keeper": {"en": "Warehouse keeper", "zh": "仓管员"},
    "buyer": {"en": "Buyer", "zh": "采购员"},
    "planner": {"en": "Planner", "zh": "计划员"},
    "inspector": {"en": "Inspector", "zh": "检验员"},
    "qa": {"en": "Quality assurance", "zh": "质量保证"},
    "releaser": {"en": "Production releaser", "zh": "生产放行人"},
    "registrant_releaser": {"en": "Market releaser of the registrant", "zh": "注册人上市放行人"},
    "process_owner": {"en": "Process owner", "zh": "流程负责人"},
    "auditor": {"en": "Auditor", "zh": "审核员"},
    "employee": {"en": "Employee", "zh": "员工"},
    "engineer": {"en": "Process engineer", "zh": "工艺工程师"},
    "regulatory": {"en": "Regulatory affairs", "zh": "法规事务"},
    "quality_head": {"en": "Quality head", "zh": "质量负责人"},
}

MEANINGS: dict[str, Bilingual] = {
    "authored": {"en": "Authorship", "zh": "填报"},
    "performed": {"en": "Performed", "zh": "执行"},
    "verified": {"en": "Verified", "zh": "验证"},
    "cancelled": {"en": "Cancelled", "zh": "取消"},
    "inspected": {"en": "Inspected", "zh": "检验"},
    "reviewed": {"en": "Reviewed", "zh": "审核"},
    # The same step signs a rejection as well: its meaning must not read as a release.
    "approved": {"en": "Approval decision", "zh": "审批决定"},
    "released": {"en": "Release decision", "zh": "放行决定"},
    "accepted": {"en": "Accepted", "zh": "接受"},
}


def operation(
    name: str,
    *,
    schema: dict[str, Any],
    title: Bilingual,
    holds: str | None = None,
    settles: str | None = None,
) -> Callable[[OperationFunction], OperationFunction]:
    """Register a service operation under ``room.verb_noun``; ``schema`` is the JSON Schema of its parameters.

    Raises:
        ValueError: two rooms claim the same name.
    """
    Draft202012Validator.check_schema(schema)

    def register(run: OperationFunction) -> OperationFunction:
        told = (run.__doc__ or "").replace("``", "").strip()  # people read it on a page
        made = Operation(name, title, schema, told, run, holds, settles)
        found = _operations.setdefault(name, made)
        if found.run is not run:
            raise ValueError(f"operation {name} is registered twice")
        return run

    return register


def operations() -> list[Operation]:
    """List every operation a model may call, by name."""
    return [_operations[name] for name in sorted(_operations)]


def find(name: str) -> Operation:
    """Find an operation.

    Raises:
        NotFound: ``operation.unknown``.
    """
    if name not in _operations:
        raise NotFound("operation.unknown", "There is no operation “%(operation)s”.", operation=name)
    return _operations[name]


def known(name: str) -> bool:
    """Say whether a model may call this operation."""
    return name in _operations


def call(name: str, call: OperationCall) -> dict[str, Any]:
    """Check the parameters and run the operation in the caller's transaction.

    Raises:
        NotFound: ``operation.unknown``.
        Conflict: ``operation.parameters``: the parameters do not fit its schema.
        Conflict: ``operation.failed``: it made a mistake.
        QmsError: whatever the operation refuses; nothing of the step remains then.
    """
    chosen = find(name)
    wrong = next(iter(Draft202012Validator(chosen.schema).iter_errors(call.params)), None)
    if wrong is not None:
        raise Conflict(
            "operation.parameters",
            "The operation “%(operation)s” cannot be called: %(reason)s",
            operation=name,
            reason=_reason(wrong),
        )
    try:
        return dict(chosen.run(call) or {})
    except _MISTAKES as mistake:
        raise Conflict(
            "operation.failed",
            "The operation “%(operation)s” failed, and nothing of the step has happened: %(reason)s",
            operation=name,
            reason=f"{type(mistake).__name__}: {mistake}"[:300],
        ) from mistake


def _reason(wrong: ValidationError) -> Bilingual:
    """Say which parameter does not fit, and why."""
    place = ".".join(str(part) for part in wrong.absolute_path)
    if not place:
        return same(wrong.message)
    return said(N_("parameter %(parameter)s: %(reason)s"), parameter=place, reason=wrong.message)


def wrong_constant(name: str, parameter: str, value: Any) -> Bilingual | None:
    """Say why a value that a model writes out for a parameter does not fit the operation, or nothing."""
    properties = find(name).schema.get("properties", {})
    schema = properties.get(parameter)
    if schema is None:
        return None
    wrong = next(iter(Draft202012Validator(schema).iter_errors(value)), None)
    return None if wrong is None else same(wrong.message)


def missing_parameters(name: str, given: set[str]) -> Bilingual | None:
    """Say what is wrong with the names of the parameters in a model, or nothing."""
    schema = find(name).schema
    lacking = sorted(set(schema.get("required", [])) - given)
    if lacking:
        return said(N_("%(names)s is missing"), names=", ".join(lacking))
    unknown = sorted(given - set(schema.get("properties", {})))
    if unknown and schema.get("additionalProperties") is False:
        return said(N_("%(names)s is not asked for"), names=", ".join(unknown))
    return None


def roles() -> dict[str, Bilingual]:
    """List the roles that a lane may name; no administrator's role is among them."""
    return dict(_roles)


def add_role(code: str, title: Bilingual) -> None:
    """Let lanes name one more role."""
    _roles[code] = title
