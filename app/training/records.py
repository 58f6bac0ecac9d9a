"""What steps show about training: who has to learn the revisions that a change puts into force."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.queries import persons_with_role
from app.inventory.records import section, table
from app.training.models import TrainingRequirement
from app.training.queries import requirements
from app.web.rights import ROLES
from core.types import Bilingual
from documents.registry import Section, facts

_COLUMNS = (("Document", "文件"), ("Revision", "版本"), ("Role", "角色"), ("Person", "人员"))


@facts("training.concerned")
def concerned(session: Session, _subject_id: uuid.UUID | None, data: Mapping[str, Any]) -> list[Section]:
    """Everybody whose role needs a document of the plan, by the matrix of the day of effect."""
    plan, sites = data.get("plan") or {}, data.get("sites") or {}
    revisions = {str(row["document"]): str(row["revision"]) for row in plan.get("documents") or ()}
    if not revisions or not sites.get("plant") or not plan.get("effective_from"):
        return []
    day, site_id = date.fromisoformat(str(plan["effective_from"])), uuid.UUID(str(sites["plant"]))
    needed = requirements(session, site_id=site_id, roles=set(ROLES), on=day)
    lines = [
        line
        for one in needed
        if one.document.number in revisions
        for line in _lines(session, one, revisions[one.document.number], day)
    ]
    return (
        [section("To be trained by the matrix", "按培训矩阵须培训", [], table(_COLUMNS, lines))]
        if lines
        else []
    )


def _lines(
    session: Session, needed: TrainingRequirement, revision: str, day: date
) -> Iterator[list[str | Bilingual]]:
    role: Bilingual = ROLES.get(needed.role, {"en": needed.role, "zh": needed.role})
    for person in persons_with_role(session, needed.role, needed.site_id, on=day):
        name = {side: f"{text} ({person.login})" for side, text in person.name.items()}
        yield [needed.document.number, revision, role, name]
