"""Values that no honest browser sends, and those that an honest one would: as hypothesis draws them."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from tests.fuzz.pages import Field

T = TypeVar("T")

TEXTS = (
    "", " ", "\t\r\n", "\0", "a\0b", "\x1b[31m", "\x7f", "\ufeff", "\ud800", "x\udfffy", "\U0010ffff",
    "\ufffe",
    "\u202egnp.exe", "\u200b\u200d\u2060", "a\u0300" * 300, "👩‍👩‍👧‍👦🏳️‍🌈", "𠮷野家", "ﷺ" * 200, "İıſK", "零",
    "٣", "１２３", "²",
    "'", "' OR '1'='1' --", "'; DROP TABLE lot; --", "%", "_", "\\", "%(name)s", "%s%n", "{0.__class__}",
    "{{7*7}}", "{% include '/etc/passwd' %}", "{{config}}", "${7*7}", "#{7*7}", "<%= 7 %>",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "]]>", "--", "<b", "url(http://evil.example/)", "@import 'x'",
    "a\r\nSet-Cookie: x=1", "a\nX-Planted: 1", "%0d%0aX: 1", "../../../../etc/passwd", "..\\..\\windows",
    "/etc/passwd", "file:///etc/passwd",
    "http://evil.example/", "//evil.example", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1", "0", "-0",
    "00", "1e400", "-1e400", "1e-400",
    "NaN", "nan", "sNaN", "Infinity", "-inf", "0x10", "1_000", "1,5", "1.000.000", "٫٥", "1e5",
    "1E+1000000", "9" * 40, "9" * 400,
    "0.0000001", "0.1234567", "1" * 5000, "9223372036854775807", "9223372036854775808", "2147483648",
    "99999999999999.999999", "4294967296",
    "true", "false", "null", "None", "undefined", "[]", "{}", "[object Object]", "on", "off", "yes",
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-13-01", "1969-12-31",
    "2026-11-22T25:61", "2026-W01", "20261122",
    "2026-11-22T08:00:00+99:99", "-2026-01-01", "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "urn:uuid:00000000-0000-0000-0000-000000000000", "0" * 32,
    "0" * 64, "g" * 64,
    "(01)00000000000000", "(01)06901234560015(17)269999(10)", "]d2010690123456001517271231", "\x1d",
    "(10)" + "A" * 300,
    "Europe/Atlantis", "../UTC", "zh", "en", "xx", "zh-Hans", "keeper", "system",
)  # fmt: skip
LONG = ("x" * 70_000, "汉" * 40_000, "a b " * 20_000, "[" * 5_000, "(" * 3_000, "1" * 100_000, "%00" * 9_000)

text = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.text(st.characters(), max_size=40),
    st.floats().map(str),
    st.integers().map(str),
    st.decimals().map(str),
    st.uuids().map(str),
    st.dates(date(1, 1, 1), date(9999, 12, 31)).map(str),
    st.sampled_from(LONG),
)

name = st.one_of(
    st.sampled_from(("page", "sort", "q", "next", "lang", "_add", "_del", "_upload", "_save", "_method",
    "id", "state", "rows.-1.value", "rows.9999.value", "rows.x", "a.b.c.d", "__proto__", "__class__",
    "actor_id", "role", "csrf_token", "key", "login", "password", "download", "file")),
    text.filter(lambda value: len(value) < 300),
)  # fmt: skip

LOOKALIKES = (
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000", "not-a-uuid", "1", "-1",
    "%2e%2e", "..",
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "new", "0" * 64, "A" * 64, "é", "汉", "\ud800", "a%00b", "\x00",
    "%", "a/b", "a;b", "'", "x" * 3000,
)  # fmt: skip

HEADERS = (
    ("HTTP_HX_REQUEST", "true"),
    ("HTTP_ACCEPT", "application/json"),
    ("HTTP_ACCEPT", "*/*;q=nan, ;;;"),
    ("HTTP_ACCEPT_LANGUAGE", "zh-CN,zh;q=0.9"),
    ("HTTP_ACCEPT_LANGUAGE", "x" * 5000),
    ("HTTP_ACCEPT_ENCODING", "gzip, br;q=x"),
    ("HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"),
    ("HTTP_X_CORRELATION_ID", "a" * 5000),
    ("HTTP_X_FORWARDED_FOR", "1.2.3.4, \xff"),
    ("HTTP_X_FORWARDED_HOST", "evil.example"),
    ("HTTP_HOST", "evil.example:99999"),
    ("HTTP_HOST", "\xff\xfe"),
    ("HTTP_COOKIE", "qms_session=" + "x" * 20_000),
    ("HTTP_COOKIE", "qms_session=\xff\xfe; qms_language=\"\\377"),
    ("HTTP_RANGE", "bytes=99999999999999-"),
    ("HTTP_IF_NONE_MATCH", "W/\"\xff"),
    ("HTTP_IF_MODIFIED_SINCE", "yesterday"),
    ("HTTP_REFERER", "javascript:alert(1)"),
    ("HTTP_AUTHORIZATION", "Basic \xff"),
    ("HTTP_EXPECT", "100-continue"),
    ("HTTP_CONTENT_ENCODING", "gzip"),
    ("HTTP_ORIGIN", "null"),
)
TYPES = (
    "application/json", "text/plain", "application/xml", "", "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300, "application/x-www-form-urlencoded; charset=utf-7",
    "\xff/\xfe", "multipart/mixed; boundary=b",
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[[[[[[[[[[", b"[" * 100_000, b'{"a":' * 5000, b"NaN",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"%", b"%ff%fe=%80&%zz=1", b"a=1&a=2&" * 3000, b"=&=&=", b"--b\r\n\r\n",
    b"--b\r\nContent-Disposition: form-data; name=\"\xff\"; filename=\"\xfe.pdf\"\r\n\r\nx\r\n--b--\r\n",
    b"\x00" * 1000, b"\xff\xfe", b"&".join(b"f%d=1" % number for number in range(3000)),
)  # fmt: skip
FILE_NAMES = (
    "a.pdf", "a.png", "a.csv", "a.txt", "a.xlsx", "a.bpmn", "a.svg", "a.exe", "../../etc/passwd.txt",
    "a\0.pdf", "\u202efdp.exe", "汉" * 200 + ".pdf",
    ".pdf", "a", "", "\ud800.txt", "CON.txt", "a.pdf.exe", "x" * 3000 + ".txt", "a\r\nX: 1.txt",
)  # fmt: skip
FILES = (
    b"", b"plain text\n", b"a,b\n=1+1,2\n", b"%PDF-1.7\n%%EOF", b"%PDF-1.7 /JavaScript %%EOF",
    b"\x89PNG\r\n\x1a\n", b"PK\x03\x04broken", b"MZ\x90",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"\xff\xd8\xff\xe0" + b"\0" * 50, b"\xff\xfe\x00\xd8", b"\0" * 5000, b"x" * 200_000,
    b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'/></definitions>",
)  # fmt: skip

SOON = (date(2026, 11, 22) + timedelta(days=500)).isoformat()
FITTING = {
    "search": "PVC",
    "number": "7",
    "decimal": "7.2",
    "date": SOON,
    "datetime-local": SOON + "T08:00",
    "email": "a@example.org",
    "textarea": "Found good. 合格",
    "text": "A-1",
    "password": "quiet-harbour-43",
    "checkbox": "yes",
}


def fitting(one: Field) -> list[str]:
    """What an honest person might enter: what stands there already, an option, or something of its kind."""
    if one.kind in ("select", "radio"):
        return [option for option in one.options if option] or [one.value]
    if one.kind in ("hidden", "button"):
        return [one.value]
    low = one.limits.get("min", "")
    entered = low or ("7.2" if one.limits.get("step") else FITTING.get(one.kind, "A-1"))
    return [value for value in (one.value, entered) if value]


@dataclass(frozen=True)
class Recipe:
    """What hypothesis draws for one request; what it does with it depends on what the plant offers then."""

    dice: int
    texts: list[str]
    names: list[str]
    spoils: list[str]


recipes = st.builds(
    Recipe,
    dice=st.integers(0, 2**64),
    texts=st.lists(text, min_size=4, max_size=6),
    names=st.lists(name, min_size=2, max_size=3),
    spoils=st.lists(st.sampled_from((*("value",) * 5, "gone", "twice", "unknown", "renamed")), max_size=4),
)


class Hand:
    """Chooses by the dice of a recipe, and deals its texts and names in turn."""

    def __init__(self, recipe: Recipe, turn: int) -> None:
        self.recipe = recipe
        self._dice = random.Random(f"{recipe.dice}-{turn}")  # hypothesis likes to draw a number again
        self._texts = itertools.cycle(recipe.texts)
        self._names = itertools.cycle(recipe.names)

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self._dice.choice(choices)

    def mostly(self, times: int) -> bool:
        """False once in so many times."""
        return self._dice.randrange(times) > 0

    def number(self) -> int:
        """A number as large as an id."""
        return self._dice.getrandbits(128)

    def place(self, things: Sequence[object]) -> int:
        """A place in a list."""
        return self._dice.randrange(len(things))

    def text(self) -> str:
        """The next text of the recipe."""
        return next(self._texts)

    def name(self) -> str:
        """The next name of the recipe."""
        return next(self._names)
