"""A sample record in a site's own house style: what breaks a page is found before anything is signed."""

from typing import Any

from core.errors import Invalid, QmsError
from documents import sample
from documents.glyphs import refuse_unprintable
from documents.records import SiteStyle, canonical_bytes
from documents.render import render_record


def preview_of(house: SiteStyle, *, results: int = 6) -> bytes:
    """Print a sample record with this head and these languages, marked as a sample by its number.

    Raises:
        Invalid: ``record.glyph``; ``drawing.unreadable``; ``style.unprintable``: the head cannot be printed.
        NotFound: ``fonts.not_built``.
    """
    said = _record(house, results)
    refuse_unprintable(canonical_bytes(said).decode())
    try:
        return render_record(said, evidence=sample.evidence(1), diagram=(), attachments=(), house=house)
    except QmsError:
        raise
    except Exception as fault:  # whatever a renderer stumbles over in a logo must not stop a signed record
        raise Invalid(
            "style.unprintable",
            "A record with this head cannot be printed: %(reason)s",
            field="logo",
            reason=type(fault).__name__,
        ) from fault


def _record(house: SiteStyle, results: int) -> dict[str, Any]:
    said = sample.record(house.layout, results=results)
    code, revision = next(((own, rev) for _of, own, rev in house.forms.values()), ("QR-QA-012", "A3"))
    site = said["site"] | {
        "code": house.code,
        "name": dict(house.name),
        "company": dict(house.company),
        "address": house.address,
        "demo": "yes" if house.demo else "no",
    }
    number = f"{house.code}-SAMPLE"
    return said | {"number": number, "site": site, "form": {"code": code, "revision": revision}}
