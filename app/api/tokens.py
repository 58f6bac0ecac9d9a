"""Keys of programs: made by the person in whose name they act, shown once, ended at any time (URS-132).

A key opens the REST API alone, never a page, and it never signs: a signature asks for the person's password
(21 CFR 11.200). Failures are counted by address as those at the login page are.
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Request, g
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.access.visitors import load_visitor
from app.api.models import AccessToken, AccessTokenUse
from app.web import db, request_time
from app.web.attempts import MOST, SPAN, attempts
from app.web.visitor import Visitor
from core.actor import Actor, system_actor
from core.db import unit_of_work, write_connection
from core.errors import Conflict, Invalid, NotFound
from documents.labels import N_
from signatures import audit

PREFIX = "qms_"
RIGHT = "api.use"
DAYS = (30, 90, 365)
"""How long a key may live."""
MOST_TOKENS = 10
_TOUCH = timedelta(minutes=1)


def make_token(
    session: Session, person_id: uuid.UUID, name: str, days: int, *, actor: Actor, now: datetime
) -> tuple[AccessToken, str]:
    """Make a key for a person; gives it with its secret, which is kept nowhere.

    Raises:
        Invalid: it has no name, or a life that is not offered.
        Conflict: ``api.too_many_tokens``, or ``api.token_untested``: the key opens nothing.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise Invalid("api.token_name", "Say what the key is for.", field="name")
    if days not in DAYS:
        raise Invalid("api.token_days", "Choose how long the key lives.", field="days")
    if sum(1 for one in tokens_of(session, person_id) if one.holds(now)) >= MOST_TOKENS:
        sentence = N_("You have %(count)s keys. Revoke one that is not used any more.")
        raise Conflict("api.too_many_tokens", sentence, count=MOST_TOKENS)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        person_id=person_id,
        name=name,
        secret_sha256=_digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()  # it is tried before anybody is given it
    if find_token(session, secret, now) is not token:
        raise Conflict("api.token_untested", "The key does not open anything. Please try again.")
    facts = {"name": name, "expires": token.expires_at.isoformat()}
    audit.record(session, "token.made", subject=("access_token", str(token.id)), facts=facts)
    return token, secret


def revoke_token(session: Session, person_id: uuid.UUID, token_id: uuid.UUID, *, now: datetime) -> None:
    """End a key of a person at once.

    Raises:
        NotFound: ``api.no_token``.
    """
    token = session.get(AccessToken, token_id)
    if token is None or token.person_id != person_id:
        raise NotFound("api.no_token", "There is no such key.")
    if token.revoked_at is None:
        token.revoked_at = now
        audit.record(session, "token.revoked", subject=("access_token", str(token.id)), facts={})


def tokens_of(session: Session, person_id: uuid.UUID) -> Sequence[AccessToken]:
    """The keys of a person, newest first, ended ones too."""
    wanted = select(AccessToken).where(AccessToken.person_id == person_id)
    return session.scalars(wanted.order_by(AccessToken.created_at.desc())).all()


def uses_of(session: Session, person_id: uuid.UUID) -> dict[uuid.UUID, datetime]:
    """When the keys of a person were last used."""
    wanted = select(AccessTokenUse).join(AccessToken).where(AccessToken.person_id == person_id)
    return {one.token_id: one.used_at for one in session.scalars(wanted)}


def find_token(session: Session, secret: str, now: datetime) -> AccessToken | None:
    """The key that a secret is of, if it holds now."""
    token = session.scalar(select(AccessToken).where(AccessToken.secret_sha256 == _digest(secret)))
    return token if token is not None and token.holds(now) else None


def load_bearer(request: Request) -> Visitor | None:
    """The person in whose name a program asks, from ``Authorization: Bearer``; on the API alone.

    A refused key is noted in ``g.bearer_refused`` with the status to answer, 401 or 429.
    """
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not request.path.startswith("/api/"):
        return None
    now, address = request_time(), request.remote_addr or ""
    if attempts().too_many(address, now):
        g.bearer_refused = 429
        return None
    token = find_token(db.session(), secret.strip(), now)
    person = load_visitor(str(token.person_id)) if token is not None else None
    if token is None or person is None:
        g.bearer_refused = 401
        _note_failure(address, now)
        return None
    _touch(token.id, now)
    wished = request.accept_languages.best_match(["en", "zh"])
    return replace(person, language=wished or person.language, by_token=True)


def _note_failure(address: str, now: datetime) -> None:
    if attempts().failed(address, now):
        facts = {"failures": str(MOST), "minutes": str(SPAN.seconds // 60)}
        with unit_of_work(system_actor("web"), now=now) as session:
            audit.record(session, "sign_in.held_up", subject=("web.address", address), facts=facts)


def _touch(token_id: uuid.UUID, now: datetime) -> None:
    used = db.session.get(AccessTokenUse, token_id)
    if used is not None and now - used.used_at < _TOUCH:
        return
    with write_connection() as connection:
        connection.execute(delete(AccessTokenUse).where(AccessTokenUse.token_id == token_id))
        connection.execute(insert(AccessTokenUse).values(token_id=token_id, used_at=now))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
