"""The sentence under which a signature is made, and the name of its meaning (21 CFR 11.50(a)(3), 11.100)."""

from core.actor import Actor
from core.languages import LANGUAGES, translate
from core.types import Bilingual
from workflows.registry import MEANINGS

STATEMENT = (
    "I have read this record and sign it with the meaning “%(meaning)s”. "
    "My electronic signature is the legally binding equivalent of my handwritten signature."
)
FOR_SOMEBODY = "I sign on behalf of %(name)s, as the standing deputy."


def meaning_text(code: str) -> Bilingual:
    """The name of a meaning in both languages; an unknown code stands for itself."""
    return MEANINGS.get(code, {"en": code, "zh": code})


def statement_text(code: str, layout: str, actor: Actor | None = None) -> str:
    """The sentence under which a signature is made, in the language of the record, or in both.

    ``layout`` is the site's: ``en``, ``zh`` or ``both``. A deputy says for whom he signs.
    """
    spoken = [layout] if layout in LANGUAGES else LANGUAGES
    lines = [translate(STATEMENT, language, meaning=meaning_text(code)) for language in spoken]
    if actor is not None and actor.on_behalf_of is not None:
        lines += [translate(FOR_SOMEBODY, language, name=actor.for_names) for language in spoken]
    return "\n".join(lines)
