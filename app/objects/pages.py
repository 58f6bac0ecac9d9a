"""The pages that every kind of object has, put under the address of its room: one call a kind.

List with search, filters and export; one object with its history, files and changes; forms to open and to
change one; the days of a revision.
"""

import io
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.objects import attempts, history, inputs, queries, services, views
from app.objects.addresses import Address
from app.objects.kinds import ObjectKind, register
from app.objects.models import ChangeState, Verb
from app.objects.pickers import offer
from app.objects.services import NewFile, ProposeChange
from app.web import (
    access,
    allow,
    current_actor,
    current_person,
    db,
    listing,
    must_reach,
    navigation,
    reachable_sites,
    request_time,
    writing,
)
from core.errors import Conflict, FieldErrors, Invalid, QmsError
from documents import store

Answer = str | AnyResponse | tuple[str, int]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def furnish(
    bp: Blueprint,
    kind: ObjectKind,
    *,
    menu: Any = None,
    order: int = 0,
    group: str = "",
    without: Collection[str] = (),
) -> ObjectKind:
    """Register a kind and put its pages on a room's blueprint, as ``<room>.<plural>`` and ``…_<page>``.

    ``menu`` is the lazy name of its menu entry; without one the page is reached from others. ``without``
    are pages that the room has of its own, under the same names, or that make no sense for the kind; the
    list is the one without a name.
    """
    register(kind)
    offer(kind)
    pages = _Pages(Address(bp.name, kind, without), kind)
    for rule, endpoint, view, methods, right in pages.table():
        if endpoint.removeprefix(kind.plural).removeprefix("_") in without:
            continue
        door = access(right)(_named(view, endpoint))
        bp.add_url_rule(f"/{kind.plural}{rule}", endpoint, door, methods=methods)
    index = f"{bp.name}.{kind.plural}"
    if "" not in without:
        listing(index, "q", *inputs.filters_of(kind), columns=kind.shown)
    if menu is not None:
        navigation(index, menu, icon=kind.icon, right=kind.read, order=order, group=group)
    return kind


