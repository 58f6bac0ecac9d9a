"""What is handed to the page beside the canonical record: signatures and files."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.types import Bilingual

Relationship = Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"]


@dataclass(frozen=True)
class SignatureEvidence:
    """One signature as the page must show it (21 CFR 11.50(a)), with the CMS that proves it.

    ``at`` is the plant's clock, ``zone`` the IANA zone it is shown in. ``fingerprint`` is the SHA-256 of the
    signer's certificate. ``reference`` is the signature's id in the register.
    """

    name: str
    role: str | Bilingual
    meaning: str | Bilingual
    at: datetime
    zone: str
    method: str | Bilingual
    statement: str | Bilingual
    on_behalf_of: str | None
    cms: bytes
    fingerprint: str
    login: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Attached:
    """A file to embed; ``relationship`` is its AFRelationship (ISO 19005-3)."""

    name: str
    data: bytes
    description: str = ""
    relationship: Relationship = "Supplement"
