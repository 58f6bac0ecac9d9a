"""The end of the trail as somebody keeps it elsewhere: on paper, in a mail, in a notary's file.

From inside a database nobody can prove that its newest entries were not cut off, or that the whole history
was not written anew with fresh hashes. A head kept outside proves both: the trail must still lead to it.
"""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Invalid
from signatures.audit_models import FIRST_HASH, AuditEntry, AuditHead

_WRITTEN = re.compile(r"\b([0-9a-f]{64})@([0-9]{1,18})\b")


@dataclass(frozen=True)
class KeptHead:
    """Number and hash of what was the last entry when it was kept; written ``<hash>@<seq>``."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "KeptHead":
        """Find a head in what somebody has kept, e.g. the output of ``qms audit head``; the last one counts.

        Raises:
            Invalid: ``audit.no_head``: there is none in it.
        """
        found = _WRITTEN.findall(text.lower())
        if not found:
            raise Invalid("audit.no_head", "There is no head of a trail in it: SHA256@NUMBER is needed.")
        return cls(int(found[-1][1]), found[-1][0])

    def __str__(self) -> str:
        return f"{self.hash}@{self.seq}"


def present_head(session: Session) -> KeptHead:
    """Give the end of the trail as it is now."""
    head = session.get(AuditHead, 1, populate_existing=True)
    return KeptHead(head.seq, head.hash) if head else KeptHead(0, FIRST_HASH)


def fault_against(session: Session, kept: KeptHead) -> tuple[int, str] | None:
    """Compare a trail whose chain holds with a head kept elsewhere; None when it leads to that head."""
    if kept.seq == 0:
        return None if kept.hash == FIRST_HASH else (1, "head_differs")
    found = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == kept.seq))
    if found is None:
        return present_head(session).seq + 1, "head_cut"
    return None if found == kept.hash else (kept.seq, "head_differs")
