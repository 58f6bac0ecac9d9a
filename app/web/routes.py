"""Doors that belong to no room: the start page and the health check."""

from flask import Blueprint, Response, jsonify, redirect, url_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.web.database import db
from app.web.doors import access
from app.web.pages import PageContext
from app.web.rights import ANYBODY, SIGNED_IN

bp = Blueprint("web", __name__)


@bp.get("/")
@access(SIGNED_IN)
def start() -> Response:
    """Go to the first page of the person's menu: the inbox for nearly everybody."""
    entries = PageContext().entries
    return redirect(entries[0].url if entries else url_for("access.me"))  # type: ignore[return-value]


@bp.get("/healthz")
@access(ANYBODY)
def health() -> tuple[Response, int]:
    """Say whether this process can answer and read its database."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="down", database=False), 503
    return jsonify(status="ok", database=True), 200
