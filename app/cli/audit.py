"""`qms audit`: walks the chain of the audit trail and says whether it holds (URS-025)."""

import argparse

from app.cli.output import Subparsers, add_json, emit
from core.db import read_session
from signatures.audit import ChainReport, verify_chain
from signatures.audit_chain import REASONS


def register(subparsers: Subparsers) -> None:
    """Add `qms audit verify`."""
    group = subparsers.add_parser("audit", help="the audit trail")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    verify = verbs.add_parser("verify", help="walk the whole trail and check every entry and every guard")
    add_json(verify)
    verify.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    with read_session() as session:
        report = verify_chain(session)
    document = {
        "ok": report.ok,
        "rows": report.rows,
        "seconds": report.seconds,
        "first_bad": report.first_bad,
        "reason": report.reason,
        "triggers_missing": list(report.triggers),
    }
    emit(document, _lines(report), as_json=arguments.json)
    return 0 if report.ok else 1


def _lines(report: ChainReport) -> list[str]:
    walked = f"{report.rows} entries in {report.seconds} s"
    if report.ok:
        return [f"The audit trail holds: {walked}."]
    place = f" (entry {report.first_bad})" if report.first_bad else ""
    lines = [f"The audit trail does not hold{place}: {REASONS[report.reason or 'altered']} {walked}."]
    return lines + [f"  trigger not in force: {name}" for name in report.triggers]
