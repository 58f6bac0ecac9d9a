"""The doors of the inbox: list, task page, claim, draft, review, sign, attachments."""

import uuid
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import Select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response

from app.access.services import Refusal
from app.inbox import pages, queries
from app.inbox.errors import Changed, NoFile
from app.inbox.inputs import case_just_left, command_from, filters_from
from app.inbox.originals import Taking
from app.inbox.panel import outcome_of, sign_panel
from app.inbox.proving import prove
from app.inbox.services import (
    Review,
    Taken,
    attached_file,
    claim_task,
    keep_entries,
    needs_signature,
    open_page,
    open_view,
    release_task,
    review_task,
    sign_task,
    still_takes,
    suggested,
)
from app.inbox.standing_in import standing_for
from app.web import (
    access,
    allow,
    current_actor,
    current_person,
    db,
    language,
    listing,
    navigation,
    paginate,
    piece,
    refusals,
    request_time,
    writing,
)
from app.web.filters import in_language
from core.errors import FieldErrors, Invalid, QmsError
from documents import store
from documents.models import StoredFile
from documents.uploads import keep, look_into

Answer = str | Response | tuple[str, int]

bp = Blueprint("inbox", __name__)
navigation(
    "inbox.index", lazy_gettext("Inbox"), icon="inbox", right="inbox.work", order=10, count="inbox_count"
)
listing("inbox.index")  # only the order is remembered: no filter of yesterday may hide a task


@piece("inbox_count")
def waiting() -> int:
    """Number of tasks that wait for the person, beside the menu entry."""
    person, now = current_person(), request_time()
    principals = standing_for(db.session(), person.id, now=now)
    return queries.count_open(db.session(), person.id, person.grants, now=now, principals=principals)


@bp.get("/inbox")
@access("inbox.work")
def index() -> str:
    """Show the open tasks of the person, overdue first."""
    person, now = current_person(), request_time()
    filters, principals = filters_from(request.args), standing_for(db.session(), person.id, now=now)
    found = queries.open_tasks(person.id, person.grants, filters, now=now, principals=principals)
    page_of = paginate(cast("Select[Any]", found))
    after = case_just_left(request.args)
    coming = pages.next_line(db.session(), now=now, principals=principals) if after else None
    return render_template(
        "inbox/index.html",
        page_of=page_of,
        rows=pages.lines(db.session(), page_of.items, now=now, principals=principals),
        total=page_of.total,
        filters=filters,
        counts=queries.counts(db.session(), person.id, person.grants, now=now, principals=principals),
        after=after,
        coming=coming,
        processes=queries.processes_with_tasks(db.session(), person.grants),
    )


@bp.get("/inbox/<uuid:task_id>")
@access("inbox.work")
def task(task_id: uuid.UUID) -> Answer:
    """Show one task with everything it is about; from now on the person may sign it."""
    now = request_time()
    with writing() as session:
        open_page(session, task_id, actor=current_actor(), now=now)
    view = open_view(db.session(), task_id)
    context = pages.task_page(db.session(), view, now=now)
    if context["over"]:
        return _over(view.case.id)
    typed, _saved_at = pages.typed_so_far(view)
    outcome = outcome_of(db.session(), view, typed, now=now)
    context |= sign_panel(db.session(), view, typed, outcome) | {
        "asked": view.form is None or bool(view.pending)
    }
    return render_template("inbox/task.html", task_id=task_id, **context)


@bp.post("/inbox/<uuid:task_id>/claim")
@access("inbox.work")
def claim(task_id: uuid.UUID) -> Response:
    """Take a task over."""
    with writing() as session:
        claim_task(session, task_id, actor=current_actor(), now=request_time())
    return _back(task_id)


@bp.post("/inbox/<uuid:task_id>/release")
@access("inbox.work")
def release(task_id: uuid.UUID) -> Response:
    """Give a task back to everybody of its role."""
    with writing() as session:
        release_task(session, task_id, actor=current_actor(), now=request_time())
    return _back(task_id)


