"""A process diagram as an accessible SVG picture, drawn on the server from the model's own layout (URS-008).

The same picture is the first one of a case page and stands on every PDF record: the path taken is green, the
current step amber, what lies ahead grey; who acted, and when, stands under each step.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from core.languages import translate
from core.types import Bilingual
from workflows.drawing.folding import fold
from workflows.drawing.labels import settled
from workflows.drawing.lettering import width_of
from workflows.drawing.lines import draw_edge, draw_label
from workflows.drawing.nodes import draw_halo, draw_mark, draw_shape
from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, Box, Picture, Shape, read_picture
from workflows.drawing.sequence import blocks_of
from workflows.drawing.signs import draw_note, draw_sign
from workflows.drawing.strips import Strip, cut, walked
from workflows.drawing.svg import group, lettering, node, number, titled
from workflows.drawing.tones import LEGEND, PAINTS, Tone
from workflows.sentences import N_
from workflows.xmlfile import QMS, parse

FONTS = (
    "system-ui, 'Noto Sans', 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)
MARGIN = 14.0
LEGEND_HEIGHT = 30.0
FEW_PARTS = FEW_PAGES = 3
CAPTION_HEIGHT, HEADING_HEIGHT = 30.0, 90.0
"""What a part has above it on paper, and the first one besides."""
_LEGEND_INK = "#475569"
_DEPTH = {"participant": 0, "lane": 1}

Marks = Mapping[str, str | Sequence[str]]


def to_svg(
    bpmn_xml: str | bytes,
    *,
    done: Collection[str] = (),
    current: Collection[str] = (),
    flows: Collection[str] = (),
    marks: Marks | None = None,
    lang: str = "en",
) -> str:
    """Draw where a case stands; without ``done`` and ``current`` it is the plain model.

    ``done`` and ``current`` hold element ids, ``flows`` ids of the sequence flows taken; ``marks`` are lines
    to write under a step, such as signer and local time; ``lang`` is ``en``, ``zh`` or ``both``.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    tones = {**dict.fromkeys(flows, Tone.DONE), **dict.fromkeys(done, Tone.DONE)}
    tones |= dict.fromkeys(current, Tone.CURRENT)
    rest = Tone.AHEAD if done or current else Tone.PLAIN
    return draw(bpmn_xml, tones, rest=rest, marks=marks or {}, lang=lang)


def names_in(bpmn_xml: str | bytes) -> dict[str, Bilingual]:
    """How the elements of a model are called, by their ids; those without a name are left out.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    shapes = read_picture(bpmn_xml).shapes
    return {one.id: {"en": one.name.en, "zh": one.name.zh} for one in shapes if one.name.en}


@dataclass(frozen=True)
class Part:
    """One part of a diagram for paper: its picture and what that shows in words.

    ``whole`` says that the parts are all of the diagram, not only what a case has touched; ``left_out`` are
    the subprocesses that it has not entered and that are not drawn. ``folded``: ways are told by numbers.
    """

    svg: str
    number: int
    of: int
    words: str
    whole: bool = True
    folded: bool = False
    left_out: tuple[Bilingual, ...] = ()


def to_parts(
    bpmn_xml: str | bytes,
    *,
    width: float,
    height: float,
    done: Collection[str] = (),
    current: Collection[str] = (),
    flows: Collection[str] = (),
    marks: Marks | None = None,
    lang: str = "en",
) -> list[Part]:
    """Draw where a case stands for paper, in parts not larger than ``width`` and ``height``, each to be read.

    Of a diagram that needs many parts only what the case has touched is drawn, and the steps next to that.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    picture = read_picture(bpmn_xml)
    if not picture.shapes:
        return [Part(_without_layout(picture, lang), 1, 1, picture.name.text(lang))]
    tones = {**dict.fromkeys(flows, Tone.DONE), **dict.fromkeys(done, Tone.DONE)}
    tones |= dict.fromkeys(current, Tone.CURRENT)
    rest = Tone.AHEAD if done or current else Tone.PLAIN
    written = {
        key: lines.split("\n") if isinstance(lines, str) else lines for key, lines in (marks or {}).items()
    }
    touched = {*done, *current}
    cutting = _Cutting(settled(picture, lang), written, lang, (width, height), frozenset(flows))
    strips = cutting.strips()
    whole = len(strips) <= FEW_PARTS or not touched
    if not whole:
        cutting = replace(cutting, picture=walked(cutting.picture, touched))
        whole, strips = len(cutting.picture.shapes) == len(picture.shapes), cutting.strips()
    folded = _pages(strips, height) > FEW_PAGES
    if folded:
        strips = cutting.folded()
    left_out = () if whole else tuple(_not_entered(picture, cutting.picture))
    parts = (_part(strip, cutting.picture, tones, rest, written, lang) for strip in strips)
    return [replace(part, whole=whole, folded=folded, left_out=left_out) for part in parts]


