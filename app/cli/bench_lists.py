"""How fast a list of a million objects answers: words, filters, orders and pages, Chinese ones included.

On each database a list of items is filled past the audit trail and indexed as the product does it; then one
person looks at 200 pages through the web application itself. Measured is each whole answer: rights, counting,
searching, sorting, the page. The rows are of the kinds a plant has: codes, names in both languages, GTINs;
words are rare, usual and in every row.
"""

import importlib
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, insert, select, text

from app.access.grants import GrantRole, grant_role
from app.access.services import CreatePerson, create_person
from app.cli.bench_import import BENCH, installed
from app.cli.output import CannotCheck, machine
from app.cli.scratch import scratch_folder
from app.cli.scratch_database import on_a_server_of_its_own
from app.objects import search
from app.objects.kinds import ObjectKind, kind_of
from app.organisation.models import Department, DepartmentState
from app.sites.models import Site
from app.sites.services import CreateSite, create_site
from app.web.rights import OWNER
from core import clock
from core.config import settings
from core.db import engine, owner_connection, unit_of_work
from core.types import Bilingual

ROWS, QUICK_ROWS = 1_000_000, 20_000
LOOKS = 200
BATCH = 5_000
KIND = "organisation.department"
PASSWORD = "quiet-harbour-42"  # noqa: S105 - of a scratch plant
THINGS: tuple[tuple[str, str], ...] = (
    ("Granulate", "粒料"), ("Syringe barrel", "注射器外套"), ("Catheter tube", "导管"), ("Needle", "针头"),
    ("Blister film", "吸塑膜"), ("Carton", "纸箱"), ("Label", "标签"), ("Sterile bag", "灭菌袋"),
    ("Adhesive", "粘合剂"), ("Valve", "阀门"), ("Filter membrane", "过滤膜"), ("Guide wire", "导丝"),
)  # fmt: skip
MAKES = (("medical grade", "医用级"), ("industrial grade", "工业级"), ("sample", "样品"), ("coated", "涂层"))


def measure(*, quick: bool = False, rows: int | None = None) -> dict[str, Any]:
    """Look at 200 pages of the list on each database; milliseconds, null where no server is installed."""
    importlib.import_module("app.factory")  # knows every kind; it stands above, so by its name
    count = rows or (QUICK_ROWS if quick else ROWS)
    figures: dict[str, Any] = {}
    for name, database in (("sqlite", nullcontext({})), ("postgres", on_a_server_of_its_own())):
        try:
            with scratch_folder() as folder, database as environment, installed(folder, environment):
                figures |= {f"{name}_{key}": value for key, value in _figures(count).items()}
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            figures |= {"postgres_p95_ms": None, "postgres_reason": str(reason)}
    return {**figures, "machine": machine(), "size": {"rows": count, "looks": LOOKS, "quick": quick}}


def _figures(count: int) -> dict[str, Any]:
    kind = kind_of(KIND)
    began = time.monotonic()
    _fill(kind, count)
    filled = time.monotonic() - began
    client, taken = _client(), dict[str, list[float]]()
    for name, path in _looks(kind, count):
        start = time.perf_counter()
        answer = client.get(path)
        taken.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise CannotCheck(f"{path} answers {answer.status_code}")
    every = sorted(one for times in taken.values() for one in times)
    return {
        "p95_ms": _p95(every),
        "median_ms": round(statistics.median(every), 1),
        "slowest_ms": round(every[-1], 1),
        "by_look_p95_ms": {name: _p95(sorted(times)) for name, times in taken.items()},
        "fill_seconds": round(filled, 1),
    }


