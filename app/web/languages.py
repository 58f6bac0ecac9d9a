"""Chinese and English pages: the person's own choice, before sign-in the browser's or a cookie (URS-122)."""

from flask import Flask, Request, Response, g, has_request_context, request
from flask_babel import Babel

from app.web.visitor import visitor
from core.languages import CATALOGUE, LANGUAGES

COOKIE = "qms_language"
NAMES = {"en": "English", "zh": "中文"}
HTML_CODES = {"en": "en", "zh": "zh-Hans"}

babel = Babel()


def init_app(app: Flask) -> None:
    """Have Flask-Babel speak from the one catalogue of the product."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(CATALOGUE)
    babel.init_app(app, locale_selector=language, timezone_selector=zone)


def language() -> str:
    """Give the reader's language, ``en`` or ``zh``."""
    if not has_request_context():
        return "en"
    person = visitor()
    if person is not None:
        return person.language
    if "language" not in g:
        g.language = _before_sign_in(request)
    return str(g.language)


def zone() -> str:
    """Give the reader's IANA time zone; UTC before sign-in."""
    person = visitor()
    return person.zone if person is not None else "UTC"


def remember(response: Response, chosen: str) -> None:
    """Keep the language of a browser nobody is signed in with; the cookie holds two letters and no id."""
    response.set_cookie(COOKIE, chosen, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)


def _before_sign_in(asked: Request) -> str:
    for wish in (asked.args.get("lang"), asked.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    best = asked.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans", "zh-TW"], default="en")
    return "zh" if best.startswith("zh") else "en"
