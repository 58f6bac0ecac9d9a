"""The checks of a process, in one list."""

from collections.abc import Callable, Iterator

from lxml import etree

from workflows.elements import ProcessModel
from workflows.findings import Finding


class Named:
    """What a model may name besides itself."""

    def __init__(self, *, decisions: frozenset[str], known_form: Callable[[str], bool]) -> None:
        self.decisions = decisions
        self.known_form = known_form


def check(model: ProcessModel, root: etree._Element, named: Named) -> Iterator[Finding]:
    """TODO"""
    yield from ()
