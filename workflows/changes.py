"""Asking for a proposed release to be accepted: the change of a model is itself a case (ISO 13485, 4.2.4)."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from workflows import repository, runtime
from workflows.models import ProcessCase, ProcessRelease

PROCESS = "process_model_change"
SUBJECT = "workflows.release"


def ask_for_acceptance(
    session: Session, release: ProcessRelease, *, site_id: uuid.UUID, actor: Actor, now: datetime
) -> ProcessCase:
    """Start the case in which a second person accepts or refuses a proposed release.

    ``site_id`` is the site whose quality assurance decides.

    Raises:
        NotFound: ``release.none``: no model of the change process is in effect.
    """
    replaced = next(
        (one for one in repository.effective_releases(session) if one.process_key == release.process_key),
        None,
    )
    title = {
        language: f"{release.name.get(language) or release.process_key} · {release.version}"
        for language in ("en", "zh")
    }
    data = {
        "release": {
            "id": str(release.id),
            "process": release.process_key,
            "name": release.name,
            "version": release.version,
            "sha256": release.bundle_sha256,
            "replaces": replaced.version if replaced is not None else None,
        },
        "sites": {"plant": str(site_id)},
    }
    return runtime.start_case(
        session,
        PROCESS,
        title=title,
        site_id=site_id,
        subject=(SUBJECT, release.id),
        data=data,
        actor=actor,
        now=now,
    )
