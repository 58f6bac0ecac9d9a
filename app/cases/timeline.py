"""What happened in a case, as its page tells it: who, when, what was entered, and why it was decided."""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import queries
from app.cases.wording import kind_name
from app.web.filters import in_language, offset_name
from app.web.statuses import in_words
from core.clock import to_zone
from core.languages import LANGUAGES
from core.types import Bilingual
from documents.models import Record
from forms import pickers
from forms.loader import Form
from forms.render import sections
from signatures.models import Signature
from signatures.register import signatures_on
from workflows import history, registry, repository, waits
from workflows.compiled import CompiledProcess
from workflows.decisions import CONDITIONS, SCRIPT
from workflows.elements import Element
from workflows.history import Passage
from workflows.models import HumanTask, ProcessCase, StepHistory
from workflows.originals import Kept, history_section, kept_of_case, notes_of
from workflows.telling import Teller

SILENT = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "scriptTask"})
"""Elements that pass without anybody noticing, unless they decided or calculated; the diagram shows them."""
HALTS = frozenset({"intermediateCatchEvent", "receiveTask"})
"""Elements at which a case stands still until a moment or a message comes."""


@dataclass(frozen=True)
class Why:
    """How a decision table came to its result: what it compared, which row held, what it says."""

    table: Bilingual
    inputs: tuple[tuple[Bilingual, Any], ...]
    rows: tuple[int, ...]
    notes: tuple[Bilingual, ...]
    outputs: tuple[tuple[str | Bilingual, Any], ...]
    is_table: bool = True
    taken: tuple[Bilingual, ...] = ()


@dataclass(frozen=True)
class Passed:
    """One step of the timeline; ``quiet`` ones nobody had to do."""

    name: Bilingual
    kind: str
    icon: str
    quiet: bool
    at: datetime
    who: str
    operation: Bilingual | None
    why: Why | None
    sections: list[dict[str, Any]]
    signatures: tuple[Signature, ...]
    records: tuple[Record, ...]
    taken_back: bool = False
    acted_for: str = ""


ICONS = {
    "userTask": "user",
    "serviceTask": "tool",
    "businessRuleTask": "table",
    "startEvent": "chevron-right",
    "endEvent": "check",
}


def passed_steps(
    session: Session, case: ProcessCase, records: Sequence[Record], process: CompiledProcess
) -> list[Passed]:
    """List what a case has passed, latest first."""
    signed = signatures_on(session, [record.id for record in records])
    rows = [row for row in history.steps(session, case.id) if row.decision or row.element_type not in SILENT]
    tasks, entries, found = _tasks_done(session, case), kept_of_case(session, case.id), []
    people, used = _people(session, rows, _acted_for(tasks)), set[uuid.UUID]()
    counting = {row.seq for row in history.that_count(rows, history.task_lines(session, case.id))}
    for row in rows:
        own = _records_of(row, records, used)
        signatures = [signature for record in own for signature in signed[record.id]]
        element, waiting = process.elements.get(row.element_id), tasks.get(row.element_id)
        task = waiting.pop(0) if waiting and row.element_type == "userTask" else None
        kept = entries.get(task.id, {}) if task is not None else {}
        policy = element.policy if element is not None else None
        form = repository.form_if_known(session, case.release_id, policy.form) if policy else None
        found.append(
            replace(
                _passed(row, own, signatures, element, people, _entries(session, form, row, kept)),
                taken_back=row.seq not in counting,
                why=_why(process.vocabulary.in_words(row.decision), process.teller) if row.decision else None,
                acted_for=in_language(people.get(str(task.completed_for), "")) if task is not None else "",
            )
        )
    return found[::-1]


def now_at(session: Session, case: ProcessCase, path: history.Path, process: CompiledProcess) -> set[str]:
    """The elements where a case stands: its open steps, and the events on its way for which it waits."""
    waiting = {wait.element_id for wait in waits.of_case(session, case.id)}
    on_the_way = {key for key in waiting & set(process.elements) if process.elements[key].kind in HALTS}
    return on_the_way | path.current


def marks(session: Session, case: ProcessCase, zone: str, *, now: datetime) -> dict[str, list[str]]:
    """Write who and when under each human step of the diagram, times in the reader's zone.

    A step passed more than once carries its latest round and how many there were.
    """
    rounds: dict[str, int] = {}
    written: dict[str, list[str]] = {}
    passed = history.passages(session, case, history.task_lines(session, case.id))
    rows = [row for row in passed if row.element_type == "userTask"]
    people = _people(session, rows)
    for row in rows:
        rounds[row.element_id] = rounds.get(row.element_id, 0) + row.rounds
        again = f" ×{rounds[row.element_id]}" if rounds[row.element_id] > 1 else ""
        written[row.element_id] = [f"{_who(row, people)}{again}", _local(row.ended_at, zone)]
    for task in queries.open_tasks(session, [case.id])[case.id]:
        late = task.due_at is not None and task.due_at < now
        written[task.element_id] = [_("overdue") if late else _("waiting")]
    return written


