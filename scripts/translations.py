"""Sentences for people: extract them, keep the Chinese catalogue in step, compile it, say what is missing.

Usage: python scripts/translations.py extract|compile|check
"""

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "core" / "translations"
TEMPLATE = TRANSLATIONS / "messages.pot"
PACKAGES = ("core", "forms", "documents", "signatures", "workflows", "app")
# N_ marks a sentence that is said later; sentences behind a code are found by `_unmarked`.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "NN_": (1, 2),
    "translate": (1,),
}
SAYING = {"translate", "gettext", "_"}
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
PLACE = re.compile(r"%\((\w+)\)s")


def extract() -> Catalog:
    """Collect every sentence of the product from Python and templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog(project="open-qms", charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(ROOT / package, methods, options, KEYWORDS)
        for filename, _line, message, _comments, context in found:
            catalogue.add(message, None, [(f"{package}/{filename}", 0)], context=context)
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                place = str(path.relative_to(ROOT))
                tree = ast.parse(path.read_text(encoding="utf-8"))
                parameters = _parameters(tree) if path.name == "steps.py" else ()
                for sentence in itertools.chain(_unmarked(tree), parameters):
                    catalogue.add(sentence, None, [(place, 0)])
    return catalogue


def _unmarked(tree: ast.Module) -> Iterator[str]:
    """Sentences of a module that stand right behind their stable code, or are named before they are said.

    `("lot.expired", "Lot …")` in any call or tuple; `STATEMENT = "…"` when the module says
    `translate(STATEMENT, …)`.
    """
    named = {node.targets[0].id: node.value.value for node in tree.body if _names_text(node)}
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            parts = node.args
            if ast.unparse(node.func) in SAYING and parts and isinstance(parts[0], ast.Name):
                yield from filter(None, [named.get(parts[0].id)])
        elif isinstance(node, ast.Tuple):
            parts = node.elts
        texts = [str(part.value) if isinstance(part, ast.Constant) else "" for part in parts]
        for code, sentence in itertools.pairwise(texts):
            if CODE.fullmatch(code) and " " in sentence:
                yield sentence


def _parameters(tree: ast.Module) -> Iterator[str]:
    """What the parameters of service operations are: `"description": "…"` in their schemas."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                named = isinstance(key, ast.Constant) and key.value == "description"
                if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def _names_text(node: ast.stmt) -> TypeGuard[Any]:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def update() -> None:
    """Write the template and bring each language's catalogue in step with it; nothing is guessed."""
    template = extract()
    with TEMPLATE.open("wb") as file:
        write_po(file, template, sort_output=True, include_lineno=False, omit_header=False, width=110)
    for path in _catalogues():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, sort_output=True, include_lineno=False, width=110)


def compile_all() -> None:
    """Compile each language's catalogue for the running product."""
    for path in _catalogues():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def problems() -> Iterator[str]:
    """Say what keeps a catalogue from being complete: missing, fuzzy, left over, other places to fill."""
    wanted = {str(message.id): message for message in extract() if message.id}
    for path in _catalogues():
        language = path.parts[-3]
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        for msgid, sentence in wanted.items():
            fault = _fault(msgid, catalogue.get(sentence.id))  # a plural is looked up by both its forms
            if fault:
                yield f"{language}: {fault}: {msgid!r}"
        left = {str(message.id) for message in catalogue if message.id} - set(wanted)
        for unused in sorted(left.union(map(str, catalogue.obsolete))):
            yield f"{language}: no longer used: {unused!r}"


def _fault(msgid: str, message: Message | None) -> str | None:
    if message is None or not message.string:
        return "not translated"
    if message.fuzzy:
        return "fuzzy"
    if set(PLACE.findall(msgid)) != set(PLACE.findall(str(message.string))):
        return "other places to fill"
    return None


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 when a check finds something."""
    verb = arguments[0] if arguments else "check"
    if verb == "extract":
        update()
    elif verb == "compile":
        compile_all()
    else:
        found = list(problems())
        print("\n".join(found) if found else "Translations are complete.")
        return 1 if found else 0
    return 0


def _catalogues() -> list[Path]:
    return sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
