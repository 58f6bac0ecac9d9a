"""What a file really is, by its bytes, and what inside it is not wanted.

Each look gives the reason not to take a file as a message, or an empty text. The looks are a first line: the
file is later given out as a download under a strict content policy, never opened by the server.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from documents.labels import N_

MOST_PIXELS = 60_000_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 5000
_CHUNK = 1024 * 1024

_BROKEN = N_("it cannot be read")
_ACTIVE_PDF = N_("the PDF starts a script, a program or a form of its own")
_LOCKED_PDF = N_("the PDF is protected by a password, so nobody can look into it")
_TOO_BIG_PICTURE = N_("the picture has too many pixels")
_BOMB = N_("it unpacks to far more than it should")
_MACROS = N_("it holds macros or embedded programs")
_NOT_OFFICE = N_("it is not the office file that its name claims")
_NOT_TEXT = N_("it holds signs that no text has")

_PDF_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_ACTIVE = re.compile(
    rb"/(JavaScript|Launch|RichMedia|XFA|SubmitForm|ImportData|GoToE|Movie|Sound)(?![A-Za-z0-9])"
)
_PDF_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PDF_STREAM = re.compile(rb"stream\r?\n")
_OFFICE_ACTIVE = re.compile(r"vbaproject|activex|embeddings/|\.(exe|dll|js|vbs|bin)$", re.IGNORECASE)
_OFFICE_HARMLESS = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*(<\?xml|<!doctype|<html|<svg|<script)", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Kind:
    """A kind of file that is taken: what its bytes look like and the look into it."""

    media_type: str
    sniffed: str
    fault: Callable[[bytes], str]


def kind_of(data: bytes) -> str:
    """Say what bytes are: ``pdf``, ``png``, ``jpeg``, ``zip``, ``markup``, ``text`` or ``program``."""
    for beginning, kind in (
        (b"%PDF-", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"PK\x03\x04", "zip"),
        (b"MZ", "program"),
        (b"\x7fELF", "program"),
        (b"#!", "program"),
    ):
        if data.startswith(beginning):
            return kind
    return "markup" if _MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")) else "text"


def look_into_pdf(data: bytes) -> str:
    """Refuse a PDF that acts by itself or that cannot be looked into, also where objects are packed."""
    if b"%%EOF" not in data[-2048:]:
        return _BROKEN
    try:
        parts = [data, *_packed_objects(data)]
    except zlib.error:
        return _BROKEN
    except OverflowError:
        return _BOMB
    plain = [_PDF_NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part) for part in parts]
    if any(_PDF_ENCRYPTED.search(part) for part in plain):
        return _LOCKED_PDF
    return _ACTIVE_PDF if any(_PDF_ACTIVE.search(part) for part in plain) else ""


def look_into_picture(data: bytes) -> str:
    """Refuse a picture that is broken or far too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return _TOO_BIG_PICTURE
                picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _TOO_BIG_PICTURE
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return _BROKEN
    return ""


def look_into_office(main_part: str) -> Callable[[bytes], str]:
    """Make the look into an office file whose main part has this name."""

    def look(data: bytes) -> str:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return _archive_fault(archive, main_part)
        except OverflowError:
            return _BOMB
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
            return _BROKEN

    return look


def look_into_text(data: bytes) -> str:
    """Refuse a text with control signs, or in none of the encodings UTF-8, UTF-16 and GB 18030."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _NOT_TEXT if _CONTROLS.search(text) else ""
    return _NOT_TEXT


def _packed_objects(data: bytes) -> Iterator[bytes]:
    """Unpack the object streams of a PDF, where names hide from a plain search."""
    for start in _PDF_STREAM.finditer(data):
        dictionary = data[max(0, start.start() - 600) : start.start()].rpartition(b" obj")[2]
        if b"/ObjStm" not in _PDF_NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), dictionary):
            continue
        unpacker = zlib.decompressobj()
        yield unpacker.decompress(data[start.end() :], 16 * _CHUNK)
        if unpacker.unconsumed_tail and not unpacker.eof:
            raise OverflowError


def _archive_fault(archive: zipfile.ZipFile, main_part: str) -> str:
    names = archive.namelist()
    if len(names) > MOST_PARTS or len(set(names)) != len(names):
        return _BOMB
    if "[Content_Types].xml" not in names or main_part not in names:
        return _NOT_OFFICE
    if any(_OFFICE_ACTIVE.search(name) and not _OFFICE_HARMLESS.search(name) for name in names):
        return _MACROS
    room = MOST_UNPACKED
    for name in names:
        room -= _unpacked(archive, name, room)
    return ""


def _unpacked(archive: zipfile.ZipFile, name: str, room: int) -> int:
    """Count what a part really unpacks to; its declared size may lie."""
    count = 0
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            count += len(chunk)
            if count > room:
                raise OverflowError
    return count


_OFFICE = "application/vnd.openxmlformats-officedocument"

KINDS = {
    "pdf": Kind("application/pdf", "pdf", look_into_pdf),
    "png": Kind("image/png", "png", look_into_picture),
    "jpg": Kind("image/jpeg", "jpeg", look_into_picture),
    "jpeg": Kind("image/jpeg", "jpeg", look_into_picture),
    "xlsx": Kind(f"{_OFFICE}.spreadsheetml.sheet", "zip", look_into_office("xl/workbook.xml")),
    "docx": Kind(f"{_OFFICE}.wordprocessingml.document", "zip", look_into_office("word/document.xml")),
    "csv": Kind("text/csv", "text", look_into_text),
    "txt": Kind("text/plain", "text", look_into_text),
}
"""Ending of a file's name → the kind it claims to be."""
