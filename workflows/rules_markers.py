"""Checks of loop and multi-instance markers."""

import re
from collections.abc import Iterator

from workflows import expressions
from workflows.elements import Element
from workflows.expressions import ExpressionError
from workflows.findings import Finding
from workflows.instances import RESERVED
from workflows.markers import Marker

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_MARKED = (
    *("userTask", "serviceTask", "businessRuleTask", "scriptTask"),
    *("callActivity", "subProcess"),
)


def check(element: Element) -> Iterator[Finding]:
    """Check the marker of one element: it says how often, and nothing in it would be ignored."""
    marker = element.marker
    if marker is None:
        return
    if element.kind not in _MARKED:
        yield Finding("marker.place", element.id, element.line, {"element": element.title})
    elif marker.standard:
        yield from _loop(element, marker)
    else:
        yield from _many(element, marker)


def _loop(element: Element, marker: Marker) -> Iterator[Finding]:
    if marker.maximum is not None and not (marker.maximum.isdigit() and int(marker.maximum) > 0):
        yield Finding("loop.maximum", element.id, element.line, {"value": marker.maximum})
    elif marker.maximum is None and marker.condition is None:
        yield Finding("loop.endless", element.id, element.line)
    yield from _expressions(element, marker.condition)


def _many(element: Element, marker: Marker) -> Iterator[Finding]:
    where = (element.id, element.line)
    if (marker.cardinality is None) == (marker.collection is None):
        yield Finding("instances.count", *where)
    if marker.strange:
        yield Finding("instances.ignored", *where, {"names": ", ".join(marker.strange)})
    if not _NAME.match(marker.item) or marker.item in (*RESERVED, element.step):
        yield Finding("instances.item", *where, {"name": marker.item})
    yield from _expressions(element, marker.cardinality, marker.collection, marker.condition)


def _expressions(element: Element, *sources: str | None) -> Iterator[Finding]:
    for source in sources:
        if source is None:
            continue
        try:
            expressions.check(source)
        except ExpressionError as wrong:
            yield Finding("marker.expression", element.id, element.line, {"reason": wrong.reason})
