"""Files kept by their content: the SHA-256 of the bytes is the address, so nothing is replaced unseen.

A file is written beside its place, flushed to the disk and renamed: a crash leaves all of it or none.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from core.config import settings
from core.db import before_commit
from core.errors import NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BROUGHT = "brought"


def path_of(sha256: str) -> Path:
    """Say where the file with this hash lies, whether it is there or not.

    Raises:
        ValueError: the text is not a SHA-256 in lower-case hexadecimal digits.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return settings().files / sha256[:2] / sha256[2:4] / sha256


def sha256_of(data: bytes) -> str:
    """Say under which hash bytes are stored."""
    return hashlib.sha256(data).hexdigest()


def put(data: bytes) -> str:
    """Store bytes and give their SHA-256; storing them again changes nothing."""
    sha256 = sha256_of(data)
    place = path_of(sha256)
    if place.exists():
        return sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=place.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o440)
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)
    return sha256


def bring(session: Session, data: bytes) -> str:
    """Have bytes stored as the last thing of this unit of work, and give their SHA-256 at once.

    An act that is refused leaves no file that nothing names. Until then :func:`read_in` gives the bytes.
    """
    sha256 = sha256_of(data)

    def put_away() -> None:
        put(data)

    session.info.setdefault(_BROUGHT, {})[sha256] = data
    before_commit(session, put_away)
    return sha256


def read_in(session: Session, sha256: str) -> bytes:
    """Read a file inside the unit of work that may have brought it; else as :func:`read`.

    Raises:
        NotFound: as :func:`read` says.
    """
    brought: bytes | None = session.info.get(_BROUGHT, {}).get(sha256)
    return read(sha256) if brought is None else brought


def open_file(sha256: str) -> BinaryIO:
    """Open a stored file for reading.

    Raises:
        NotFound: ``file.missing``: nothing with this hash is stored.
    """
    try:
        return path_of(sha256).open("rb")
    except (FileNotFoundError, ValueError):
        raise NotFound("file.missing", "The file is not in the store.", sha256=sha256) from None


def read(sha256: str) -> bytes:
    """Read a stored file whole and check that it still is what its address says.

    Raises:
        NotFound: ``file.missing``: nothing with this hash is stored.
        NotFound: ``file.damaged``: its bytes have changed on the disk.
    """
    with open_file(sha256) as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotFound("file.damaged", "The stored file has been damaged.", sha256=sha256)
    return data


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
