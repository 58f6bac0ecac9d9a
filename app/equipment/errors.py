"""Why equipment may not be used: the rule and the way out (URS-078)."""

from datetime import date

from core.errors import Invalid
from core.types import Bilingual
from documents.labels import N_


def unknown(code: str) -> Invalid:
    """Nobody has registered it at this site."""
    return Invalid(
        "equipment.unknown",
        "There is no equipment “%(equipment)s” at this site. Write codes of the register, or "
        "have it registered.",
        field="instrument",
        equipment=code,
    )


def blocked(code: str, why: str) -> Invalid:
    """It is blocked."""
    return Invalid(
        "equipment.blocked",
        "Equipment %(equipment)s is blocked: %(why)s. Use other equipment; quality assurance lifts the block "
        "with a signature.",
        field="instrument",
        equipment=code,
        why=why,
    )


def out_of_use(code: str) -> Invalid:
    """It stands still or has been given up."""
    sentence = N_("Equipment %(equipment)s is not in use. Use other equipment, or have its state changed.")
    return Invalid("equipment.out_of_use", sentence, field="instrument", equipment=code)


def never(code: str, duty: Bilingual) -> Invalid:
    """What has to be done to it was never recorded."""
    return Invalid(
        "equipment.never",
        "No %(duty)s of equipment %(equipment)s is recorded. Use other equipment, or have it done and "
        "recorded first.",
        field="instrument",
        equipment=code,
        duty=duty,
    )


def overdue(code: str, duty: Bilingual, until: date) -> Invalid:
    """What has to be done to it is over."""
    return Invalid(
        "equipment.overdue",
        "The %(duty)s of equipment %(equipment)s was valid until %(until)s. Overdue equipment is not used: "
        "take other equipment, or have it done and recorded first.",
        field="instrument",
        equipment=code,
        duty=duty,
        until=until,
    )
