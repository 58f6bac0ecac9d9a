"""`qms chaos`: does harm on scratch data, at random, and sees that nothing of it goes unnoticed."""

import argparse
from collections.abc import Callable
from typing import Any

from app.cli import chaos_bytes, chaos_edits
from app.cli.output import Subparsers, add_json, emit

Harm = Callable[..., dict[str, Any]]
HARMS: dict[str, tuple[Harm, int, str]] = {
    "edits": (chaos_edits.measure, 500, "edit rows past the product; `qms audit verify` must name each"),
    "bytes": (chaos_bytes.measure, 10_000, "change bytes of signed records; `qms records verify` must tell"),
}
"""By name: what does it, how often, and what for."""

SEED = 20261122


def register(subparsers: Subparsers) -> None:
    """Add `qms chaos edits|bytes`."""
    group = subparsers.add_parser("chaos", help="do harm on scratch data and see that it is found")
    verbs = group.add_subparsers(metavar="HARM", required=True)
    for name, (harm, count, meaning) in HARMS.items():
        verb = verbs.add_parser(name, help=meaning)
        verb.add_argument("--count", type=int, default=count, help=f"how often, {count} unless told")
        verb.add_argument("--seed", type=int, default=SEED, help="the same seed does the same harm")
        add_json(verb)
        verb.set_defaults(run=_run, harm=harm)


def _run(arguments: argparse.Namespace) -> int:
    figures = arguments.harm(arguments.count, seed=arguments.seed)
    lines = [f"{figures['found']} of {figures['edits']} found in {figures['seconds']} s"]
    emit(figures, [*lines, *(f"  missed: {one}" for one in figures["missed"])], as_json=arguments.json)
    return 1 if figures["missed"] else 0
