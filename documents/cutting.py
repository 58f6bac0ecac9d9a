"""Cuts the fonts of printed records once at set-up, from an installed font package (documents.fonts).

The same package gives the same bytes on every machine, so that a record printed again is the same file.
"""

import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from core.errors import NotFound
from documents.fonts import COVERAGE, EXTENSION, MONO, PACKAGE, RECIPE, RECORD, SC, Cut, folder

_HANZI = ((0x2E80, 0x2FDF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_SPACES = (0x20, 0xA0, 0x3000)  # a space is set in the font of the letter before it
_SIGNS = (
    (0x20, 0x10FF),
    (0x1E00, 0x2BFF),
    (0x3000, 0x303F),
    (0x3200, 0x33FF),
    (0xFE10, 0xFE6F),
    (0xFF01, 0xFFEE),
)


def build() -> Path:
    """Cut the fonts unless they are there already (about 40 seconds, once) and give their folder.

    Raises:
        NotFound: ``fonts.no_package``: the font package of ``requirements.txt`` is not installed.
    """
    target = folder()
    names, words = target / "fonts.conf", _fontconfig(target)
    if not names.is_file():
        _cut_all(target)
    if not (target / COVERAGE).is_file():
        _keep_coverage(target)
    if not names.is_file() or names.read_text(encoding="utf-8") != words:
        names.write_text(words, encoding="utf-8")
    return target


def _cut_all(target: Path) -> None:
    source = _collection()
    draft = target.with_name(target.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    letters = sorted(_covered(source))
    common = [code for code in letters if _is_sign(code) or _in_gb2312(code)]
    rare = sorted(set(letters).difference(common).intersection(_members(_HANZI, letters)))
    _cut(source, RECORD, common, draft)
    _cut(source, EXTENSION, [*_SPACES, *rare], draft)
    _cut(source, MONO, range(0x20, 0x17F), draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _keep_coverage(home: Path) -> None:
    """Write down what the fonts cover, so that no reader has to open them: ranges of code points, in hex."""
    codes: set[int] = set()
    for cut in (RECORD, EXTENSION):
        with TTFont(home / cut.filename, lazy=True) as font:
            codes |= font.getBestCmap().keys()
    firsts = (code for code in sorted(codes) if code - 1 not in codes)
    lasts = (code for code in sorted(codes) if code + 1 not in codes)
    ranges = (f"{first:x}-{last:x}" for first, last in zip(firsts, lasts, strict=True))
    (home / COVERAGE).write_text("\n".join(ranges), "ascii")


def _collection() -> Path:
    spec = find_spec("noto_cjk_sans_otc")
    if spec is None or spec.origin is None:
        raise NotFound(
            "fonts.no_package",
            "The font package %(package)s is not installed. Run: make setup",
            package=PACKAGE,
        )
    return Path(spec.origin).with_name("NotoSansCJK-Regular.ttc")


def _covered(source: Path) -> Iterable[int]:
    with TTFont(source, fontNumber=SC, lazy=True) as face:
        return tuple(face.getBestCmap())


def _members(blocks: tuple[tuple[int, int], ...], codes: Iterable[int]) -> list[int]:
    return [code for code in codes if any(first <= code <= last for first, last in blocks)]


def _is_sign(code: int) -> bool:
    return any(first <= code <= last for first, last in _SIGNS)


def _in_gb2312(code: int) -> bool:
    try:
        chr(code).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _cut(source: Path, cut: Cut, codes: Iterable[int], home: Path) -> None:
    options = Options(
        layout_features=["kern"],
        hinting=False,
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        recalc_timestamp=False,
    )
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE", "DSIG"]
    with TTFont(source, fontNumber=cut.face, lazy=True, recalcTimestamp=False) as face:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(face)
        _rename(face, cut.family)
        face.save(home / cut.filename)


def _rename(face: TTFont, family: str) -> None:
    """Give the cut its own name: the SIL OFL 1.1 asks it of changed fonts, and no other may match."""
    plain = family.replace(" ", "")
    for entry in list(face["name"].names):
        if entry.langID != 0x409:
            face["name"].names.remove(entry)
            continue
        text = {1: family, 3: f"{plain}-{RECIPE}", 4: family, 6: f"{plain}-Regular"}.get(entry.nameID)
        if text is not None:
            entry.string = text
    face["CFF "].cff.fontNames[0] = f"{plain}-Regular"


def _fontconfig(home: Path) -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f'<dir prefix="relative">.</dir><cachedir>{escape(str(home / "cache"))}</cachedir></fontconfig>\n'
    )


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
