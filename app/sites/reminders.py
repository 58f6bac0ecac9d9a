"""How many working days before and after a due date people are told, as a setting (URS-006, URS-148)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.sites.models import ReminderRule
from core.actor import Actor
from core.errors import FieldErrors, Invalid
from signatures import audit

BOUNDS = {"days_before": (0, 30), "days_manager": (0, 60), "days_head": (0, 90)}
"""Smallest and largest number of working days."""


@dataclass(frozen=True)
class ChangeReminders:
    """The days as they shall be; see :class:`app.sites.models.ReminderRule`."""

    days_before: int
    days_manager: int
    days_head: int


def rule_of(session: Session) -> ReminderRule:
    """Give the days in force: the delivered ones until somebody has changed them."""
    return session.get(ReminderRule, 1) or ReminderRule(id=1, days_before=3, days_manager=1, days_head=5)


def change_reminders(session: Session, command: ChangeReminders, *, actor: Actor, now: datetime) -> None:
    """Put other days into force; who has been told already is not told again.

    Raises:
        FieldErrors: a number is out of its bounds, or the quality head would hear before the manager.
    """
    errors: dict[str, Invalid] = {}
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(command, name) <= most:
            errors[name] = Invalid(
                "access.bounds", "Between %(least)s and %(most)s.", field=name, least=least, most=most
            )
    if command.days_head < command.days_manager:
        sentence = "The quality head is told after the line manager, not before."
        errors.setdefault("days_head", Invalid("reminders.order", sentence, field="days_head"))
    if errors:
        raise FieldErrors(errors)
    rule = rule_of(session)
    session.add(rule)
    for name, value in vars(command).items():
        setattr(rule, name, value)
    audit.record(session, "reminders.changed", subject=("reminder_rule", 1), facts=vars(command))
