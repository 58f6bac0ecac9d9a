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

from asn1crypto import cms
from PIL import Image, UnidentifiedImageError

from documents import embedded
from documents.labels import N_

MOST_PIXELS = 60_000_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 5000
DEEPEST = 3
"""So many PDFs may lie one in the other."""
_CHUNK = 1024 * 1024

_BROKEN = N_("it cannot be read")
_ACTIVE_PDF = N_("the PDF starts a script, a program or a form of its own")
_LOCKED_PDF = N_("the PDF is protected by a password, so nobody can look into it")
_TOO_BIG_PICTURE = N_("the picture has too many pixels")
_BOMB = N_("it unpacks to far more than it should")
_MACROS = N_("it holds macros or embedded programs")
_NOT_OFFICE = N_("it is not the office file that its name claims")
_ENTITIES = N_("it declares entities of its own, which no office program writes")
_REACHES_OUT = N_("it starts another program or loads a template from elsewhere")
_FORMULA = N_("a cell of it is a formula, which a spreadsheet would run")
_NOT_TEXT = N_("it holds signs that no text has")

_PDF_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_ACTIVE = re.compile(
    rb"/(JavaScript|Launch|RichMedia|XFA|SubmitForm|ImportData|GoToE|GoToR|Rendition|Movie|Sound)"
    rb"(?![A-Za-z0-9])"
)
_PDF_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PDF_STREAM = re.compile(rb"stream\r?\n")
_OFFICE_ACTIVE = re.compile(r"vbaproject|activex|embeddings/|\.(exe|dll|js|vbs|bin)$", re.IGNORECASE)
_OFFICE_HARMLESS = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
_ENTITY = re.compile(rb"<!(doctype|entity)", re.IGNORECASE)
_ELSEWHERE = re.compile(rb"<ddelink|/attachedtemplate\"", re.IGNORECASE)
_CELL = re.compile(r"(?:^|[,;|\t])[ \"']*([=@＝＠]|[-+－＋][^,;|\t\r\n\"']*)", re.MULTILINE)
_SIGNED_NUMBER = re.compile(r"[-+－＋]+ *(\d[\d. -]*(e[-+]?\d+)? *[%°a-zµ/²³]{0,6})?", re.IGNORECASE)
_PAGE = re.compile(rb"<(\w+:)?(html|svg|hta)\b", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*(<\?xml|<!doctype|<html|<svg|<script)", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


_PDF_FAULTS = ((_PDF_ENCRYPTED, _LOCKED_PDF), (_PDF_ACTIVE, _ACTIVE_PDF))


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


def look_into_pdf(data: bytes, depth: int = 0) -> str:
    """Refuse a PDF that acts by itself or that cannot be looked into, also where objects are packed.

    Files inside it have to be harmless data, as those of a sealed record are (``documents.embedded``).
    """
    if b"%%EOF" not in data[-2048:]:
        return _BROKEN
    try:
        parts = [data, *_packed_objects(data)]
    except zlib.error:
        return _BROKEN
    except OverflowError:
        return _BOMB
    plain = [_PDF_NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part) for part in parts]
    for wanted_not, fault in _PDF_FAULTS:
        if any(wanted_not.search(part) for part in plain):
            return fault
    if embedded.holds_files(plain):
        return embedded.fault(data, plain, lambda file: _is_harmless(file, depth + 1), _is_program)
    return ""


def _is_harmless(data: bytes, depth: int) -> bool:
    """Whether a file inside a PDF is data: JSON, XML, text, a signature, a picture, a PDF, an office file."""
    kind = kind_of(data)
    if kind == "pdf":
        return depth < DEEPEST and not look_into_pdf(data, depth)
    if kind in ("png", "jpeg"):
        return not look_into_picture(data)
    if kind == "zip":
        return any(not KINDS[ending].fault(data) for ending in ("xlsx", "docx"))
    if kind == "markup":
        return not _markup_fault(data) and not look_into_text(data) and not _PAGE.search(data[:4096])
    return kind == "text" and (_is_signature(data) or not look_into_text(data))


def _is_program(data: bytes) -> bool:
    return kind_of(data) == "program"


def _is_signature(data: bytes) -> bool:
    """Whether bytes are a CMS message (PKCS#7): signatures and time stamps."""
    try:
        return str(cms.ContentInfo.load(data, strict=True)["content_type"].native) == "signed_data"
    except (ValueError, TypeError, KeyError):
        return False


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
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
            return _BROKEN

    return look


def look_into_text(data: bytes) -> str:
    """Refuse a text with control signs, or in none of the encodings UTF-8, UTF-16 and GB 18030."""
    text = _text_of(data)
    return _NOT_TEXT if text is None or _CONTROLS.search(text) else ""


def look_into_table(data: bytes) -> str:
    """Refuse what no text holds, and cells that a spreadsheet would run; numbers may have their sign."""
    fault = look_into_text(data)
    cells = _CELL.finditer(_text_of(data) or "")
    runs = any(not _SIGNED_NUMBER.fullmatch(cell[1].strip()) for cell in cells)
    return fault or (_FORMULA if runs else "")


def _text_of(data: bytes) -> str | None:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _packed_objects(data: bytes) -> Iterator[bytes]:
    """Unpack the object streams of a PDF, where names hide from a plain search."""
    last = 0
    for start in _PDF_STREAM.finditer(data):
        dictionary, last = data[last : start.start()], start.end()
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
        markup = name.lower().endswith((".xml", ".rels"))
        beginning = b""
        for piece in _unpacked(archive, name):
            room -= len(piece)
            if room < 0:
                return _BOMB
            if markup and (fault := _markup_fault(beginning + piece)):
                return fault
            beginning = piece[-64:]
    return ""


def _markup_fault(data: bytes) -> str:
    plain = data.replace(b"\0", b"")  # a part may be in UTF-16
    if _ENTITY.search(plain):
        return _ENTITIES
    return _REACHES_OUT if _ELSEWHERE.search(plain) else ""


def _unpacked(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Unpack a part piece by piece; its declared size may lie."""
    with archive.open(name) as part:
        while piece := part.read(_CHUNK):
            yield piece


_OFFICE = "application/vnd.openxmlformats-officedocument"

KINDS = {
    "pdf": Kind("application/pdf", "pdf", look_into_pdf),
    "png": Kind("image/png", "png", look_into_picture),
    "jpg": Kind("image/jpeg", "jpeg", look_into_picture),
    "jpeg": Kind("image/jpeg", "jpeg", look_into_picture),
    "xlsx": Kind(f"{_OFFICE}.spreadsheetml.sheet", "zip", look_into_office("xl/workbook.xml")),
    "docx": Kind(f"{_OFFICE}.wordprocessingml.document", "zip", look_into_office("word/document.xml")),
    "csv": Kind("text/csv", "text", look_into_table),
    "txt": Kind("text/plain", "text", look_into_text),
}
"""Ending of a file's name → the kind it claims to be."""
