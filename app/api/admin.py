"""Pages about the API: what it is and how it is asked, and the keys of one's own account."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.api import openapi, tokens
from app.api.tokens import DAYS, MOST_TOKENS, RIGHT
from app.objects.kinds import kinds
from app.web import SIGNED_IN, access, current_actor, current_person, db, request_time, writing
from app.web.languages import language
from core.config import settings
from core.errors import Conflict, Invalid, QmsError

bp = Blueprint("programs", __name__)


@bp.get("/api")
@access(SIGNED_IN)
def guide() -> str:
    """Say how programs read and change objects, with an example for each kind."""
    person = current_person()
    seen = [kind for kind in kinds() if person.may(kind.read)]
    schemas = openapi.document(language())["components"]["schemas"]
    return render_template(
        "api/guide.html", kinds=seen, example=example, schemas=schemas, url=settings().url, right=RIGHT
    )


def example(columns: object) -> dict[str, str]:
    """Values of an object as a program would send them, out of the examples of its columns."""
    return {one.key: one.example for one in columns if one.example}  # type: ignore[attr-defined]


@bp.get("/me/keys")
@access(RIGHT)
def keys() -> str:
    """List the keys of the own account."""
    return _page({})


@bp.post("/me/keys")
@access(RIGHT)
def make() -> Response | tuple[str, int]:
    """Make a key; it is shown once, on the page that answers."""
    name, days = request.form.get("name", ""), request.form.get("days", 0, type=int)
    person = current_person()
    try:
        with writing() as session:
            made, secret = tokens.make_token(
                session, person.id, name, days, actor=current_actor(), now=request_time()
            )
    except (Invalid, Conflict) as wrong:
        return _page({wrong.field or "": wrong}), wrong.status
    return render_template("api/key.html", made=made, secret=secret, url=settings().url), 200


@bp.post("/me/keys/<uuid:token_id>/revoke")
@access(RIGHT)
def revoke(token_id: uuid.UUID) -> Response:
    """End a key at once."""
    with writing() as session:
        tokens.revoke_token(session, current_person().id, token_id, now=request_time())
    flash(_("The key opens nothing any more."), "success")
    return redirect(url_for("programs.keys"), code=303)


def _page(errors: dict[str, QmsError]) -> str:
    session, person = db.session(), current_person()
    return render_template(
        "api/keys.html",
        errors=errors,
        tokens=tokens.tokens_of(session, person.id),
        uses=tokens.uses_of(session, person.id),
        now=request_time(),
        days=DAYS,
        most=MOST_TOKENS,
        typed=request.form,
    )