@dataclass(frozen=True)
class _Cutting:
    """A diagram that is cut for paper of some width and height; ``flows`` are the lines taken."""

    picture: Picture
    marks: Mapping[str, Sequence[str]]
    lang: str
    paper: tuple[float, float]
    flows: frozenset[str]

    def strips(self) -> list[Strip]:
        """Cut it between its columns."""
        width, height = self.paper
        room = height - 2 * MARGIN - LEGEND_HEIGHT
        return cut(self.picture, self.marks, self.lang, width=width - 2 * MARGIN, height=room)

    def folded(self) -> list[Strip]:
        """Fold it into full pages."""
        width, height = self.paper
        room = height - 2 * MARGIN - LEGEND_HEIGHT - CAPTION_HEIGHT
        sides = {"width": width - 2 * MARGIN, "height": room, "heading": HEADING_HEIGHT}
        return fold(self.picture, self.marks, self.lang, **sides, taken=self.flows)


def _pages(strips: Sequence[Strip], height: float) -> int:
    """How many pages strips take, one below the other as long as they fit."""
    pages, low = 1, HEADING_HEIGHT
    for strip in strips:
        needed = strip.frame.height + 2 * MARGIN + LEGEND_HEIGHT + CAPTION_HEIGHT
        pages, low = (pages, low + needed) if low + needed <= height else (pages + 1, needed)
    return pages


def _not_entered(picture: Picture, drawn: Picture) -> Iterator[Bilingual]:
    """The subprocesses of a diagram of which no step is drawn."""
    entered = {block.frame.id for block in blocks_of(drawn) if block.frame is not None}
    for shape in picture.shapes:
        if shape.kind in SUBPROCESSES and shape.expanded and shape.id not in entered:
            yield {"en": shape.name.en, "zh": shape.name.zh}


def _part(
    strip: Strip, picture: Picture, tones: Mapping[str, Tone], rest: Tone, marks: Marks, lang: str
) -> Part:
    shown = _legend_tones(picture, tones, rest)
    box = _frame(replace(strip.frame, width=max(strip.frame.width, _legend_width(shown, lang))), bool(shown))
    drawn = [*_layers(strip.picture, tones, rest, marks, lang), *(draw_sign(sign) for sign in strip.signs)]
    drawn += [draw_note(note) for note in strip.notes]
    svg = _finished(box, strip.picture, drawn, (tones, shown), lang)
    return Part(svg, strip.number, strip.of, describe(strip.picture, tones, lang))


def difference_svg(
    bpmn_xml: str | bytes,
    *,
    added: Collection[str] = (),
    removed: Collection[str] = (),
    changed: Collection[str] = (),
    lang: str = "en",
) -> str:
    """Draw one side of a comparison of two releases: the new one with what was added, the old with what went.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    tones = dict.fromkeys(changed, Tone.CHANGED) | dict.fromkeys(removed, Tone.REMOVED)
    return draw(bpmn_xml, tones | dict.fromkeys(added, Tone.ADDED), rest=Tone.PLAIN, marks={}, lang=lang)


def draw(bpmn_xml: str | bytes, tones: Mapping[str, Tone], *, rest: Tone, marks: Marks, lang: str) -> str:
    """Draw a diagram with a tone for each element; ``rest`` is that of all others.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    picture = read_picture(bpmn_xml)
    if not picture.shapes:
        return _without_layout(picture, lang)
    picture = settled(picture, lang)
    shown = _legend_tones(picture, tones, rest)
    box = _frame(_extent(picture, marks), bool(shown))
    return _finished(box, picture, _layers(picture, tones, rest, marks, lang), (tones, shown), lang)


