"""Reads of process releases: history, comparison, the cases that decide them."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.access.models import Person
from core.errors import NotFound
from core.types import Bilingual
from workflows import changes
from workflows.models import ProcessCase, ProcessMigration, ProcessRelease, ReleaseState


def release_of(session: Session, release_id: uuid.UUID) -> ProcessRelease:
    """Load a release with its files.

    Raises:
        NotFound: ``release.unknown``: there is none.
    """
    query = select(ProcessRelease).where(ProcessRelease.id == release_id)
    release = session.scalar(query.options(undefer(ProcessRelease.files)))
    if release is None:
        raise NotFound("release.unknown", "There is no such release.")
    return release


def base_of(session: Session, release: ProcessRelease) -> ProcessRelease | None:
    """Find what a release is compared with: the one in effect, or, once decided, the one before it."""
    query = select(ProcessRelease).where(
        ProcessRelease.process_key == release.process_key, ProcessRelease.id != release.id
    )
    if release.state is ReleaseState.PROPOSED:
        return session.scalar(query.where(ProcessRelease.state == ReleaseState.EFFECTIVE))
    decided = ProcessRelease.state.in_([ReleaseState.EFFECTIVE, ReleaseState.SUPERSEDED])
    earlier = query.where(ProcessRelease.version < release.version, decided)
    return session.scalar(earlier.order_by(ProcessRelease.version.desc()).limit(1))


def cases_about(session: Session, release: ProcessRelease) -> Sequence[ProcessCase]:
    """List the cases in which a release was or is decided, newest first."""
    return cases_of(session, changes.SUBJECT, release.id)


def cases_of(session: Session, subject_type: str, subject_id: uuid.UUID) -> Sequence[ProcessCase]:
    """List the cases about one subject, newest first."""
    query = select(ProcessCase).filter_by(subject_type=subject_type, subject_id=subject_id)
    return session.scalars(query.order_by(ProcessCase.started_at.desc())).all()


def migration_of(session: Session, migration_id: uuid.UUID) -> ProcessMigration:
    """Load a migration.

    Raises:
        NotFound: ``migration.unknown``: there is none.
    """
    migration = session.get(ProcessMigration, migration_id)
    if migration is None:
        raise NotFound("migration.unknown", "There is no such migration.")
    return migration


def versions(session: Session, process_key: str) -> dict[str, int]:
    """Map the keys of a process's releases to their versions."""
    query = select(ProcessRelease.id, ProcessRelease.version).filter_by(process_key=process_key)
    return {str(key): version for key, version in session.execute(query)}


def names(session: Session, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID | None, Bilingual]:
    """Find the names of people."""
    wanted = {person_id for person_id in ids if person_id}
    found = session.scalars(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {person.id: person.name for person in found}
