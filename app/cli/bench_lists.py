"""How fast a list of a million items answers: words, filters, orders and pages, Chinese ones included.

On each database the list of items is filled past the audit trail, each item with its first revision, and
indexed as the product does it; then one person looks at 400 pages through the web application itself, a
program reads on by its cursor. Measured is each whole answer: rights, counting, searching, sorting, the page.
The rows are of the kinds a plant has: codes, names in both languages, kinds that go with the names, units,
GTINs; words are rare, usual and in every row.
"""

import base64
import importlib
import json
import os
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

from biip.checksums import gs1_standard_check_digit
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, insert, select, text

from app.access.grants import GrantRole, grant_role
from app.access.services import CreatePerson, create_person
from app.catalog.models import Item, ItemKind, ItemRevision, ItemState
from app.cli.bench_import import BENCH, DATABASES, Parts, on_database
from app.cli.output import CannotCheck, machine
from app.objects import search
from app.objects.kinds import ObjectKind, kind_of
from app.sites.models import Site
from app.sites.services import CreateSite, create_site
from app.web.rights import OWNER
from core import clock
from core.config import settings
from core.db import engine, owner_connection, unit_of_work
from core.effectivity import RevisionState
from core.types import Bilingual

ROWS, QUICK_ROWS = 1_000_000, 20_000
LOOKS = 400
BATCH = 5_000
KIND = "catalog.item"
TABLES = (Item, ItemRevision)
PASSWORD = "quiet-harbour-42"  # noqa: S105 - of a scratch plant
LIST, SEARCH = "page", "search"
OPENED = datetime(2026, 1, 1, tzinfo=UTC)
THINGS: tuple[tuple[str, str, ItemKind, str], ...] = (
    ("Granulate", "粒料", ItemKind.MATERIAL, "kg"), ("Adhesive", "粘合剂", ItemKind.MATERIAL, "L"),
    ("Silicone", "硅胶", ItemKind.MATERIAL, "kg"), ("Barrel", "注射器外套", ItemKind.COMPONENT, "{pcs}"),
    ("Catheter tube", "导管", ItemKind.COMPONENT, "m"), ("Needle", "针头", ItemKind.COMPONENT, "{pcs}"),
    ("Valve", "阀门", ItemKind.COMPONENT, "{pcs}"), ("Filter membrane", "过滤膜", ItemKind.COMPONENT, "m2"),
    ("Blister film", "吸塑膜", ItemKind.PACKAGING, "m"), ("Carton", "纸箱", ItemKind.PACKAGING, "{pcs}"),
    ("Label", "标签", ItemKind.PACKAGING, "{roll}"), ("Infusion set", "输液器", ItemKind.FINISHED, "{set}"),
)  # fmt: skip
MAKES = (("medical grade", "医用级"), ("industrial grade", "工业级"), ("sample", "样品"), ("coated", "涂层"))


def measure(*, quick: bool = False, rows: int | None = None, database: str | None = None) -> dict[str, Any]:
    """Look at 400 pages of the list on each database; milliseconds, null where no server is installed.

    One database alone may be asked for. ``cpu_seconds`` are those of this process while it looks, the load
    that of the whole machine beside it; ``parts`` says what filling and looking took.
    """
    importlib.import_module("app.factory")  # knows every kind; it stands above, so by its name
    count = rows or (QUICK_ROWS if quick else ROWS)
    figures: dict[str, Any] = {}
    took = Parts()
    for name in (database,) if database else DATABASES:
        try:
            with ExitStack() as stack:
                with took(f"{name}_set_up"):
                    stack.enter_context(on_database(name))
                figures |= {f"{name}_{key}": value for key, value in _figures(count, took, name).items()}
        except CannotCheck as reason:
            if name == "sqlite":
                raise
            figures |= {"postgres_p95_ms": None, "postgres_reason": str(reason)}
    size = {"rows": count, "looks": LOOKS, "quick": quick}
    return {**figures, "parts": took.parts, "machine": machine(), "size": size}


