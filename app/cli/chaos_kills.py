"""Kills processes of the real product at random while people sign; everything must be there once (URS-130).

Web server, worker, relay, Valkey and PostgreSQL are killed with SIGKILL, one or several at a time, at moments
that a seed decides; now and then the queue is emptied. Nobody mends anything: the product's supervisor starts
again what ended. A private PostgreSQL server is started again as a service manager does at a plant.
"""

import importlib
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.access.routes import DEMO_PASSWORD
from app.cli import chaos_findings, scratch_server
from app.cli.chaos_signers import PatientPlant, Tally, sign_lots
from app.cli.chaos_targets import Targets
from app.cli.output import CannotCheck, machine
from app.cli.run import DEMO_LOADED
from app.cli.scratch import ROOT, Product, running, scratch_folder
from core import clock

ENGINES = ("sqlite", "postgresql")
SIGNERS = 3
AT_ONCE = ((1, 0.7), (2, 0.2), (3, 0.1))
"""How many processes are killed at one moment, and how often."""
LONGEST_PAUSE = 1.0
RECOVERED_WITHIN, GIVEN_UP_AFTER = 60.0, 150.0
SETTLED_WITHIN = 180.0
LOOK_SECONDS = 0.2
"""Between two looks at what runs: each reads through all processes of the machine, at the product's cost."""
EMPTIED_EVERY = 25
"""After so many kills the queue is emptied as well."""
LOST_ANSWERS = ("answers_lost_step_kept", "answers_lost_step_absent")
PAGES = ("/inbox", "/cases", "/receipts", "/stock", "/items", "/records", "/audit", "/processes", "/me")
SUMS = ("steps", "records", "dead_letters", "queue_wiped", *LOST_ANSWERS)


@dataclass
class Harm:
    """What has been done to a product, and how long it took each time until everything worked again."""

    kills: Counter[str] = field(default_factory=Counter)
    wiped: int = 0
    recoveries: list[float] = field(default_factory=list)


