"""Item definitions of DMN: the types that a model gives names to."""

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from workflows.feel import parser, tree
from workflows.feel.faults import Denied
from workflows.feel.kinds import ANY, Kind, named, resolve
from workflows.xmlfile import child, children, text_of

Refuse = Callable[..., None]


def read_kinds(root: etree._Element, refuse: Refuse) -> dict[str, Kind]:
    """Read the item definitions by name."""
    known: dict[str, Kind] = {}
    definitions = list(children(root, "itemDefinition"))
    # A definition may name one that stands below it: twice through settles every order that is no circle.
    for _ in range(2):
        for node in definitions:
            known[node.get("name", "")] = _item(node, known, refuse)
    return known


def _item(node: etree._Element, known: dict[str, Kind], refuse: Refuse) -> Kind:
    components = list(children(node, "itemComponent"))
    function = child(node, "functionItem")
    if components:
        entries = tuple((one.get("name", ""), _item(one, known, refuse)) for one in components)
        base = Kind("context", None, entries)
    elif function is not None:
        parameters = tuple(
            (one.get("name", ""), _ref(one.get("typeRef"), known)) for one in children(function, "parameters")
        )
        base = Kind("function", _ref(function.get("outputTypeRef"), known), parameters)
    else:
        base = _ref(text_of(child(node, "typeRef")), known)
    allowed = text_of(child(child(node, "allowedValues"), "text"))
    if allowed:
        try:
            base = replace(base, allowed=parser.unary_tests(allowed))
        except Denied as denied:
            refuse("dmn.values", node, name=node.get("name", ""), reason=denied.said)
    return Kind("list", base) if node.get("isCollection") == "true" else base


def _ref(name: str | None, known: dict[str, Kind]) -> Kind:
    return kind_for(name, known) or ANY


def kind_for(reference: str | None, known: dict[str, Kind]) -> Kind | None:
    """Give the type a ``typeRef`` names; nothing where there is none."""
    if not reference:
        return None
    found = known.get(reference) or known.get(reference.rsplit(":", 1)[-1])
    if found is not None:
        return found
    builtin = named(reference)
    return Kind(builtin) if builtin else resolve(Kind(reference), known)


def is_whole(reference: str | None) -> bool:
    """Say whether a ``typeRef`` means whole numbers."""
    return (reference or "").rsplit(":", 1)[-1] in ("integer", "long", "int")


def allows(kind: Kind, check: Callable[[tree.Tests], bool]) -> bool:
    """Say whether a value passes the allowed values of its type."""
    return kind.allowed is None or check(kind.allowed)
