"""`qms audit`: walks the chain of the audit trail and compares every row with what it last says (URS-025)."""

import argparse
import importlib
from pathlib import Path
from typing import Any

from app.cli.output import CannotCheck, Subparsers, add_json, emit
from core.db import read_session
from signatures.audit import ChainReport, verify_chain
from signatures.audit_chain import REASONS
from signatures.audit_head import KeptHead, present_head

SHOWN = 50


def register(subparsers: Subparsers) -> None:
    """Add `qms audit verify|head`."""
    group = subparsers.add_parser("audit", help="the audit trail")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    verify = verbs.add_parser(
        "verify", help="walk the whole trail, check every entry and guard, compare every row with the trail"
    )
    verify.add_argument(
        "--head",
        metavar="FILE|SHA256@SEQ",
        help="a head kept elsewhere (`qms audit head`): finds a cut end and a history written anew",
    )
    add_json(verify)
    verify.set_defaults(run=_verify)
    head = verbs.add_parser("head", help="print the end of the trail, to be kept outside the plant")
    add_json(head)
    head.set_defaults(run=_head)


def _verify(arguments: argparse.Namespace) -> int:
    kept = None if arguments.head is None else KeptHead.parse(_text_of(arguments.head))
    importlib.import_module("app.factory")  # knows every table; it stands above, so by its name
    with read_session() as session:
        report = verify_chain(session, kept=kept)
    emit(_document(report), _lines(report), as_json=arguments.json)
    return 0 if report.ok else 1


def _head(arguments: argparse.Namespace) -> int:
    with read_session() as session:
        head = present_head(session)
    document = {"head": str(head), "seq": head.seq, "hash": head.hash}
    emit(document, [str(head)], as_json=arguments.json)
    return 0


def _text_of(given: str) -> str:
    """What was kept: the text itself, or that of a file.

    Raises:
        CannotCheck: the file cannot be read.
    """
    if "@" in given and not Path(given).exists():
        return given
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotCheck(f"the head that was kept cannot be read: {error}") from error


def _document(report: ChainReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "rows": report.rows,
        "seconds": report.seconds,
        "first_bad": report.first_bad,
        "reason": report.reason,
        "triggers_missing": list(report.triggers),
        "rows_compared": report.compared,
        "compare_seconds": report.compare_seconds,
        "findings": [{**vars(one), "message": one.text("en")} for one in report.findings],
        "findings_total": report.found,
        "not_compared": list(report.withheld),
        "kept_head": str(report.kept) if report.kept else None,
        "not_proven": list(report.not_proven),
    }


def _lines(report: ChainReport) -> list[str]:
    walked = (
        f"{report.rows} entries in {report.seconds} s, "
        f"{report.compared} rows compared in {report.compare_seconds} s."
    )
    if report.ok:
        lines = [f"The audit trail holds: {walked}"]
    else:
        place = f" (entry {report.first_bad})" if report.first_bad else ""
        lines = [f"The audit trail does not hold{place}: {REASONS[report.reason or 'altered']} {walked}"]
    lines += [f"  trigger not in force: {name}" for name in report.triggers]
    lines += [f"  {one.code}: {one.text('en')}" for one in report.findings[:SHOWN]]
    if report.found > SHOWN:
        lines.append(f"  … and {report.found - SHOWN} more (--json lists them)")
    if report.ok and report.kept:
        lines.append(f"  It leads to the head that was kept elsewhere: {report.kept}")
    return lines + [f"  {sentence}" for sentence in report.not_proven]
