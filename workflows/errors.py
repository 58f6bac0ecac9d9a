"""What can go wrong with models, releases, cases and human tasks."""

from core.errors import Conflict, Invalid, NotFound
from core.languages import LANGUAGES
from core.types import Bilingual
from workflows.elements import Element
from workflows.expressions import ExpressionError
from workflows.findings import Finding
from workflows.sentences import N_

__all__ = ["ExpressionError", "ModelRefused", "StepFailed", "no_release", "no_task", "title_of"]


class ModelRefused(Invalid):
    """A set of model files that cannot be executed; ``findings`` says why, element by element (URS-009)."""

    def __init__(self, findings: list[Finding]) -> None:
        first = findings[0]
        super().__init__(
            "model.refused",
            N_("The model cannot run: %(reason)s (findings: %(count)s)."),
            reason={language: first.text(language) for language in LANGUAGES},
            count=len(findings),
        )
        self.findings = findings


class StepFailed(Conflict):
    """The diagram cannot go on from here with these facts; the step that was to be done has not been done."""

    def __init__(self, element: Bilingual, reason: Bilingual) -> None:
        super().__init__(
            "case.step_failed",
            N_("The process cannot continue at “%(element)s”: %(reason)s"),
            element=element,
            reason=reason,
        )


def no_release(process_key: str) -> NotFound:
    """Say that no release of a process is in effect."""
    return NotFound(
        "release.none", "No release of the process %(process)s is in effect.", process=process_key
    )


def no_task() -> NotFound:
    """Say that a task does not exist, or not for this person."""
    return NotFound("task.unknown", "There is no such task.")


def title_of(element: Element) -> Bilingual:
    """Name an element for people; one without a name by its id."""
    return {"en": element.name["en"] or element.id, "zh": element.name["zh"] or element.id}
