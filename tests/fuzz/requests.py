"""One request of the fuzz: who asks for what, how, with what in it; and its way through the application."""

import io
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from flask import Flask
from werkzeug.test import TestResponse, run_wsgi_app

from tests.fuzz import inputs
from tests.fuzz.inputs import Hand
from tests.fuzz.pages import Field, Form
from tests.fuzz.plant import NOBODY, Plant, password_of

METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "POST", "CONNECT", "BREW", "get")
BOUNDARY = "qms-fuzz-9f2b"
HOW = (*("form",) * 14, "json", "type", "body", "files")
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b")


@dataclass
class Asked:
    """A request as it goes to the application, down to its bytes."""

    endpoint: str
    who: str
    method: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = self.body[:400].decode("utf-8", "backslashreplace")
        where = f"{self.method} {self.path[:200]!r}?{self.query[:200]}"
        said = {name: value[:80] for name, value in self.headers.items()}
        return f"{self.who or 'nobody'}: {where} {said} {self.content_type[:80]} {shown!r}"

    def send(self, app: Flask, cookie: str) -> TestResponse:
        """Send it past every convenience of the test client, which would refuse half of it."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode("utf-8", "surrogatepass").decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": f"qms_session={cookie}",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.content_type,
            "CONTENT_LENGTH": str(len(self.body)),
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **self.headers,
        }
        chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
        answer = TestResponse(chunks, status, headers, request=None)  # type: ignore[arg-type]
        answer.get_data()
        answer.close()
        return answer


def make_request(plant: Plant, hand: Hand) -> Asked:
    """Make one request: any route, mostly by somebody who may, mostly nearly right."""
    endpoint = hand.pick(_wanted(plant))
    rule = _rule(plant, endpoint)
    own = "POST" if "POST" in (rule.methods or ()) else "GET"
    method = own if hand.mostly(12) else hand.pick(METHODS)
    who = hand.pick(plant.who_may(endpoint) if hand.mostly(5) else [NOBODY, *plant.people])
    asked = Asked(endpoint, who, method, "")
    known = list(plant.forms.get(endpoint, {}).values())
    form = hand.pick(known) if known else None
    asked.path = _path(plant, hand, rule, form)
    if own == "POST":
        _fill_body(plant, hand, asked, form[1] if form else None)
    else:
        _fill_query(plant, hand, asked, form[1] if form else None)
    if not hand.mostly(6):
        asked.headers |= dict([hand.pick(inputs.HEADERS), hand.pick(inputs.HEADERS)])
    return asked


def _rule(plant: Plant, endpoint: str) -> Any:
    return next(rule for rule in plant.app.url_map.iter_rules() if rule.endpoint == endpoint)


def _wanted(plant: Plant) -> list[str]:
    """Every route, those that change something three times as often."""
    changing = {rule.endpoint for rule in plant.app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    return [name for name in plant.endpoints() for _ in range(3 if name in changing else 1)]


def _path(plant: Plant, hand: Hand, rule: Any, form: tuple[str, Form] | None) -> str:
    if form and hand.mostly(8):
        return form[0].partition("?")[0].partition("#")[0]
    known = plant.addresses.get(rule.endpoint, [])
    if known and hand.mostly(4):
        return plant.app.url_map.bind("localhost").build(rule.endpoint, hand.pick(known))
    parts = re.split(r"(<[^>]+>)", rule.rule)
    return "".join(_part(plant, hand, rule, part) if part.startswith("<") else part for part in parts)


def _part(plant: Plant, hand: Hand, rule: Any, part: str) -> str:
    """A part of an address: mostly one that exists, somewhere."""
    name = part.strip("<>").rpartition(":")[2]
    kind = type(rule._converters[name]).__name__
    if kind == "UUIDConverter":
        known = plant.ids
    elif kind == "AnyConverter":
        known = sorted(rule._converters[name].items)
    else:
        known = sorted({str(one[name]) for one in plant.addresses.get(rule.endpoint, []) if name in one})
    if known and hand.mostly(3):
        return hand.pick(known)
    return hand.pick((hand.pick(inputs.LOOKALIKES), hand.text()[:3000]))


def _fill_query(plant: Plant, hand: Hand, asked: Asked, form: Form | None) -> None:
    known = plant.queries.get(asked.endpoint)
    pairs = list(hand.pick(known)) if known else []
    if form and hand.mostly(2):
        pairs = _entries(plant, hand, asked.who, form.fields)
    asked.query = _encoded(_spoilt(hand, pairs, ("page", "sort", "q")))
    if not hand.mostly(15):
        asked.query += "&%ff=%fe%80&%zz&=&a[]=1"


def _fill_body(plant: Plant, hand: Hand, asked: Asked, form: Form | None) -> None:
    seat = plant.seats[asked.who]
    pairs = _entries(plant, hand, asked.who, form.fields) if form else []
    pairs = [(name, value) for name, value in _spoilt(hand, pairs) if name != "csrf_token"]
    if hand.mostly(20):
        pairs.append(("csrf_token", seat.form_token))
    files = _files(hand, form) if form and form.multipart else []
    how = hand.pick(HOW)
    if how == "json":
        asked.content_type = "application/json"
        asked.body = json.dumps(dict(pairs), ensure_ascii=False).encode("utf-8", "surrogatepass")
    elif how == "body":
        asked.content_type, asked.body = hand.pick((*inputs.TYPES, *FORM_TYPES)), hand.pick(inputs.BODIES)
    elif how == "files" or files or (form and form.multipart):
        asked.content_type = f"multipart/form-data; boundary={BOUNDARY}"
        asked.body = _multipart(pairs, files or _files(hand, form))
    else:
        asked.content_type, asked.body = FORM_TYPES[0], _encoded(pairs).encode()
    if how == "type":
        asked.content_type = hand.pick(inputs.TYPES)
    if how in ("json", "type", "body"):
        asked.headers["HTTP_X_CSRFTOKEN"] = seat.form_token


def _entries(plant: Plant, hand: Hand, who: str, fields: list[Field]) -> list[tuple[str, str]]:
    """What an honest person might send with this form."""
    buttons = [one for one in fields if one.kind == "button"]
    pressed = hand.pick(buttons) if buttons and not hand.mostly(3) else None
    entered: list[tuple[str, str]] = []
    for one in fields:
        if one.kind == "file" or (one.kind == "button" and one is not pressed):
            continue
        if one.kind == "checkbox" and hand.mostly(2):
            continue
        entered.append((one.name, _honest(plant, hand, who, one)))
    return entered


def _honest(plant: Plant, hand: Hand, who: str, one: Field) -> str:
    if one.name == "scan" and hand.mostly(2):
        return plant.next_label()
    if one.name in ("password", "old_password"):
        return password_of(who)
    if one.name == "login":
        return one.value or who
    if one.name == "key" and hand.mostly(5):
        return str(uuid.UUID(int=hand.number()))
    return hand.pick(inputs.fitting(one))


def _spoilt(hand: Hand, pairs: list[tuple[str, str]], names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Spoil none to four entries: another value, missing, doubled, unknown, under another name."""
    spoilt = list(pairs)
    for how in hand.recipe.spoils:
        if how == "unknown" or not spoilt:
            spoilt.append((hand.pick(names) if names and hand.mostly(2) else hand.name(), hand.text()))
            continue
        place = hand.place(spoilt)
        name, value = spoilt[place]
        if how == "value":
            spoilt[place] = (name, hand.text())
        elif how == "gone":
            del spoilt[place]
        elif how == "twice":
            spoilt.append((name, hand.text()))
        else:
            spoilt[place] = (hand.name(), value)
    return spoilt


