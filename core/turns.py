"""Whose turn it is to write to SQLite, where one writes at a time: in order, over all processes of a plant.

A writer that finds the file locked sleeps and tries again, up to a tenth of a second at a time, and whoever
comes when it is free goes first: of eight people who sign at once some wait a second. So they queue: the
threads of a process before its lock, one thread of each process before a file that the system hands on.

This is only about order. That one writes at a time is SQLite's own lock, and nothing is lost where the queue
cannot be kept, on a full disk or a file system without locks. The system takes back the lock of a process
that dies.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The queue before one database file; without a path that of the threads of this process alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._file: int | None = None

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait until it is this thread's turn, and keep it while the block lasts."""
        with self._threads:
            file = self._locked()
            try:
                yield
            finally:
                if file is not None:
                    fcntl.lockf(file, fcntl.LOCK_UN)

    def _locked(self) -> int | None:
        """Lock the file; it stays open, for closing it would give up the lock of this process's next turn.

        The lock is the process's own, unlike that of flock: a process forked meanwhile does not hold it too.
        """
        if self._path is None:
            return None
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._file, fcntl.LOCK_EX)
        except OSError:
            return None
        return self._file
