"""Logos of record headers: a plain SVG drawing or a PNG picture, taken only when harmless (URS-144).

A hostile or unsuitable file is refused with its reason, never silently mended: the plant would find its logo
changed on paper. What is kept has been written anew from what was read.
"""

import base64
import io

from lxml import etree
from markupsafe import Markup
from PIL import Image

from core.errors import Invalid
from core.languages import LANGUAGES, translate
from documents.drawing import prepare
from documents.labels import N_
from documents.sniffing import kind_of, look_into_picture

LARGEST_SVG = 100 * 1024
LARGEST_PNG = 300 * 1024
"""Largest files taken, in octets."""

PNG = "data:image/png;base64,"
_MOST_PARTS = 2000
_DEEPEST = 40
_HIGHEST = 400  # rows of pixels: about 900 a inch at the height of a record's head
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    {"svg", "g", "defs", "title", "desc", "text", "tspan", "path", "rect", "circle", "ellipse", "line"}
    | {"polyline", "polygon", "clipPath", "linearGradient", "radialGradient", "stop"}
)
_IGNORED = frozenset({"metadata"})

_TOO_LARGE = N_("it is larger than %(limit)s KiB")
_NO_LOGO = N_("it is neither an SVG drawing nor a PNG picture")
_DECLARES = N_("it declares a document type or entities")
_HOLDS = N_("it holds “%(part)s”, which a logo may not")
_ACTS = N_("it starts a script (“%(part)s”)")
_LOADS = N_("it loads something from outside the drawing (“%(part)s”)")
_TOO_RICH = N_("it has too many parts")


def accept_logo(data: bytes) -> str:
    """Read a logo as it is kept in a house style: SVG text, or a PNG picture as a data address.

    Raises:
        Invalid: ``logo.refused``, with the reason.
    """
    kind = kind_of(data)
    if kind == "png":
        return _png(data)
    if kind == "markup":
        return _svg(data)
    raise _refused(_NO_LOGO)


def printed_logo(logo: str, company: str, family: str) -> Markup:
    """Give a kept logo as it stands in a page, with the company as its alternative text.

    Raises:
        Invalid: ``drawing.unreadable``.
    """
    if logo.startswith(PNG):
        return Markup('<img src="{}" alt="{}">').format(logo, company)
    return prepare(logo, company, family).markup


def _png(data: bytes) -> str:
    if len(data) > LARGEST_PNG:
        raise _refused(_TOO_LARGE, limit=LARGEST_PNG // 1024)
    if fault := look_into_picture(data):
        raise _refused(fault)
    with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
        pixels = picture.convert("RGBA")
    if pixels.height > _HIGHEST:
        width = max(1, round(pixels.width * _HIGHEST / pixels.height))
        pixels = pixels.resize((width, _HIGHEST))
    written = io.BytesIO()
    pixels.save(written, "PNG", optimize=True)
    return PNG + base64.b64encode(written.getvalue()).decode("ascii")


def _svg(data: bytes) -> str:
    if len(data) > LARGEST_SVG:
        raise _refused(_TOO_LARGE, limit=LARGEST_SVG // 1024)
    if b"<!doctype" in data.lower() or b"<!entity" in data.lower():
        raise _refused(_DECLARES)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _refused(_NO_LOGO) from None
    if root.tag != f"{_SVG}svg":
        raise _refused(_NO_LOGO)
    _look_through(root)
    text = etree.tostring(root, encoding="unicode")
    prepare(text, "logo", "serif")  # refuses a drawing without a size
    return text


def _look_through(root: "etree._Element") -> None:
    nodes = list(root.iter())
    if len(nodes) > _MOST_PARTS or any(sum(1 for _ in node.iterancestors()) > _DEEPEST for node in nodes):
        raise _refused(_TOO_RICH)
    for node in nodes:
        name = etree.QName(node).localname
        ours = node.tag.startswith(_SVG)
        if not ours or name in _IGNORED:
            _drop(node, name)
        elif name not in _SHAPES:
            raise _refused(_HOLDS, part=name)
        else:
            _look_at_attributes(node)


def _drop(node: "etree._Element", name: str) -> None:
    """Leave out what drawing programs note for themselves; anything else foreign is refused."""
    inside = any(etree.QName(above).localname in _IGNORED for above in node.iterancestors())
    editor = "inkscape" in node.tag or "sodipodi" in node.tag
    if not (name in _IGNORED or editor or inside):
        raise _refused(_HOLDS, part=name)
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def _look_at_attributes(node: "etree._Element") -> None:
    for raw, value in node.attrib.items():
        name, text = etree.QName(raw).localname.lower(), str(value)
        plain = "".join(text.lower().split())
        if name.startswith("on") or "javascript:" in plain:
            raise _refused(_ACTS, part=name)
        if name == "href" and not plain.startswith("#"):
            raise _refused(_LOADS, part=text[:40])
        if "url(" in plain.replace("url(#", "") or "@import" in plain or "\\" in plain:
            raise _refused(_LOADS, part=text[:40])


def _refused(reason: str, **facts: object) -> Invalid:
    return Invalid(
        "logo.refused", "The logo is not taken: %(reason)s.", field="logo", reason=_said(reason, facts)
    )


def _said(reason: str, facts: dict[str, object]) -> dict[str, str]:
    return {language: translate(reason, language, **facts) for language in LANGUAGES}
