"""What a page offers: its addresses and its forms, read from the HTML as a browser would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-draft")
_BUTTONS = {"submit", "image", "button"}


@dataclass
class Field:
    """One entry of a form: its name, its kind as the browser knows it, what it holds, what it offers."""

    name: str
    kind: str
    value: str
    options: list[str] = field(default_factory=list)
    limits: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    """A form or a part of a page that sends: where to, how, and its fields in order."""

    action: str
    method: str
    multipart: bool
    fields: list[Field] = field(default_factory=list)

    @property
    def shape(self) -> tuple[str, ...]:
        """What makes it another form than the last one seen at the same address."""
        return tuple(sorted({f"{one.name}:{one.kind}" for one in self.fields}))


class Page(HTMLParser):
    """Addresses and forms of one page; buttons that send elsewhere count as forms of their own."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address = urlsplit(address).path
        self.addresses: list[str] = []
        self._forms: dict[str, Form] = {}
        self._others: list[tuple[str, str, str]] = []
        self._open: str | None = None
        self._select: Field | None = None
        self._text: Field | None = None
        self.feed(text)

    def forms(self) -> Iterator[Form]:
        """Every form, once for each address its buttons send it to."""
        yield from self._forms.values()
        for key, action, method in self._others:
            if base := self._forms.get(key):
                yield Form(action, method or base.method, base.multipart, base.fields)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in _ADDRESSES if given.get(name, "").startswith(("/", "?"))]
        if "hx-post" in given:
            self._sends(given)
        reader = getattr(self, f"_read_{tag}", None)
        if reader:
            reader(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data

    def _read_form(self, given: Mapping[str, str]) -> None:
        self._open = given.get("id") or f"#{len(self._forms)}"
        action = given.get("action") or self.address
        method = given.get("method", "get").upper()
        multipart = given.get("enctype", "").startswith("multipart")
        self._forms[self._open] = Form(action, method, multipart)

    def _read_input(self, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text")
        limits = {name: given[name] for name in ("min", "max", "step") if name in given}
        value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
        self._add(given, Field(given.get("name", ""), kind, value, limits=limits))

    def _read_button(self, given: Mapping[str, str]) -> None:
        key = given.get("form") or self._open
        if key and "formaction" in given:
            self._others.append((key, given["formaction"], given.get("formmethod", "").upper()))
        self._add(given, Field(given.get("name", ""), "button", given.get("value", "")))

    def _read_select(self, given: Mapping[str, str]) -> None:
        self._select = Field(given.get("name", ""), "select", "")
        self._add(given, self._select)

    def _read_option(self, given: Mapping[str, str]) -> None:
        if self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given or not self._select.value:
                self._select.value = given.get("value", "")

    def _read_textarea(self, given: Mapping[str, str]) -> None:
        self._text = Field(given.get("name", ""), "textarea", "")
        self._add(given, self._text)

    def _sends(self, given: Mapping[str, str]) -> None:
        """A part of the page that posts by itself; it takes the fields of the form it names along."""
        key = given.get("hx-include", "").removeprefix("#") or self._open or ""
        self._others.append((key, given["hx-post"], "POST"))

    def _add(self, given: Mapping[str, str], found: Field) -> None:
        key = given.get("form") or self._open
        if not found.name or key is None:
            return
        form = self._forms.setdefault(key, Form(self.address, "POST", False))
        same = next((one for one in form.fields if one.name == found.name and one.kind == found.kind), None)
        if same is not None and found.kind in ("radio", "checkbox"):
            same.options.append(found.value)
        else:
            found.options += [found.value] if found.kind in ("radio", "checkbox") else []
            form.fields.append(found)


def query_of(address: str) -> list[tuple[str, str]]:
    """The parameters that an address carries."""
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
