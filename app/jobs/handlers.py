"""The jobs of the product: importing this module registers every handler, by its name."""

from app.archive import tasks as archive
from documents import render
from workflows import timers

ROOMS = (archive, timers)
"""Modules that register jobs with `core.outbox.job`; a room with jobs of its own is added here."""


def warm_up() -> None:
    """Load fonts and libraries by rendering a sample page: the first record is then as quick as the next."""
    render.warm_up()
