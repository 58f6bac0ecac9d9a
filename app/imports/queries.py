"""Reads of lists that were brought, and of what their dry runs found."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.access.queries import names_of
from app.imports.models import DataImport
from core.errors import NotFound
from core.languages import translate
from core.types import Bilingual
from documents import store


@dataclass(frozen=True)
class KeptFinding:
    """One bad cell as the dry run kept it; ``column`` is the key of the column, empty for the whole row."""

    row: int
    column: str
    value: str
    code: str
    message: str
    facts: dict[str, Any]

    def text(self, language: str) -> str:
        """Say in a language why the cell is not taken."""
        return translate(self.message, language, **self.facts)


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


def findings_of(found: DataImport) -> Sequence[KeptFinding]:
    """What the dry run found, in the order of the rows.

    Raises:
        NotFound: the stored findings are missing or damaged.
    """
    if found.findings_sha256 is None:
        return []
    return [KeptFinding(**one) for one in json.loads(store.read(found.findings_sha256))]
