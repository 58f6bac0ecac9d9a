"""The colours of a diagram: where a case stands, or what differs between two releases.

Nothing is said by colour alone: done and current steps carry a badge, added and removed ones a sign.
"""

from dataclasses import dataclass
from enum import StrEnum

from workflows.sentences import N_


class Tone(StrEnum):
    """What an element of a diagram is coloured for."""

    PLAIN = "plain"
    AHEAD = "ahead"
    DONE = "done"
    CURRENT = "current"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Paint:
    """Ink of a tone: outline, filling, lettering and line width; ``badge`` is the sign in its badge."""

    line: str
    fill: str
    text: str
    width: float
    badge: str


PAINTS = {
    Tone.PLAIN: Paint("#475569", "#ffffff", "#1e293b", 1.5, ""),
    Tone.AHEAD: Paint("#94a3b8", "#ffffff", "#475569", 1.3, ""),
    Tone.DONE: Paint("#2b8a3e", "#e9f7ed", "#14361d", 2.0, "tick"),
    Tone.CURRENT: Paint("#b35c00", "#fff3d6", "#4a2600", 2.6, "here"),
    Tone.ADDED: Paint("#2b8a3e", "#e9f7ed", "#14361d", 2.2, "plus"),
    Tone.REMOVED: Paint("#c92a2a", "#fdecec", "#5c1414", 2.2, "minus"),
    Tone.CHANGED: Paint("#b35c00", "#fff3d6", "#4a2600", 2.2, "swap"),
}

LEGEND = {
    Tone.DONE: N_("Done"),
    Tone.CURRENT: N_("Now"),
    Tone.AHEAD: N_("Ahead or not taken"),
    Tone.ADDED: N_("Added"),
    Tone.REMOVED: N_("Removed"),
    Tone.CHANGED: N_("Changed"),
}
"""What the legend says of each tone, as gettext msgids."""

BADGES = {
    "tick": "M-3.4 .2L-1 2.6L3.6-2.6",
    "here": "M-2-3.2L3.2 0L-2 3.2z",
    "plus": "M-3.4 0H3.4M0-3.4V3.4",
    "minus": "M-3.4 0H3.4",
    "swap": "M-3.4-1.6H3.4M-3.4 1.8H3.4",
}
"""Signs drawn white in a badge, around its centre."""
