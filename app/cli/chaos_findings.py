"""What is left when the killing is over: every step once, every record sealed once, the trail whole."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from app.cli.output import CannotCheck
from app.cli.scratch import Product
from app.inventory.models import Lot, Movement
from core.outbox import OutboxEntry
from documents.models import Record, RecordState
from signatures.audit import verify_chain
from signatures.models import Signature
from workflows.models import HumanTask, ProcessCase, TaskState

MOVEMENTS_OF_A_RELEASED_LOT = 3
"""Received, taken out of quarantine, put to the released stock."""
BATCH = 200


@dataclass(frozen=True)
class Findings:
    """Counts over everything the people did; ``lost`` and ``doubled`` name what is wrong."""

    records: int
    lost: list[str]
    doubled: list[str]
    corrupt: list[str]
    chain_ok: bool
    dead_letters: int
    sealed_seconds_max: float
    files_nobody_names: int

    @property
    def ok(self) -> bool:
        """Whether nothing is lost, doubled or corrupt, and nothing waits for somebody's hand."""
        return self.chain_ok and not (self.lost or self.doubled or self.corrupt or self.dead_letters)


def waiting(url: str) -> int:
    """How many jobs are not done and how many records not sealed; dead jobs wait for nobody."""
    with _reading(url) as session:
        jobs = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.dead.is_(False))
        pending = select(func.count()).select_from(Record).where(Record.state != RecordState.SEALED)
        return int(session.scalar(jobs) or 0) + int(session.scalar(pending) or 0)


def look(product: Product, url: str, lots: Sequence[str], signed: Sequence[tuple[str, str]]) -> Findings:
    """Compare what the people saw with what is there, and have every record and the trail verified.

    Raises:
        CannotCheck: the verifiers cannot run.
    """
    with _reading(url) as session:
        lost, doubled = _steps(session, signed)
        for more_lost, more_doubled in (_lots(session, lots), _records(session)):
            lost, doubled = lost + more_lost, doubled + more_doubled
        pages = {name for name in session.scalars(select(Record.pdf_sha256)) if name}
        times = session.execute(select(Record.created_at, Record.sealed_at))
        delays = [(sealed - created).total_seconds() for created, sealed in times if sealed]
        dead = session.scalar(select(func.count()).select_from(OutboxEntry).where(OutboxEntry.dead.is_(True)))
    with _reading(url) as session:  # a snapshot of its own
        chain_ok = verify_chain(session).ok
    stored = {path.name: path for path in (product.home / "files").rglob("*") if path.is_file()}
    lost += [f"page {name}" for name in sorted(pages - set(stored))]
    return Findings(
        records=len(pages),
        lost=lost,
        doubled=doubled,
        corrupt=_corrupt(product, [stored[name] for name in sorted(pages & set(stored))]),
        chain_ok=chain_ok,
        dead_letters=int(dead or 0),
        sealed_seconds_max=round(max(delays, default=0.0), 1),
        files_nobody_names=len(set(stored) - pages),
    )


def _steps(session: Session, signed: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Each signed step: one completed task, one record, one signature."""
    tasks = select(HumanTask.case_id, HumanTask.step).where(HumanTask.state == TaskState.COMPLETED)
    done = Counter((str(case), step) for case, step in session.execute(tasks))
    steps = select(Record.case_id, Record.kind, func.count(Signature.id)).outerjoin(
        Signature, Signature.record_id == Record.id
    )
    records: Counter[tuple[str, str]] = Counter()
    signatures: Counter[tuple[str, str]] = Counter()
    for case, kind, count in session.execute(steps.group_by(Record.id)):
        step = (str(case), kind.rpartition(".")[2])
        records[step] += 1
        signatures[step] += count
    kinds: Mapping[str, Counter[tuple[str, str]]] = {"task": done, "record": records, "signature": signatures}
    lost = [f"{name} {one}" for one in signed for name, counts in kinds.items() if counts[one] < 1]
    again = [one for one, count in Counter(signed).items() if count > 1]
    everything = {one for one in done if one[0] in {case for case, _ in signed}}
    doubled = [
        f"{name} {one}" for one in everything for name, counts in kinds.items() if counts[one] > 1
    ] + [f"answer {one}" for one in again]
    return lost, doubled


def _lots(session: Session, lots: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each lot: received once, moved exactly as a released lot is, its process over."""
    counted = select(Lot.supplier_lot, func.count(Lot.id.distinct()), func.count(Movement.id)).outerjoin(
        Movement, Movement.lot_id == Lot.id
    )
    found = {
        name: (count, moves)
        for name, count, moves in session.execute(
            counted.where(Lot.supplier_lot.in_(lots)).group_by(Lot.supplier_lot)
        )
    }
    moved = {name: moves - MOVEMENTS_OF_A_RELEASED_LOT for name, (_, moves) in found.items()}
    lost = [f"lot {name}" for name in lots if name not in found]
    lost += [f"movement of {name}" for name, difference in moved.items() if difference < 0]
    doubled = [f"lot {name}" for name, (count, _) in found.items() if count > 1]
    doubled += [f"movement of {name}" for name, difference in moved.items() if difference > 0]
    theirs = select(Lot.id).where(Lot.supplier_lot.in_(lots))
    still_open = ProcessCase.ended_at.is_(None), ProcessCase.subject_id.in_(theirs)
    open_cases = session.scalars(select(ProcessCase.number).where(*still_open)).all()
    return lost + [f"end of {number}" for number in open_cases], doubled


def _records(session: Session) -> tuple[list[str], list[str]]:
    """Each record: sealed, with a page and a number of its own."""
    rows = session.execute(select(Record.number, Record.state, Record.pdf_sha256)).all()
    sealed = RecordState.SEALED
    lost = [f"seal of {number}" for number, state, page in rows if state is not sealed or not page]
    pages, numbers = Counter(page for _, _, page in rows if page), Counter(number for number, _, _ in rows)
    doubled = [f"page {page}" for page, count in pages.items() if count > 1]
    return lost, doubled + [f"number {number}" for number, count in numbers.items() if count > 1]


def _corrupt(product: Product, pages: Sequence[Path]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(pages), BATCH):
        done = product.qms("records", "verify", "--json", *map(str, pages[start : start + BATCH]))
        if done.returncode == 2:
            raise CannotCheck(f"records cannot be verified: {done.stderr}")
        answers: Any = json.loads(done.stdout)
        listed = answers if isinstance(answers, list) else answers.get("records", [answers])
        found += [str(answer["file"]) for answer in listed if not answer["ok"]]
    return found


def _reading(url: str) -> Session:
    return Session(create_engine(url, poolclass=NullPool))
