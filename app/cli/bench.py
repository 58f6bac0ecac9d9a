"""`qms bench`: the measured figures of the product, each with the machine it was measured on."""

import argparse
from collections.abc import Callable
from typing import Any

from app.cli import (
    bench_audit,
    bench_engine,
    bench_import,
    bench_lists,
    bench_pages,
    bench_record,
    bench_sign,
    bench_task,
)
from app.cli.output import Subparsers, add_json, emit

Measure = Callable[..., dict[str, Any]]
FIGURES: dict[str, tuple[Measure, str]] = {
    "audit": (bench_audit.measure, "the audit trail: walking a million entries, eight writers at once"),
    "engine": (bench_engine.measure, "the engine's store against the library as it comes, and a peer"),
    "pages": (bench_pages.measure, "Lighthouse on the main pages: desk and phone, both languages"),
    "record": (bench_record.measure, "a signed record against plain rendering of the same document"),
    "sign": (bench_sign.measure, "server time of a signing request without the password hash"),
    "task": (bench_task.measure, "completing a task without signature: time, statements, and in a long loop"),
}


def register(subparsers: Subparsers) -> None:
    """Add `qms bench audit|engine|import|lists|pages|record|sign|task`."""
    group = subparsers.add_parser("bench", help="measure")
    verbs = group.add_subparsers(metavar="FIGURE", required=True)
    for name, (measure, meaning) in FIGURES.items():
        verb = verbs.add_parser(name, help=meaning)
        verb.add_argument("--quick", action="store_true", help="a smaller size, which the result says")
        add_json(verb)
        verb.set_defaults(run=_run, measure=measure)
    for name, measure, rows, meaning in (
        ("import", bench_import.measure, bench_import.ROWS, "a list of items: dry run, findings, storing it"),
        (
            "lists",
            bench_lists.measure,
            bench_lists.ROWS,
            "searching and paging in a long list, both databases",
        ),
    ):
        lists = verbs.add_parser(name, help=meaning)
        lists.add_argument("--quick", action="store_true", help="a smaller size, which the result says")
        lists.add_argument("--rows", type=int, help=f"how many, {rows} if not given")
        lists.add_argument("--database", choices=bench_import.DATABASES, help="this one alone")
        add_json(lists)
        lists.set_defaults(run=_run_rows, measure=measure)


def _run(arguments: argparse.Namespace) -> int:
    return _show(arguments, arguments.measure(quick=arguments.quick))


def _run_rows(arguments: argparse.Namespace) -> int:
    return _show(
        arguments, arguments.measure(quick=arguments.quick, rows=arguments.rows, database=arguments.database)
    )


def _show(arguments: argparse.Namespace, figures: dict[str, Any]) -> int:
    lines = [f"{name:<32}{value}" for name, value in figures.items() if not isinstance(value, dict)]
    emit(figures, lines, as_json=arguments.json)
    return 0
