"""Style sheets, scripts, icons built at set-up: found by plain name, served under hashed names."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, send_from_directory, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from app.web.doors import access
from app.web.rights import ANYBODY

BUILD = Path(__file__).resolve().parent.parent / "static" / "build"


def init_app(app: Flask) -> None:
    """Serve the built files and offer ``asset()`` and ``icon()`` to every template."""
    app.add_url_rule("/assets/<path:name>", "web.asset", _serve)
    app.jinja_env.globals.update(asset=asset_url, icon=icon)


def missing() -> bool:
    """Whether set-up has not built the assets yet; pages then work, but plainly."""
    return not (BUILD / "manifest.json").is_file()


def asset_url(name: str) -> str:
    """Give the address of a built file such as ``app.css``; an unbuilt one keeps its plain name."""
    return url_for("web.asset", name=_built("manifest.json").get(name, name))


def asset_path(name: str) -> str:
    """Give the same address where no request is at hand."""
    return f"/assets/{_built('manifest.json').get(name, name)}"


def icon(name: str, css: str = "") -> Markup:
    """Draw a Tabler outline icon by name as inline SVG, hidden from screen readers: words stand beside it."""
    if "icons" not in g:  # a page draws a hundred: the build is looked at once for it
        g.icons = _built("icons.json")
    paths = Markup(g.icons.get(name, ""))  # noqa: S704 - our own build made it from the icon library
    return Markup(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
    ).format(css, paths)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return made


def _built(name: str) -> dict[str, Any]:
    """Read a file of the build, again only when set-up has built anew under a running server."""
    path = BUILD / name
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@access(ANYBODY)
def _serve(name: str) -> Response:
    if name not in _built("manifest.json").values():
        raise NotFound
    packed = "gzip" in request.headers.get("Accept-Encoding", "") and (BUILD / f"{name}.gz").is_file()
    response = send_from_directory(BUILD, f"{name}.gz" if packed else name, mimetype=_kind(name))
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _kind(name: str) -> str:
    kinds = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
    return kinds.get(Path(name).suffix, "application/octet-stream")
