"""A person at a browser without pictures: signs in, reads pages, fills forms, over real HTTP.

Checks and measurements use it, so that what they show holds for people too.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

from lxml import html

SECONDS = 60


class UnexpectedPage(Exception):
    """The product answered with another page than a person would expect here."""


@dataclass(frozen=True)
class Page:
    """One answer: status, address after redirects, body."""

    status: int
    url: str
    body: bytes

    @property
    def tree(self) -> Any:
        """The page as a tree of elements."""
        return html.fromstring(self.body.decode("utf-8"), base_url=self.url)

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def text(self) -> str:
        """What a person reads, on one line."""
        return " ".join(self.tree.text_content().split())

    def complaint(self) -> str:
        """What the page says is wrong, or else all that it says."""
        classes = ("alert-", "invalid-feedback", "refusal-text", "refusal-code")
        marked = " or ".join(f"contains(@class, '{name}')" for name in classes)
        said = [" ".join(one.text_content().split()) for one in self.tree.xpath(f"//*[{marked}]")]
        return " ".join(dict.fromkeys(filter(None, said))) or self.text()

    def form(self, part_of_action: str) -> Any:
        """The form whose address contains `part_of_action`.

        Raises:
            UnexpectedPage: there is none; the page's own words say why.
        """
        for form in self.tree.forms:
            if part_of_action in (form.action or self.url):
                return form
        what = f"{self.url} ({self.status}) has no form {part_of_action!r}"
        raise UnexpectedPage(f"{what}: {self.complaint()[:600]}")

    def links(self, part: str) -> list[str]:
        """Addresses of the links that contain `part`, without repetition, in reading order."""
        found = [link for link in self.tree.xpath("//a/@href") if part in link]
        return [urljoin(self.url, link) for link in dict.fromkeys(found)]


class Visitor:
    """One person with a session of his own on the product at `address`."""

    def __init__(self, address: str, *, language: str = "en") -> None:
        self.address = address
        self.language = language
        self.login, self.password = "", ""
        self._jar = CookieJar()
        self._browser = build_opener(HTTPCookieProcessor(self._jar))

    def sign_in(self, login: str, password: str) -> "Visitor":
        """Sign in.

        Raises:
            UnexpectedPage: the product refuses.
        """
        self.login, self.password = login, password
        page = self.submit(self.get("/login").form("/login"), {"login": login, "password": password})
        if page.url.endswith("/login"):
            raise UnexpectedPage(f"{login} cannot sign in: {page.text()[:300]}")
        return self

    def choose_language(self) -> "Visitor":
        """Read the pages in this visitor's language from now on, whatever the account said."""
        self.submit(self.get("/me").form("/language"), {"language": self.language})
        return self

    def cookies(self) -> str:
        """The cookies of this session, as the header a browser would send."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def get(self, path: str) -> Page:
        """Open a page; an answer with an error status is a page too."""
        return self._ask(Request(urljoin(self.address, path)))  # noqa: S310 - the product's own address

    def submit(
        self, form: Any, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Page:
        """Send a form as it stands, some of its fields filled in, with files when there are any."""
        values = [(name, value) for name, value in form.form_values() if name not in fields]
        values += list(fields.items())
        address = urljoin(form.base_url or self.address, form.action or "")
        if files is None and "multipart" not in (form.get("enctype") or ""):
            body, kind = urlencode(values).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = _multipart(values, files or {})
        headers = {"Content-Type": kind, "Referer": form.base_url or self.address}
        return self._ask(Request(address, body, headers))  # noqa: S310

    def _ask(self, request: Request) -> Page:
        request.add_header("Accept-Language", self.language)
        request.add_header("Accept", "text/html,*/*;q=0.8")
        try:
            with self._browser.open(request, timeout=SECONDS) as answer:
                return Page(answer.status, answer.geturl(), answer.read())
        except HTTPError as refusal:
            with refusal:
                return Page(refusal.code, refusal.geturl(), refusal.read())


def _multipart(values: list[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values
    ]
    for name, (filename, content) in files.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