@bp.post("/inbox/<uuid:task_id>/draft")
@access("inbox.work")
def draft(task_id: uuid.UUID) -> str:
    """Keep what has been typed so far, without being asked."""
    _keep_draft(task_id, request.form)
    return render_template("inbox/_saved.html", saved_at=request_time())


@bp.post("/inbox/<uuid:task_id>/review")
@access("inbox.work")
def review(task_id: uuid.UUID) -> Answer:
    """Check the entries and show what would be signed, or just keep them: as draft, with a file or row more.

    A page with scripts asks here after every change and gets the panel alone.
    """
    actor, now, form = current_actor(), request_time(), request.form
    if "HX-Request" in request.headers:
        return _live(task_id, form)
    try:
        added = _add_files(form) if "_upload" in form else {}
    except Invalid as refused:
        _keep_draft(task_id, form)
        return _refused(task_id, form, FieldErrors({form["_upload"]: refused}))
    typed = MultiDict(
        [*form.items(multi=True), *((name, sha) for name, shas in added.items() for sha in shas)]
    )
    only_kept = bool({"_upload", "_save", "_add", "_del"} & set(form))
    _keep_draft(task_id, typed, Taking.VALUES if only_kept else Taking.REVIEWED)
    if "_upload" in form or "_save" in form:
        return _back(task_id)
    if only_kept:
        return _page(task_id, typed)
    command = command_from(task_id, typed, language=language())
    try:
        reviewed = review_task(db.session(), command, actor=actor, now=now)
    except (FieldErrors, Changed) as error:
        return _refused(task_id, typed, error)
    return _page(task_id, typed, reviewed=reviewed)


@bp.post("/inbox/<uuid:task_id>/sign")
@access("inbox.work")
def sign(task_id: uuid.UUID) -> Answer:
    """Sign what the panel showed, after the person has proved himself again, and let the process run on.

    A panel without a signature says so; a step that needs one is refused all the same, under its lock.
    """
    actor, now, form = current_actor(), request_time(), request.form
    method = None
    try:
        if not form.get("unsigned") and needs_signature(db.session(), task_id):
            proof = prove(form)
            if isinstance(proof, Refusal):
                return _not_proven(task_id, form, proof.error)
            method = proof.method
        command = command_from(task_id, form, language=language(), method=method)
        with writing() as session:
            taken = sign_task(session, command, actor=actor, now=now)
    except QmsError as error:
        mendable = isinstance(error, FieldErrors | Changed)
        if not mendable and not still_takes(db.session(), task_id, actor=actor, now=now):
            raise
        return _refused(task_id, form, error)
    return _taken(taken)


@bp.get("/inbox/<uuid:task_id>/suggestions/<name>")
@access("inbox.work")
def suggestions(task_id: uuid.UUID, name: str) -> str:
    """Offer objects whose key or name holds the words typed, for a field of the task's form that picks."""
    words = request.args.get("q", "").strip()[:60]
    found = suggested(db.session(), task_id, name, words, actor=current_actor(), now=request_time())
    offered = [(key, in_language(called)) for key, called in found]
    return render_template("objects/suggestions.html", offered=offered)


@bp.get("/inbox/<uuid:task_id>/files/<sha256>")
@access("files.read")
def file(task_id: uuid.UUID, sha256: str) -> Response:
    """Hand out a file that the task page lists; it is saved, never opened inside the product's own origin."""
    found = attached_file(db.session(), task_id, sha256, actor=current_actor(), now=request_time())
    allow("sandbox", "")
    return send_file(
        store.path_of(found.sha256),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.name,
        conditional=False,
    )


