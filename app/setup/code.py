"""The one-time set-up code: whoever can read the server's terminal or data folder may make the plant, nobody
else on the network.
"""

import hmac
import os
import secrets
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from core.config import settings

FILE = "setup.code"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 4, 5


def ensure_code() -> str:
    """Give the code, making it once: 20 letters, 100 bits, in a file that only the operator can read."""
    path = settings().home / FILE
    if not path.exists():
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        _write_once(path, "-".join(groups))
    return path.read_text(encoding="ascii").strip()


def is_right(typed: str) -> bool:
    """Compare what somebody typed with the code, in the same time whatever it is."""
    return hmac.compare_digest(_plain(typed).encode(), _plain(ensure_code()).encode())


def forget() -> None:
    """Throw the code away when the plant is made and handed over."""
    (settings().home / FILE).unlink(missing_ok=True)


def announce(url: str) -> None:
    """Tell the operator, in the terminal or log of the server, how the set-up is opened."""
    place = settings().home / FILE
    sys.stderr.write(f"\n  This installation is empty. Set it up at {url}/setup\n")
    sys.stderr.write(f"  with the one-time code {ensure_code()} (also in {place})\n\n")
    sys.stderr.flush()


def _plain(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())[:100]


def _write_once(path: Path, text: str) -> None:
    """Write beside the place and link: of two processes one wins, and no one reads half a code."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".setup-")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