def _looks(kind: ObjectKind, count: int) -> Iterator[tuple[str, str]]:
    """What one person asks of the list: 200 looks, the first of each sort left in."""
    chosen, path = random.Random(7), f"/{kind.plural}"  # noqa: S311 - the same looks each time
    asks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("one code", lambda: f"q=D-{chosen.randrange(count):07d}"),
        ("beginning of a code", lambda: f"q=D-{chosen.randrange(count):07d}"[:-2]),
        ("two Chinese signs, in every twelfth row", lambda: f"q={chosen.choice(THINGS)[1][:2]}"),
        ("Chinese in every fourth row", lambda: f"q={chosen.choice(MAKES)[1][:2]}"),
        ("two words", lambda: f"q={chosen.choice(THINGS)[0].split()[0]} {chosen.choice(MAKES)[1]}"),
        ("word of every fourth row", lambda: f"q={chosen.choice(MAKES)[0].split()[0]}"),
        ("rare number and word", lambda: f"q={chosen.randrange(count // 10)} {chosen.choice(THINGS)[0]}"),
        ("nothing found", lambda: f"q=不存在{chosen.randrange(100)}"),
        ("word and filter", lambda: f"q={chosen.choice(THINGS)[1]}&state=closed"),
        ("filter alone", lambda: "state=closed"),
        ("page", lambda: f"sort=code&page={chosen.randrange(1, 400)}"),
        ("page, other way", lambda: f"sort=-code&page={chosen.randrange(1, 40)}"),
        ("page of a word", lambda: f"q={chosen.choice(THINGS)[0]}&page={chosen.randrange(1, 40)}"),
    )
    for number in range(LOOKS):
        name, ask = asks[number % len(asks)]
        yield name, f"{path}?{ask()}"


def _fill(kind: ObjectKind, count: int) -> None:
    """Bring the rows in past the trail, index them, and let the database look at what it has."""
    audit = importlib.import_module("signatures.audit")
    with owner_connection() as connection, audit.schema_changes(connection):
        _trail(connection, kind, on=False)
        for start in range(0, count, BATCH):
            rows = [_row(number) for number in range(start, min(start + BATCH, count))]
            connection.execute(insert(Department), rows)
        _trail(connection, kind, on=True)
    with unit_of_work(BENCH, reason="bench") as session:
        search.rebuild(session, kind)
    if engine().dialect.name == "postgresql":  # as the server does by itself, a minute later
        owner = create_engine(settings().owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _row(number: int) -> dict[str, Any]:
    english, chinese = THINGS[number % len(THINGS)]
    make, made = MAKES[number // len(THINGS) % len(MAKES)]
    name: Bilingual = {"en": f"{english} {make} {number // 10}", "zh": f"{made}{chinese}{number // 10}号"}
    state = DepartmentState.CLOSED if number % 50 == 0 else DepartmentState.ACTIVE
    return {"id": uuid.uuid4(), "code": f"D-{number:07d}", "name": name, "state": state, "revision": 1}


def _trail(connection: Any, kind: ObjectKind, *, on: bool) -> None:
    """Put the triggers of the trail aside while rows come in, on a scratch database alone."""
    audit = importlib.import_module("signatures.audit")
    if connection.dialect.name == "postgresql":
        connection.execute(text(f'ALTER TABLE "{kind.table}" {"ENABLE" if on else "DISABLE"} TRIGGER USER'))
    elif on:
        audit.install_triggers(connection, kind.model.metadata)
    else:
        of_table = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        for (name,) in connection.execute(text(of_table), {"table": kind.table}).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))


def _client() -> FlaskClient:
    """One person at a browser: a process owner who sees everything."""
    with unit_of_work(BENCH, reason="bench", now=clock.now()) as session:
        if session.scalar(select(Site.id).limit(1)) is None:
            words = {"en": "Plant", "zh": "工厂"}
            create_site(session, CreateSite("SZ1", words, words, words, "CN", "Asia/Shanghai"), actor=BENCH)
        account = CreatePerson("bench", {"en": "Bench", "zh": "测量"}, PASSWORD, keep_password=True)
        person = create_person(session, account, actor=BENCH, now=clock.now())
        grant = GrantRole(OWNER, None, date(2020, 1, 1))
        grant_role(session, person, grant, actor=BENCH, now=clock.now())
    factory = importlib.import_module("app.factory")
    client: FlaskClient = factory.create_app(testing=True).test_client()
    page = client.get("/login").text
    form = {"login": "bench", "password": PASSWORD, "csrf_token": _token(page)}
    if client.post("/login", data=form).status_code != 302:
        raise CannotCheck("the person of the measurement cannot sign in")
    return client


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def _p95(times: list[float]) -> float:
    return round(times[max(int(len(times) * 0.95) - 1, 0)], 1)
