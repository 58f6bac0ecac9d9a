"""What stands against a release: steps done by people who were not trained for them (21 CFR 11.10(i))."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Person
from app.inventory.models import Lot
from app.inventory.obstacles import Obstacle, against_release
from app.training.queries import missing
from core.clock import site_day
from documents.labels import N_
from workflows.models import HumanTask, ProcessCase, TaskState


@against_release("training.people")
def untrained_hands(session: Session, lot: Lot, now: datetime) -> Iterator[Obstacle]:
    """Steps about the lot by somebody who, as is known now, lacked training on the day of the step."""
    done = (
        select(HumanTask)
        .join(ProcessCase, ProcessCase.id == HumanTask.case_id)
        .where(ProcessCase.subject_type == "inventory.lot", ProcessCase.subject_id == lot.id)
        .where(HumanTask.state == TaskState.COMPLETED, HumanTask.site_id.is_not(None))
    )
    for task in session.scalars(done.order_by(HumanTask.completed_at)):
        if task.completed_by is None or task.completed_at is None or task.site_id is None:
            continue
        day = site_day(task.completed_at, lot.site.zone)
        gap = missing(session, task.completed_by, task.role, task.site_id, on=day)
        if gap is not None:
            person = session.get(Person, task.completed_by)
            facts = (("step", task.name), ("person", person.name if person else "–"))
            told = (*facts, ("document", gap.document.number))
            yield Obstacle("training", N_("%(person)s did “%(step)s” without training on %(document)s."),
                told,
            )
