"""`qms chaos`: does harm on scratch data, at random, and sees that nothing of it goes unnoticed."""

import argparse
from collections.abc import Callable
from typing import Any

from app.cli import chaos_bytes, chaos_edits, chaos_expressions, chaos_kills
from app.cli.output import Subparsers, add_json, emit

Harm = Callable[..., dict[str, Any]]
HARMS: dict[str, tuple[Harm, int, str]] = {
    "edits": (chaos_edits.measure, 500, "edit rows past the product; `qms audit verify` must name each"),
    "bytes": (chaos_bytes.measure, 10_000, "change bytes of signed records; `qms records verify` must tell"),
    "expressions": (
        chaos_expressions.measure,
        100_000,
        "write hostile expressions; none may escape, change a fact or run over its budget",
    ),
}
"""By name: what does it, how often, and what for."""

SEED = 20261122


def register(subparsers: Subparsers) -> None:
    """Add `qms chaos edits|bytes|expressions|kills`."""
    group = subparsers.add_parser("chaos", help="do harm on scratch data and see that it is found")
    verbs = group.add_subparsers(metavar="HARM", required=True)
    for name, (harm, count, meaning) in HARMS.items():
        verb = verbs.add_parser(name, help=meaning)
        verb.add_argument("--count", type=int, default=count, help=f"how often, {count} unless told")
        verb.add_argument("--seed", type=int, default=SEED, help="the same seed does the same harm")
        add_json(verb)
        verb.set_defaults(run=_run, harm=harm)
    kills = verbs.add_parser("kills", help="kill processes while people sign; nothing may be lost or doubled")
    kills.add_argument("--kills", type=int, default=300, help="how many in all, 300 unless told")
    kills.add_argument("--steps", type=int, default=300, help="signed steps in all, 300 unless told")
    kills.add_argument("--engine", choices=(*chaos_kills.ENGINES, "both"), default="both")
    kills.add_argument("--seed", type=int, default=SEED, help="the same seed chooses the same victims")
    add_json(kills)
    kills.set_defaults(run=_kill)


def _run(arguments: argparse.Namespace) -> int:
    figures = arguments.harm(arguments.count, seed=arguments.seed)
    lines = [f"{figures['found']} of {figures['edits']} found in {figures['seconds']} s"]
    emit(figures, [*lines, *(f"  missed: {one}" for one in figures["missed"])], as_json=arguments.json)
    return 1 if figures["missed"] else 0


def _kill(arguments: argparse.Namespace) -> int:
    engines = chaos_kills.ENGINES if arguments.engine == "both" else (arguments.engine,)
    figures = chaos_kills.measure(arguments.kills, arguments.steps, engines=engines, seed=arguments.seed)
    told = [name for name in figures if name not in ("by_engine", "size", "machine")]
    emit(figures, [f"{name:<26}{figures[name]}" for name in told], as_json=arguments.json)
    return 0 if figures["ok"] else 1
