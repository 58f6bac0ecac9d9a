"""The web application of `qms bench task`: the product's own, each answer with what it took of the server.

Beside the time it says how many SQL statements and commits the request cost, counted where they are sent to
the database; what opens and prepares a new connection is not among them, nor the beginning of a transaction,
which most drivers send by themselves. Run as a program, with a number, it
gives all accounts of a scratch plant cheap passwords and starts so many cases of the measured process.
"""

import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event, select
from werkzeug.utils import import_string

from app.access.models import RoleGrant
from app.access.queries import person_by_login
from app.cli import bench_sign_server
from app.cli.bench_sign_server import SETUP
from app.cli.bench_task import LOOP, PROCESS, WORKER, YOUNG, name_of
from core import clock
from core.db import new_id, unit_of_work
from workflows import repository, runtime
from workflows.bench.stores import MODELS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

class Counted(threading.local):
    """What the request of this thread has sent to the database so far."""

    statements = 0
    commits = 0


def counted(product: "WSGIApplication") -> "WSGIApplication":
    """Say with each answer how many statements and commits it cost."""
    spent = Counted()

    def statement(_connection: Any, _cursor: Any, sent: str, *_given: Any) -> None:
        spent.statements += not sent.startswith("BEGIN")

    def commit(_connection: Any) -> None:
        spent.commits += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        spent.statements = spent.commits = 0

        def start(status: str, headers: list[tuple[str, str]], *failed: Any) -> Any:
            cost = f"sql;dur={spent.statements}, commits;dur={spent.commits}"
            return start_response(status, [*headers, ("Server-Timing", cost)], *failed)

        return product(environ, start)

    return answer


def main(cases: int) -> None:
    """Put the measured process into effect and start its cases, the two that go round last."""
    bench_sign_server.main()
    now = clock.now()
    with unit_of_work(SETUP, reason="measurement", now=now) as session:
        worker = person_by_login(session, WORKER)
        grants = select(RoleGrant.site_id).where(RoleGrant.role == WORKER, RoleGrant.site_id.is_not(None))
        site_id = session.scalars(grants.where(RoleGrant.person_id == worker.id)).first() if worker else None
        files = {f"{PROCESS}.bpmn": (MODELS / "task.bpmn").read_bytes()}
        release = repository.propose_release(session, PROCESS, files, actor=SETUP, now=now)
        repository.make_effective(session, release, actor=SETUP, now=now)
        for name in (*map(name_of, range(cases)), LOOP, YOUNG):
            runtime.start_case(
                session,
                PROCESS,
                title={"en": name, "zh": name},
                site_id=site_id,
                subject=("bench.thing", new_id()),
                data={},
                actor=SETUP,
                now=now,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]))
else:
    app = counted(bench_sign_server.timed(import_string("wsgi:app")))
