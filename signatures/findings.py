"""What a verification says: whether a record holds, how far the proof reaches, each finding with its code."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.languages import translate
from core.types import Bilingual
from signatures.errors import Unprovable


class Assurance(StrEnum):
    """How far the proof reaches: the plant's own clock and keys, or an anchor outside the plant as well."""

    INTERNAL = "internal"
    ANCHORED = "anchored"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold; ``message`` is an English msgid, ``facts`` fill its places."""

    code: str
    message: str
    facts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: Unprovable) -> "Finding":
        """Turn a refusal into a finding."""
        return cls(error.code, error.message, {name: str(fact) for name, fact in error.facts.items()})

    def text(self, language: str = "en") -> str:
        """Say it in the reader's language."""
        return translate(self.message, language, **self.facts)


@dataclass(frozen=True)
class CheckedSignature:
    """A signature found in the PDF field ``place``; ``time`` is that of its token, None if unreadable.

    ``on_page`` is false when the signer's key had run out before the page was made: his signature over the
    record is then evidence in the file, below the seal.
    """

    place: str
    signer: str = ""
    role: str = ""
    meaning_code: str = ""
    meaning: Bilingual = field(default_factory=dict)
    time: datetime | None = None
    level: str = ""
    ok: bool = False
    on_page: bool = True
    evidence_sha256: str = ""
    on_behalf_of: str | None = None


@dataclass(frozen=True)
class Verification:
    """The answer for one file: ``record`` is the number in ``record.json``, ``sha256`` the file's hash."""

    record: str | None
    record_sha256: str | None
    sha256: str
    root_sha256: str
    findings: tuple[Finding, ...]
    signatures: tuple[CheckedSignature, ...]
    assurance: Assurance = Assurance.INTERNAL

    @property
    def ok(self) -> bool:
        """Whether everything demanded was found and nothing was found against it."""
        return not self.findings
