"""Folds a long diagram into pages: its steps in rows, numbered, each under the name of its lane.

Within a row a line is drawn to the step that follows; every other way is told by the number of the step to
which it leads (``yes → 14``) or from which it comes (``14 ← 9``). So sixty steps are read on two pages.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from workflows.drawing.lettering import LINE_HEIGHT, wrap
from workflows.drawing.nodes import foot_of, label_box, mark_plate
from workflows.drawing.picture import SUBPROCESSES, Box, Edge, Name, Picture, Shape
from workflows.drawing.sequence import NOBODY, Block, Numbered, blocks_of, host_of
from workflows.drawing.strips import Note, Strip

CELL, STEP_WIDTH, STEP_HEIGHT = 130.0, 92.0, 62.0
SMALL = {"Event": 34.0, "Gateway": 42.0}
SIZE = 9.0
LINE = SIZE * LINE_HEIGHT
INSET, TITLE, GAP = 10.0, 34.0, 9.0
"""Within the frame of a subprocess: room at its sides, for its name; between rows and frames."""


@dataclass(frozen=True)
class _Cell:
    """One step with its lettering, around the middle of its shape at (0, 0)."""

    shape: Shape
    head: tuple[str, ...]
    named: Box | None
    marked: Box | None
    tags: tuple[tuple[tuple[str, ...], bool], ...]

    @property
    def above(self) -> float:
        """Height of number and lane."""
        return len(self.head) * LINE + 5

    @property
    def low(self) -> float:
        """Where the ways begin, under the step, its name, and who and when."""
        plates = [one for one in (self.named, self.marked) if one is not None]
        foot = self.shape.box.y + self.shape.box.height
        return max([STEP_HEIGHT / 2, foot, *(one.y + one.height for one in plates)]) + 2

    @property
    def below(self) -> float:
        """Height of what stands under the middle of the step."""
        return self.low + sum(len(lines) for lines, _taken in self.tags) * LINE


@dataclass
class _Page:
    """A page as it fills."""

    shapes: list[Shape] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    low: float = 0.0
    rows: int = 0


def fold(
    picture: Picture,
    marks: Mapping[str, Sequence[str]],
    lang: str,
    *,
    width: float,
    height: float,
    heading: float = 0.0,
    taken: Collection[str] = (),
) -> list[Strip]:
    """Fold a diagram into pages of ``width`` and ``height``; ``taken`` are the lines that were passed.

    The first page is lower by ``heading``. No row stands on a last page alone where another can join it.
    """
    folding, blocks = _Folding(picture, marks, lang, frozenset(taken)), list(blocks_of(picture))
    pages = _filled(folding, blocks, width, [height - heading, height])
    if len(pages) > 1 and pages[-1].rows == 1 < pages[-2].rows:
        rooms = [height - heading, *[height] * (len(pages) - 1)]
        rooms[len(pages) - 2] = pages[-2].low - 1
        pages = _filled(folding, blocks, width, rooms)
    return [
        Strip(
            number,
            len(pages),
            Picture(picture.name, tuple(page.shapes), tuple(page.edges)),
            Box(0, 0, width, page.low),
            (),
            tuple(page.notes),
        )
        for number, page in enumerate(pages, 1)
    ]


def _filled(
    folding: "_Folding", blocks: Iterable[Block], width: float, rooms: Sequence[float]
) -> list[_Page]:
    """Fill pages with blocks; ``rooms`` are the heights of the pages, the last one also of further pages."""
    pages = [_Page()]
    for block in blocks:
        _fill(pages, folding, block, width, rooms)
    return pages


def _fill(
    pages: list[_Page], folding: "_Folding", block: Block, width: float, rooms: Sequence[float]
) -> None:
    """Put the rows of a block on the page that is open, and on new ones where they do not fit."""
    columns = max(1, int((width - 2 * INSET) // CELL))
    title = TITLE if block.frame is not None else 0.0
    page = pages[-1]
    begin = page.low + GAP if page.low else 0.0
    low = begin + title
    for row in folding.rows(block, columns):
        above, below = max(one.above for one in row), max(one.below for one in row)
        needed = above + STEP_HEIGHT / 2 + below + GAP
        room = rooms[min(len(pages), len(rooms)) - 1]
        if low + needed > room and page.low:
            _frame(page, folding, block, (begin, low), width)
            page, begin, low = _Page(), 0.0, title
            pages.append(page)
        _put(page, folding, row, (width - columns * CELL) / 2, low + above + STEP_HEIGHT / 2)
        low += needed
        page.low, page.rows = low, page.rows + 1
    _frame(page, folding, block, (begin, low), width)


def _frame(page: _Page, folding: "_Folding", block: Block, band: tuple[float, float], width: float) -> None:
    """Draw the frame of a subprocess, under its number, around the rows of it that stand on a page."""
    begin, low = band
    if block.frame is not None and low > begin + TITLE:
        number, name = folding.numbers[block.frame.id], block.frame.name
        named = Name(f"{number} · {name.en}", name.zh if folding.lang == "both" else f"{number} · {name.zh}")
        page.shapes.insert(0, replace(block.frame, name=named, box=Box(1, begin, width - 2, low - begin)))


def _put(page: _Page, folding: "_Folding", row: Sequence[_Cell], left: float, middle: float) -> None:
    """Put a row of steps on a page, with the lines between those that follow each other."""
    placed = []
    for column, cell in enumerate(row):
        x = left + (column + 0.5) * CELL
        placed.append(_moved(cell.shape, x, middle))
        top = middle - STEP_HEIGHT / 2 - 3 - len(cell.head) * LINE / 2
        page.notes.append(Note(x, top, cell.head))
        y = middle + cell.low
        for lines, taken in cell.tags:
            page.notes.append(Note(x, y + len(lines) * LINE / 2, lines, taken))
            y += len(lines) * LINE
    page.shapes += placed
    for one, other in pairwise(placed):
        for edge in folding.between(one.id, other.id):
            points = ((one.box.x + one.box.width, middle), (other.box.x, middle))
            page.edges.append(replace(edge, points=points, name=NOBODY, label=None))


def _moved(shape: Shape, x: float, y: float) -> Shape:
    box, label = shape.box, shape.label
    return replace(
        shape,
        box=replace(box, x=box.x + x, y=box.y + y),
        label=None if label is None else replace(label, x=label.x + x, y=label.y + y),
    )


class _Folding:
    """A diagram with its numbers: what is written at each step."""

    def __init__(
        self, picture: Picture, marks: Mapping[str, Sequence[str]], lang: str, taken: frozenset[str]
    ) -> None:
        self.marks, self.lang, self.taken = marks, lang, taken
        steps = [one for block in blocks_of(picture) for one in block.steps]
        self.shapes = [one.shape for one in steps]
        self.numbers = {one.shape.id: one.number for one in steps}
        known = set(self.numbers)
        self.ways = [edge for edge in picture.edges if edge.source in known and edge.target in known]

    def rows(self, block: Block, columns: int) -> Iterator[list[_Cell]]:
        """The steps of a block row by row, with all that is written at them."""
        for first in range(0, len(block.steps), columns):
            row = block.steps[first : first + columns]
            beside = {(one.shape.id, other.shape.id) for one, other in pairwise(row)}
            yield [self._cell(one, beside) for one in row]

    def between(self, source: str, target: str) -> list[Edge]:
        """The lines from one step to another."""
        return [edge for edge in self.ways if (edge.source, edge.target) == (source, target)]

    def _cell(self, step: Numbered, beside: Collection[tuple[str, str]]) -> _Cell:
        shape, room = _small(step.shape), CELL - 8
        lines = self.marks.get(shape.id)
        return _Cell(
            shape,
            tuple(wrap(self._head(step, beside), room, SIZE)),
            label_box(shape, self.lang),
            mark_plate(shape, list(lines)) if lines else None,
            tuple(self._tags(step, beside, room)),
        )

    def _head(self, step: Numbered, beside: Collection[tuple[str, str]]) -> str:
        """The number of a step, those of the steps from which one comes here, and its lane."""
        into = {
            self.numbers[edge.source]
            for edge in self.ways
            if edge.target == step.shape.id and (edge.source, edge.target) not in beside
        }
        if step.shape.kind == "boundaryEvent" and (host := host_of(step.shape, self.shapes)):
            into.add(self.numbers[host.id])
        number = f"{step.number} ← {', '.join(map(str, sorted(into)))}" if into else str(step.number)
        lane = step.lane.text(self.lang).replace("\n", " ")
        return f"{number} · {lane}" if lane else number

    def _tags(
        self, step: Numbered, beside: Collection[tuple[str, str]], room: float
    ) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Where the ways from a step lead, and what they are called; a plain one to the next is drawn."""
        plain: dict[bool, list[int]] = {}
        for edge in self.ways:
            name, taken = edge.name.text(self.lang).replace("\n", " "), edge.id in self.taken
            target = self.numbers[edge.target]
            if edge.source != step.shape.id or ((edge.source, edge.target) in beside and not name):
                continue
            if name:
                yield tuple(wrap(f"{name} → {target}", room, SIZE)), taken
            else:
                plain.setdefault(taken, []).append(target)
        for taken, targets in sorted(plain.items(), reverse=True):
            yield tuple(wrap(f"→ {', '.join(map(str, sorted(targets)))}", room, SIZE)), taken


def _small(shape: Shape) -> Shape:
    """A step in the size of its cell around (0, 0); the name of an event or gateway stands below it."""
    side = next((size for kind, size in SMALL.items() if shape.kind.endswith(kind)), None)
    width, height = (side, side) if side else (STEP_WIDTH, STEP_HEIGHT)
    box = Box(-width / 2, -height / 2, width, height + (0.0 if side else foot_of(shape)))
    expanded = shape.expanded and shape.kind not in SUBPROCESSES
    named = Box(-CELL / 2 + 6, height / 2 + 3, CELL - 12, 0.0) if side else None
    return replace(shape, box=box, label=named, expanded=expanded)

