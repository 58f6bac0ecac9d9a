"""Drawings on a record, such as the process diagram: cleaned, named for readers, set in the record font."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree
from markupsafe import Markup

from core.errors import Invalid
from core.types import Bilingual

_SVG = "{http://www.w3.org/2000/svg}"
_KEPT = frozenset(
    {"svg", "g", "defs", "symbol", "use", "title", "desc", "text", "tspan"}
    | {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
    | {"marker", "clipPath", "linearGradient", "radialGradient", "stop"}
)
_DROPPED = re.compile(r"font-(family|weight)\s*:[^;]*;?")
UPRIGHT, TURNED = (698.0, 930.0), (1038.0, 520.0)
"""Width and height of what an A4 page holds, upright and turned, in units of a drawing that can be read:
lettering of 9 units is 6.5 pt high."""
_UNIT = 178 / UPRIGHT[0]
_WIDE = 1.6


@dataclass(frozen=True)
class DrawnPart:
    """A drawing to print: the SVG, which part of how many it is, and what it shows in words, if known.

    ``whole`` says that the parts are all of the diagram, ``names`` how elements of the diagram are called.
    ``folded`` says that ways are told by the numbers of steps, ``left_out`` what is not drawn because
    the case has not entered it.
    """

    svg: str
    number: int = 1
    of: int = 1
    words: str = ""
    whole: bool = True
    names: Mapping[str, Bilingual] = field(default_factory=dict)
    folded: bool = False
    left_out: tuple[Bilingual, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """A cleaned SVG drawing; sizes are in its own units, ``landscape`` says that it needs a page turned."""

    markup: Markup
    width: float
    height: float

    @property
    def landscape(self) -> bool:
        """Whether the drawing would be too small to read across a page standing upright."""
        return self.width > 1.1 * UPRIGHT[0] and self.width > _WIDE * self.height

    @property
    def small(self) -> bool:
        """Whether the drawing can stand between the blocks of a page."""
        return not self.landscape and self.height < UPRIGHT[1] / 2

    @property
    def millimetres(self) -> str:
        """Width on paper: that of readable lettering, or all there is."""
        return f"{min(self.width, (TURNED if self.landscape else UPRIGHT)[0]) * _UNIT:.1f}"


def prepare(svg: str, title: str, family: str) -> Drawing:
    """Clean a drawing: only shapes and text stay, nothing runs, nothing is loaded; ``title`` is its alt text.

    Raises:
        Invalid: ``drawing.unreadable``: not an SVG drawing with a size.
    """
    root = _parse(svg)
    for node in list(root.iter()):
        if node is not root:
            _clean(node)
    _clean_attributes(root)
    left, top, width, height = _view(root)
    for name in ("width", "height", "style", "class", "id"):
        if name in root.attrib:
            del root.attrib[name]
    root.set("viewBox", f"{left:g} {top:g} {width:g} {height:g}")
    root.set("font-family", family)
    for old in root.findall(f"{_SVG}title"):
        root.remove(old)
    alternative = etree.Element(f"{_SVG}title")
    alternative.text = title
    root.insert(0, alternative)
    return Drawing(Markup(etree.tostring(root, encoding="unicode")), width, height)  # noqa: S704 - cleaned above


def _parse(svg: str) -> "etree._Element":
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(svg.encode(), parser)
    except etree.XMLSyntaxError as fault:
        raise Invalid("drawing.unreadable", "The drawing cannot be read.", reason=str(fault)) from None
    if root.tag != f"{_SVG}svg":
        raise Invalid("drawing.unreadable", "The drawing cannot be read.", reason=str(root.tag))
    etree.cleanup_namespaces(root)
    return root


def _clean(node: "etree._Element") -> None:
    kind = node.tag.removeprefix(_SVG) if isinstance(node.tag, str) else ""
    parent = node.getparent()
    if kind not in _KEPT and parent is not None:
        parent.remove(node)
        return
    _clean_attributes(node)


def _clean_attributes(node: "etree._Element") -> None:
    for name, value in [(str(name), str(value)) for name, value in node.attrib.items()]:
        plain = etree.QName(name).localname
        if plain in {"font-family", "font-weight"} or plain.startswith("on") or _reaches_out(plain, value):
            del node.attrib[name]
        elif plain == "style":
            node.set(name, _DROPPED.sub("", value))


def _reaches_out(name: str, value: str) -> bool:
    """Whether an attribute points at anything but another part of the same drawing."""
    if name == "href":
        return not value.startswith("#")
    return "url(" in value.replace("url(#", "")


def _view(root: "etree._Element") -> tuple[float, float, float, float]:
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) != 4:
        box = ["0", "0", root.get("width") or "", root.get("height") or ""]
    try:
        left, top, width, height = (float(number.removesuffix("px")) for number in box)
    except ValueError:
        raise Invalid("drawing.unreadable", "The drawing cannot be read.", reason="no size") from None
    if width <= 0 or height <= 0:
        raise Invalid("drawing.unreadable", "The drawing cannot be read.", reason="no size")
    return left, top, width, height
