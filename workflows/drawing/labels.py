"""Keeps the names of lines apart: one that would lie on other lettering or on a step moves along its line."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from workflows.drawing.lines import LABEL_WIDTH, label_plate
from workflows.drawing.nodes import label_box
from workflows.drawing.picture import CONTAINERS, SUBPROCESSES, Box, Edge, Picture

_TOUCHING = 3.0
_SHARES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)


def settled(picture: Picture, lang: str) -> Picture:
    """Give the same diagram with the names of its lines where they can be read in this language.

    A name stays where the model has it unless something else is there.
    """
    backdrop = CONTAINERS | SUBPROCESSES
    taken = [shape.box for shape in picture.shapes if shape.kind not in backdrop]
    taken += [beside for shape in picture.shapes if (beside := label_box(shape, lang))]
    named = [edge for edge in picture.edges if edge.name.en]
    plates = {edge.id: label_plate(edge, lang) for edge in named}
    moved: dict[str, Edge] = {}
    for edge in named:
        others = [plate for key, plate in plates.items() if key != edge.id]
        moved[edge.id] = _placed(edge, taken + others, lang)
        plates[edge.id] = label_plate(moved[edge.id], lang)
    return replace(picture, edges=tuple(moved.get(edge.id, edge) for edge in picture.edges))


def _placed(edge: Edge, taken: Sequence[Box], lang: str) -> Edge:
    free = (one for one in _places(edge) if not any(_lie_on(label_plate(one, lang), box) for box in taken))
    return next(free, edge)


def _places(edge: Edge) -> Iterator[Edge]:
    """The place of the model first, then along the line, from its beginning on."""
    yield edge
    width = max(edge.label.width if edge.label else 0.0, LABEL_WIDTH)
    for (x, y), (to_x, to_y) in pairwise(edge.points):
        for share in _SHARES:
            middle = x + share * (to_x - x), y + share * (to_y - y)
            yield replace(edge, label=Box(middle[0] - width / 2, middle[1] - 7, width, 14))


def _lie_on(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > _TOUCHING and down > _TOUCHING
