"""`qms models`: check process models, propose releases, list and compare them (URS-007, URS-009)."""

import argparse
import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.cli import models_migrate
from app.cli.output import CannotCheck, Subparsers, add_json, emit
from app.cli.proposing import acting, deciding_site, proposer
from core import clock
from core.db import read_session, unit_of_work
from workflows import analysis, bundle, changes, compiler, repairs, repository
from workflows.compiler import CheckReport
from workflows.difference import compare
from workflows.findings import Repair
from workflows.models import ProcessRelease


def register(subparsers: Subparsers) -> None:
    """Add `qms models check|deploy|list|migrate|diff`."""
    group = subparsers.add_parser("models", help="process models and their releases")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser(
        "check", help="compile models without deploying; exit status 1 if one cannot run"
    )
    check.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="BPMN or DMN file, or a folder of them"
    )
    check.add_argument("--repair", action="store_true", help="say what repairs would make an import run")
    check.add_argument(
        "--static", action="store_true", help="play every path: deadlocks, steps never reached"
    )
    add_json(check)
    check.set_defaults(run=_check)
    deploy = verbs.add_parser(
        "deploy", help="propose the models of a folder; a second person accepts in the product"
    )
    deploy.add_argument("folder", metavar="DIR", type=Path)
    deploy.add_argument("--by", metavar="LOGIN", required=True, help="the person who proposes")
    deploy.add_argument(
        "--site", metavar="CODE", help="whose quality assurance decides; default: the proposer's site"
    )
    add_json(deploy)
    deploy.set_defaults(run=_deploy)
    listing = verbs.add_parser("list", help="list process releases")
    add_json(listing)
    listing.set_defaults(run=_list)
    models_migrate.register(verbs)
    diff = verbs.add_parser("diff", help="compare two folders of models; exit status 1 if they differ")
    diff.add_argument("old", metavar="A", type=Path)
    diff.add_argument("new", metavar="B", type=Path)
    add_json(diff)
    diff.set_defaults(run=_diff)


def _load_product() -> None:
    importlib.import_module("app.factory")  # registers what models may call; it stands above, so by its name


def _check(arguments: argparse.Namespace) -> int:
    _load_product()
    document, lines = [], []
    for file in _model_files(arguments.files):
        report = _report(file, repair=arguments.repair, static=arguments.static)
        document.append(_as_json(file, report))
        lines += _as_lines(file, report)
    emit(document, lines, as_json=arguments.json)
    return 0 if all(entry["executable"] for entry in document) else 1


def _model_files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        inside = (
            sorted(one for one in path.rglob("*") if one.suffix in bundle.SUFFIXES)
            if path.is_dir()
            else [path]
        )
        if not inside or not all(one.is_file() for one in inside):
            raise CannotCheck(f"there is no model at {path}")
        files += inside
    return files


def _report(file: Path, *, repair: bool, static: bool) -> CheckReport:
    if file.suffix == ".dmn":
        return compiler.check_table(file.name, file.read_bytes())
    files = bundle.with_tables(file)
    made: list[Repair] = []
    if repair:
        files[file.name], made = repairs.repair(files[file.name])
    report = compiler.check_files(files)
    if static and report.executable:
        report = report.joined(analysis.explore(files))
    own = [finding for finding in report.findings if finding.file in (file.name, "", None)]
    return CheckReport(own, made, report.process_key)


def _as_json(file: Path, report: CheckReport) -> dict[str, Any]:
    return {
        "file": str(file),
        "executable": report.executable,
        "findings": [finding.as_json() for finding in report.findings],
        "repairs": [repair.as_json() for repair in report.repairs],
    }


def _as_lines(file: Path, report: CheckReport) -> list[str]:
    lines = [f"{file}: {'can run' if report.executable else 'cannot run'}"]
    for finding in report.findings:
        place = ":".join(str(part) for part in (finding.line, finding.element) if part)
        lines += [f"  {finding.severity} {finding.code} {place}", f"    {finding.message} {finding.hint}"]
    return lines + [f"  repaired {one.code} {one.element or ''}: {one.message}" for one in report.repairs]


def _deploy(arguments: argparse.Namespace) -> int:
    _load_product()
    now = clock.now()
    files = bundle.read_folder(arguments.folder)
    key = compiler.compile_files(files).key
    with read_session() as session:
        person = proposer(session, arguments.by)
        site_id = deciding_site(session, arguments.site, person)
    actor = acting(person)
    with unit_of_work(actor, reason=f"qms models deploy {arguments.folder.name}", now=now) as session:
        release = repository.propose_release(session, key, files, actor=actor, now=now)
        case = changes.ask_for_acceptance(session, release, site_id=site_id, actor=actor, now=now)
        document = {**_release_json(release, 0), "ok": True, "case": case.number}
    said = f"{key} version {release.version} is proposed; somebody else accepts it in case {case.number}."
    emit(document, [said], as_json=arguments.json)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with read_session() as session:
        running = repository.running_cases(session)
        document = [_release_json(one, running.get(one.id, 0)) for one in repository.releases(session)]
    lines = [
        f"{one['process']} {one['version']}  {one['state']}  {one['sha256'][:12]}  {one['running']} running"
        for one in document
    ]
    emit(document, lines or ["There is no release yet."], as_json=arguments.json)
    return 0


def _release_json(release: ProcessRelease, running: int) -> dict[str, Any]:
    return {
        "id": release.id,
        "process": release.process_key,
        "version": release.version,
        "state": release.state.value,
        "sha256": release.bundle_sha256,
        "proposed_at": release.proposed_at,
        "effective_at": release.effective_at,
        "running": running,
    }


def _diff(arguments: argparse.Namespace) -> int:
    _load_product()
    old, new = (
        compiler.compile_files(bundle.read_folder(folder)) for folder in (arguments.old, arguments.new)
    )
    found = compare(old, new)
    document = {
        kind: [
            {"what": one.what, "id": one.id, "name": one.name} for one in found.changes if one.kind == kind
        ]
        for kind in ("added", "removed", "changed")
    }
    signs = {"added": "+", "removed": "-", "changed": "~"}
    lines = [f"{signs[one.kind]} {one.what} {one.id}" for one in found.changes]
    emit(document, lines or ["They do the same."], as_json=arguments.json)
    return 1 if lines else 0
