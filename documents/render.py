"""From a canonical record to its page: PDF/A-3a and PDF/UA-1, ready for its signatures (URS-020, URS-021).

The page embeds the canonical record, the signatures' evidence and the files it was given. The same input
gives the same bytes, so a page can be printed again and compared. Fonts come from set-up alone and nothing is
loaded: no network, no file, no font of the machine; only a logo of pixels stands in the page itself.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from core.errors import Invalid
from documents import composition, fonts, sample
from documents.drawing import DrawnPart
from documents.evidence import Attached, SignatureEvidence
from documents.finish import Finisher
from documents.records import SiteStyle, canonical_bytes, sha256_hex
from documents.weasy import weasyprint

__all__ = ["Attached", "SignatureEvidence", "print_sheet", "render_plain", "render_record", "warm_up"]

EMBEDDED_LIMIT = 5 * 1024 * 1024
"""Largest attachment, in octets, that goes into the PDF; a larger one lies beside it, named by its hash."""

_TEMPLATES = Path(__file__).with_name("templates")
_fonts = threading.local()


def render_record(
    record: Mapping[str, Any],
    *,
    evidence: Sequence[SignatureEvidence],
    diagram: Sequence[DrawnPart],
    attachments: Sequence[Attached],
    house: SiteStyle,
) -> bytes:
    """Print a record: an unsigned PDF with the tagged, empty fields ``sig-1`` … ``sig-n`` beside its signers.

    ``attachments`` are the process model and the step's own files; one above ``EMBEDDED_LIMIT`` is named on
    the page with its hash but left out of the file.

    Raises:
        Invalid: ``record.glyph``: the record font lacks a character; ``drawing.unreadable``.
        NotFound: ``fonts.not_built``.
    """
    canonical = canonical_bytes(record)
    kept = [file for file in attachments if len(file.data) <= EMBEDDED_LIMIT]
    page = composition.compose(
        record, evidence=evidence, diagram=diagram, embedded=[file.name for file in kept], house=house
    )
    files = [Attached("record.json", canonical, "Canonical record (qms.record/1)", "Data")]
    files += [
        Attached(f"sig-{place}.p7s", one.cms, f"Evidence of signature {place} (CMS over record.json)")
        for place, one in enumerate(evidence, 1)
    ]
    titles = [f"{composition.FIELD_TITLE} {place}: {one.name}" for place, one in enumerate(evidence, 1)]
    return _print(page, files + kept, Finisher(titles))


def render_plain(
    record: Mapping[str, Any],
    *,
    evidence: Sequence[SignatureEvidence],
    diagram: Sequence[DrawnPart],
    house: SiteStyle,
) -> bytes:
    """Print the same page as a plain PDF, without archive format, tags or files, to compare with."""
    page = composition.compose(record, evidence=evidence, diagram=diagram, embedded=[], house=house)
    return bytes(_html(page).write_pdf(font_config=_font_configuration()))


def print_sheet(markup: str) -> bytes:
    """Print a page that is no record, such as labels, with the fonts of set-up and nothing loaded.

    Raises:
        NotFound: ``fonts.not_built``.
    """
    return bytes(_sheet(markup).write_pdf(font_config=_font_configuration(), pdf_tags=True))


def warm_up() -> None:
    """Print a sample record, so that a worker's first real one is not the slow one."""
    record, house = sample.record("both", results=3), sample.house("both")
    render_record(record, evidence=sample.evidence(1), diagram=(), attachments=(), house=house)


def _print(page: composition.Page, files: Sequence[Attached], finisher: Finisher) -> bytes:
    moment = datetime.fromisoformat(page.modified_utc.replace("Z", "+00:00")).astimezone(UTC)
    unique = _with_unique_names(files)
    return bytes(
        _html(page).write_pdf(
            font_config=_font_configuration(),
            finisher=_checked(finisher),
            pdf_variant="pdf/a-3a",
            pdf_tags=True,
            pdf_identifier=bytes.fromhex(page.sha256)[:16],
            attachments=[
                weasyprint().Attachment(
                    string=file.data,
                    name=file.name,
                    description=file.description,
                    relationship=file.relationship,
                    created=moment,
                    modified=moment,
                )
                for file in sorted(unique, key=lambda file: file.name.encode())  # a PDF name tree is sorted
            ],
        )
    )


def _html(page: composition.Page) -> Any:
    template = _environment().get_template("record.html")
    markup = template.render(page=page, words=page.words, _=page.words.gettext, css=_stylesheet())
    return _sheet(markup)


def _sheet(markup: str) -> Any:
    weasy = weasyprint()
    fetcher = weasy.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    return weasy.HTML(string=markup, url_fetcher=fetcher)


def _checked(finisher: Finisher) -> Any:
    def finish(document: Any, pdf: Any) -> None:
        lost = {chr(code) for used in document.fonts.values() for code in used.missing}
        if lost:
            raise Invalid(
                "record.glyph", "The record font cannot print: %(signs)s", signs=" ".join(sorted(lost))
            )
        finisher(document, pdf)

    return finish


def _with_unique_names(files: Sequence[Attached]) -> list[Attached]:
    """Keep every file under a name of its own: a second ``a.pdf`` is called by its hash as well."""
    taken: set[str] = set()
    unique = []
    for file in files:
        name = file.name if file.name not in taken else f"{sha256_hex(file.data)[:12]}-{file.name}"
        if name not in taken:
            taken.add(name)
            unique.append(Attached(name, file.data, file.description, file.relationship))
    return unique


def _font_configuration() -> Any:
    """Give this thread's fonts: those of set-up and no other.

    Raises:
        NotFound: ``fonts.not_built``.
    """
    ready = getattr(_fonts, "ready", None)
    if ready is None:
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(fonts.configuration())
        try:
            ready = _fonts.ready = weasyprint().text.fonts.FontConfiguration()
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
    return ready


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, autoescape=True
    )


@cache
def _stylesheet() -> Markup:
    return Markup((_TEMPLATES / "record.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
