"""Words of the inbox and of the records of steps."""

from app.web.rights import ROLES
from core.types import Bilingual
from workflows import registry


def role_name(role: str) -> Bilingual:
    """Call a role by its name; an unknown code stands for itself."""
    return ROLES.get(role) or registry.roles().get(role) or {"en": role, "zh": role}
