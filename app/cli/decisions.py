"""`qms decisions`: runs the cases of decision tables, in the form of the DMN TCK (URS-005)."""

import argparse
from pathlib import Path

from lxml import etree

from app.cli.output import CannotCheck, Subparsers, add_json, emit
from core import clock
from core.languages import translate
from workflows import dmn, dmn_cases
from workflows.findings import CATALOGUE
from workflows.xmlfile import UnreadableFile, local, parse


def register(subparsers: Subparsers) -> None:
    """Add `qms decisions test`."""
    group = subparsers.add_parser("decisions", help="decision tables and their cases")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    test = verbs.add_parser("test", help="run cases with expected results; exit status 1 if one differs")
    test.add_argument("file", metavar="FILE.dmn", type=Path)
    test.add_argument(
        "--cases", metavar="CASES.xml", type=Path, required=True, help="cases, as in the DMN TCK"
    )
    add_json(test)
    test.set_defaults(run=_test)


def _test(arguments: argparse.Namespace) -> int:
    definitions, cases = _root(arguments.file, "definitions"), _root(arguments.cases, "testCases")
    model, findings = dmn.read_model(definitions)
    now = clock.now()
    results = [
        result for case in dmn_cases.read_cases(cases) for result in dmn_cases.run_case(model, case, now=now)
    ]
    if not results:
        raise CannotCheck(f"there is no case with a result in {arguments.cases}")
    failed = [one for one in results if not one.ok]
    document = {
        "file": str(arguments.file),
        "passed": len(results) - len(failed),
        "failed": len(failed),
        "results": [one.as_json() for one in results],
        "findings": [finding.as_json() for finding in findings],
    }
    lines = [f"{document['passed']} as expected, {document['failed']} not"]
    lines += [
        f"  {one.case} {one.node}: expected {one.expected}, got {one.actual} {one.reason}" for one in failed
    ]
    lines += [f"  {finding.code} {finding.line or ''}: {finding.message}" for finding in findings]
    emit(document, lines, as_json=arguments.json)
    return 1 if failed else 0


def _root(path: Path, tag: str) -> etree._Element:
    try:
        root = parse(path.read_bytes())
    except OSError as wrong:
        raise CannotCheck(f"{path} cannot be read: {wrong.strerror}") from None
    except UnreadableFile as wrong:
        raise CannotCheck(f"{path}: {translate(CATALOGUE[wrong.code][0], 'en', **wrong.facts)}") from None
    if local(root) != tag:
        raise CannotCheck(f"{path} has no {tag} at its root")
    return root
