"""The processes of a scratch product by kind: which there are, how they are killed, when all work again."""

import contextlib
import os
import random
import signal
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from redis import Redis
from redis.exceptions import RedisError

from app.cli.scratch import Product
from app.cli.scratch_server import Server

MODULES = {
    "web": "gunicorn",
    "worker": "app.jobs.worker",
    "relay": "app.jobs.relay",
    "queue": "app.jobs.embedded",
}
"""What stands in the command line of the processes of each kind; Valkey is a child of the last one."""
LEADER_SHARE = 0.4
"""How often the first process of a kind is chosen, which has started the others."""
COMPLETE = {"web": 3, "worker": 2, "relay": 1, "queue": 2}
"""How many processes of each kind there are at rest: the first one and what it has started."""
PATIENCE_SECONDS = 10
LAST_LINES = 60
WAITING_FOR_JOBS = ("blmove", "blpop", "brpop")
"""What an idle worker asks of the queue; one at work has a child of its own."""


class Targets:
    """What may be killed of a product, its private PostgreSQL server included when it has one."""

    def __init__(self, product: Product, server: Server | None = None) -> None:
        self._product = product
        self._server = server
        self._queue = Redis(unix_socket_path=str(product.home / "valkey.sock"), socket_timeout=2)
        self.kinds = [*MODULES, "postgresql"] if server else list(MODULES)

    def kill(self, kind: str, chance: random.Random) -> bool:
        """Kill one process of a kind with SIGKILL; False when none is there at the moment."""
        pids = self.of_kind(kind)
        if not pids:
            return False
        leaders = [pid for pid, parent in pids.items() if parent not in pids]
        others = [pid for pid in pids if pid not in leaders]
        chosen = chance.choice(leaders if not others or chance.random() < LEADER_SHARE else others)
        try:
            os.kill(chosen, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def wipe_queue(self) -> bool:
        """Empty the queue server; False when it does not answer."""
        try:
            return bool(self._queue.flushall())
        except RedisError:
            return False

    def of_kind(self, kind: str) -> dict[int, int]:
        """The processes of a kind that run: process id to that of the parent."""
        if kind == "postgresql":
            assert self._server is not None
            first = self._server.first_process()
            return {} if first is None else {first: 1} | children(first)
        named = processes(self._product.home, MODULES[kind])
        return named | {pid: parent for one in named for pid, parent in children(one).items()}

    def missing(self, since: datetime) -> str:
        """Name what has not yet shown after ``since`` that it works; nothing when all do.

        The private PostgreSQL server is started when its first process is gone, as an operating system's
        service manager does; the product mends everything else itself.
        """
        if self._server is not None and self._server.first_process() is None:
            with contextlib.suppress(RuntimeError):  # processes of the killed one are still leaving
                self._server.start()
        for kind, count in COMPLETE.items():
            if len(self.of_kind(kind)) < count:
                return f"a process of {kind}"
        return self._missing_job_part(since) or ("" if self._pages_work() else "a page")

    def said(self) -> str:
        """The last lines that the product has printed."""
        return "".join(self._product.said[-LAST_LINES:])

    def resident_mib(self) -> float:
        """Memory of the largest web worker, all shared pages counted, in MiB."""
        first, *workers = sorted(self.of_kind("web"))
        sizes = [_status(pid, "VmRSS") for pid in workers] or [_status(first, "VmRSS")]
        return round(max(sizes) / 1024, 1)

    def _missing_job_part(self, since: datetime) -> str:
        try:
            said = self._queue.get("qms:relay:alive")
            waits = [client for client in self._queue.client_list() if client["cmd"] in WAITING_FOR_JOBS]
        except RedisError as broken:
            return f"the queue: {broken}"
        if not isinstance(said, bytes) or datetime.fromisoformat(said.decode()) <= since:
            return f"the relay, last heard {said!r}"
        at_work = len(self.of_kind("worker")) > COMPLETE["worker"]
        return "" if waits or at_work else "a worker"

    def _pages_work(self) -> bool:
        try:
            with urlopen(f"{self._product.url}/healthz", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def processes(home: Path, part_of_command: str) -> dict[int, int]:
    """The processes of the product on ``home`` whose command holds a word: process id to its parent's."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
            if part_of_command in command and f"QMS_HOME={home}\0" in f"{environment}\0":
                found[int(entry.name)] = _status(int(entry.name), "PPid")
        except OSError:
            continue
    return found


def children(parent: int) -> dict[int, int]:
    """The children of a process, as :func:`processes` gives them."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and _status(int(entry.name), "PPid") == parent:
                found[int(entry.name)] = parent
        except OSError:
            continue
    return found


def _status(pid: int, key: str) -> int:
    """A number of the system's about a process: its parent, or KiB of memory."""
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    return int(next((line.split()[1] for line in lines if line.startswith(f"{key}:")), "0"))
