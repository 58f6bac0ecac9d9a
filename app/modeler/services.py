"""Proposing a release of a process: checked, kept, and handed to a second person for acceptance."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from core.errors import Invalid
from signatures import audit
from workflows import changes, compiler, repository
from workflows.models import ProcessRelease


def propose(
    session: Session,
    files: Mapping[str, bytes],
    *,
    reason: str,
    site_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> ProcessRelease:
    """Keep the files as the next release of their process and start the case that accepts it.

    Raises:
        Invalid: no reason was given.
        ModelRefused: the checks found errors.
        Conflict: the files are those of the latest release.
    """
    if not reason.strip():
        raise Invalid("release.no_reason", "Say why the process changes.", field="reason")
    process = compiler.compile_files(files)
    release = repository.propose_release(session, process.key, files, actor=actor, now=now)
    release.note = reason.strip()
    case = changes.ask_for_acceptance(session, release, site_id=site_id, actor=actor, now=now)
    audit.record(
        session,
        "release.proposed",
        subject=(changes.SUBJECT, release.id),
        facts={
            "process": release.process_key,
            "version": release.version,
            "sha256": release.bundle_sha256,
            "case": case.number,
        },
    )
    return release
