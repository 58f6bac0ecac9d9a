"""Guards of forms that name documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.controlled_documents import queries
from core.effectivity import RevisionState
from core.errors import Invalid, NotFound
from documents.labels import N_
from forms.guards import guard


@guard("controlled_documents.drafts")
def drafts_named(
    session: Session, _site: UUID, rows: Sequence[Mapping[str, Any]], _now: datetime
) -> Invalid | None:
    """Refuse rows that name a revision that is not there, has no file, or has been approved already."""
    for row in rows:
        if not {"document", "revision"} <= set(row):
            continue  # the form itself says what is missing
        names = {"revision": row["revision"], "item": row["document"]}
        try:
            found = queries.revision_named(session, str(row["document"]), str(row["revision"]))
        except NotFound:
            sentence = N_("There is no revision %(revision)s of %(item)s.")
            return Invalid("revision.unknown", sentence, **names)
        if found.state is not RevisionState.DRAFT:
            sentence = N_("Revision %(revision)s of %(item)s has been approved already. Name a draft.")
            return Invalid("revision.not_draft", sentence, **names)
        if found.sha256 is None:
            sentence = N_("This revision has no file yet. Add the file, then propose the day.")
            return Invalid("document.no_file", sentence)
    return None
