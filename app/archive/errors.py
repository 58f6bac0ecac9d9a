"""What can go wrong with sealing and handing out records."""

from core.errors import Conflict, NotFound


class NoSuchRecord(NotFound):
    """There is no such record, or not for this person."""

    def __init__(self) -> None:
        super().__init__("record.unknown", "There is no such record.")


class NoSuchFile(NotFound):
    """The record names no such attachment."""

    def __init__(self) -> None:
        super().__init__("record.no_file", "This record has no such file.")


class NotSealedYet(Conflict):
    """The page of the record has not been made yet; seconds later it has."""

    def __init__(self, number: str) -> None:
        super().__init__(
            "record.not_sealed",
            "Record %(number)s is still being sealed. Please try again shortly.",
            number=number,
        )


class KeyMissing(Conflict):
    """A signer's one-signature key did not come with the job, so his signature cannot be put on the page."""

    def __init__(self, number: str, signer: str) -> None:
        super().__init__(
            "seal.key_missing",
            "The one-signature key of %(signer)s for record %(number)s is missing.",
            number=number,
            signer=signer,
        )


class SelfCheckFailed(Conflict):
    """A freshly sealed page did not pass the verifier; it is not stored."""

    def __init__(self, number: str, codes: list[str]) -> None:
        super().__init__(
            "seal.self_check",
            "The sealed page of record %(number)s does not verify: %(codes)s",
            number=number,
            codes=", ".join(codes),
        )