@bp.post("/attachments")
@access("attachments.add")
def attach() -> Response:
    """Take one file, look into it, and give back its name and hash for the form."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise NoFile
    (file,) = _accept([upload])
    return jsonify(name=file.name, sha256=file.sha256, size=file.size, media_type=file.media_type)


def _keep_draft(task_id: uuid.UUID, typed: MultiDict[str, str], taking: Taking = Taking.VALUES) -> None:
    with writing() as session:
        keep_entries(session, task_id, typed, taking=taking, actor=current_actor(), now=request_time())


def _add_files(form: MultiDict[str, str]) -> dict[str, list[str]]:
    field = form.get("_upload", "")
    chosen = [upload for upload in request.files.getlist(f"_file.{field}") if upload.filename]
    return {field: [file.sha256 for file in _accept(chosen)]}


def _accept(uploads: Sequence[FileStorage]) -> list[StoredFile]:
    """Take files in, all of them or none."""
    looked = [look_into(cast(BinaryIO, upload.stream), upload.filename or "") for upload in uploads]
    with writing() as session:
        return [keep(session, file, actor=current_actor(), now=request_time()) for file in looked]


def _page(
    task_id: uuid.UUID,
    typed: MultiDict[str, str],
    *,
    reviewed: Review | None = None,
    refusal: QmsError | None = None,
    errors: FieldErrors | None = None,
    sentences: Sequence[str] = (),
    code: str = "",
) -> str:
    """The task page with what was typed, and what would be signed once everything has been checked."""
    now = request_time()
    view = reviewed.view if reviewed else open_view(db.session(), task_id)
    context = pages.task_page(
        db.session(), view, now=now, typed=typed, errors=errors.errors if errors else {}
    )
    outcome = reviewed or errors or outcome_of(db.session(), view, typed, now=now)
    context |= sign_panel(db.session(), view, typed, outcome, refusal)
    context |= {"sentences": list(sentences), "code": code}
    context |= {"task_id": task_id, "asked": reviewed is not None}
    return render_template("inbox/task.html", **context)


def _live(task_id: uuid.UUID, typed: MultiDict[str, str]) -> Answer:
    """Keep what has been typed and give the panel alone: what would be signed now, or why nothing can be."""
    session, now = db.session(), request_time()
    try:
        _keep_draft(task_id, typed, Taking.REASONS)
        outcome: Review | QmsError = review_task(
            session, command_from(task_id, typed, language=language()), actor=current_actor(), now=now
        )
    except QmsError as error:
        outcome = error
    view = outcome.view if isinstance(outcome, Review) else open_view(session, task_id)
    wrong = outcome.errors if isinstance(outcome, FieldErrors) else {}
    context = {"view": view, "task": view.task, "now": now, "saved_at": now}
    context |= sign_panel(session, view, typed, outcome)
    context["fields"] = pages.form_fields(session, view, typed, wrong)
    status = 200 if isinstance(outcome, Review | FieldErrors) else outcome.status
    return render_template("inbox/_live.html", **context), status


def _not_proven(task_id: uuid.UUID, typed: MultiDict[str, str], refusal: QmsError) -> Answer:
    """The page once more, with everything as it was but the password."""
    command = command_from(task_id, typed, language=language())
    reviewed = review_task(db.session(), command, actor=current_actor(), now=request_time())
    return _page(task_id, typed, reviewed=reviewed, refusal=refusal), refusal.status


def _refused(task_id: uuid.UUID, typed: MultiDict[str, str], error: QmsError) -> Answer:
    """Show the page as it stands now, with everything that was typed, and why nothing was signed."""
    if refusals.matters(error):
        refusals.keep(error)
    fields = error if isinstance(error, FieldErrors) else None
    code = "" if fields or isinstance(error, Changed) else error.code
    page = _page(task_id, typed, errors=fields, sentences=[error.text(language())], code=code)
    return page, error.status


def _over(case_id: uuid.UUID) -> Response:
    flash(_("This step has been completed already."), "info")
    return redirect(f"/cases/{case_id}")


def _taken(taken: Taken) -> Response:
    number = taken.record.number
    if taken.waits:
        flash(_("Signed. Record %(number)s waits for the next signer.", number=number), "success")
    elif taken.signed:
        flash(_("Signed. Record %(number)s is being printed and sealed.", number=number), "success")
    else:
        flash(_("Done. Record %(number)s is being printed and sealed.", number=number), "success")
    return redirect(url_for("inbox.index", after=taken.case.id), code=303)


def _back(task_id: uuid.UUID) -> Response:
    return redirect(url_for("inbox.task", task_id=task_id), code=303)
