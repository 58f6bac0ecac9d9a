"""From the session to the person behind a request."""

import uuid
from collections.abc import Mapping

from flask import session

from app.access.models import PersonState
from app.access.policy import is_too_old
from app.access.queries import Account, account_of
from app.web.database import db
from app.web.transactions import request_time
from app.web.visitor import Visitor
from core.clock import site_day


def load_visitor(person_id: str) -> Visitor | None:
    """Give the signed-in person with the roles of today; nobody when the account is no longer active."""
    account = _account_of(uuid.UUID(person_id))
    if account is None or account.person.state is not PersonState.ACTIVE:
        return None
    person, now = account.person, request_time()
    return Visitor(
        id=person.id,
        login=person.login,
        name=_plain(person.name),
        language=person.language,
        zone=person.zone,
        grants=account.roles(on=site_day(now, person.zone)),
        home_site_id=person.home_site_id,
        must_change_password=person.must_change_password
        or is_too_old(account.oldest_days, person.password_changed_at, now),
        statement_accepted=person.statement_record_id is not None,
    )


def _account_of(person_id: uuid.UUID) -> Account | None:
    """The account that was read with the session of this request, if it is that person's."""
    read: Account | None = getattr(session, "account", None)
    if read is not None and read.person.id == person_id:
        return read
    return account_of(db.session(), person_id)


def _plain(name: Mapping[str, str]) -> dict[str, str]:
    return {"en": name["en"], "zh": name["zh"]}
