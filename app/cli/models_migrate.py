"""`qms models migrate`: verdicts on the running cases of a process, a proposal to move them (URS-007)."""

import argparse
import importlib
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.cli.output import CannotCheck, Subparsers, add_json, emit
from app.cli.proposing import acting, deciding_site, proposer
from core import clock
from core.actor import Actor, system_actor
from core.db import read_session, unit_of_work
from core.errors import FieldErrors
from workflows import repository
from workflows.migration import plan
from workflows.migration.verdicts import Verdict
from workflows.models import ProcessRelease


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    verb = verbs.add_parser(
        "migrate", help="judge running cases against the release in effect; propose to move them"
    )
    verb.add_argument("process", metavar="PROCESS", help="key of the process")
    verb.add_argument(
        "--by", metavar="LOGIN", help="the person who proposes; without it cases are only judged"
    )
    verb.add_argument("--reason", default="", help="why the cases move")
    verb.add_argument(
        "--case",
        metavar="NUMBER",
        action="append",
        default=[],
        help="move this case; default: all that are safe",
    )
    verb.add_argument(
        "--decision",
        metavar="NUMBER=TEXT",
        action="append",
        default=[],
        help="what was decided for a case that needs it; chooses the case as well",
    )
    verb.add_argument(
        "--site", metavar="CODE", help="whose quality assurance decides; default: the proposer's site"
    )
    add_json(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    importlib.import_module("app.factory")  # registers what models may call; it stands above, so by its name
    return _propose(arguments) if arguments.by else _judge(arguments)


def _judge(arguments: argparse.Namespace) -> int:
    with read_session() as session:
        target = repository.effective_release(session, arguments.process)
        found = plan.candidates(session, target, actor=system_actor("qms"), now=clock.now())
        lines = [_as_json(one) for one in found]
        document = {"ok": True, **_release(target), "cases": lines}
    said = [f"{one['case']}  {one['verdict']}  {' '.join(one['reasons'])}".rstrip() for one in lines]
    emit(document, said or ["Every running case is on this release already."], as_json=arguments.json)
    return 0


def _propose(arguments: argparse.Namespace) -> int:
    now = clock.now()
    with read_session() as session:
        person = proposer(session, arguments.by)
        site_id, actor = deciding_site(session, arguments.site, person), acting(person)
    try:
        with unit_of_work(actor, reason=arguments.reason or None, now=now) as session:
            target = repository.effective_release(session, arguments.process)
            chosen = _chosen(session, target, arguments, actor)
            command = plan.ProposeMigration(target.id, chosen, arguments.reason, site_id)
            _migration, case = plan.propose(session, command, actor=actor, now=now)
            document = {"ok": True, **_release(target), "proposed": len(chosen), "decided_in": case.number}
    except FieldErrors as refused:
        raise CannotCheck(" ".join(one.text("en") for one in refused.errors.values())) from refused
    said = f"{len(chosen)} cases are proposed; somebody else decides in case {document['decided_in']}."
    emit(document, [said], as_json=arguments.json)
    return 0


def _chosen(
    session: Session, target: ProcessRelease, arguments: argparse.Namespace, actor: Actor
) -> dict[uuid.UUID, str]:
    found = {one.case.number: one for one in plan.candidates(session, target, actor=actor, now=clock.now())}
    decisions = dict(_pairs(arguments.decision))
    wanted = [*arguments.case, *decisions] or [
        number for number, one in found.items() if one.judgement.verdict is Verdict.SAFE
    ]
    unknown = [number for number in wanted if number not in found]
    if unknown:
        raise CannotCheck(f"there is no running case {unknown[0]} that could move to this release")
    return {found[number].case.id: decisions.get(number, "") for number in wanted}


def _pairs(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        number, sign, decision = text.partition("=")
        if not sign:
            raise CannotCheck(f"--decision takes NUMBER=TEXT, not {text}")
        yield number.strip(), decision.strip()


def _as_json(one: plan.Candidate) -> dict[str, Any]:
    return {
        "case": one.case.number,
        "release": str(one.case.release_id),
        "verdict": one.judgement.verdict.value,
        "reasons": [reason.text["en"] for reason in one.judgement.reasons],
    }


def _release(target: ProcessRelease) -> dict[str, Any]:
    return {"process": target.process_key, "version": target.version}
