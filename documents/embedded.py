"""Files inside a PDF, found without trusting what the PDF says of them.

A sealed record carries its own data: record, evidence, model. Such a PDF is taken when everything packed into
it is harmless data. Every stream is looked at, whether the PDF calls it a file or not; one that cannot be
unpacked here is refused.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from documents.labels import N_

PACKED = N_("a file packed inside the PDF is no harmless data; bring the files one by one")
TOO_BIG = N_("it unpacks to far more than it should")
MOST_UNPACKED = 200 * 1024 * 1024

ENDINGS = frozenset(
    {"json", "xml", "bpmn", "dmn", "txt", "csv", "pdf", "png", "jpg", "jpeg", "xlsx", "docx"}
    | {"p7s", "p7m", "p7b", "p7c", "cms", "der", "cer", "crt", "pem", "tsr", "tst"}
)
"""Endings of names under which a reader's program opens data and starts nothing."""

_HOLDS_FILES = re.compile(rb"/(EmbeddedFiles?|EF|FileAttachment|RF)(?![A-Za-z0-9])")
_OBJECT = re.compile(rb"(\d+)\s+\d+\s+obj\b")
_STREAM = re.compile(rb"stream\r?\n")
_FILES = re.compile(rb"/EF(?![A-Za-z0-9])")
_DIRECT_FILES = re.compile(rb"/EF\s*<<([^<>]*)>>")
_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R\b")
_NAME = re.compile(rb"/U?F\s*(?:\(((?:\\.|[^\\()])*)\)|<([0-9A-Fa-f\s]*)>(?!>))", re.DOTALL)
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]*\]|/[^\s/<>()\[\]]+|.)", re.DOTALL)
_WORD = re.compile(rb"[^\s/\[\]]+")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_UNPACKED_HERE = {b"FlateDecode", b"DCTDecode"}
_OCTAL = re.compile(rb"\\([0-7]{1,3})")


@dataclass(frozen=True)
class _Stream:
    number: int
    about: bytes
    data: bytes


def holds_files(parts: Sequence[bytes]) -> bool:
    """Whether a PDF packs files, in its own bytes or in its packed objects."""
    return any(_HOLDS_FILES.search(part) for part in parts)


def fault(
    data: bytes, parts: Sequence[bytes], harmless: Callable[[bytes], bool], program: Callable[[bytes], bool]
) -> str:
    """Why a PDF with files inside is not taken, or an empty text.

    ``parts`` are its bytes and its packed objects with plain names. What is called a file has to be
    ``harmless``; whatever else is packed must be no ``program``.
    """
    if not all(_well_named(part) for part in parts):
        return PACKED
    numbers = _numbers_of_files(parts)
    if numbers is None:
        return PACKED
    seen, room = set(), MOST_UNPACKED
    for stream in _streams(data):
        content = _unpacked(stream, room)
        if content is None:
            return PACKED
        room -= len(content)
        if room <= 0:
            return TOO_BIG
        is_file = stream.number in numbers or b"/EmbeddedFile" in stream.about
        if program(content) or (is_file and not harmless(content)):
            return PACKED
        seen.add(stream.number)
    return "" if numbers <= seen else PACKED


def _well_named(part: bytes) -> bool:
    names = [_text(name) for name in _NAME.finditer(part)]
    return all(name.rpartition(".")[2].strip().lower() in ENDINGS for name in names if name)


def _text(name: re.Match[bytes]) -> str:
    literal, digits = name.groups()
    if literal is None:
        raw = bytes.fromhex((digits + b"0" * (len(b"".join(digits.split())) % 2)).decode("ascii"))
    else:
        raw = _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 255]), literal)
    return raw[2:].decode("utf-16-be", "replace") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _numbers_of_files(parts: Sequence[bytes]) -> set[int] | None:
    """The objects that hold the files; None if a PDF does not say plainly which."""
    found: set[int] = set()
    for part in parts:
        direct = _DIRECT_FILES.findall(part)
        if len(direct) != len(_FILES.findall(part)):
            return None
        for entries in direct:
            numbers = _REFERENCE.findall(entries)
            if not numbers:
                return None
            found |= {int(number) for number in numbers}
    return found


def _streams(data: bytes) -> Iterator[_Stream]:
    last = 0
    for start in _STREAM.finditer(data):
        if data[start.start() - 3 : start.start()] == b"end" or start.start() < last:
            continue
        about = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data[last : start.start()])
        end = data.find(b"endstream", start.end())
        last = end if end >= 0 else len(data)
        numbers = _OBJECT.findall(about)
        yield _Stream(int(numbers[-1]) if numbers else -1, about, data[start.end() : last])


def _unpacked(stream: _Stream, room: int) -> bytes | None:
    """What a stream holds; None if it is packed in a way that is not unpacked here. A picture stays one."""
    filters = {word for value in _FILTER.findall(stream.about) for word in _WORD.findall(value) or [value]}
    if not filters <= _UNPACKED_HERE:
        return None
    if b"FlateDecode" not in filters:
        return stream.data
    try:
        return zlib.decompressobj().decompress(stream.data, room)
    except zlib.error:
        return None
