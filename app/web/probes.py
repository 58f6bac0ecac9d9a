"""Is it ready, how does it do: checks that rooms register, asked by machines (URS-134).

A check has a name, a state and a short value; neither secrets nor personal data stand in one. ``/readyz``
shows names and states; the values are for the administrator's page.
"""

import hmac
import ipaddress
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import Request

from core.config import settings

log = logging.getLogger(__name__)


class State(StrEnum):
    """How a part does: it works, it works but somebody should look, it does not."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class Health:
    """What a check found. ``value`` says it in figures, ``label`` is the check's name for people."""

    name: str
    label: Any
    state: State
    value: str = ""


Finding = tuple[State, str]

_checks: dict[str, tuple[Any, Callable[[], Finding]]] = {}


def check(name: str, label: Any) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Register a part without which the product is not ready; ``label`` is a ``lazy_gettext``.

    Whatever the function raises counts as failing: a probe never fails itself.
    """

    def register(function: Callable[[], Finding]) -> Callable[[], Finding]:
        _checks[name] = (label, function)
        return function

    return register


def examine() -> Iterator[Health]:
    """Ask every check; what one raised goes to the log, never into the answer."""
    for name, (label, function) in _checks.items():
        try:
            state, value = function()
        except Exception as error:
            log.warning("check failed", extra={"check": name, "because": type(error).__name__})
            state, value = State.FAILING, type(error).__name__
        yield Health(name, label, state, value)


def may_read_figures(asked: Request) -> bool:
    """Whether a request may read ``/metrics``: with the configured token, or, without one, from this machine.

    A request that came through a proxy, or for another name than this machine's own, is nobody local.
    """
    place = settings().metrics_token_file
    if place is not None:
        return _has_token(asked, place)
    forwarded = any(name in asked.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"))
    return not forwarded and _is_local(asked.remote_addr or "") and _is_local(_host_name(asked))


def _has_token(asked: Request, place: Path) -> bool:
    try:
        token = place.read_text(encoding="utf-8").strip()
    except OSError:
        log.warning("the token for figures cannot be read")
        return False
    given = asked.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _host_name(asked: Request) -> str:
    return asked.host.rsplit(":", 1)[0].strip("[]")


def _is_local(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