def _named(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    def page(**at: Any) -> Any:
        return view(**at)

    page.__name__, page.__doc__ = name, view.__doc__
    return page


class _Pages:
    """The pages of one kind."""

    def __init__(self, at: Address, kind: ObjectKind) -> None:
        self.at, self.kind = at, kind

    def table(self) -> list[tuple[str, str, Callable[..., Any], list[str], str]]:
        """Address, endpoint, view, methods, right."""
        kind, one = self.kind, "/<uuid:object_id>"
        read, write, get, post = kind.read, kind.write, ["GET"], ["POST"]
        return [
            ("", kind.plural, self.index, get, read),
            (".xlsx", f"{kind.plural}_export", self.export, get, read),
            ("/filters", f"{kind.plural}_filter", self.keep_filter, post, read),
            ("/new", f"{kind.plural}_new", self.new, get, write),
            ("/new", f"{kind.plural}_open", self.open, post, write),
            (one, f"{kind.plural}_show", self.show, get, read),
            (f"{one}/history", f"{kind.plural}_history", self.history, get, read),
            (f"{one}/change", f"{kind.plural}_edit", self.edit, get, write),
            (f"{one}/change", f"{kind.plural}_change", self.change, post, write),
            (f"{one}/day", f"{kind.plural}_day", self.day, post, write),
            (f"{one}/files", f"{kind.plural}_add_file", self.add_file, post, write),
            (f"{one}/files/<uuid:file_id>", f"{kind.plural}_file", self.file, get, read),
            (f"{one}/files/<uuid:file_id>/remove", f"{kind.plural}_remove_file", self.remove, post, write),
        ]

    def index(self) -> str:
        """List the objects, with search and filters."""
        return render_template("objects/list.html", at=self.at, **views.list_page(self.kind))

    def export(self) -> Response:
        """Give exactly what the filter shows, as XLSX."""
        data = views.export(self.kind)
        return _file(data, f"{self.kind.plural}.xlsx", XLSX)

    def keep_filter(self) -> AnyResponse:
        """Keep the filter of the list under a name, or forget one."""
        person, name = current_person(), request.form.get("filter_name", "")
        with writing() as session:
            if forget := request.form.get("forget"):
                kept = queries.saved_filter(session, person.id, self.kind.name, forget)
                if kept is not None:
                    session.delete(kept)
            else:
                chosen = views.chosen_of(self.kind, request.form)
                services.save_filter(session, person.id, self.kind.name, name, chosen)
        return redirect(self.at(**views.chosen_of(self.kind, request.form)), code=303)

    def new(self) -> str:
        """Ask for a new object; ``?like=`` begins with what another holds, ``?<column>=`` with a value."""
        like = request.args.get("like", type=uuid.UUID)
        given = {one.key: request.args[one.key] for one in self.kind.head if one.key in request.args}
        values = views.values_for_form(self.kind, self._object(like)) if like else given
        return self._form(None, values, {})

    def open(self) -> Answer:
        """Open an object, or propose it."""
        return self._propose(None)

    def show(self, object_id: uuid.UUID) -> str:
        """Show one object: what it holds, its files, its changes, where it is used."""
        found = self._object(object_id)
        return render_template("objects/show.html", at=self.at, **views.object_page(self.kind, found))

    def history(self, object_id: uuid.UUID) -> str:
        """Show who changed what, when and why, and what the object held on any day."""
        found = self._object(object_id)
        page = history.history_page(db.session(), self.kind, found, request.args.get("on", ""))
        return render_template("objects/history.html", at=self.at, kind=self.kind, found=found, **page)

    def edit(self, object_id: uuid.UUID) -> Answer:
        """Show the form in which an object is changed; an approved revision says that it is not."""
        found = self._object(object_id, write=True)
        try:
            services.must_be_open(found)
        except Conflict as refused:
            return self._refused(found, {"": refused}), refused.status
        return self._form(found, views.values_for_form(self.kind, found), {})

    def change(self, object_id: uuid.UUID) -> Answer:
        """Change an object, or propose it."""
        return self._propose(self._object(object_id, write=True))

    def day(self, object_id: uuid.UUID) -> Answer:
        """Propose the day on which a revision comes into force or ends."""
        found = self._object(object_id, write=True)
        verb = Verb.END if request.form.get("verb") == Verb.END.value else Verb.TAKE_EFFECT
        try:
            day = inputs.day_from(request.form, "day")
            command = self._command(verb, found, (), day)
            with writing(reason=command.reason or None) as session:
                services.propose_change(session, command, actor=current_actor(), now=request_time())
        except (FieldErrors, Invalid, Conflict) as wrong:
            attempts.keep(self.kind, found, wrong)
            errors = wrong.errors if isinstance(wrong, FieldErrors) else {wrong.field or "day": wrong}
            return self._refused(found, errors), wrong.status
        return self._done(found.id, signed=True)

    def add_file(self, object_id: uuid.UUID) -> Answer:
        """Lay a file beside the object."""
        found, brought = self._object(object_id, write=True), request.files.get("file")
        try:
            if brought is None or not brought.filename:
                raise Invalid("object.no_file_chosen", "Choose a file.", field="file")
            new = NewFile(brought.stream, brought.filename, request.form.get("note", "")[:200])  # type: ignore[arg-type]
            with writing() as session:
                services.add_file(session, self.kind, found, new, actor=current_actor(), now=request_time())
        except (Invalid, Conflict) as refused:
            attempts.keep(self.kind, found, refused)
            return self._refused(found, {"file": refused}), refused.status
        flash(_("The file lies with the object now."), "success")
        return redirect(self.at("show", object_id=object_id) + "#files", code=303)

    def file(self, object_id: uuid.UUID, file_id: uuid.UUID) -> Response:
        """Give a file of the object."""
        self._object(object_id)
        laid = queries.file_of(db.session(), self.kind, object_id, file_id)
        allow("sandbox", "")
        return _file(store.read(laid.sha256), laid.name, "application/octet-stream")

    def remove(self, object_id: uuid.UUID, file_id: uuid.UUID) -> Answer:
        """Take a file away from the object."""
        found = self._object(object_id, write=True)
        try:
            with writing() as session:
                laid = queries.file_of(session, self.kind, object_id, file_id)
                services.remove_file(session, laid, now=request_time())
        except Conflict as refused:
            attempts.keep(self.kind, found, refused)
            return self._refused(found, {"file": refused}), refused.status
        flash(_("The file was taken away from the object; the trail still knows it."), "success")
        return redirect(self.at("show", object_id=object_id) + "#files", code=303)

    def _object(self, object_id: uuid.UUID, *, write: bool = False) -> Any:
        found = queries.object_of(db.session(), self.kind, object_id)
        must_reach(self.kind.site_of(found), self.kind.write if write else self.kind.read)
        return found

    def _refused(self, found: Any, errors: Mapping[str, QmsError]) -> str:
        page = {**views.object_page(self.kind, found), "errors": errors}
        return render_template("objects/show.html", at=self.at, **page)

    def _form(self, found: Any, values: dict[str, Any], errors: dict[str, QmsError]) -> str:
        page = views.form_page(self.kind, found, values, errors)
        return render_template("objects/edit.html", at=self.at, **page)

    def _propose(self, found: Any) -> Answer:
        form = request.form
        typed = {**form.to_dict(), "lines": inputs.lines_from(self.kind, form)}
        if "_add" in form or "_del" in form:
            return self._form(found, typed, {})
        rows = inputs.rows_from(self.kind, form)
        command = self._command(Verb.CHANGE if found is not None else Verb.OPEN, found, rows, None)
        try:
            with writing(reason=command.reason or None) as session:
                change = services.propose_change(session, command, actor=current_actor(), now=request_time())
        except FieldErrors as wrong:
            attempts.keep(self.kind, found, wrong)
            return self._form(found, typed, dict(wrong.errors)), wrong.status
        except (Invalid, Conflict) as wrong:
            attempts.keep(self.kind, found, wrong)
            return self._form(found, typed, {wrong.field or "": wrong}), wrong.status
        return self._done(change.object_id, change.id, signed=change.state is not ChangeState.APPLIED)

    def _command(self, verb: Verb, found: Any, rows: Any, day: Any) -> ProposeChange:
        return ProposeChange(
            kind=self.kind,
            verb=verb,
            reason=request.form.get("reason", "").strip()[:500],
            site_id=views.deciding_site(self.kind, found),
            of=found,
            rows=rows,
            day=day,
            reach=reachable_sites(self.kind.write),
        )

    def _done(
        self, object_id: uuid.UUID | None, change_id: uuid.UUID | None = None, *, signed: bool = False
    ) -> AnyResponse:
        if not signed and object_id is not None:
            flash(_("Saved."), "success")
            return redirect(self.at("show", object_id=object_id), code=303)
        flash(_("Proposed. It holds when a second person has accepted it with a signature."), "success")
        if change_id is not None and object_id is None:
            return redirect(url_for("objects.change", change_id=change_id), code=303)
        return redirect(self.at("show", object_id=object_id), code=303)


def _file(data: bytes, name: str, kind: str) -> Response:
    return send_file(io.BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)
