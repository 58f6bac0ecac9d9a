"""How far a case had come, as a record keeps it and prints it in the diagram of its process."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.inbox.decisions import as_texts
from core.languages import in_layout
from core.types import Bilingual
from documents.records import SiteStyle
from workflows import history
from workflows.history import Passage, TaskLine
from workflows.models import ProcessCase


def path_of(session: Session, case: ProcessCase, style: SiteStyle) -> dict[str, Any]:
    """Read the path of a case; names as the house prints them, times on the clock of its site."""
    tasks = history.task_lines(session, case.id)
    steps = history.passages(session, case, tasks)
    return path_said(session, case, style, steps, tasks, names_of(session, [one.actor_id for one in steps]))


def path_said(
    session: Session,
    case: ProcessCase,
    style: SiteStyle,
    steps: Sequence[Passage],
    tasks: Sequence[TaskLine],
    names: Mapping[str, Bilingual],
) -> dict[str, Any]:
    """The same of steps, tasks and names that have been read already."""
    printed = {actor_id: in_layout(name, style.layout) for actor_id, name in names.items()}
    path = history.path(session, case, zone=style.zone, names=printed, passed=steps, tasks=tasks)
    parts = ("done", "current", "flows", "rounds", "marks")
    said: dict[str, Any] = as_texts({name: getattr(path, name) for name in parts})
    return said
