"""What the pages about migrations print: verdicts on running cases, and what became of them."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.modeler import queries
from core.actor import Actor
from workflows.migration import plan
from workflows.migration.verdicts import Verdict
from workflows.models import MigrationState, ProcessRelease


def candidates_page(session: Session, release: ProcessRelease, actor: Actor, now: datetime) -> dict[str, Any]:
    """Judge the running cases that could be moved; the safe ones are proposed to begin with."""
    found = plan.candidates(session, release, actor=actor, now=now)
    order = list(Verdict)
    found.sort(key=lambda one: (order.index(one.judgement.verdict), one.case.started_at))
    safe = [one.case.id for one in found if one.judgement.verdict is Verdict.SAFE]
    return {
        "release": release,
        "candidates": found,
        "counts": Counter(one.judgement.verdict for one in found),
        "versions": queries.versions(session, release.process_key),
        "proposed": dict.fromkeys(safe, ""),
        "history": plan.migrations(session, release.process_key),
    }


def show_page(session: Session, migration_id: uuid.UUID) -> dict[str, Any]:
    """Collect one migration with its cases and what became of each."""
    migration = queries.migration_of(session, migration_id)
    outcome = {line["id"]: line for line in migration.outcome or []}
    moved = sum(1 for line in outcome.values() if line["moved"])
    return {
        "migration": migration,
        "target": queries.release_of(session, migration.target_id),
        "lines": [(line, outcome.get(line["id"])) for line in migration.cases],
        "versions": queries.versions(session, migration.process_key),
        "people": queries.names(session, [migration.proposed_by, migration.decided_by]),
        "cases": queries.cases_of(session, plan.SUBJECT, migration.id),
        "moved": moved,
        "can_revert": migration.state is MigrationState.DONE and moved and migration.reverts_id is None,
    }
