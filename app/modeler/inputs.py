"""Reads what a process owner sends: the files of one process, loose or in a ZIP; cases to be moved."""

import base64
import binascii
import io
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from werkzeug.datastructures import FileStorage, MultiDict

from core.errors import Invalid
from workflows.bundle import SUFFIXES
from workflows.migration.plan import ProposeMigration

MAX_FILES = 50
MAX_BYTES = 8 * 1024 * 1024
"""Limits of one bundle, unpacked."""
MAX_CARRIED = 1_400_000
"""Octets of a packed bundle that still fits a form (``app.web.security.LARGEST_FORM``)."""

_NOTES = ".md"


def read_upload(uploads: Iterable[FileStorage]) -> dict[str, bytes]:
    """Read the uploaded files; notes and folders are dropped, other kinds of files left for the checks.

    Raises:
        Invalid: nothing was uploaded, it is too much, or two files have one name.
    """
    files: dict[str, bytes] = {}
    for upload in uploads:
        if not upload.filename or upload.filename.lower().endswith(_NOTES):
            continue
        data = upload.stream.read(MAX_BYTES + 1)
        found = read_zip(data) if upload.filename.lower().endswith(".zip") else {_base(upload.filename): data}
        _refuse_doubles(files, found)
        files |= found
    if not any(name.endswith(".bpmn") for name in files):
        raise Invalid("upload.no_model", "Choose a .bpmn file, or a ZIP that holds one.", field="files")
    if sum(len(data) for data in files.values()) > MAX_BYTES:
        raise _too_large()
    return files


def read_zip(data: bytes) -> dict[str, bytes]:
    """Read the model files of a ZIP.

    Raises:
        Invalid: it is no ZIP, too large unpacked, or two files have one name.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise Invalid("upload.no_zip", "The file is no ZIP archive.", field="files") from None
    members = [info for info in archive.infolist() if _wanted(info)]
    if len(members) > MAX_FILES or sum(info.file_size for info in members) > MAX_BYTES:
        raise _too_large()
    files: dict[str, bytes] = {}
    for info in members:
        found = {_base(info.filename): archive.read(info)}
        _refuse_doubles(files, found)
        files |= found
    return files


def write_zip(files: dict[str, str]) -> bytes:
    """Pack the files of a release, always to the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return out.getvalue()


def carried(files: Mapping[str, bytes]) -> str:
    """Pack files for the form in which they are proposed: the page carries them, the product keeps nothing.

    Raises:
        Invalid: they are too much for a form.
    """
    packed = write_zip({name: data.decode("utf-8", "replace") for name, data in files.items()})
    if len(packed) > MAX_CARRIED:
        raise _too_large()
    return base64.b64encode(packed).decode()


def read_carried(text: str) -> dict[str, bytes]:
    """Read the files that a page has carried, see :func:`carried`.

    Raises:
        Invalid: as :func:`read_zip` says.
    """
    try:
        return read_zip(base64.b64decode(text, validate=True))
    except binascii.Error as wrong:
        raise Invalid("upload.no_zip", "The file is no ZIP archive.", field="files") from wrong


def read_migration(form: MultiDict[str, str], release_id: uuid.UUID, site_id: uuid.UUID) -> ProposeMigration:
    """Read which cases were chosen, and what was decided for each; what is no key is no case."""
    keys = [key for key in map(_key, form.getlist("case")) if key is not None]
    chosen = {key: form.get(f"decision-{key}", "").strip() for key in keys}
    return ProposeMigration(release_id, chosen, form.get("reason", ""), site_id)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _wanted(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not info.is_dir() and not hidden and path.suffix.lower() in SUFFIXES


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _refuse_doubles(files: dict[str, bytes], found: dict[str, bytes]) -> None:
    double = sorted(set(files) & set(found))
    if double:
        raise Invalid("upload.double", "Two files are called %(name)s.", field="files", name=double[0])


def _too_large() -> Invalid:
    return Invalid(
        "upload.too_large",
        "A bundle may hold %(files)s files and %(size)s MiB at most.",
        field="files",
        files=MAX_FILES,
        size=MAX_BYTES // 1024 // 1024,
    )
