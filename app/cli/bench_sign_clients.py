"""The clients of `qms bench sign`: people who fill in inspections, then sign them as fast as they can.

Filling in happens before the clock runs. A signature is then one request on an open connection, its bytes
written beforehand, so that the clients take little of the machine they share with the server.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import chain
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.access.routes import DEMO_PASSWORD
from app.cli.output import CannotCheck
from app.cli.story import Plant
from app.cli.visit import Visitor

WARM_UP, WARM_UP_EACH, CLIENTS = 6, 2, 8
"""So many first signatures, which open connections, are left out: of one client, and of each of eight."""
INSPECTORS = ("inspector", *(f"inspector{number}" for number in range(3, CLIENTS + 2)))
"""Eight clients are eight people; the demo's second inspector is not trained."""
_TOOK = re.compile(r"app;dur=([0-9.]+)")


@dataclass
class Client:
    """One person at one browser: the signatures he has prepared, each an address and the bytes to send."""

    login: str
    plant: Plant
    prepared: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def prepare(self, case: str) -> None:
        """Fill in the inspection of a case and keep the request that signs it."""
        person = self.plant.person(self.login)
        form = self.plant.review(self.login, case)
        typed = [(name, value) for name, value in form.form_values() if name != "password"]
        body = urlencode([*typed, ("password", DEMO_PASSWORD)]).encode()
        address = urlsplit(str(form.action)).path
        self.prepared.append((address, body, headers_of(person, form.base_url)))

    def sign_all(self, start: threading.Barrier | None = None) -> list[float]:
        """Sign everything prepared, one after the other; gives the server's seconds of each answer.

        Raises:
            CannotCheck: a signature is refused.
        """
        place = urlsplit(self.plant.address)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=60)
        connection.connect()
        if start is not None:
            start.wait()
        seconds = [_sign(connection, *one) for one in self.prepared]
        connection.close()
        self.prepared.clear()
        return seconds


def sign(address: str, alone: int, each_of_eight: int) -> dict[str, list[float]]:
    """Receive the lots, sign them with one client, then with eight at once: ``{"one": […], "eight": […]}``.

    Raises:
        CannotCheck: a signature is refused.
    """
    keeper = Plant(address, DEMO_PASSWORD)
    for login in INSPECTORS:
        keeper.accept_statement(login)
    clients = [Client(login, Plant(address, DEMO_PASSWORD)) for login in INSPECTORS]
    for number in range(alone + WARM_UP):
        clients[0].prepare(keeper.receive_material(f"BENCH-{number}", quantity="0.1"))
    one = clients[0].sign_all()[WARM_UP:]
    for number in range(each_of_eight + WARM_UP_EACH):
        for place, client in enumerate(clients):
            lot = f"BENCH-{place}-{number}"
            client.prepare(keeper.receive_material(lot, quantity="0.1"))
    start = threading.Barrier(CLIENTS)
    with ThreadPoolExecutor(CLIENTS) as threads:
        each = threads.map(lambda client: client.sign_all(start)[WARM_UP_EACH:], clients)
        eight = list(chain.from_iterable(each))
    return {"one": one, "eight": eight}


def headers_of(person: Visitor, page: str) -> dict[str, str]:
    """What a person's browser says with a form that it sends from a page."""
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": page,
        "Cookie": person.cookies(),
        "Accept": "text/html",
        "Accept-Language": person.language,
    }


def _sign(connection: HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> float:
    connection.request("POST", path, body, headers)
    answer: Any = connection.getresponse()
    page = answer.read()
    took = _TOOK.search(answer.headers.get("Server-Timing", ""))
    if answer.status != 303 or took is None:
        raise CannotCheck(f"not signed ({answer.status}): {page[:600].decode()}")
    return float(took[1]) / 1000
