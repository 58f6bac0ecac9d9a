"""Delivered processes, put into effect as at a plant: one proposes, another accepts."""

from datetime import datetime
from pathlib import Path

from core.actor import Actor
from core.db import unit_of_work
from workflows import bundle, repository

MODELS = Path(__file__).parents[2] / "bpmn"


def deliver(*names: str, owner: Actor, accepted_by: Actor, now: datetime) -> None:
    """Put the processes of some folders below ``bpmn/`` into effect."""
    with unit_of_work(owner, now=now) as session:
        for name in names:
            files = bundle.read_folder(MODELS / name)
            release = repository.propose_release(session, name, files, actor=owner, now=now)
            repository.make_effective(session, release, actor=accepted_by, now=now)
