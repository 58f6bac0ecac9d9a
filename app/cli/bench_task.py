"""What completing a task without signature costs through HTTP: time, statements, commits; and in a long loop.

Each database is measured on a scratch demo plant behind the product's own web server, as `qms bench sign`
does it: first one round of many cases, each with a task that leads to the next, then many rounds of one case.
The time is the server's, from the call of the application to its answer; statements and commits are counted
in the same request, the session and the rights of the person included.

`sql_statements` and `commits` are the most that any completion of the first kind took on either database;
`loop200_flatness` is the median of the last twenty rounds ÷ that of the first twenty, the worse of both. The
first twenty are those of a second case, done in turns with the last of the long one: both meet the same
machine at the same moment. `_loop_last_to_first` compares the long case with its own first rounds, minutes
before.
"""

import re
import statistics
from contextlib import closing, nullcontext
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app.access.routes import DEMO_PASSWORD
from app.cli.bench_sign import on_plant, served
from app.cli.bench_sign_clients import headers_of
from app.cli.output import CannotCheck, machine
from app.cli.scratch_database import on_a_server_of_its_own
from app.cli.story import Plant
from app.cli.visit import UnexpectedPage

TASKS, QUICK_TASKS = 60, 10
ROUNDS, QUICK_ROUNDS = 200, 50
WARM_UP, ENDS = 6, 20
SERVER = "app.cli.bench_task_server"
PROCESS, WORKER = "bench_task", "inspector"
"""The process, and the login of who does its steps."""
LOOP, YOUNG = "LOOP", "YOUNG"
"""The names of the case that goes round and round, and of the one whose first rounds it is compared with."""
_TOOK = re.compile(r"(app|sql|commits);dur=([0-9.]+)")


@dataclass(frozen=True)
class Cost:
    """What one completed task took of the server."""

    milliseconds: float
    statements: int
    commits: int


def name_of(number: int) -> str:
    """The name of a case that is measured once."""
    return f"TASK-{number:04}"


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Complete so many tasks on each database; null where no server of PostgreSQL is installed."""
    tasks, rounds = (QUICK_TASKS, QUICK_ROUNDS) if quick else (TASKS, ROUNDS)
    figures: dict[str, Any] = {}
    once: dict[str, list[Cost]] = {}
    flat: dict[str, float] = {}
    for name, database in (("sqlite", nullcontext({})), ("postgres", on_a_server_of_its_own())):
        try:
            with (
                on_plant(database, SERVER, str(tasks + WARM_UP)) as environment,
                served(environment, SERVER) as address,
            ):
                once[name], loop, young = _complete_all(address, tasks, rounds)
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            figures |= {"postgres_ms": None, "postgres_reason": str(reason)}
            continue
        flat[name] = _ratio(loop[-ENDS:], young)
        figures |= {
            f"{name}_ms": round(statistics.median(cost.milliseconds for cost in once[name]), 1),
            f"{name}_statements": max(cost.statements for cost in once[name]),
            f"{name}_loop_last_statements": loop[-1].statements,
            f"{name}_loop_flatness": flat[name],
            f"{name}_loop_last_to_first": _ratio(loop[-ENDS:], loop[:ENDS]),
        }
    every = [cost for costs in once.values() for cost in costs]
    return {
        **figures,
        "sql_statements": max(cost.statements for cost in every),
        "commits": max(cost.commits for cost in every),
        "loop200_flatness": max(flat.values()),
        "machine": machine(),
        "size": {"tasks": tasks, "rounds": rounds, "quick": quick},
    }


def _complete_all(address: str, tasks: int, rounds: int) -> tuple[list[Cost], list[Cost], list[Cost]]:
    """Complete a task of every case once, then that of one case again and again, its last rounds in turns
    with the first ones of a young case."""
    plant = Plant(address, DEMO_PASSWORD)
    once = [_complete(plant, name_of(number)) for number in range(tasks + WARM_UP)]
    loop, young = [_complete(plant, LOOP) for _ in range(rounds - ENDS)], []
    for _ in range(ENDS):
        young.append(_complete(plant, YOUNG))
        loop.append(_complete(plant, LOOP))
    return once[WARM_UP:], loop, young


def _complete(plant: Plant, name: str) -> Cost:
    """Open the task of a case, write the note, and send what completes it.

    Raises:
        CannotCheck: it is refused, or needs a signature.
    """
    person = plant.person(WORKER)
    inbox = person.get(f"/inbox?q={quote(name)}")
    links = [link for link in inbox.links("/inbox/") if re.search(r"/inbox/[0-9a-f-]{36}$", link)]
    if not links:
        raise UnexpectedPage(f"nothing of {name} waits: {inbox.text()[:400]}")
    review = person.submit(person.get(links[0]).form("/review"), {"note": "again"})
    form = review.form("/sign")
    body = urlencode(form.form_values()).encode()
    place = urlsplit(plant.address)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=60)) as connection:
        connection.request("POST", urlsplit(str(form.action)).path, body, headers_of(person, form.base_url))
        answer = connection.getresponse()
        page = answer.read()
    took = dict(_TOOK.findall(", ".join(answer.headers.get_all("Server-Timing", []))))
    if answer.status != 303 or set(took) != {"app", "sql", "commits"}:
        raise CannotCheck(f"not completed ({answer.status}): {page[:600].decode()}")
    return Cost(float(took["app"]), int(took["sql"]), int(took["commits"]))


def _ratio(these: list[Cost], those: list[Cost]) -> float:
    """How much longer these rounds take than those."""
    one, other = (statistics.median(cost.milliseconds for cost in part) for part in (these, those))
    return round(one / other, 3)
