"""Reads of lists that were brought, and of what their dry runs found."""

import uuid
from collections.abc import Collection

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.imports import results
from app.imports.models import DataImport
from app.imports.results import Result
from core.errors import NotFound
from core.types import Bilingual
from documents import store


def import_of(session: Session, import_id: uuid.UUID) -> DataImport:
    """Load an import.

    Raises:
        NotFound: ``import.unknown``: there is none.
    """
    found = session.get(DataImport, import_id)
    if found is None:
        raise NotFound("import.unknown", "There is no such import.")
    return found


def imports(lists: Collection[str], sites: Collection[uuid.UUID] | None) -> Select[DataImport]:
    """Imports of some lists at some sites (None: all), newest first."""
    query = select(DataImport).where(DataImport.list_name.in_(lists))
    if sites is not None:
        query = query.where(or_(DataImport.site_id.is_(None), DataImport.site_id.in_(sites)))
    return query.order_by(DataImport.uploaded_at.desc(), DataImport.id)


def bringer(session: Session, found: DataImport) -> Bilingual | str:
    """The name of who brought a list, in both languages."""
    return names_of(session, [found.uploaded_by]).get(found.uploaded_by) or found.uploaded_by_name


def result_of(found: DataImport) -> Result:
    """What the dry run found.

    Raises:
        NotFound: the stored result is missing or damaged.
    """
    return results.from_bytes(store.read(found.findings_sha256)) if found.findings_sha256 else Result()
