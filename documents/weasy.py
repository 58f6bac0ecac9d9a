"""WeasyPrint, loaded without searching: its libraries are opened by the names they have on Linux.

By itself it asks the linker and the compiler of the machine where each library lies, some fifty programs
at each start of each process.
"""

import contextlib
import ctypes.util
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any


def _nowhere(name: str) -> str | None:
    return None


@contextlib.contextmanager
def _without_searching() -> Iterator[None]:
    search = ctypes.util.find_library
    ctypes.util.find_library = _nowhere
    try:
        yield
    finally:
        ctypes.util.find_library = search


@cache
def weasyprint() -> Any:
    """Load it when the first page is printed: a web worker that prints none is spared its memory."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), _without_searching():  # elsewhere: searched for below
            importlib.import_module("weasyprint")
    for part in ("text.fonts", "urls"):
        importlib.import_module(f"weasyprint.{part}")
    return importlib.import_module("weasyprint")
