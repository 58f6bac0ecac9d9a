"""Why a case or a step is not handled as asked: each refusal names its rule."""

from collections.abc import Sequence

from app.web.rights import ROLES
from core.errors import Conflict, Invalid, NotAllowed
from core.languages import listed
from core.types import Bilingual


class MayNotHandOver(NotAllowed):
    """Neither the person's own step nor one of a site where he is process owner or quality assurance."""

    def __init__(self) -> None:
        super().__init__(
            "handover.right",
            "A step is handed over by the person it is given to, by a process owner or by quality assurance "
            "of its site.",
        )


class SeveralSign(Conflict):
    """A step that several sign is nobody's alone."""

    def __init__(self) -> None:
        super().__init__("handover.several", "Several persons sign this step; it cannot be given to one.")


class ReasonMissing(Invalid):
    """What changes whose step it is, or ends a case, is explained."""

    def __init__(self) -> None:
        super().__init__("handling.reason", "Please say why, in at least five characters.", field="reason")


class DayMissing(Invalid):
    """No day, or none that the calendar has."""

    def __init__(self) -> None:
        super().__init__("extension.day", "Please give a day as YYYY-MM-DD.", field="day")


class NobodyNamed(Invalid):
    """No person, or nobody with the login."""

    def __init__(self) -> None:
        super().__init__("handover.person", "Please choose a person.", field="person")


class MayNotCancel(NotAllowed):
    """The model of the process names other roles, or none, that may cancel a case."""

    def __init__(self, roles: Sequence[str]) -> None:
        if not roles:
            super().__init__("cancel.nobody", "The model of this process lets nobody cancel a case.")
            return
        named = [ROLES.get(role, {"en": role, "zh": role}) for role in roles]
        sentence = "A case of this process is cancelled by the roles %(roles)s only."
        super().__init__("cancel.role", sentence, roles=listed(named))


class ReasonUnprintable(Invalid):
    """The reason holds signs that the record font lacks."""

    def __init__(self, signs: str) -> None:
        super().__init__(
            "handling.glyph",
            "The record cannot print %(characters)s. Please write the reason another way.",
            field="reason",
            characters=signs,
        )


_RULES = {
    "role": "%(name)s does not hold the role %(role)s at the site of this step today.",
    "administrator": "%(name)s has an administrator's role and cannot take a step.",
    "grantor": "%(name)s has the role from somebody who takes part in this case, so it does not count here.",
    "separation": "%(name)s took part in a step that this one must be free of.",
    "training": "%(name)s lacks training that the role %(role)s needs.",
    "away": "%(name)s is away today.",
}


def may_not_take(rule: str, name: Bilingual, role: Bilingual) -> NotAllowed:
    """Say which rule keeps somebody from being given a step."""
    return NotAllowed(f"handover.{rule}", _RULES[rule], field="person", name=name, role=role)
