"""Names of the keys and marks that printed records know; each is a gettext message."""


def N_(text: str) -> str:
    """Mark a message to be said later, in the languages of a page or of a reader."""
    return text


LABELS = {
    "number": N_("Case number"),
    "title": N_("Case title"),
    "process": N_("Process"),
    "process_key": N_("Process key"),
    "process_name": N_("Process"),
    "name": N_("Name"),
    "key": N_("Key"),
    "version": N_("Version"),
    "sha256": N_("SHA-256"),
    "step": N_("Step"),
    "element": N_("Element"),
    "started_at": N_("Started at"),
    "started_by": N_("Started by"),
    "inputs": N_("Inputs"),
    "decision": N_("Decision table"),
    "policy": N_("Hit policy"),
    "rows": N_("Rows that hit"),
    "reason": N_("Reason"),
    "annotations": N_("Reason"),
    "rounds": N_("Rounds"),
    "done": N_("Done"),
    "current": N_("Current"),
    "flows": N_("Flows taken"),
    "marks": N_("Marks"),
    "description": N_("Description"),
    "model_sha256": N_("SHA-256 of the model"),
    "form_version": N_("Form version"),
}
"""Key of a record → what people call it."""

MARKS = {
    "pass": (N_("Pass"), "good"),
    "ok": (N_("Pass"), "good"),
    "conforms": (N_("Conforms"), "good"),
    "fail": (N_("Fail"), "bad"),
    "nonconforming": (N_("Does not conform"), "bad"),
    "out_of_limits": (N_("Out of limits"), "bad"),
    "accept": (N_("Accept"), "good"),
    "approve": (N_("Approve"), "good"),
    "reject": (N_("Reject"), "bad"),
    "changed": (N_("Changed before signing"), "note"),
    "corrected": (N_("Corrected"), "note"),
    "computed": (N_("Computed"), "quiet"),
    "source": (N_("From source"), "quiet"),
    "prefilled": (N_("From source"), "quiet"),
}
"""Mark of a value → its words and tone; the tone only adds colour, the words say it."""
