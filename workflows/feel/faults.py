"""Why an evaluation stopped, as a sentence in every language."""

from core.types import Bilingual
from workflows.sentences import said


class Fault(Exception):
    """A gettext msgid with its facts; it becomes an error that names the expression."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    @property
    def said(self) -> Bilingual:
        """The sentence in every language."""
        return said(self.message, **self.facts)


class Denied(Fault):
    """Not allowed, not well formed or over budget: refused wherever it stands."""


class Wrong(Fault):
    """A value does not fit: ``null`` by the letter of DMN, a refusal over the facts of a case."""


class Unknown(Wrong):
    """A name that stands for nothing."""
