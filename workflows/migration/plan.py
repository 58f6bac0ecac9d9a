"""A migration as people decide it: looked at case by case, proposed, signed by a second person, carried out.

The proposal is itself a case of the process ``process_model_migration``; its signed record lists every chosen
case with its verdict. When it is carried out each case is judged again under its lock: one that has moved on
to where it must finish stays, and the outcome says so.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Conflict, FieldErrors, Invalid
from core.types import Bilingual, JsonDict
from workflows import repository, runtime
from workflows.migration import moves
from workflows.migration.verdicts import Judgement, Passage, Verdict
from workflows.models import (
    CaseMigration,
    CaseState,
    MigrationState,
    ProcessCase,
    ProcessMigration,
    ProcessRelease,
    ReleaseState,
)
from workflows.sentences import N_, said

PROCESS = "process_model_migration"
SUBJECT = "workflows.migration"
MIN_REASON = 5
_ENDED = N_("The case has ended in the meantime.")
_ELSEWHERE = N_("The case runs on another release by now.")
_WENT_ON = N_("The case has gone on since it was moved.")


@dataclass(frozen=True)
class Candidate:
    """A running case that could be moved, with the verdict on it."""

    case: ProcessCase
    judgement: Judgement


@dataclass(frozen=True)
class ProposeMigration:
    """What a process owner asks for: chosen cases by key, each with the decision where one is needed.

    ``site_id`` is the site whose quality assurance decides.
    """

    target_id: uuid.UUID
    chosen: Mapping[uuid.UUID, str]
    reason: str
    site_id: uuid.UUID
    reverts_id: uuid.UUID | None = field(default=None)


def candidates(session: Session, target: ProcessRelease, *, actor: Actor, now: datetime) -> list[Candidate]:
    """Judge every running case of a process that is not on a release already, oldest case first."""
    running = select(ProcessCase).filter_by(process_key=target.process_key, state=CaseState.RUNNING)
    query = running.where(ProcessCase.release_id != target.id).order_by(ProcessCase.started_at)
    passages = _Passages(session, target.id)
    return [
        Candidate(case, moves.judge_case(session, passages.of(case.release_id), case, actor=actor, now=now))
        for case in session.scalars(query)
    ]


def propose(
    session: Session, command: ProposeMigration, *, actor: Actor, now: datetime
) -> tuple[ProcessMigration, ProcessCase]:
    """Keep a proposal and start the case in which a second person decides on it.

    Raises:
        Conflict: ``migration.target``: the release is not in effect.
        FieldErrors: no case chosen, no reason, a case that must finish, a decision that is missing.
    """
    target = session.get_one(ProcessRelease, command.target_id)
    if target.state != ReleaseState.EFFECTIVE and command.reverts_id is None:
        raise Conflict("migration.target", "Cases can be moved only to the release in effect.")
    found = {one.case.id: one for one in candidates(session, target, actor=actor, now=now)}
    _check(command, found)
    migration = ProcessMigration(
        process_key=target.process_key,
        target_id=target.id,
        reverts_id=command.reverts_id,
        reason=command.reason.strip(),
        cases=[_line(found[key], decision) for key, decision in command.chosen.items()],
        state=MigrationState.PROPOSED,
        proposed_by=repository.person(actor),
        proposed_at=now,
    )
    session.add(migration)
    session.flush()  # its key is the subject of the case
    return migration, _ask(session, migration, target, command.site_id, actor, now)


def propose_revert(
    session: Session,
    migration: ProcessMigration,
    *,
    reason: str,
    site_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> list[ProcessMigration]:
    """Propose to take back what a migration has moved, one proposal for each release the cases came from.

    A case that has not gone on since comes back exactly as it was; any other is judged like every case.

    Raises:
        Conflict: ``migration.nothing``: it has not moved any case.
        FieldErrors: no reason, or a case that cannot go back.
    """
    proposed = []
    moved = moved_cases(session, migration)
    if not moved:
        raise Conflict("migration.nothing", "This migration has not moved any case.")
    for release_id in sorted({one.from_release_id for one in moved}):
        chosen = {one.case_id: reason for one in moved if one.from_release_id == release_id}
        command = ProposeMigration(release_id, chosen, reason, site_id, reverts_id=migration.id)
        proposed.append(propose(session, command, actor=actor, now=now)[0])
    return proposed


def carry_out(
    session: Session, migration: ProcessMigration, *, actor: Actor, now: datetime
) -> list[JsonDict]:
    """Move the cases of an accepted proposal, each judged again; give what became of each.

    Raises:
        Conflict: ``migration.decided``: it has been decided already.
    """
    _decide(migration, MigrationState.DONE, actor, now)
    passages = _Passages(session, migration.target_id)
    outcome = []
    for line in sorted(migration.cases, key=lambda line: str(line["id"])):  # one order for every migration
        stays = _move(session, migration, line, passages, actor, now)
        outcome.append({"id": line["id"], "number": line["number"], "moved": stays is None, "reason": stays})
    migration.outcome = outcome
    if migration.reverts_id is not None:
        session.get_one(ProcessMigration, migration.reverts_id).state = MigrationState.REVERTED
    session.flush()  # the step's record is written from it
    return outcome


def refuse(session: Session, migration: ProcessMigration, *, actor: Actor, now: datetime) -> None:
    """Refuse a proposal; every case stays where it is.

    Raises:
        Conflict: ``migration.decided``: it has been decided already.
    """
    _decide(migration, MigrationState.REFUSED, actor, now)
    session.flush()  # the step's record is written from it


def moved_cases(session: Session, migration: ProcessMigration) -> list[CaseMigration]:
    """List the cases that a migration has moved."""
    return list(session.scalars(select(CaseMigration).filter_by(migration_id=migration.id)))


def migrations(session: Session, process_key: str) -> list[ProcessMigration]:
    """List the migrations of a process, newest first."""
    query = select(ProcessMigration).filter_by(process_key=process_key)
    return list(session.scalars(query.order_by(ProcessMigration.proposed_at.desc())))


def _move(
    session: Session,
    migration: ProcessMigration,
    line: JsonDict,
    passages: "_Passages",
    actor: Actor,
    now: datetime,
) -> Bilingual | None:
    """Move one case; give the reason if it stays."""
    case = runtime.lock_case(session, uuid.UUID(line["id"]))
    if case.state != CaseState.RUNNING:
        return said(_ENDED)
    if str(case.release_id) != line["release_id"]:
        return said(_ELSEWHERE)
    if migration.reverts_id is not None:
        kept = _kept(session, migration.reverts_id, case.id)
        if kept is not None and moves.put_back(session, kept, migration, actor=actor, now=now):
            return None
    judgement = moves.judge_case(session, passages.of(case.release_id), case, actor=actor, now=now)
    if judgement.verdict is Verdict.MUST_FINISH:
        return judgement.reasons[0].text
    if judgement.verdict is Verdict.NEEDS_DECISION and not line["decision"]:
        return said(_WENT_ON)
    moves.move_case(session, case.id, passages.of(case.release_id), migration, actor=actor, now=now)
    return None


def _kept(session: Session, migration_id: uuid.UUID, case_id: uuid.UUID) -> CaseMigration | None:
    return session.scalar(select(CaseMigration).filter_by(migration_id=migration_id, case_id=case_id))


class _Passages:
    """The ways to one release, worked out once for each release that cases stand on."""

    def __init__(self, session: Session, target_id: uuid.UUID) -> None:
        self.session, self.target_id = session, target_id
        self.found: dict[uuid.UUID, Passage] = {}

    def of(self, release_id: uuid.UUID) -> Passage:
        """Give the way from a release."""
        if release_id not in self.found:
            old, new = (repository.compiled_for(self.session, key) for key in (release_id, self.target_id))
            self.found[release_id] = Passage(old, new)
        return self.found[release_id]


def _check(command: ProposeMigration, found: Mapping[uuid.UUID, Candidate]) -> None:
    errors: dict[str, Invalid] = {}
    if len(command.reason.strip()) < MIN_REASON:
        errors["reason"] = Invalid("migration.reason", "Say why the cases are moved.", field="reason")
    if not command.chosen:
        errors["cases"] = Invalid("migration.none", "Choose at least one case.", field="cases")
    for key, decision in command.chosen.items():
        errors.update(_check_case(key, found.get(key), decision))
    if errors:
        raise FieldErrors(errors)


def _check_case(key: uuid.UUID, one: Candidate | None, decision: str) -> Iterable[tuple[str, Invalid]]:
    name = f"decision-{key}"
    if one is None:
        yield "cases", Invalid("migration.gone", "A chosen case has ended or been moved.", field="cases")
    elif one.judgement.verdict is Verdict.MUST_FINISH:
        yield name, Invalid(
            "migration.must_finish",
            "%(case)s must finish on its release.",
            field=name,
            case=one.case.number,
        )
    elif one.judgement.verdict is Verdict.NEEDS_DECISION and len(decision.strip()) < MIN_REASON:
        yield name, Invalid(
            "migration.decision", "Say what was decided for %(case)s.", field=name, case=one.case.number
        )


def _line(one: Candidate, decision: str) -> JsonDict:
    return {
        "id": str(one.case.id),
        "number": one.case.number,
        "title": one.case.title,
        "release_id": str(one.case.release_id),
        "verdict": one.judgement.verdict.value,
        "reasons": [reason.text for reason in one.judgement.reasons],
        "decision": decision.strip(),
    }


def _decide(migration: ProcessMigration, state: MigrationState, actor: Actor, now: datetime) -> None:
    if migration.state != MigrationState.PROPOSED:
        raise Conflict("migration.decided", "This migration has been decided already.")
    migration.state = state
    migration.decided_by, migration.decided_at = repository.person(actor), now


def _ask(
    session: Session,
    migration: ProcessMigration,
    target: ProcessRelease,
    site_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> ProcessCase:
    data: dict[str, Any] = {
        "migration": {"id": str(migration.id), "process": target.process_key, "version": target.version},
        "sites": {"plant": str(site_id)},
    }
    title = {language: f"{target.name[language]} → {target.version}" for language in ("en", "zh")}
    return runtime.start_case(
        session,
        PROCESS,
        title=title,
        site_id=site_id,
        subject=(SUBJECT, migration.id),
        data=data,
        actor=actor,
        now=now,
    )
