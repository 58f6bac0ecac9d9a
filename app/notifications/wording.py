"""What notices say, in both languages: a sentence a kind of event, filled with number, step and site only."""

from dataclasses import dataclass


def N_(msgid: str) -> str:
    """Mark a sentence for translation."""
    return msgid


@dataclass(frozen=True)
class Wording:
    """A short title, the sentence, and a Tabler icon for the list."""

    title: str
    sentence: str
    icon: str = "bell"


KINDS: dict[str, Wording] = {
    "task.new": Wording(
        N_("A task has reached you"), N_("%(step)s of %(number)s at %(site)s waits for you."), "inbox"
    ),
    "task.handed_over": Wording(
        N_("A step was handed over to you"), N_("%(step)s of %(number)s at %(site)s is yours now."), "inbox"
    ),
    "task.due": Wording(
        N_("A task is due soon"), N_("%(step)s of %(number)s at %(site)s is due soon."), "clock"
    ),
    "task.overdue": Wording(
        N_("A task is overdue"), N_("%(step)s of %(number)s at %(site)s is overdue."), "alert-triangle"
    ),
    "task.ahead": Wording(
        N_("A task is due in a few days"),
        N_("%(step)s of %(number)s at %(site)s is due in a few days."),
        "clock",
    ),
    "task.escalated": Wording(
        N_("A task of your people is overdue"),
        N_("%(step)s of %(number)s at %(site)s is overdue. You are told as line manager."),
        "alert-triangle",
    ),
    "task.escalated_head": Wording(
        N_("A task is long overdue"),
        N_("%(step)s of %(number)s at %(site)s is long overdue. You are told as quality head."),
        "alert-triangle",
    ),
    "task.stuck": Wording(
        N_("Nobody can take a step"),
        N_("Nobody is left who may take %(step)s of %(number)s at %(site)s."),
        "user-off",
    ),
    "account.locked": Wording(
        N_("Your account is locked"),
        N_("Your account is locked. A security administrator can open it."),
        "lock",
    ),
    "account.lockout": Wording(
        N_("An account has been locked"), N_("An account has been locked. Please look at it."), "lock"
    ),
    "account.password_reset": Wording(
        N_("Your password has been reset"),
        N_("An administrator has reset your password. If you did not ask for it, tell quality assurance."),
        "key",
    ),
    "signing.suspended": Wording(
        N_("Your right to sign is suspended"),
        N_("You cannot sign until somebody who is no administrator has recorded who you are."),
        "signature-off",
    ),
    "signing.restored": Wording(
        N_("You may sign again"), N_("Your identity has been verified; you may sign again."), "signature"
    ),
    "clock.refused": Wording(
        N_("Signing was refused because of the clock"),
        N_("The clock of this installation is behind the audit trail. Nothing is signed until it is right."),
        "clock-x",
    ),
    "job.dead": Wording(
        N_("A background job has given up"), N_("Job %(job)s has used up its attempts."), "refresh-alert"
    ),
}
"""Kinds of notices by code."""

DIGEST_TITLE = N_("Your notices of the day")
GREETING = N_("Good day,")
OPEN = N_("Open")
CLOSING = N_("Sent by the quality system at %(url)s. How often it writes is set in your account there.")