def _figures(count: int, took: Parts, name: str) -> dict[str, Any]:
    kind = kind_of(KIND)
    with took(f"{name}_fill"):
        fill(kind, count)
    with took(f"{name}_look"):
        seen = look_around(kind, count)
    return {**seen, "fill_seconds": took.parts[f"{name}_fill"]["seconds"]}


def look_around(kind: ObjectKind, count: int) -> dict[str, Any]:
    """Look at the list as it lies in this installation's database.

    Raises:
        CannotCheck: a page is not given.
    """
    client, taken = _client(), dict[tuple[str, str], list[float]]()
    cpu = time.process_time()
    for group, name, path in looks(kind, count):
        start = time.perf_counter()
        answer = client.get(path)
        taken.setdefault((group, name), []).append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise CannotCheck(f"{path} answers {answer.status_code}")
    cpu = time.process_time() - cpu
    every = sorted(one for times in taken.values() for one in times)
    of_group = {
        f"{group}_p95_ms": _p95([one for (of, _), times in taken.items() if of == group for one in times])
        for group in (SEARCH, LIST)
    }
    return {
        "p95_ms": _p95(every),
        **of_group,
        "median_ms": round(statistics.median(every), 1),
        "slowest_ms": round(every[-1], 1),
        "by_look_p95_ms": {name: _p95(times) for (_, name), times in taken.items()},
        "by_look_slowest_ms": {name: round(max(times), 1) for (_, name), times in taken.items()},
        "cpu_seconds": round(cpu, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def looks(kind: ObjectKind, count: int) -> Iterator[tuple[str, str, str]]:
    """What one person, and one program, ask of the list: 400 looks, the first of each sort left in.

    Each is whether it searches, what it is called, its address.
    """
    chosen = random.Random(7)  # noqa: S311 - the same looks each time
    asks = [*_searches(chosen, count), *_pages(chosen)]
    for number in range(LOOKS):
        group, name, ask = asks[number % len(asks)]
        yield group, name, f"/{kind.plural}?{ask()}"
        if number % len(asks) == 0:
            cursor = _cursor(chosen.randrange(count))
            yield LIST, "program: on from far in", f"/api/v1/{kind.plural}?cursor={cursor}"
            word = chosen.choice(MAKES)[1]
            yield SEARCH, "program: on in a word", f"/api/v1/{kind.plural}?q={word}&cursor={cursor}"


Ask = tuple[str, str, Callable[[], str]]


def _searches(chosen: random.Random, count: int) -> list[Ask]:
    def thing(lang: int) -> str:
        return THINGS[chosen.randrange(len(THINGS))][lang]

    def make(lang: int) -> str:
        return MAKES[chosen.randrange(len(MAKES))][lang]

    asks: dict[str, Callable[[], str]] = {
        "one code": lambda: f"q={_row(chosen.randrange(count))['code']}",
        "beginning of a code": lambda: f"q={_row(chosen.randrange(count))['code'][:-2]}",
        "one GTIN": lambda: f"q={_gtin(chosen.randrange(count))}",
        "two Chinese signs, in every twelfth row": lambda: f"q={thing(1)[:2]}",
        "Chinese in every fourth row": lambda: f"q={make(1)[:2]}",
        "one Chinese sign": lambda: f"q={thing(1)[0]}",
        "two words": lambda: f"q={thing(0).split()[0]} {make(1)}",
        "word of every fourth row": lambda: f"q={make(0).split()[0]}",
        "rare number and word": lambda: f"q={chosen.randrange(count // 10)} {thing(0)}",
        "nothing found": lambda: f"q=不存在{chosen.randrange(100)}",
        "word and filter": lambda: f"q={thing(1)}&state=retired",
        "word that the filter leaves none of": lambda: f"q={THINGS[0][1]}&kind=finished",
        "page of a word": lambda: f"q={thing(0)}&page={chosen.randrange(1, 40)}",
        "word, sorted by name": lambda: f"q={thing(1)}&sort={chosen.choice('- ').strip()}name",
        "word, sorted by kind": lambda: f"q={thing(1)}&sort={chosen.choice('- ').strip()}kind",
        "word, sorted by GTIN": lambda: f"q={make(1)}&sort={chosen.choice('- ').strip()}gtin",
    }
    return [(SEARCH, name, ask) for name, ask in asks.items()]


def _pages(chosen: random.Random) -> list[Ask]:
    def sorted_by(column: str) -> Callable[[], str]:
        return lambda: f"sort={column}&page={chosen.choice((1, 2, 40, 400))}"

    asks: dict[str, Callable[[], str]] = {
        "filter alone": lambda: "state=retired",
        "filter of a quarter": lambda: f"kind=packaging&page={chosen.randrange(1, 10)}",
        "two filters": lambda: "kind=material&state=blocked",
        "filter, sorted by itself": lambda: "kind=packaging&sort=-kind",
        "page": lambda: f"sort=code&page={chosen.randrange(1, 400)}",
        "page, other way": lambda: f"sort=-code&page={chosen.randrange(1, 400)}",
    }
    for column in ("name", "kind", "uom", "gtin", "state"):
        asks[f"sorted by {column}"] = sorted_by(column)
        asks[f"sorted by {column}, other way"] = sorted_by(f"-{column}")
    return [(LIST, name, ask) for name, ask in asks.items()]


def _cursor(number: int) -> str:
    place = json.dumps([_row(number)["code"], str(uuid.UUID(int=0))])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def fill(kind: ObjectKind, count: int) -> None:
    """Bring the rows in past the trail, index them, and let the database look at what it has."""
    audit = importlib.import_module("signatures.audit")
    with owner_connection() as connection, audit.schema_changes(connection):
        _trail(connection, on=False)
        for start in range(0, count, BATCH):
            rows = [_row(number) for number in range(start, min(start + BATCH, count))]
            connection.execute(insert(Item), rows)
            connection.execute(insert(ItemRevision), [_first(row) for row in rows])
        _trail(connection, on=True)
    with unit_of_work(BENCH, reason="bench") as session:
        search.rebuild(session, kind)
    if engine().dialect.name == "postgresql":  # as the server does by itself, a minute later
        owner = create_engine(settings().owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _row(number: int) -> dict[str, Any]:
    english, chinese, kind, unit = THINGS[number % len(THINGS)]
    make, made = MAKES[number // len(THINGS) % len(MAKES)]
    name: Bilingual = {"en": f"{english} {make} {number // 10}", "zh": f"{made}{chinese}{number // 10}号"}
    state = {0: ItemState.RETIRED, 1: ItemState.BLOCKED}.get(number % 50, ItemState.ACTIVE)
    return {
        "id": uuid.uuid4(), "code": f"{kind.value[:2].upper()}-{number:07d}", "name": name, "kind": kind,
        "uom": unit, "gtin": _gtin(number) if number % 10 else None, "shelf_life_days": 730,
        "storage": {"en": "dry", "zh": "干燥"}, "state": state, "created_at": OPENED, "revision": 1,
    }  # fmt: skip


def _first(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "item_id": item["id"], "code": "1", "specification": "SPEC-1 B", "drawing": "",
        "note": "", "state": RevisionState.APPROVED, "effective_from": OPENED.date(), "revision": 1,
    }  # fmt: skip


def _gtin(number: int) -> str:
    digits = f"0690{number:09d}"
    return f"{digits}{gs1_standard_check_digit(digits)}"


def _trail(connection: Any, *, on: bool) -> None:
    """Put the triggers of the trail aside while rows come in, on a scratch database alone."""
    audit = importlib.import_module("signatures.audit")
    tables = [str(model.__tablename__) for model in TABLES]
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.execute(text(f'ALTER TABLE "{table}" {"ENABLE" if on else "DISABLE"} TRIGGER USER'))
    elif on:
        audit.install_triggers(connection, Item.metadata)
    else:
        of_table = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        for table in tables:
            for (name,) in connection.execute(of_table, {"table": table}).all():
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
    return round(sorted(times)[max(int(len(times) * 0.95) - 1, 0)], 1)
