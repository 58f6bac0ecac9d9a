"""Who does something, a person with an account or a named part of the system; and why and when he writes."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Actor:
    """The one on whose account a change is written.

    ``id`` is the person's UUID as text, or ``system:<name>``. ``on_behalf_of`` is the id of the person
    a delegate acts for; the delegate still acts in his own name. ``name`` is the English one; ``name_zh`` is
    empty where there is no other. ``for_name`` and ``for_name_zh`` say the same of the person acted for.
    """

    id: str
    login: str
    name: str
    kind: Literal["person", "system"] = "person"
    on_behalf_of: str | None = None
    name_zh: str = ""
    for_name: str = ""
    for_name_zh: str = ""

    @property
    def names(self) -> dict[str, str]:
        """The name in both languages."""
        return {"en": self.name, "zh": self.name_zh or self.name}

    @property
    def for_names(self) -> dict[str, str]:
        """The name of the person acted for in both languages; his id where nobody has named him."""
        named = self.for_name or self.on_behalf_of or ""
        return {"en": named, "zh": self.for_name_zh or named}


@dataclass(frozen=True)
class WriteContext:
    """Who writes, why, and when: what the triggers put beside every change.

    ``facts`` name what moved the change when it was not the person directly: release, element, job; and the
    correlation id, under which the log tells of the same act.
    """

    actor: Actor
    reason: str | None
    now: datetime
    facts: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        """Give the context as the JSON text that triggers store."""
        return json.dumps(
            {
                "actor": self.actor.id,
                "login": self.actor.login,
                "name": self.actor.name,
                "on_behalf_of": self.actor.on_behalf_of,
                "reason": self.reason,
                "now": self.now.isoformat(),
                **self.facts,
            },
            ensure_ascii=False,
            sort_keys=True,
        )


def system_actor(name: str) -> Actor:
    """Make the actor of an automatic part, such as ``relay`` or ``timer``."""
    return Actor(id=f"system:{name}", login=f"system:{name}", name=name, kind="system")