def task_names(tasks: Sequence[HumanTask]) -> str:
    """Join the names of the current steps, in the reader's language."""
    return ", ".join(dict.fromkeys(in_language(task.name) for task in tasks))


def outcome_name(case: ProcessCase, process: CompiledProcess) -> Bilingual | None:
    """Name the end that a case has reached, as the diagram calls it."""
    end = process.elements.get(case.outcome or "")
    return end.name if end is not None else None


def process_of(session: Session, case: ProcessCase) -> CompiledProcess:
    """Give the model that a case runs on."""
    return repository.compiled_for(session, case.release_id)


def _local(moment: datetime, zone: str) -> str:
    local = to_zone(moment, zone)
    offset = local.utcoffset()
    return f"{local:%Y-%m-%d %H:%M}" + (f" {offset_name(offset)}" if offset is not None else "")


def _people(
    session: Session, rows: Sequence[StepHistory | Passage], besides: Collection[uuid.UUID] = ()
) -> dict[str, Bilingual]:
    """Find the names of those who acted, by the id the history keeps; parts of the system have none."""
    ids = {uuid.UUID(row.actor_id) for row in rows if not row.actor_id.startswith("system:")}
    return {str(person_id): name for person_id, name in queries.names(session, ids | {*besides}).items()}


def _who(row: StepHistory | Passage, people: Mapping[str, Bilingual]) -> str:
    return in_language(people.get(row.actor_id, row.actor_name))


def _records_of(row: StepHistory, records: Sequence[Record], used: set[uuid.UUID]) -> list[Record]:
    """Find the record of one round of a human step: the first of its element that no earlier round has."""
    if row.element_type != "userTask":
        return []
    own = [record for record in records if record.element_id == row.element_id and record.id not in used][:1]
    used.update(record.id for record in own)
    return own


def _passed(
    row: StepHistory,
    own: Sequence[Record],
    signatures: Sequence[Signature],
    element: Element | None,
    people: Mapping[str, Bilingual],
    entries: list[dict[str, Any]],
) -> Passed:
    human = row.element_type == "userTask"
    return Passed(
        name=row.name if any(row.name.values()) else dict.fromkeys(LANGUAGES, kind_name(row.element_type)),
        kind=row.element_type,
        icon=ICONS.get(row.element_type, "circle-check"),
        quiet=not human and row.decision is None,
        at=row.ended_at,
        who=_who(row, people) if human or row.element_type == "startEvent" else "",
        operation=_operation(element),
        why=None,
        sections=entries,
        signatures=tuple(signatures),
        records=tuple(own),
    )


def _operation(element: Element | None) -> Bilingual | None:
    if element is None or not element.operation or not registry.known(element.operation):
        return None
    return registry.find(element.operation).title


def _acted_for(tasks: Mapping[str, Sequence[HumanTask]]) -> set[uuid.UUID]:
    """Those for whom deputies took steps."""
    return {task.completed_for for done in tasks.values() for task in done if task.completed_for is not None}


def _tasks_done(session: Session, case: ProcessCase) -> dict[str, list[HumanTask]]:
    """The tasks of each element that were completed, first round first."""
    done = select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.completed_at.is_not(None))
    found: dict[str, list[HumanTask]] = {}
    for task in session.scalars(done.order_by(HumanTask.completed_at)):
        found.setdefault(task.element_id, []).append(task)
    return found


def _entries(session: Session, form: Form | None, row: StepHistory, kept: Kept) -> list[dict[str, Any]]:
    """What was entered in a human step, and how original entries changed before it was signed (URS-142)."""
    if row.element_type != "userTask" or form is None:
        return []
    entered = row.data or {}
    return sections(form, entered, notes_of(kept), pickers.labels(form, session, entered)) + history_section(
        kept
    )


def _worded(value: Any) -> Any:
    """Say a value in words; lists and objects as they are written in JSON."""
    plain = isinstance(value, list) or (isinstance(value, Mapping) and set(value) != {"en", "zh"})
    return json.dumps(value, ensure_ascii=False) if plain else in_words(value)


def _why(decision: Mapping[str, Any], teller: Teller) -> Why:
    """Tell a decision; what a gateway asked as a sentence where it can be told."""
    labels, said = decision.get("labels") or {}, decision.get("said") or {}
    if decision["policy"] == CONDITIONS:
        labels = {text: told for text in decision["outputs"] if (told := teller.condition(text))}
    is_table = decision["policy"] not in (CONDITIONS, SCRIPT)
    return Why(
        table=decision["name"],
        inputs=tuple(
            (
                (None if is_table else teller.fact(entry["expression"])) or entry["label"],
                entry.get("said") or in_words(entry["value"]),
            )
            for entry in decision["inputs"]
        ),
        rows=tuple(decision["rows"]),
        notes=tuple(decision["annotations"]),
        outputs=tuple(
            (labels.get(name, name), said.get(name) or _worded(value))
            for name, value in decision["outputs"].items()
        ),
        is_table=is_table,
        taken=tuple(one["name"] for one in decision.get("taken") or ()),
    )
