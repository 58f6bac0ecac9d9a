"""What processes may do with process models: operations of ``bpmn/process_model_change`` (URS-001)."""

from collections.abc import Mapping
from typing import Any

from workflows import extending, repository
from workflows.migration import plan
from workflows.models import ProcessMigration, ProcessRelease
from workflows.registry import OperationCall, operation

_KEY = {"type": "string", "format": "uuid", "description": "id of the process release"}
_REASON = {"type": "string", "description": "why it was refused"}
_RELEASE = {
    "type": "object",
    "properties": {"release": _KEY},
    "required": ["release"],
    "additionalProperties": False,
}
_REFUSAL = {
    "type": "object",
    "properties": {"release": _KEY, "reason": _REASON},
    "required": ["release", "reason"],
    "additionalProperties": False,
}
_MIGRATION = {
    "type": "object",
    "properties": {
        "migration": {"type": "string", "format": "uuid", "description": "id of the proposed migration"}
    },
    "required": ["migration"],
    "additionalProperties": False,
}


@operation(
    "workflows.make_release_effective",
    schema=_RELEASE,
    title={"en": "Make the model effective", "zh": "使模型生效"},
)
def make_release_effective(call: OperationCall) -> Mapping[str, Any]:
    """Let new cases run the accepted release; running cases stay on theirs.

    Raises:
        Conflict: ``release.decided``: it is no longer proposed.
    """
    release = call.session.get_one(ProcessRelease, call.uuid("release"), with_for_update=True)
    repository.make_effective(call.session, release, actor=call.actor, now=call.now)
    return {"process": release.process_key, "version": release.version}


@operation("workflows.refuse_release", schema=_REFUSAL, title={"en": "Refuse the model", "zh": "不批准模型"})
def refuse_release(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the proposed release, with the reason.

    Raises:
        Conflict: ``release.decided``: it is no longer proposed.
    """
    release = call.session.get_one(ProcessRelease, call.uuid("release"), with_for_update=True)
    repository.refuse_release(call.session, release, reason=str(call.params["reason"]), actor=call.actor)
    return {"process": release.process_key, "version": release.version}


@operation(
    "workflows.extend_due",
    schema={
        "type": "object",
        "properties": {
            "task": {"type": "string", "format": "uuid", "description": "id of the human task"},
            "due": {"type": "string", "description": "the new moment, ISO 8601, UTC"},
            "reason": {"type": "string", "description": "why more time is needed"},
        },
        "required": ["task", "due", "reason"],
        "additionalProperties": False,
    },
    title={"en": "Move the due date", "zh": "变更到期日"},
)
def extend_due(call: OperationCall) -> Mapping[str, Any]:
    """Move the due date of a step as a signed request says; at most twice.

    Raises:
        Conflict: ``extension.task_over`` or ``extension.twice``.
        Invalid: ``extension.earlier``: the moment is not later than the due date.
    """
    task = extending.extend_due(call)
    return {"task": str(task.id), "due": str(call.params["due"])}


@operation(
    "workflows.migrate_cases",
    schema=_MIGRATION,
    title={"en": "Move the cases to the release", "zh": "将流程实例迁移到该版本"},
)
def migrate_cases(call: OperationCall) -> Mapping[str, Any]:
    """Move the cases of the accepted migration, each judged again; one that cannot be moved stays.

    Raises:
        Conflict: ``migration.decided``: it has been decided already.
    """
    migration = call.session.get_one(ProcessMigration, call.uuid("migration"), with_for_update=True)
    outcome = plan.carry_out(call.session, migration, actor=call.actor, now=call.now)
    moved = sum(1 for line in outcome if line["moved"])
    return {"moved": moved, "stayed": len(outcome) - moved}


@operation(
    "workflows.refuse_migration", schema=_MIGRATION, title={"en": "Refuse the migration", "zh": "不批准迁移"}
)
def refuse_migration(call: OperationCall) -> Mapping[str, Any]:
    """Refuse the proposed migration; every case stays where it is.

    Raises:
        Conflict: ``migration.decided``: it has been decided already.
    """
    migration = call.session.get_one(ProcessMigration, call.uuid("migration"), with_for_update=True)
    plan.refuse(call.session, migration, actor=call.actor, now=call.now)
    return {"process": migration.process_key}


@operation(
    "workflows.name_case",
    schema={"type": "object", "properties": {}, "additionalProperties": False},
    title={"en": "Say the number of the case", "zh": "取流程编号"},
)
def name_case(call: OperationCall) -> Mapping[str, Any]:
    """Give the number of the case, so that a message to another case can say who asks."""
    return {"number": call.case.number}
