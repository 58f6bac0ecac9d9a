"""What the page hands over once: the root key, encrypted under two passphrases, and the first passwords.

It waits in a file of the key folder that only the operator can read, because a browser may lose its answer;
it is overwritten and removed when somebody has confirmed that everything is kept elsewhere.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from app.setup.services import Founded
from core.config import settings
from core.errors import NotFound

FILE = "handover.json"


@dataclass(frozen=True)
class Handover:
    """What waits to be handed over; ``taken`` says that the root key has been downloaded."""

    root_sha256: str
    root_key: str
    accounts: dict[str, str]
    record_id: str
    record_number: str
    taken: bool = False


def waits() -> bool:
    """Whether something waits to be handed over."""
    return _place().exists()


def keep(founded: Founded) -> None:
    """Put away what has to be handed over."""
    _write(
        Handover(
            founded.root_sha256,
            founded.root_key.decode("ascii"),
            founded.accounts,
            founded.record_id,
            founded.record_number,
        )
    )


def read() -> Handover:
    """Give what waits.

    Raises:
        NotFound: ``setup.nothing``: nothing does (any more).
    """
    try:
        return Handover(**json.loads(_place().read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotFound("setup.nothing", "There is no such page, or not for you.") from None


def note_taken(waiting: Handover) -> None:
    """Note that the root key has been downloaded."""
    _write(Handover(**{**asdict(waiting), "taken": True}))


def erase() -> None:
    """Overwrite and remove what waited: the root key is on the server no more."""
    place = _place()
    with place.open("r+b") as file:
        file.write(os.urandom(place.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    place.unlink()


def _place() -> Path:
    return settings().keys / FILE


def _write(waiting: Handover) -> None:
    draft = _place().with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(waiting), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_place())
