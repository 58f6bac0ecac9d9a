"""Proof of identity at the moment of a signature: user id and password again (21 CFR 11.200)."""

from werkzeug.datastructures import MultiDict

from app.access.services import Proof, Refusal, compare, prove_untouched, reauthenticate
from app.web import current_person, db, request_time, writing


def prove(form: MultiDict[str, str]) -> Proof | Refusal:
    """Ask for user id and password again; a failed attempt survives in a transaction of its own."""
    person, password, login = current_person(), form.get("password", ""), form.get("login", "")
    compared = compare(db.session(), person.login, password)
    proof = prove_untouched(db.session(), person.id, compared, login=login, now=request_time())
    if proof is not None:
        return proof
    with writing(reason="signature") as session:
        return reauthenticate(
            session, person.id, password, now=request_time(), login=login, compared=compared
        )
