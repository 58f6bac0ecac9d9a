"""What a person does first: a short list by rights, on the first page of the menu, until it is put away."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from werkzeug.routing import BuildError

from app.web.visitor import Visitor

MOST = 4


@dataclass(frozen=True)
class FirstStep:
    """One line of the list: a sentence and the page it leads to."""

    endpoint: str
    words: Any

    @property
    def url(self) -> str:
        """Address of the page; empty where there is none."""
        try:
            return url_for(self.endpoint)
        except BuildError:
            return ""


STATEMENT = FirstStep("access.accept", _l("Read and accept the statement without which nobody can sign"))
ACCOUNT = FirstStep("access.me", _l("Choose your language and time zone, and see the keys"))
STEPS: tuple[tuple[str, FirstStep], ...] = (
    ("receipts.post", FirstStep("procurement.new_receipt", _l("Receive goods by scanning their label"))),
    ("output.post", FirstStep("production.new_output", _l("Receive what production has made"))),
    ("models.propose", FirstStep("modeler.upload", _l("Propose a changed process; a second person accepts"))),
    ("house.manage", FirstStep("house.index", _l("Put your company's name and logo on the records"))),
    ("jobs.manage", FirstStep("jobs.index", _l("See what the system is working on"))),
    ("people.manage", FirstStep("people.new", _l("Open an account; a second person confirms its roles"))),
    ("policy.manage", FirstStep("people.rules", _l("Set the rules for passwords"))),
    ("clock.confirm", FirstStep("clock.show", _l("See whether the plant's clock can be trusted"))),
    ("audit.read", FirstStep("governance.verify", _l("Have the audit trail verified"))),
    ("cases.read", FirstStep("cases.index", _l("Open a case and see where it stands in its diagram"))),
    ("orders.read", FirstStep("procurement.orders", _l("See what is ordered and what is still to come"))),
    ("records.read", FirstStep("archive.index", _l("Find a signed record and see its signatures checked"))),
)
"""Steps by the right they need, those that are only few people's first."""


def steps_of(person: Visitor) -> list[FirstStep]:
    """List the first steps of a person: to be able to sign, what the roles are for, the own account."""
    first = [STATEMENT] if person.may_sign and not person.statement_accepted else []
    mine = [step for right, step in STEPS if person.may(right) and step.url]
    return [*first, *mine[:MOST], ACCOUNT]
