"""What can go wrong with keys, signatures and sealed records."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from core.errors import Conflict, Invalid, NotAllowed, NotFound


class KeysMissing(NotFound):
    """The installation has no certificate authority yet."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            "keys.missing", "This installation has no signing keys in %(folder)s.", folder=str(folder)
        )


class KeysUnreadable(Conflict):
    """A key or certificate of the plant cannot be opened with its key-encryption key."""

    def __init__(self, name: str) -> None:
        super().__init__("keys.unreadable", "The plant's key %(name)s cannot be opened.", name=name)


class KeyNotForRecord(Conflict):
    """A one-signature key was presented for a record, signature or certificate it was not made for."""

    def __init__(self) -> None:
        super().__init__(
            "signature.key_not_for_record", "This one-signature key was made for another signature or record."
        )


class ClockRunsBack(NotAllowed):
    """The plant's clock is behind the audit trail: a signature would carry a time that has passed."""

    def __init__(self, now: datetime, latest: datetime) -> None:
        super().__init__(
            "signature.clock",
            "Nothing can be signed now: the clock of this installation says %(now)s, but the audit trail has "
            "entries of %(latest)s. The administrators have been told.",
            now=f"{now:%Y-%m-%d %H:%M:%S} UTC",
            latest=f"{latest:%Y-%m-%d %H:%M:%S} UTC",
        )


class NotBound(Invalid):
    """A signature would not hold to the record it is meant for."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "signature.not_bound",
            "The page does not carry the record that was signed: %(reason)s",
            reason=reason,
        )


class Unprovable(Invalid):
    """Bytes that are not a signature of this product's one canonical shape.

    ``code`` names the finding; the verifier reports it and never trusts the bytes further.
    """


@contextmanager
def proving(code: str, message: str, **facts: str) -> Iterator[None]:
    """Read bytes that may be hostile: whatever they do to the reader, they prove nothing.

    Raises:
        Unprovable: as it was raised inside, or with this code for anything else that went wrong there.
    """
    try:
        yield
    except Unprovable:
        raise
    except Exception as error:
        raise Unprovable(code, message, **facts) from error
