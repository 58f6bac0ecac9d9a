"""What commands print: one JSON document, or plain lines for people."""

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a command group adds its parser."""


class CannotCheck(Exception):
    """A command could not find out whether its subject holds; exit status 2."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """Give a verb the option `--json`: one JSON document on standard output and nothing else there."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def emit(document: Mapping[str, Any] | Sequence[Any], lines: Sequence[str], *, as_json: bool) -> None:
    """Print the result of a command: the document for programs, or the lines for people."""
    if as_json:
        print(json.dumps(document, ensure_ascii=False, indent=1, default=_plain))
    else:
        print("\n".join(lines))


def machine() -> dict[str, Any]:
    """The machine and the versions a measurement was made with; memory in MiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    names = ("SpiffWorkflow", "Flask", "SQLAlchemy", "weasyprint", "pyhanko", "cryptography", "rq")
    return {
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in names},
    }


def _plain(value: object) -> str:
    """A value that JSON does not know, as the string the product writes elsewhere."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | Path):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
