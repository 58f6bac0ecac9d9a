"""Who hands a step over to somebody else (转办): asked by the pages that offer it and by the step itself."""

from app.web.rights import OWNER, QA
from app.web.visitor import Visitor
from workflows.models import HumanTask

HANDS_OVER = frozenset({OWNER, QA})
"""Roles that hand over the steps of others at their sites."""


def may_hand_over(person: Visitor, task: HumanTask) -> bool:
    """Whether a person hands a step over: his own, or as process owner or quality assurance of its site."""
    if not person.may_sign or int(task.policy.get("signers") or 1) > 1:
        return False
    his = person.id in (task.assigned_to, task.claimed_by)
    return his or any(
        role in HANDS_OVER and (site is None or task.site_id in (None, site)) for role, site in person.grants
    )
