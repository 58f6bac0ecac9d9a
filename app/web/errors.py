"""From a refusal to an answer: one map of statuses, a friendly page or RFC 9457 problem details."""

import logging
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.web import outages, refusals
from app.web.database import db
from app.web.doors import wants_data
from app.web.languages import language
from core.errors import Conflict, FieldErrors, QmsError
from core.log import correlation_id

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every failure of a request in the reader's language."""
    app.register_error_handler(QmsError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(StaleDataError, _overtaken)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    outages.init_app(app)


def problem(refusal: QmsError) -> dict[str, Any]:
    """Describe a refusal as RFC 9457 problem details with the stable code and the fields to mend."""
    sentence = refusal.text(language())
    details: dict[str, Any] = {
        "type": f"urn:qms:problem:{refusal.code}",
        "title": sentence,
        "status": refusal.status,
    }
    if refusal.field:
        details["errors"] = {refusal.field: sentence}
    if isinstance(refusal, FieldErrors):
        details["errors"] = {field: error.text(language()) for field, error in refusal.errors.items()}
    return {**details, "correlation_id": correlation_id.get()}


def _refused(refusal: QmsError) -> Response:
    db.session.rollback()
    if refusals.matters(refusal):
        refusals.keep(refusal)
    if wants_data():
        return _problem_answer(problem(refusal))
    sentences = [refusal.text(language())]
    if isinstance(refusal, FieldErrors):
        sentences += [error.text(language()) for error in refusal.errors.values()]
    return _page(refusal.status, sentences, refusal.code)


def _overtaken(_error: StaleDataError) -> Response:
    return _refused(
        Conflict("row.stale", "Somebody else has just changed this. Look at it again before you go on.")
    )


def _unstorable(_error: DataError) -> Response:
    """PostgreSQL refuses what SQLite would keep: a NUL sign, a number or a text beyond its column."""
    db.session.rollback()
    return _said(400, _sentence(400), "http.400")


def _stale_form(_error: CSRFError) -> Response:
    sentence = _(
        "This form is no longer valid, perhaps because you signed out in another tab. Reload and try again."
    )
    return _said(400, sentence, "form.stale")


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return _said(error.code, _sentence(error.code), f"http.{error.code}")


def _broken(error: Exception) -> Response:
    route = request.url_rule.rule if request.url_rule is not None else "none"  # addresses hold what was typed
    log.error("request failed", exc_info=error, extra={"route": route, "method": request.method})
    if outage := outages.outage_of(error):
        return outages.answer(outage, data=wants_data())
    db.session.rollback()
    return _said(500, _sentence(500), "http.500")


def _said(status: int, sentence: str, code: str) -> Response:
    if wants_data():
        return _problem_answer(
            {
                "type": f"urn:qms:problem:{code}",
                "title": sentence,
                "status": status,
                "correlation_id": correlation_id.get(),
            }
        )
    return _page(status, [sentence], code)


def _sentence(status: int) -> str:
    known: dict[int, str] = {
        400: _("The request could not be understood."),
        401: _("Sign in first."),
        403: _("You do not have the right to do this."),
        404: _("There is no such page, or not for you."),
        405: _("This address does not accept that kind of request."),
        413: _("This is too large. Files may have up to 20 MiB."),
        414: _("This address is too long."),
        429: _("Too many failed attempts came from this computer or network. Please wait five minutes."),
        500: _("Something went wrong on our side. Nothing was saved; please try again."),
    }
    return known.get(status) or str(_("The request could not be answered."))


def _page(status: int, sentences: list[str], code: str) -> Response:
    partial = bool(request.headers.get("HX-Request"))
    template = "web/refusal.html" if partial else "error.html"
    page = render_template(
        template, status=status, sentences=sentences, code=code, correlation_id=correlation_id.get()
    )
    response = make_response(page, status)
    if partial:
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _problem_answer(details: dict[str, Any]) -> Response:
    response = jsonify(details)
    response.status_code = int(details["status"])
    response.mimetype = "application/problem+json"
    return response
