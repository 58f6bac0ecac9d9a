"""The fonts of printed records, cut once at set-up from an installed font package, never committed.

Three files of 1000 units to the em: the record font (Latin, Greek, punctuation, units and the hanzi of
GB 2312, which nearly every page needs), its extension with every other hanzi the face has (GB 18030-2022
level 2 with CJK Extension A and beyond: rare names), and a fixed-width Latin for hashes.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from core.errors import NotFound

PACKAGE = "noto-cjk-sans-otc"
RECIPE = "4"
"""Raise it when the cutting (documents.cutting) changes: the fonts are then cut anew at the next set-up."""
COVERAGE = "coverage.txt"
SC, _MONO_SC = 2, 7
"""Places of the Simplified Chinese faces in the collection."""


@dataclass(frozen=True)
class Cut:
    """One font file to cut: its family name and face, and the code points it keeps."""

    family: str
    face: int
    filename: str


RECORD = Cut("QMS Record", SC, "record.otf")
EXTENSION = Cut("QMS Record Extension", SC, "record-extension.otf")
MONO = Cut("QMS Record Mono", _MONO_SC, "record-mono.otf")
FAMILIES = (RECORD, EXTENSION, MONO)


def folder() -> Path:
    """Say where the cut fonts lie: beside this module, named by recipe and source package."""
    mark = hashlib.sha256(f"{RECIPE} {PACKAGE} {metadata.version(PACKAGE)}".encode()).hexdigest()[:12]
    return Path(__file__).with_name("build") / f"fonts-{mark}"


def configuration() -> Path:
    """Give the fontconfig file that knows the record fonts and no font of the machine.

    Raises:
        NotFound: ``fonts.not_built``: set-up has not cut the fonts yet.
    """
    path = folder() / "fonts.conf"
    if not path.is_file():
        raise NotFound("fonts.not_built", "The fonts of printed records are missing. Run: make setup")
    return path


@cache
def uncovered() -> re.Pattern[str]:
    """Find the characters that no printed record can show.

    Raises:
        NotFound: ``fonts.not_built``.
    """
    ranges = (configuration().parent / COVERAGE).read_text("ascii").split()
    ends = (one.split("-") for one in ranges)
    covered = "".join(f"{re.escape(chr(int(a, 16)))}-{re.escape(chr(int(b, 16)))}" for a, b in ends)
    return re.compile(f"[^{covered}]")
