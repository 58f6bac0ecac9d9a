"""Functions of texts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from workflows.feel import patterns
from workflows.feel.faults import Wrong
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import integer, normal
from workflows.feel.writing import read_number, write
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()


@FUNCTIONS.add("string", "from:")
def _string(calling: Calling, value: Any) -> str | None:
    return None if value is None else write(value, calling.spend)


@FUNCTIONS.add(
    "number", "from: string, grouping separator: string?, decimal separator: string?", "from: number"
)
def _number(
    _calling: Calling, text: Any, grouping: str | None = None, point: str | None = None
) -> Decimal | None:
    if isinstance(text, Decimal):
        return text
    if (
        grouping not in (None, " ", ",", ".")
        or point not in (None, ".", ",")
        or (point and point == grouping)
    ):
        raise Wrong(N_("a separator is “ ”, “,” or “.”, and the two differ"))
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        text = text.replace(".", "?").replace(",", ".")
    found = read_number(text)
    if found is None:
        raise Wrong(N_("“%(text)s” is no number"), text=text[:60])
    return found


@FUNCTIONS.add("string length", "string: string")
def _length(_calling: Calling, text: str) -> Decimal:
    return Decimal(len(text))


@FUNCTIONS.add("substring", "string: string, start position: number, length: number?")
def _substring(_calling: Calling, text: str, start: Decimal, length: Decimal | None) -> str:
    first = integer(start, 10**9)
    if first == 0 or abs(first) > len(text):
        raise Wrong(N_("there is no place %(place)s in the text; the first is 1"), place=first)
    begin = first - 1 if first > 0 else len(text) + first
    if length is None:
        return text[begin:]
    if length < 1:
        raise Wrong(N_("a length is at least 1"))
    return text[begin : begin + integer(length, 10**9)]


@FUNCTIONS.add("upper case", "string: string")
def _upper(_calling: Calling, text: str) -> str:
    return text.upper()


@FUNCTIONS.add("lower case", "string: string")
def _lower(_calling: Calling, text: str) -> str:
    return text.lower()


@FUNCTIONS.add("substring before", "string: string, match: string")
def _before(_calling: Calling, text: str, match: str) -> str:
    place = text.find(match)
    return text[:place] if place > 0 else ""


@FUNCTIONS.add("substring after", "string: string, match: string")
def _after(_calling: Calling, text: str, match: str) -> str:
    place = text.find(match)
    return text[place + len(match) :] if place >= 0 else ""


@FUNCTIONS.add("contains", "string: string, match: string")
def _contains(_calling: Calling, text: str, match: str) -> bool:
    return match in text


@FUNCTIONS.add("starts with", "string: string, match: string")
def _starts(_calling: Calling, text: str, match: str) -> bool:
    return text.startswith(match)


@FUNCTIONS.add("ends with", "string: string, match: string")
def _ends(_calling: Calling, text: str, match: str) -> bool:
    return text.endswith(match)


@FUNCTIONS.add("string join", "list: list, delimiter: string?")
def _join(calling: Calling, members: list[Any], delimiter: str | None) -> str:
    texts = [normal(member) for member in members]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise Wrong(N_("only texts can be joined"))
    calling.spend(sum(len(text or "") for text in texts) // 20 + len(delimiter or "") * len(texts) // 20)
    return (delimiter or "").join(text for text in texts if text is not None)


@FUNCTIONS.add("matches", "input: string, pattern: string, flags: string?")
def _matches(calling: Calling, text: str, pattern: str, flags: str | None) -> bool:
    return patterns.read(pattern, flags or "").search(text, calling.spend) is not None


@FUNCTIONS.add("replace", "input: string, pattern: string, replacement: string, flags: string?")
def _replace(calling: Calling, text: str, pattern: str, by: str, flags: str | None) -> str:
    return patterns.replace(patterns.read(pattern, flags or ""), text, by, calling.spend)


@FUNCTIONS.add("split", "string: string, delimiter: string")
def _split(calling: Calling, text: str, delimiter: str) -> list[str]:
    return patterns.split(patterns.read(delimiter, ""), text, calling.spend)


def all_texts(values: Sequence[Any]) -> bool:
    """Say whether every value is a text."""
    return all(isinstance(value, str) for value in values)
