"""Uploads without end against real web processes: refused by name, early, in bounded memory and disk.

On one database: a stream is refused before anything of it reaches a service, and none is asked to keep it.
"""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.cli.scratch import ROOT, free_port
from app.web import security
from core import db
from core.config import settings
from documents.models import StoredFile
from tests.factories.people import PASSWORD, make_company

GIB = 1024**3
PIECE = b"x" * 65_536
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
MEMORY, DISK = 150 * 1024**2, 130 * 1024**2
"""What 1 GiB may cost at most: memory of all web processes beyond what they had, and temporary files."""


@dataclass
class Web:
    """Gunicorn on a port, its folder for temporary files, and somebody signed in."""

    port: int
    process: "subprocess.Popen[bytes]"
    temporary: Path
    cookie: str = ""
    form_token: str = ""

    def memory(self) -> int:
        """Resident octets of all its processes."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (parent, *children)]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def disk(self) -> int:
        """Octets of its temporary files, those without a name too."""
        held = 0
        parent = self.process.pid
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            for link in Path(f"/proc/{pid}/fd").iterdir():
                try:
                    if str(link.readlink()).startswith(str(self.temporary)):
                        held += link.stat().st_size
                except OSError:
                    continue
        return held


@contextmanager
def started(home: Path) -> Iterator[Web]:
    port, temporary = free_port(), home / "temporary"
    temporary.mkdir()
    own = {"QMS_HOME": str(home), "PORT": str(port), "TMPDIR": str(temporary), "QMS_DEMO": ""}
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, stdout=quiet, stderr=quiet)
    web = Web(port, process, temporary)
    try:
        deadline = time.monotonic() + 90
        while not _listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield web
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def sign_in(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    web.form_token = _token(answer.read().decode())
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    entered = f"login=keeper&password={PASSWORD}&csrf_token={web.form_token}"
    kind = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", entered, kind)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302
    web.cookie = answer.headers["Set-Cookie"].split(";")[0]
    connection.request("GET", "/me", headers={"Cookie": web.cookie})
    web.form_token = _token(connection.getresponse().read().decode())
    connection.close()


def _token(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found.group(1)


@dataclass
class Cost:
    """What a stream came to: the answer, how much was taken, how much memory and disk it held at most."""

    answer: bytes
    taken: int
    memory: int
    disk: int


def stream(web: Web, *, chunked: bool, cookie: str, size: int = GIB) -> Cost:
    """Send a file of so many octets as fast as it is taken, until somebody answers."""
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    before = memory = web.memory()
    taken = disk = 0
    with socket.create_connection(("127.0.0.1", web.port), 60) as line:
        line.sendall(
            b"POST /attachments HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n"
            + f"Cookie: {cookie}\r\nX-CSRFToken: {web.form_token}\r\n".encode()
            + length
            + b"\r\n\r\n"
        )
        try:
            line.sendall(_framed(HEAD, chunked))
            while taken < size:
                line.sendall(_framed(PIECE, chunked))
                taken += len(PIECE)
                if taken % (2 * 1024**2) == 0:
                    memory, disk = max(memory, web.memory()), max(disk, web.disk())
        except OSError:
            pass  # refused while still being sent
        return Cost(_answer(line), taken, memory - before, disk)


def half_sent(web: Web) -> socket.socket:
    """Begin to send a form, and then send no more."""
    line = socket.create_connection(("127.0.0.1", web.port), 2 * security.PATIENCE)
    head = "POST /attachments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
    kind = "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    line.sendall((head + kind).encode() + HEAD)
    return line


def _framed(data: bytes, chunked: bool) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if chunked else data


def _answer(line: socket.socket) -> bytes:
    received = b""
    try:
        while piece := line.recv(65_536):
            received += piece
    except OSError:
        pass
    return received


@pytest.mark.urs("URS-020")
def test_a_stream_of_one_gibibyte_is_refused_early_and_keeps_nothing(
    home: Path, empty_plant: Path
) -> None:
    (home / "qms.sqlite3").write_bytes(empty_plant.read_bytes())
    db.configure(settings().database_url)
    make_company(("keeper", "keeper"))
    with started(home) as web:
        sign_in(web)
        slow = half_sent(web)
        answers = []
        for cookie in (web.cookie, ""):
            for chunked in (False, True):
                cost = stream(web, chunked=chunked, cookie=cookie)
                answers.append(cost.answer)
                assert cost.taken < GIB / 8
                assert cost.memory < MEMORY
                assert cost.disk < DISK
        assert all(b"413" in said and b"http.413" in said for said in answers if said)
        assert sum(map(bool, answers)) >= 2  # a reset may overtake an answer
        assert b"http.400" in _answer(slow)
        slow.close()
        assert web.disk() == 0
    with db.read_session() as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert [path for path in settings().files.rglob("*") if path.is_file()] == []
    db.engine().dispose()
