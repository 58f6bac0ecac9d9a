"""People who go on signing while processes are killed: who got no answer looks, and goes on from there."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urljoin
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from app.cli.story import Plant
from app.cli.visit import Page, UnexpectedPage, Visitor

SECONDS = 60.0
"""A page must be there again within this time."""
AGAIN_SECONDS = 0.2
STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("inspector", "inspection", {}),
    ("qa", "incoming_release", {"decision": "release"}),
)
"""Who signs which step of a received material's release, and what he decides."""

T = TypeVar("T")


class AnswerLost(Exception):
    """A form was sent, and nothing says whether it was taken."""


@dataclass
class Tally:
    """What the people have seen, all of them together."""

    lots: list[str] = field(default_factory=list)
    signed: list[tuple[str, str]] = field(default_factory=list)
    """Case and step of every signature that was answered with success or found to be there."""
    lost_kept: int = 0
    lost_absent: int = 0
    lost_because: Counter[str] = field(default_factory=Counter)
    longest_wait: float = 0.0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def steps(self) -> int:
        """How many steps have been signed."""
        with self.lock:
            return len(self.signed)


class _StayHere(HTTPRedirectHandler):
    """Answers with the redirection itself: it is the proof that a form was taken."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class PatientVisitor(Visitor):
    """Opens a page until it is there; sends a form once and says when its answer was lost."""

    def __init__(self, address: str, tally: Tally) -> None:
        super().__init__(address)
        self._browser = build_opener(HTTPCookieProcessor(CookieJar()), _StayHere())
        self._tally = tally

    def _ask(self, request: Request) -> Page:
        if request.get_method() == "POST":
            page, further = self._once(request)
            return self.get(further) if further else page
        started = time.monotonic()
        while True:
            try:
                page, further = self._once(request)
                break
            except AnswerLost as why:
                if time.monotonic() - started > SECONDS:
                    raise UnexpectedPage(f"{request.full_url} is away for {SECONDS:.0f} s: {why}") from why
                time.sleep(AGAIN_SECONDS)
        with self._tally.lock:
            self._tally.longest_wait = max(self._tally.longest_wait, time.monotonic() - started)
        return self.get(further) if further else page

    def _once(self, request: Request) -> tuple[Page, str]:
        """One request: the page, and where it sends the reader on to."""
        request.add_header("Accept-Language", self.language)
        request.add_header("Accept", "text/html,*/*;q=0.8")
        try:
            return self._answer(request)
        except (OSError, HTTPException) as broken:
            raise AnswerLost(f"{type(broken).__name__}: {broken}") from broken

    def _answer(self, request: Request) -> tuple[Page, str]:
        try:
            with self._browser.open(request, timeout=SECONDS) as answer:
                return Page(answer.status, answer.geturl(), answer.read()), ""
        except HTTPError as other:
            with other:
                if other.code >= 500:
                    raise AnswerLost(f"status {other.code}") from other
                body = other.read()
            location = other.headers.get("Location") if 300 <= other.code < 400 else None
            further = urljoin(request.full_url, location) if location else ""
            return Page(other.code, request.full_url, body), further


class PatientPlant(Plant):
    """The people of a plant whose processes are being killed."""

    def __init__(self, address: str, password: str, tally: Tally) -> None:
        super().__init__(address, password)
        self._tally = tally

    def person(self, login: str) -> Visitor:
        """Somebody, signed in since his first act."""
        if login not in self.people:
            visitor = PatientVisitor(self.address, self._tally)
            self.people[login] = _until_answered(lambda: visitor.sign_in(login, self.password))
        return self.people[login]

    def receive(self, lot: str) -> str:
        """Receive a lot; whoever got no answer looks it up before he receives it again."""
        while True:
            try:
                return self.receive_material(lot, quantity="0.1")
            except AnswerLost:
                found = self._case_of_lot(lot)
                if found:
                    return found

    def take_step(self, login: str, case: str, fields: dict[str, str]) -> None:
        """Sign the open step of a case; whoever got no answer looks whether it still waits for him."""
        lost = False
        while not (lost and self._is_taken(login, case)):
            form = _until_answered(lambda: self.review(login, case, fields))
            try:
                self.sign(login, form)
                return
            except AnswerLost as why:
                lost = True
                kept = self._is_taken(login, case)
                with self._tally.lock:
                    self._tally.lost_because[str(why)] += 1
                    self._tally.lost_kept += kept
                    self._tally.lost_absent += not kept

    def _is_taken(self, login: str, case: str) -> bool:
        inbox = self.person(login).get(f"/inbox?q={quote(self.case_number(case))}")
        return not [link for link in inbox.links("/inbox/") if link.count("/") == 4]

    def _case_of_lot(self, lot: str) -> str | None:
        keeper = self.person("keeper")
        for receipt in keeper.get(f"/receipts?q={quote(lot)}").links("/receipts/"):
            page = keeper.get(receipt)
            if lot in page.text() and (cases := page.links("/cases/")):
                return cases[0]
        return None


def sign_lots(plant: PatientPlant, name: str, tally: Tally, stop: threading.Event) -> None:
    """Receive lot after lot and sign the steps of its release, until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        lot = f"{name}-{number}"
        try:
            case = plant.receive(lot)
            for login, step, fields in STEPS:
                plant.take_step(login, case, fields)
                with tally.lock:
                    tally.signed.append((case.rsplit("/", 1)[-1], step))
        except (UnexpectedPage, AnswerLost) as fault:
            with tally.lock:
                tally.faults.append(f"{lot}: {fault}"[:800])
        with tally.lock:
            tally.lots.append(lot)


def _until_answered(act: Callable[[], T]) -> T:
    """Repeat what changes nothing that counts until it is answered."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return act()
        except AnswerLost:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)