def _finished(
    box: Box,
    picture: Picture,
    drawn: Iterable[etree._Element],
    said: tuple[Mapping[str, Tone], list[Tone]],
    lang: str,
) -> str:
    """Put a drawing into its frame, with the legend of the tones it shows below it."""
    tones, shown = said
    root = _root(box, picture, tones, lang)
    root.append(node("rect", x=box.x, y=box.y, width=box.width, height=box.height, fill="#ffffff"))
    root.append(group(*drawn, font_family=FONTS))
    if shown:
        low = box.y + box.height - MARGIN
        root.append(group(*_legend(shown, box.x + MARGIN, low - 6, lang), font_family=FONTS))
    return etree.tostring(root, encoding="unicode")


def _layers(
    picture: Picture, tones: Mapping[str, Tone], rest: Tone, marks: Marks, lang: str
) -> Iterator[etree._Element]:
    """Draw from the back: pools, subprocesses, lines not taken, lines taken, nodes, names of lines, marks."""
    gateways = {shape.id for shape in picture.shapes if shape.kind.endswith("Gateway")}
    backdrop = CONTAINERS | SUBPROCESSES
    back = [shape for shape in picture.shapes if shape.kind in backdrop]
    front = [shape for shape in picture.shapes if shape.kind not in backdrop]
    for shape in sorted(back, key=lambda shape: _DEPTH.get(shape.kind, 2)):
        yield _named_node(shape, tones.get(shape.id, rest), lang)
    yield from (draw_halo(shape) for shape in front if tones.get(shape.id) is Tone.CURRENT)
    for edge in sorted(picture.edges, key=lambda edge: edge.id in tones):
        yield draw_edge(edge, tones.get(edge.id, rest), from_gateway=edge.source in gateways)
    yield from (_named_node(shape, tones.get(shape.id, rest), lang) for shape in front)
    yield from (draw_label(edge, tones.get(edge.id, rest), lang) for edge in picture.edges if edge.name.en)
    for shape in front:
        lines = marks.get(shape.id)
        if lines:
            plain = lines.split("\n") if isinstance(lines, str) else list(lines)
            yield draw_mark(shape, plain, tones.get(shape.id, rest))


def _named_node(shape: Shape, tone: Tone, lang: str) -> etree._Element:
    drawn = draw_shape(shape, tone, lang)
    drawn.set("data-element", shape.id)
    return titled(drawn, shape.name.text(lang) or shape.id)


def _root(box: Box, picture: Picture, tones: Mapping[str, Tone], lang: str) -> etree._Element:
    root = node("svg")
    root.set("viewBox", " ".join(number(part) for part in (box.x, box.y, box.width, box.height)))
    root.set("width", number(box.width))
    root.set("height", number(box.height))
    root.set("role", "img")
    name = picture.name.text(lang).replace("\n", " ")
    root.set("aria-label", name)
    description = node("desc")
    description.text = describe(picture, tones, lang)
    root.append(description)
    return titled(root, name)


def describe(picture: Picture, tones: Mapping[str, Tone], lang: str) -> str:
    """Say in words what the colours say, for those who do not see them."""
    nodes = [shape for shape in picture.shapes if shape.kind not in CONTAINERS and shape.name.en]
    sentences = []
    for tone in (Tone.DONE, Tone.CURRENT, Tone.ADDED, Tone.REMOVED, Tone.CHANGED):
        names = [shape.name.text(lang).replace("\n", " ") for shape in nodes if tones.get(shape.id) is tone]
        if names:
            sentences.append(f"{_words(LEGEND[tone], lang)}: {', '.join(names)}.")
    return " ".join(sentences)


