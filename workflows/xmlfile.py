"""Reading model files: XML only, no document type, no entities, nothing fetched."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
QMS = "urn:qms:bpmn:1"
MAX_BYTES = 2 * 1024 * 1024


class UnreadableFile(Exception):
    """A file that is not acceptable XML; ``code`` is that of a finding, ``line`` counts from 1."""

    def __init__(self, code: str, line: int | None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.facts = facts


def parse(data: bytes) -> etree._Element:
    """Parse the bytes of a model file and give its root.

    Raises:
        UnreadableFile: ``xml.malformed``, ``xml.doctype`` or ``xml.too_large``.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFile("xml.too_large", None, limit=MAX_BYTES)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        line = wrong.lineno if isinstance(wrong, etree.XMLSyntaxError) else None
        raise UnreadableFile("xml.malformed", line, reason=str(wrong)) from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise UnreadableFile("xml.doctype", 1)
    return root


def local(node: etree._Element) -> str:
    """Give the tag of a node without its namespace; comments have none."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def line_of(node: etree._Element) -> int | None:
    """Say in which line of its file a node begins."""
    line: Any = node.sourceline
    return int(line) if line else None


def text_of(node: etree._Element | None) -> str:
    """Give the text of a node, trimmed; nothing is an empty text."""
    return (node.text or "").strip() if node is not None else ""


def children(node: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """Give the children of a node with this tag, whatever their namespace."""
    return (one for one in node if local(one) == name) if node is not None else iter(())


def child(node: etree._Element | None, name: str) -> etree._Element | None:
    """Give the first child with this tag, or nothing."""
    return next(children(node, name), None)