def measure(
    kills: int, steps: int, *, engines: Sequence[str], seed: int, together: bool = False
) -> dict[str, Any]:
    """Do so much harm in all, the same on each database; ``together`` runs them side by side.

    Raises:
        CannotCheck: PostgreSQL is not installed, or a product does not start.
    """
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    started = time.perf_counter()
    share, asked = -(-kills // len(engines)), -(-steps // len(engines))
    with ThreadPoolExecutor(len(engines) if together else 1) as hands:
        figures = list(hands.map(lambda name: _storm_on(name, share, asked, f"{seed}-{name}"), engines))
    by_engine = dict(zip(engines, figures, strict=True))
    return {
        **_summed(figures),
        "by_engine": by_engine,
        "seconds": round(time.perf_counter() - started, 1),
        "size": {"kills": kills, "steps": steps, "engines": list(engines), "signers": SIGNERS, "seed": seed},
        "machine": machine(),
    }


def _summed(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_kind: Counter[str] = Counter()
    for one in figures:
        by_kind.update(one["kills_by_kind"])
    every = [seconds for one in figures for seconds in one["recovery_seconds"]]
    return {
        "ok": all(one["ok"] for one in figures),
        "kills": by_kind.total(),
        "kills_by_kind": dict(by_kind),
        **{key: sum(one[key] for one in figures) for key in SUMS},
        **{key: sum(len(one[key]) for one in figures) for key in ("lost", "doubled", "corrupt", "faults")},
        "chain_ok": all(one["chain_ok"] for one in figures),
        "recovery_seconds_max": max(every, default=0.0),
        "recovery_seconds_median": round(statistics.median(every or [0.0]), 2),
        "sealed_seconds_max": max(one["sealed_seconds_max"] for one in figures),
        "web_worker_mib": max(one["web_worker_mib"] for one in figures),
    }


def _storm_on(engine: str, kills: int, steps: int, seed: str) -> dict[str, Any]:
    """One database: start a plant, let people sign and processes die, and look at what is left."""
    with _plant_on(engine) as (product, targets, url):
        harm, tally = Harm(), Tally()
        plants = [PatientPlant(product.url, DEMO_PASSWORD, tally) for _ in range(SIGNERS)]
        walk(plants[0])
        before = targets.resident_mib()
        with _signing(plants, tally):
            storm(targets, harm, tally, kills=kills, steps=steps, chance=random.Random(seed))  # noqa: S311
        _settle(url)
        walk(plants[0])
        found = chaos_findings.look(product, url, tally.lots, tally.signed)
        memory = max(before, targets.resident_mib())
    slowest = max(harm.recoveries, default=0.0)
    return {
        "ok": found.ok and not tally.faults and slowest <= RECOVERED_WITHIN,
        "kills_by_kind": dict(harm.kills),
        "queue_wiped": harm.wiped,
        "steps": len(tally.signed),
        "lots": len(tally.lots),
        "answers_lost_step_kept": tally.lost_kept,
        "answers_lost_step_absent": tally.lost_absent,
        "answers_lost_because": dict(tally.lost_because),
        "longest_wait_for_a_page_seconds": round(tally.longest_wait, 1),
        "faults": tally.faults,
        "recovery_seconds": harm.recoveries,
        "web_worker_mib": memory,
        **vars(found),
    }


def storm(
    targets: Targets, harm: Harm, tally: Tally, *, kills: int, steps: int, chance: random.Random
) -> None:
    """Kill until there were so many kills and so many signed steps, spread evenly over the steps.

    Raises:
        CannotCheck: the product does not work again, or nobody gets on with signing.
    """
    while harm.kills.total() < kills:
        time.sleep(chance.uniform(0, LONGEST_PAUSE))
        _wait_for_steps(tally, int(steps * harm.kills.total() / kills) - SIGNERS)
        strike(targets, harm, chance, at_most=kills - harm.kills.total())
    _wait_for_steps(tally, steps)


def strike(targets: Targets, harm: Harm, chance: random.Random, *, at_most: int) -> None:
    """Kill one or several processes at once and wait until everything works again.

    Raises:
        CannotCheck: it does not.
    """
    started = time.monotonic()
    [count] = chance.choices([count for count, _ in AT_ONCE], [share for _, share in AT_ONCE])
    before = harm.kills.total()
    for kind in chance.sample(targets.kinds, min(count, at_most)):
        harm.kills[kind] += targets.kill(kind, chance)
    if before // EMPTIED_EVERY < harm.kills.total() // EMPTIED_EVERY:
        harm.wiped += targets.wipe_queue()
    since = clock.now()
    while missing := targets.missing(since):
        if time.monotonic() - started > GIVEN_UP_AFTER:
            raise CannotCheck(
                f"{missing} does not come back after the kills {dict(harm.kills)}. The product said last:\n"
                + targets.said()
            )
        time.sleep(LOOK_SECONDS)
    harm.recoveries.append(round(time.monotonic() - started, 2))


def walk(plant: PatientPlant) -> None:
    """Open the main pages, as people do, so that a web worker has loaded what it ever loads."""
    for address in PAGES:
        plant.person("qa").get(address)


@contextmanager
def _signing(plants: Sequence[PatientPlant], tally: Tally) -> Iterator[None]:
    """People sign while the block lasts; then each finishes the lot he has begun."""
    for login in ("keeper", "inspector", "qa"):
        plants[0].person(login)
    stop = threading.Event()
    threads = [
        threading.Thread(target=sign_lots, args=(plant, f"KILL-{number}", tally, stop))
        for number, plant in enumerate(plants)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def _plant_on(engine: str) -> Iterator[tuple[Product, Targets, str]]:
    """A started product with people in it and nothing that has happened yet, and what can be killed of it."""
    with scratch_folder() as home:
        if engine == "sqlite":
            _load(home, {})
            with running(home, {"QMS_WORKERS": "1"}) as product:
                yield product, Targets(product), f"sqlite:///{home / 'qms.sqlite3'}"
            return
        with _server() as server, server.database() as name:
            url = server.url(name, scratch_server.APPLICATION)
            own = {"QMS_DATABASE_URL": url, "QMS_DATABASE_OWNER_URL": server.url(name, scratch_server.OWNER)}
            _load(home, own)
            with running(home, {**own, "QMS_WORKERS": "1"}) as product:
                yield product, Targets(product, server), url


@contextmanager
def _server() -> Iterator[scratch_server.Server]:
    try:
        scratch_server.programs()
    except LookupError as missing:
        raise CannotCheck(str(missing)) from missing
    with scratch_server.server() as server:
        yield server


def _load(home: Path, own: Mapping[str, str]) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("QMS_")}
    for words in (("db", "upgrade"), ("demo", "load", "--without-cases", "--json")):
        command = [sys.executable, "-m", "app.cli", *words]
        environment = {**outside, **own, "QMS_HOME": str(home)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotCheck(done.stderr)
    (home / DEMO_LOADED).write_text(done.stdout, encoding="utf-8")


def _wait_for_steps(tally: Tally, count: int) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN
    while tally.steps() < count:
        if time.monotonic() > deadline:
            raise CannotCheck(f"nobody gets on with signing: {tally.faults} {dict(tally.lost_because)}")
        time.sleep(LOOK_SECONDS)


def _settle(url: str) -> None:
    """Wait until everything is done, as long as something gets done.

    Raises:
        CannotCheck: nothing does any more.
    """
    before, deadline = -1, 0.0
    while left := chaos_findings.waiting(url):
        if left != before:
            before, deadline = left, time.monotonic() + SETTLED_WITHIN
        if time.monotonic() > deadline:
            raise CannotCheck(f"{left} jobs and records are left undone")
        time.sleep(LOOK_SECONDS)