def _files(hand: Hand, form: Form | None) -> list[tuple[str, str, bytes]]:
    fields = [one.name for one in (form.fields if form else ()) if one.kind == "file"] or ["file"]
    return [
        (
            hand.pick(fields) if hand.mostly(6) else hand.name(),
            hand.pick(inputs.FILE_NAMES),
            hand.pick(inputs.FILES),
        )
        for _ in range(hand.pick((0, 1, 1, 1, 2, 5)))
    ]


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(value: str) -> str:
    return quote_plus(value.encode("utf-8", "surrogatepass"))


def _multipart(pairs: list[tuple[str, str]], files: list[tuple[str, str, bytes]]) -> bytes:
    parts = [(f'name="{_named(name)}"', value.encode("utf-8", "surrogatepass")) for name, value in pairs]
    parts += [(f'name="{_named(name)}"; filename="{_named(called)}"', data) for name, called, data in files]
    written = io.BytesIO()
    for head, data in parts:
        written.write(f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode())
        written.write(head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + data + b"\r\n")
    return written.getvalue() + f"--{BOUNDARY}--\r\n".encode()


def _named(value: str) -> str:
    """A name inside a part's head, quoted as browsers do, or left with what breaks a line."""
    return value.replace('"', "%22") if len(value) % 2 else quote(value.encode("utf-8", "surrogatepass"))
