"""A PostgreSQL server of the tests' own: Debian's programs, a scratch folder, a socket, no port."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of the newest installed server.

    Raises:
        LookupError: none is installed; `make test` installs it.
    """
    versions = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise LookupError("PostgreSQL is not installed; type: make test (or apt-get install postgresql)")
    return versions[-1].parent


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server in `folder` (a short path: socket names are short) and give its database's address."""
    user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user)
    data, name = folder / "data", user or os.environ.get("USER", "postgres")
    _run(user, "initdb", "-D", str(data), "-U", name, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    _run(user, "pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://{name}@/postgres?host={folder}"
    finally:
        _run(user, "pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def _run(user: str | None, program: str, *arguments: str) -> None:
    """Run a server program; never as root, which PostgreSQL refuses."""
    command = [str(programs() / program), *arguments]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr.strip()}")
