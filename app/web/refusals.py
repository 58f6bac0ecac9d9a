"""Refusals that matter stay in the audit trail, although the act they belong to was rolled back."""

import logging

from flask import request
from sqlalchemy.exc import SQLAlchemyError

from app.web.transactions import request_time
from app.web.visitor import current_actor
from core.db import unit_of_work
from core.errors import Conflict, NotAllowed, QmsError
from core.log import correlation_id
from signatures import audit

log = logging.getLogger(__name__)

KEPT_CODES = frozenset({"site.unreachable"})
"""Refusals kept although their class says little: reaching for another site's object is an attempt."""


def matters(refusal: QmsError) -> bool:
    """Whether auditors want to see it: something forbidden or overtaken, not a slip of the pen."""
    return isinstance(refusal, NotAllowed | Conflict) or refusal.code in KEPT_CODES


def keep(refusal: QmsError) -> None:
    """Write the refusal to the audit trail in a transaction of its own; failing to is logged, not shown."""
    facts = {
        "code": refusal.code,
        "sentence": refusal.text("en"),
        "method": request.method,
        "path": request.path,
        "correlation_id": correlation_id.get(),
    }
    try:
        with unit_of_work(current_actor(), now=request_time()) as session:
            audit.record(
                session, "request.refused", subject=("web.route", str(request.endpoint)), facts=facts
            )
    except SQLAlchemyError:
        log.exception("refusal not written to the audit trail", extra={"code": refusal.code})
