"""A product of one's own for a check: started on a scratch folder and a free port, ended as Ctrl-C does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 240
END_SECONDS = 30


class NotRunning(Exception):
    """The product did not start, or did not end cleanly; the text is what it printed."""


@dataclass(frozen=True)
class Product:
    """A product that runs: its address, its data folder, its supervisor, seconds until the first page.

    ``said`` are the lines it has printed so far.
    """

    url: str
    home: Path
    supervisor: "subprocess.Popen[str]"
    seconds: float
    settings: Mapping[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def qms(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a `qms` command on this product's data."""
        environment = {**os.environ, **self.settings, "QMS_HOME": str(self.home)}
        command = [sys.executable, "-m", "app.cli", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def running(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[Product]:
    """Start the whole product with its demo plant on `home`, and end it when the block is left.

    Raises:
        NotRunning: it does not answer in time, or one of its processes does not end cleanly.
    """
    port = free_port()
    own = {"QMS_HOME": str(home), "PORT": str(port), "QMS_DEMO": "1", **(settings or {})}
    environment = {**os.environ, **own}
    for name in ("QMS_DATABASE_URL", "QMS_DATABASE_OWNER_URL", "QMS_REDIS_URL", "QMS_URL"):
        if name not in (settings or {}):
            environment.pop(name, None)
    start = time.monotonic()
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(supervisor, printed, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(READY_SECONDS) or supervisor.poll() is not None:
            raise NotRunning("".join(printed))
        seconds = time.monotonic() - start
        yield Product(f"http://127.0.0.1:{port}", home, supervisor, seconds, settings or {}, printed)
    finally:
        _end(supervisor)
        reader.join(5)
        if supervisor.stdout:
            supervisor.stdout.close()
    if supervisor.returncode != 0:
        raise NotRunning("".join(printed))


@contextmanager
def scratch_folder(*, keep: bool = False) -> Iterator[Path]:
    """A data folder that is gone afterwards unless it is kept; its name is short, for sockets need that."""
    folder = Path(tempfile.mkdtemp(prefix="qms-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(supervisor: "subprocess.Popen[str]") -> None:
    if supervisor.poll() is None:
        supervisor.send_signal(signal.SIGINT)
    try:
        supervisor.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()


def _read(supervisor: "subprocess.Popen[str]", printed: list[str], ready: threading.Event) -> None:
    for line in supervisor.stdout or ():
        printed.append(line)
        if "Ready after" in line:
            ready.set()
    ready.set()
