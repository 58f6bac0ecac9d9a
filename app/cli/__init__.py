"""The command line `qms`: one module a command group, found by its name.

A group is a module of this package with `register(subparsers)`, which adds its parser and gives every verb
`set_defaults(run=function)`; the function takes the parsed arguments and returns the exit status.

Exit status: 0 = holds, 1 = checked and does not hold, 2 = could not be checked (why, on standard error).
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from app.cli.output import CannotCheck
from core.errors import QmsError

HOLDS, FAILS, UNCHECKED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of `qms` and return its exit status.

    Only the group that is named is imported: a quick command does not pay for the libraries of the slow ones.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="qms", description="Quality management for medical devices.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in _groups(words[0] if words else ""):
        group.register(subparsers)
    arguments = parser.parse_args(words)
    try:
        return int(arguments.run(arguments))
    except CannotCheck as reason:
        print(f"qms: {reason}", file=sys.stderr)
        return UNCHECKED
    except QmsError as error:
        print(f"qms: {error.text('en')}", file=sys.stderr)
        return UNCHECKED
    except KeyboardInterrupt:
        return 130


def _groups(wanted: str) -> list[ModuleType]:
    """The command groups: the one called `wanted`, or all when there is none of that name."""
    found = [module.name for module in pkgutil.iter_modules(__path__)]
    names = sorted(name for name in found if not name.startswith("_"))
    chosen = [wanted] if wanted in names else names
    modules = [importlib.import_module(f"{__name__}.{name}") for name in chosen]
    return [module for module in modules if hasattr(module, "register")]
