"""One tree of refusals: a stable code for machines, a sentence for people, facts for logs.

What must vanish is raised; what must survive (a counted failure) is returned and committed.
"""

from collections.abc import Mapping

from core.languages import translate


class QmsError(Exception):
    """Something the product refuses.

    ``code`` is stable and dotted (``lot.expired``). ``message`` is an English gettext msgid whose
    ``%(fact)s`` places are filled from ``facts``. ``field`` names the input where it can be mended.
    """

    status = 500

    def __init__(self, code: str, message: str, *, field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.facts = facts

    def text(self, language: str) -> str:
        """Say the refusal in the reader's language (``en`` or ``zh``)."""
        return translate(self.message, language, **self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"


class Invalid(QmsError):
    """The input cannot be used as it stands."""

    status = 422


class NotAllowed(QmsError):
    """The person may not do this, whatever the input."""

    status = 403


class NotFound(QmsError):
    """There is no such thing, or not for this person: a wrong site answers the same."""

    status = 404


class Conflict(QmsError):
    """The world has moved on since the person looked, or its state forbids the act."""

    status = 409


class FieldErrors(Invalid):
    """A form with one or more fields to mend; ``errors`` maps a field's path to its refusal."""

    def __init__(self, errors: Mapping[str, Invalid]) -> None:
        super().__init__("form.invalid", "Please correct the marked fields.", count=len(errors))
        self.errors = dict(errors)
