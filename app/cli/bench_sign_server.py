"""The web application of `qms bench sign`: the product's own, each answer with the time the server took.

Run as a program it opens an inspector's account for each client of a scratch plant, and gives all accounts
hashes of their password that cost next to nothing, so that everything else about proving one's identity is
measured as it is.
"""

import importlib
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.utils import import_string

from app.access.grants import GrantRole, grant_role
from app.access.identity import verify_identity
from app.access.models import Person, RoleGrant
from app.access.queries import person_by_login
from app.access.routes import DEMO_PASSWORD
from app.access.services import CreatePerson, create_person
from app.cli.bench_sign_clients import INSPECTORS
from app.cli.demo_plant import DEMO_IDENTITY
from app.training.models import Qualification
from app.training.services import RecordQualification, record_qualification
from core import clock
from core.actor import system_actor
from core.db import unit_of_work

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SETUP = system_actor("setup")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def timed(product: "WSGIApplication") -> "WSGIApplication":
    """Say with each answer how many milliseconds the application took, from its call to the whole answer."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *failed: Any) -> Any:
            took = (time.perf_counter() - began) * 1000
            return start_response(status, [*headers, ("Server-Timing", f"app;dur={took:.3f}")], *failed)

        return product(environ, start)

    return answer


def main() -> None:
    """Open the clients' accounts, and give every account of this plant a hash that is quickly computed."""
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    with unit_of_work(SETUP, reason="measurement", now=clock.now()) as session:
        model = session.scalars(select(Person).where(Person.login == INSPECTORS[0])).one()
        for login in INSPECTORS:
            if person_by_login(session, login) is None:
                _open_account(session, login, model)
        session.execute(update(Person).values(password_hash=CHEAP.hash(DEMO_PASSWORD)))


def _open_account(session: Session, login: str, model: Person) -> None:
    """Let somebody do what another inspector may do."""
    name = {"en": login.capitalize(), "zh": login}
    account = CreatePerson(login, name, DEMO_PASSWORD, home_site_id=model.home_site_id, keep_password=True)
    person = create_person(session, account, actor=SETUP, now=clock.now())
    for granted in session.scalars(select(RoleGrant).where(RoleGrant.person_id == model.id)):
        role = GrantRole(granted.role, granted.site_id, granted.valid_from)
        grant_role(session, person, role, actor=SETUP, now=clock.now())
    for known in session.scalars(select(Qualification).where(Qualification.person_id == model.id)):
        days = (known.qualified_from, known.qualified_until)
        trained = RecordQualification(person, known.role, known.document_revision, known.how, *days)
        record_qualification(session, trained, actor=SETUP, now=clock.now())
    verify_identity(session, person, DEMO_IDENTITY, actor=SETUP, now=clock.now())


if __name__ == "__main__":
    main()
else:
    app = timed(import_string("wsgi:app"))
