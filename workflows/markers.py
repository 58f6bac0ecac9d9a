"""Loop and multi-instance markers, as drawn."""

from dataclasses import dataclass

from lxml import etree

from workflows.xmlfile import BPMN, local, text_of


@dataclass(frozen=True)
class Marker:
    """How often an activity happens: ``kind`` is parallel, sequential or standard.

    Multi-instance: ``cardinality`` or ``collection`` is an expression, ``item`` the name under which each
    instance sees its member, ``condition`` ends early. Standard loop: goes on while ``condition`` holds, at
    most ``maximum`` times, asked first if ``test_before``. ``strange`` names parts that nobody would obey.
    """

    kind: str
    cardinality: str | None = None
    collection: str | None = None
    item: str = "item"
    condition: str | None = None
    maximum: str | None = None
    test_before: bool = False
    strange: tuple[str, ...] = ()

    @property
    def standard(self) -> bool:
        """Whether this is a loop, not a multi-instance."""
        return self.kind == "standard"


_READ = ("loopCardinality", "loopDataInputRef", "inputDataItem", "completionCondition")
_SILENT = ("documentation", "extensionElements")


def read_marker(node: etree._Element) -> Marker | None:
    """Read the loop marker of an activity."""
    for child in node:
        if local(child) == "multiInstanceLoopCharacteristics":
            return _many(child)
        if local(child) == "standardLoopCharacteristics":
            return Marker(
                "standard",
                condition=_text(child, "loopCondition"),
                maximum=child.get("loopMaximum"),
                test_before=child.get("testBefore") == "true",
            )
    return None


def _many(node: etree._Element) -> Marker:
    item = node.find(f"{{{BPMN}}}inputDataItem")
    strange = [local(child) for child in node if local(child) and local(child) not in (*_READ, *_SILENT)]
    if node.get("behavior", "All") != "All":
        strange.append("behavior")
    return Marker(
        "sequential" if node.get("isSequential") == "true" else "parallel",
        cardinality=_text(node, "loopCardinality"),
        collection=_text(node, "loopDataInputRef"),
        item=(item.get("name") or item.get("id") or "item") if item is not None else "item",
        condition=_text(node, "completionCondition"),
        strange=tuple(strange),
    )


def _text(node: etree._Element, name: str) -> str | None:
    return text_of(node.find(f"{{{BPMN}}}{name}")) or None
