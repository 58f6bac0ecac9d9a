"""What every answer carries: a strict content security policy, no caching of pages, small bodies."""

import contextlib
import gzip
import os
import secrets
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect

from app.web import attempts
from app.web.visitor import visitor
from core.config import settings
from core.log import NONE, correlation_id, new_correlation_id, read_correlation_id

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
PACKED = frozenset({"text/html", "application/json", "application/problem+json", "image/svg+xml", "text/csv"})
SMALLEST_PACKED = 1024

LONGEST_QUERY = 4000
"""Octets behind the question mark of an address; databases refuse to search for texts without end."""
LARGEST_FORM = 2 * 1024 * 1024
"""Octets of a form without files, which is read whole; and of anything from somebody not signed in."""
PATIENCE = 20
"""Seconds a body may stand still while it comes in; who sends it slower holds no thread of the server."""
MOST_FIELDS = 5000
"""Entries of one form; the largest form of the product has a tenth of it."""

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Guard every POST with a form token, and dress every answer."""
    app.config.update(
        SECRET_KEY=_secret(settings().secret_key_file),
        SESSION_COOKIE_NAME="qms_session",
        SESSION_COOKIE_SECURE=settings().url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=MOST_FIELDS,
    )
    attempts.init_app(app)
    app.before_request(_name_request)
    app.before_request(_refuse_oversize)
    app.before_request(_refuse_nul)
    csrf.init_app(app)  # looks for its token in what has just been found readable
    app.after_request(_dress)
    app.after_request(_pack)
    app.teardown_request(_forget_request)


def allow(directive: str, sources: str) -> None:
    """Widen the policy of this one answer, e.g. ``allow("frame-src", "'self'")`` to show a PDF in the page.

    The framed answer itself says ``allow("frame-ancestors", "'self'")``.
    """
    g.setdefault("policy", {})[directive] = sources


def _secret(path: Path) -> bytes:
    """Read the key that protects form tokens, making it once; two processes starting together make one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def _refuse_oversize() -> None:
    """Refuse what no page of the product sends, before it is taken apart.

    Raises:
        RequestURITooLarge: the address asks for too much.
        RequestEntityTooLarge: the form has too many entries, or octets.
        ClientDisconnected: the body stands still.
    """
    if request.mimetype != "multipart/form-data" or visitor() is None:
        request.max_content_length = LARGEST_FORM
    if len(request.query_string) > LONGEST_QUERY:
        abort(414)
    with _patience():
        entries = sum(1 for _ in request.form.items(multi=True))
    if entries > MOST_FIELDS:
        abort(413)


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Wait for what a browser sends only so long; werkzeug takes the time-out for a lost connection."""
    line = request.environ.get("gunicorn.socket")
    if line is None:
        yield
        return
    line.settimeout(PATIENCE)
    try:
        yield
    finally:
        line.settimeout(None)  # the answer may take as long as it takes


def _refuse_nul() -> None:
    """No person types a NUL sign and PostgreSQL keeps none; it is refused before anything reads it.

    Raises:
        BadRequest: an entry or a part of the address contains one, or a part of the body has no name.
    """
    typed = [*request.args.items(multi=True), *request.form.items(multi=True)]
    names = [upload.filename or "" for upload in request.files.values()]
    nameless = None in request.form or None in request.files
    if nameless or any("\0" in text for text in [request.path, *names, *chain.from_iterable(typed)]):
        abort(400)


def _name_request() -> None:
    """Take the id of the caller only if it is a UUID, which says nothing; whatever else it is, make one."""
    given = request.headers.get("X-Request-ID") or request.headers.get("X-Correlation-ID", "")
    correlation_id.set(read_correlation_id(given) or new_correlation_id())


def _forget_request(_error: BaseException | None) -> None:
    correlation_id.set(NONE)


def _dress(response: Response) -> Response:
    policy = {**POLICY, **g.get("policy", {})}
    headers = response.headers
    headers["Content-Security-Policy"] = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    headers["X-Frame-Options"] = "DENY" if policy["frame-ancestors"] == "'none'" else "SAMEORIGIN"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=()"
    headers["X-Request-ID"] = headers["X-Correlation-ID"] = correlation_id.get()
    headers.setdefault("Cache-Control", "no-store")
    if settings().url.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _pack(response: Response) -> Response:
    if (
        response.direct_passthrough
        or response.mimetype not in PACKED
        or "Content-Encoding" in response.headers
        or response.calculate_content_length() is None
        or int(response.calculate_content_length() or 0) < SMALLEST_PACKED
    ):
        return response
    response.vary.add("Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
