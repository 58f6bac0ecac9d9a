"""A PostgreSQL server of one's own for tests and measurements: a scratch folder, a socket, no port.

In it two roles as on a real plant: `qms_owner` owns the tables, `qms_app` is who the product connects as.
Debian's programs are started directly; no service of the machine is touched.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import NullPool, create_engine

PACKAGED = Path("/usr/lib/postgresql")
OWNER, APPLICATION = "qms_owner", "qms_app"
MISSING = (
    "PostgreSQL's server is not installed. Type:  make test"
    "   (or, as root:  apt-get update && apt-get install -y --no-install-recommends postgresql)"
)
PRIVATE = {"listen_addresses": "''", "jit": "off", "shared_buffers": "64MB", "max_connections": "80"}
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "96MB",
}
"""Nothing of a test's database need survive a power cut; a measurement must not cheat like this."""


@dataclass
class Server:
    """A running server: its socket folder and its superuser; it hands out databases."""

    folder: Path
    superuser: str
    start: Callable[[], None]
    """Starts it again on its data after its first process was killed."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str = "postgres", role: str | None = None) -> str:
        """The address of a database for a role, the superuser unless one is named."""
        return f"postgresql+psycopg://{role or self.superuser}@/{database}?host={self.folder}"

    def first_process(self) -> int | None:
        """The process that has started the others, None when it is gone."""
        try:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            status = (Path("/proc") / str(pid) / "status").read_text()
            return pid if "postgres" in status.split()[1] and "\nState:\tZ" not in status else None
        except (OSError, IndexError):
            return None

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements one by one as the superuser, outside any transaction."""
        engine = create_engine(self.url(database), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give the name of a fresh database that the owner's role owns; it is dropped afterwards."""
        name = f"plant_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path:
    """The folder of the newest installed server's programs.

    Raises:
        LookupError: none is installed; the sentence says what to type.
    """
    versions = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    places = [initdb.parent for initdb in versions]
    if shutil.which("pg_config"):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        places.append(Path(told.stdout.strip()))
    found = shutil.which("initdb")
    if found:
        places.append(Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise LookupError(MISSING)


@contextmanager
def server(*, forgetful: bool = False) -> Iterator[Server]:
    """Run a server while the block lasts; its folder has a short name, for socket names are short."""
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    initdb = programs() / "initdb"
    folder = Path(tempfile.mkdtemp(prefix="qms-pg-", dir=memory() if forgetful else None))
    folder.chmod(0o755)  # the tests reach the socket of another account's server
    if user:
        shutil.chown(folder, user)
    data, superuser = folder / "data", user or "postgres"
    settings = PRIVATE | (FORGETFUL if forgetful else {})
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options += f" -c unix_socket_directories={folder}"
    try:
        _run(user, initdb, "-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        control: list[str | Path] = [initdb.with_name("pg_ctl"), "-D", data, "-w"]
        start = partial(_run, user, *control, "-o", options, "-l", folder / "log", "start")
        start()
        try:
            made = Server(folder, superuser, start)
            made.run(f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {APPLICATION} LOGIN")
            yield made
        finally:
            _run(user, *control, "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory() -> Path | None:
    """A folder in memory where there is plenty of it: a database is copied for each test."""
    shared = Path("/dev/shm")  # noqa: S108 -- the folder inside is made by mkdtemp
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 * 2**30
    return shared if roomy else None


def _run(user: str | None, *words: str | Path) -> None:
    """Run a server program; never as root."""
    command = [str(word) for word in words]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip()}")
