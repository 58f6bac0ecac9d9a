"""Sentences for people: extract them, keep the Chinese catalogue in step, compile it, say what is missing.

Usage: python scripts/translations.py extract|compile|check
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "core" / "translations"
TEMPLATE = TRANSLATIONS / "messages.pot"
PACKAGES = ("core", "forms", "documents", "signatures", "workflows", "app")
# Error classes carry their sentence as the second argument; lazy and N_ mark sentences that are said later.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "translate": (1,),
    "Invalid": (2,),
    "NotAllowed": (2,),
    "NotFound": (2,),
    "Conflict": (2,),
    "QmsError": (2,),
}
PLACE = re.compile(r"%\((\w+)\)s")


def extract() -> Catalog:
    """Collect every sentence of the product from Python and templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog(project="open-qms", charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(ROOT / package, methods, options, KEYWORDS)
        for filename, _line, message, _comments, context in found:
            catalogue.add(message, None, [(f"{package}/{filename}", None)], context=context)
    catalogue.add("Please correct the marked fields.", None, [("core/errors.py", None)])
    return catalogue


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
        for msgid in wanted:
            fault = _fault(msgid, catalogue.get(msgid))
            if fault:
                yield f"{language}: {fault}: {msgid!r}"
        left = [message.id for message in catalogue if message.id and message.id not in wanted]
        for msgid in [*left, *catalogue.obsolete]:
            yield f"{language}: no longer used: {msgid!r}"


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
