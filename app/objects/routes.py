"""Pages of proposed changes, and suggestions for fields that name an object."""

import uuid
from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.objects import attempts, finding, queries
from app.objects.addresses import address_of
from app.objects.finding import Asked
from app.objects.kinds import ObjectKind, kind_of, kinds
from app.objects.models import ObjectChange
from app.objects.named import Fact, Names, named_by
from app.objects.records import VERBS, change_sections
from app.objects.texts import text_of
from app.objects.views import written
from app.web import (
    access,
    current_person,
    db,
    listing,
    navigation,
    paginate,
    reachable_sites,
)
from app.web.filters import in_language
from core.errors import NotFound
from documents.sheets.cells import Column
from documents.sheets.importers import importers
from forms.pickers import Picker, picker_of

bp = Blueprint("objects", __name__)
SUGGESTED = 12

navigation(
    "objects.changes", _l("Changes"), icon="git-pull-request", right="changes.read", order=10, group="master"
)
listing("objects.changes", "state")


def _site_of(change_id: uuid.UUID) -> uuid.UUID | None:
    return queries.change_of(db.session(), change_id).site_id


@bp.app_template_global()
def object_text(column: object, value: object) -> str:
    """Show the value of an object's column in the reader's language."""
    return in_language(text_of(column, value))  # type: ignore[arg-type]


@bp.app_template_global()
def object_facts(columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> list[list[Fact]]:
    """Show what some rows hold, column by column; the names of other objects lead to them."""
    told = [column for column in columns if not column.worked_out]  # shown with the file it is of
    names = Names(db.session(), told, rows, today=True)
    return [names.facts(told, values) for values in rows]


bp.add_app_template_global(address_of, "object_address")
bp.add_app_template_global(written, "object_written")


@bp.get("/changes")
@access("changes.read")
def changes() -> str:
    """List the changes of objects: those that wait, and those that were decided."""
    person = current_person()
    seen = [kind for kind in kinds() if person.may(kind.read)]
    wanted = queries.changes([kind.name for kind in seen], reachable_sites("changes.read"))
    state = request.args.get("state", "")
    if state in ("proposed", "applied", "refused"):
        wanted = wanted.where(ObjectChange.state == state)
    titles = {kind.name: kind.title for kind in seen}
    page = paginate(wanted)
    return render_template("objects/changes.html", page_of=page, titles=titles, verbs=VERBS, state=state)


@bp.get("/changes/<uuid:change_id>")
@access("changes.read", site=_site_of)
def change(change_id: uuid.UUID) -> str:
    """Show one change: what was there, what shall be, who decided."""
    found = queries.change_of(db.session(), change_id)
    kind = _readable(found.kind)
    sections = change_sections(db.session(), change_id, {})
    return render_template("objects/change.html", change=found, kind=kind, sections=sections)


@bp.get("/changes/attempts")
@access("audit.read")
def refused_attempts() -> str:
    """List attempts to change objects past change control, of one object or of all."""
    one = request.args.get("object", type=uuid.UUID)
    page = paginate(attempts.attempts(one))
    tried = attempts.told(db.session(), list(page.items))
    return render_template("objects/attempts.html", page_of=page, tried=tried, one=one)


@bp.get("/objects/suggestions/<kind_name>")
@access("changes.read")
def suggestions(kind_name: str) -> str:
    """Offer objects whose key or name holds the words typed, for a field that names one."""
    words = request.args.get("q", "").strip()[:60]
    if kind_name not in {kind.name for kind in kinds()}:
        found = _picker(kind_name).suggest(db.session(), words, None)
        offered = [(key, f"{key} · {in_language(name)}") for key, name in found]
        return render_template("objects/suggestions.html", offered=offered)
    kind = _readable(kind_name)
    asked = Asked(words, sites=reachable_sites(kind.read), size=SUGGESTED)
    found = finding.page(db.session(), kind, asked).items
    offered = [(str(kind.key_of(row)[-1]), in_language(kind.label(row))) for row in found]
    return render_template("objects/suggestions.html", offered=offered)


def _picker(kind_name: str) -> Picker:
    """The picker of what is no object, such as people, for whoever fills in a list that names it.

    Raises:
        NotFound: there is none, or not for this person.
    """
    person = current_person()
    lists = [one for one in importers() if person.may(one.right)]
    if not any(named_by(column) == kind_name for one in lists for column in one.columns):
        raise NotFound("object.unknown_kind", "There is no such kind of object.")
    return picker_of(kind_name)


def _readable(kind_name: str) -> ObjectKind:
    """A kind the person may see.

    Raises:
        NotFound: there is none, or not for this person.
    """
    kind = kind_of(kind_name)
    if not current_person().may(kind.read):
        raise NotFound("object.unknown_kind", "There is no such kind of object.")
    return kind
