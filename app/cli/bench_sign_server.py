"""The web application of `qms bench sign`: the product's own, each answer with the time the server took.

Run as a program it gives the scratch plant's accounts hashes of their password that cost next to nothing, so
that everything else about proving one's identity is measured as it is.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from sqlalchemy import update
from werkzeug.utils import import_string

from app.access.models import Person
from app.access.routes import DEMO_PASSWORD
from core.actor import system_actor
from core.db import unit_of_work

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
    """Give every account of this plant a hash that is quickly computed."""
    with unit_of_work(system_actor("bench"), reason="measurement") as session:
        session.execute(update(Person).values(password_hash=CHEAP.hash(DEMO_PASSWORD)))


if __name__ == "__main__":
    main()
else:
    app = timed(import_string("wsgi:app"))