def alt_text(
    bpmn_xml: str | bytes, *, done: Collection[str] = (), current: Collection[str] = (), lang: str = "en"
) -> str:
    """Say in one sentence what :func:`to_svg` draws, for the place where the picture is put as an image."""
    picture = read_picture(bpmn_xml)
    tones = dict.fromkeys(done, Tone.DONE) | dict.fromkeys(current, Tone.CURRENT)
    return f"{picture.name.text(lang)}. {describe(picture, tones, lang)}".replace("\n", " ").strip()


def place_of(bpmn_xml: str | bytes, wanted: Collection[str], lang: str = "en") -> tuple[int, int] | None:
    """Say where on the picture of :func:`to_svg` the first of these elements is, from its left and top."""
    picture = settled(read_picture(bpmn_xml), lang)
    found = next((shape for shape in picture.shapes if shape.id in wanted), None)
    if found is None:
        return None
    frame, (x, y) = _frame(picture.extent(), legend=False), found.box.middle
    return round(x - frame.x), round(y - frame.y)


def in_language(bpmn_xml: str | bytes, lang: str) -> bytes:
    """Give the model with its Chinese names in the place of the drawn ones, for viewers that know only one.

    Raises:
        UnreadableFile: the file is not acceptable XML.
    """
    root = parse(bpmn_xml.encode() if isinstance(bpmn_xml, str) else bpmn_xml)
    if lang == "zh":
        for element in root.iter(etree.Element):
            chinese = element.get(f"{{{QMS}}}nameZh")
            if chinese:
                element.set("name", chinese)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _words(msgid: str, lang: str) -> str:
    if lang == "both":
        return f"{translate(msgid, 'en')} {translate(msgid, 'zh')}"
    return translate(msgid, lang)


def _extent(picture: Picture, marks: Marks) -> Box:
    """The rectangle of everything drawn, with room for who and when under the lowest steps."""
    extent = picture.extent()
    marked = [shape.box.y + shape.box.height + 34 for shape in picture.shapes if shape.id in marks]
    low = max([extent.y + extent.height, *marked])
    return Box(extent.x, extent.y, extent.width, low - extent.y)


def _frame(inner: Box, legend: bool) -> Box:
    high = inner.height + 2 * MARGIN + (LEGEND_HEIGHT if legend else 0)
    return Box(inner.x - MARGIN, inner.y - MARGIN, inner.width + 2 * MARGIN, high)


def _legend_tones(picture: Picture, tones: Mapping[str, Tone], rest: Tone) -> list[Tone]:
    used = {tones.get(shape.id, rest) for shape in picture.shapes if shape.kind not in CONTAINERS}
    used |= {tones[edge.id] for edge in picture.edges if edge.id in tones}
    return [tone for tone in LEGEND if tone in used]


def _legend(tones: list[Tone], x: float, y: float, lang: str) -> Iterator[etree._Element]:
    for tone in tones:
        paint, words = PAINTS[tone], _words(LEGEND[tone], lang)
        yield node(
            "rect", x=x, y=y - 7, width=22, height=14, rx=4, fill=paint.fill, stroke=paint.line,
            stroke_width=paint.width,
        )  # fmt: skip
        yield lettering([words], x + 28, y, size=11, ink=_LEGEND_INK, anchor="start")
        x += _entry_width(words)


def _entry_width(words: str) -> float:
    return 28 + width_of(words, 11) + 22


def _legend_width(tones: list[Tone], lang: str) -> float:
    return sum(_entry_width(_words(LEGEND[tone], lang)) for tone in tones)


def _without_layout(picture: Picture, lang: str) -> str:
    """Say that the model file holds no layout; a model without one still runs."""
    box = Box(0, 0, 460, 60)
    root = _root(box, picture, {}, lang)
    words = _words(N_("The model holds no drawing."), lang)
    root.append(group(lettering([words], 230, 30, size=13, ink=_LEGEND_INK), font_family=FONTS))
    return etree.tostring(root, encoding="unicode")
