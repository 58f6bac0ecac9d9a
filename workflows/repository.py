"""Releases of process models: proposed when checked, effective by a signed case, kept for ever (URS-007)."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import numbers
from core.actor import Actor
from core.errors import Conflict
from core.numbers import NumberRule
from core.types import Bilingual
from forms import loader
from forms.loader import Form
from workflows import analysis, compiler, waits
from workflows.compiled import CompiledProcess
from workflows.errors import ModelRefused, no_release
from workflows.models import CaseState, ProcessCase, ProcessRelease, ReleaseState

_KEEP = 64
_NAMES = "names of processes"
_compiled: dict[str, CompiledProcess] = {}
_bundle_of: dict[uuid.UUID, str] = {}


def propose_release(
    session: Session, process_key: str, files: Mapping[str, bytes], *, actor: Actor, now: datetime
) -> ProcessRelease:
    """Keep a checked bundle as the next version of its process, waiting for a second person's acceptance.

    Raises:
        ModelRefused: ``model.refused``: the checks found errors, or a path on which the case goes wrong.
        Conflict: ``release.other_process``, ``release.unchanged`` or ``release.prefix_taken``.
    """
    process = compiler.compile_files(files)
    faults = [finding for finding in analysis.explore(files) if finding.severity == "error"]
    if faults:
        raise ModelRefused(faults)
    if process.key != process_key:
        raise Conflict(
            "release.other_process",
            "The files are of the process %(found)s, not of %(wanted)s.",
            found=process.key,
            wanted=process_key,
        )
    latest = session.scalar(
        select(ProcessRelease)
        .filter_by(process_key=process_key)
        .order_by(ProcessRelease.version.desc())
        .limit(1)
        .with_for_update()
    )
    if latest is not None and latest.bundle_sha256 == process.sha256 and latest.state != ReleaseState.REFUSED:
        raise Conflict(
            "release.unchanged",
            "Version %(version)s of %(process)s has these same files already.",
            version=latest.version,
            process=process_key,
        )
    _define_numbers(session, process)
    release = ProcessRelease(
        process_key=process_key,
        version=(latest.version if latest else 0) + 1,
        name=process.name,
        bundle_sha256=process.sha256,
        files=process.files,
        state=ReleaseState.PROPOSED,
        proposed_by=person(actor),
        proposed_at=now,
    )
    session.add(release)
    session.flush()  # its key is used at once as the subject of a case
    return release


def make_effective(
    session: Session, release: ProcessRelease, *, actor: Actor, now: datetime
) -> ProcessRelease:
    """Let new cases run a proposed release; running cases stay on theirs.

    Messages that waited for a process to begin with them are taken up.

    Raises:
        Conflict: ``release.decided``: it is no longer proposed.
    """
    _decide(release, ReleaseState.EFFECTIVE, actor)
    release.effective_at = now
    before = session.scalars(
        select(ProcessRelease)
        .filter_by(process_key=release.process_key, state=ReleaseState.EFFECTIVE)
        .where(ProcessRelease.id != release.id)
        .with_for_update()
    )
    for old in before:
        old.state = ReleaseState.SUPERSEDED
    session.flush()  # a case started in this unit of work must find the new release
    start = compiled(release).started_by
    if start is not None and start.trigger is not None and start.trigger.name:
        waits.wake_named(session, start.trigger.name)
    return release


def refuse_release(session: Session, release: ProcessRelease, *, reason: str, actor: Actor) -> ProcessRelease:
    """Refuse a proposed release, with the reason.

    Raises:
        Conflict: ``release.decided``: it is no longer proposed.
    """
    _decide(release, ReleaseState.REFUSED, actor)
    release.note = reason
    session.flush()  # the state is asked for by the next proposal
    return release


def effective_release(session: Session, process_key: str) -> ProcessRelease:
    """Find the release that new cases run.

    Raises:
        NotFound: ``release.none``.
    """
    release = session.scalar(
        select(ProcessRelease).filter_by(process_key=process_key, state=ReleaseState.EFFECTIVE)
    )
    if release is None:
        raise no_release(process_key)
    return release


def effective_releases(session: Session) -> list[ProcessRelease]:
    """List the effective release of every process, by key."""
    return list(
        session.scalars(
            select(ProcessRelease)
            .filter_by(state=ReleaseState.EFFECTIVE)
            .order_by(ProcessRelease.process_key)
        )
    )


def process_names(session: Session) -> dict[str, Bilingual]:
    """What the processes in effect are called, by key; asked for once in a session."""
    known: dict[str, Bilingual] | None = session.info.get(_NAMES)
    if known is None:
        named = select(ProcessRelease.process_key, ProcessRelease.name)
        found = session.execute(named.where(ProcessRelease.state == ReleaseState.EFFECTIVE))
        known = session.info[_NAMES] = {key: name for key, name in found}  # noqa: C416
    return known


def releases(session: Session, process_key: str | None = None) -> list[ProcessRelease]:
    """List releases, newest version first within each process."""
    query = select(ProcessRelease).order_by(ProcessRelease.process_key, ProcessRelease.version.desc())
    return list(session.scalars(query if process_key is None else query.filter_by(process_key=process_key)))


def running_cases(session: Session) -> dict[uuid.UUID, int]:
    """Count the running cases of each release."""
    counted = (
        select(ProcessCase.release_id, func.count().label("cases"))
        .where(ProcessCase.state == CaseState.RUNNING)
        .group_by(ProcessCase.release_id)
    )
    return {row.release_id: row.cases for row in session.execute(counted)}


def compiled(release: ProcessRelease) -> CompiledProcess:
    """Give a release ready to run; the same object for every case of the same bundle."""
    process = _compiled.get(release.bundle_sha256)
    if process is None:
        process = compiler.rebuild(release.files)
        if len(_compiled) >= _KEEP:
            _compiled.pop(next(iter(_compiled)))
        _compiled[release.bundle_sha256] = process
    _bundle_of[release.id] = release.bundle_sha256
    return process


def compiled_for(session: Session, release_id: uuid.UUID) -> CompiledProcess:
    """Give the process of a case; asks the database only the first time, for files never change."""
    found = _compiled.get(_bundle_of.get(release_id, ""))
    return found if found is not None else compiled(session.get_one(ProcessRelease, release_id))


def form_for(session: Session, release_id: uuid.UUID, key: str) -> Form:
    """Give a form as the release of a case has it; older releases without it: as installed.

    Raises:
        UnknownForm: neither the release nor the installation has it.
    """
    kept = compiled_for(session, release_id).forms.get(key)
    return kept if kept is not None else loader.load(key)


def form_if_known(session: Session, release_id: uuid.UUID, key: str) -> Form | None:
    """Give a form as :func:`form_for` does, or nothing where there is none any more."""
    known = key and (key in compiled_for(session, release_id).forms or loader.known(key))
    return form_for(session, release_id, key) if known else None


def person(actor: Actor) -> uuid.UUID | None:
    """Give the key of the acting person; the system is nobody."""
    return uuid.UUID(actor.id) if actor.kind == "person" else None


def case_series(process_key: str) -> str:
    """Name the series of a process's case numbers."""
    return f"case.{process_key}"


def _define_numbers(session: Session, process: CompiledProcess) -> None:
    series, prefix = case_series(process.key), process.model.prefix
    taken = select(NumberRule.series).where(
        NumberRule.series.startswith("case."), NumberRule.prefix == prefix
    )
    if session.scalar(taken.where(NumberRule.series != series)) is not None:
        raise Conflict(
            "release.prefix_taken",
            "Another process has the prefix %(prefix)s of case numbers; set qms:prefix.",
            prefix=prefix,
        )
    numbers.define(session, series, prefix=prefix)


def _decide(release: ProcessRelease, state: ReleaseState, actor: Actor) -> None:
    if release.state != ReleaseState.PROPOSED:
        raise Conflict(
            "release.decided",
            "Version %(version)s of %(process)s has been decided already.",
            version=release.version,
            process=release.process_key,
        )
    release.state = state
    release.decided_by = person(actor)
