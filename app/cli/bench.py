"""`qms bench`: the measured figures of the product, each with the machine it was measured on."""

import argparse
from collections.abc import Callable
from typing import Any

from app.cli import bench_audit, bench_pages, bench_record, bench_sign
from app.cli.output import Subparsers, add_json, emit

Measure = Callable[..., dict[str, Any]]
FIGURES: dict[str, tuple[Measure, str]] = {
    "audit": (bench_audit.measure, "the audit trail: walking a million entries, eight writers at once"),
    "pages": (bench_pages.measure, "Lighthouse on the main pages: desk and phone, both languages"),
    "record": (bench_record.measure, "a signed record against plain rendering of the same document"),
    "sign": (bench_sign.measure, "server time of a signing request without the password hash"),
}


def register(subparsers: Subparsers) -> None:
    """Add `qms bench audit|pages|record|sign`."""
    group = subparsers.add_parser("bench", help="measure")
    verbs = group.add_subparsers(metavar="FIGURE", required=True)
    for name, (measure, meaning) in FIGURES.items():
        verb = verbs.add_parser(name, help=meaning)
        verb.add_argument("--quick", action="store_true", help="a smaller size, which the result says")
        add_json(verb)
        verb.set_defaults(run=_run, measure=measure)


def _run(arguments: argparse.Namespace) -> int:
    figures = arguments.measure(quick=arguments.quick)
    lines = [f"{name:<32}{value}" for name, value in figures.items() if not isinstance(value, dict)]
    emit(figures, lines, as_json=arguments.json)
    return 0
