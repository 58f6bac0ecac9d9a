"""The process owner's doors: releases and their history, comparison, upload and proposal, reference pages."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.modeler import migration_pages, pages, queries
from app.modeler.inputs import carried, read_carried, read_migration, read_upload, write_zip
from app.modeler.services import propose
from app.sites.queries import sites
from app.web import access, current_actor, current_person, db, language, navigation, request_time, writing
from core.errors import FieldErrors, Invalid
from workflows import diagram, repository
from workflows.bundle import FORM_SUFFIX
from workflows.migration import plan
from workflows.models import ProcessRelease

Answer = str | AnyResponse | tuple[str, int]

bp = Blueprint("modeler", __name__, url_prefix="/models")

navigation("modeler.index", _l("Models"), icon="versions", right="models.read", order=80)


@bp.get("")
@access("models.read")
def index() -> str:
    """List the releases of every process with their state and the cases that run on them."""
    return render_template("modeler/index.html", **pages.history_page(db.session()))


@bp.get("/<uuid:release_id>")
@access("models.read")
def show(release_id: uuid.UUID) -> str:
    """Show a release: diagram, findings, and what differs from the one it is compared with."""
    session = db.session()
    release = queries.release_of(session, release_id)
    chosen = request.args.get("base", type=uuid.UUID)
    base = queries.release_of(session, chosen) if chosen else queries.base_of(session, release)
    return render_template("modeler/release.html", **pages.release_page(session, release, base))


@bp.get("/<uuid:release_id>/source")
@access("models.read")
def source(release_id: uuid.UUID) -> Response:
    """Give the models of a release as a ZIP that can be changed and proposed; its forms are the product's."""
    release = queries.release_of(db.session(), release_id)
    name = f"{release.process_key}-{release.version}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    models = {name: text for name, text in release.files.items() if not name.endswith(FORM_SUFFIX)}
    return Response(write_zip(models), mimetype="application/zip", headers=headers)


@bp.get("/<uuid:release_id>/diagram.svg")
@access("models.read")
def picture(release_id: uuid.UUID) -> Response:
    """Draw the model of a release."""
    process = repository.compiled(queries.release_of(db.session(), release_id))
    return Response(diagram.to_svg(process.bpmn_xml, lang=language()), mimetype="image/svg+xml")


@bp.get("/<uuid:release_id>/model.bpmn")
@access("models.read")
def model(release_id: uuid.UUID) -> Response:
    """Give the model of a release to the interactive diagram."""
    process = repository.compiled(queries.release_of(db.session(), release_id))
    return Response(diagram.in_language(process.bpmn_xml, language()), mimetype="application/xml")


@bp.get("/new")
@access("models.propose")
def upload() -> str:
    """Ask for the files of a process."""
    return render_template("modeler/upload.html", errors={})


@bp.post("/new")
@access("models.propose")
def check() -> Answer:
    """Check uploaded files and show what they would change; nothing is proposed yet."""
    try:
        return _preview(read_upload(request.files.getlist("files")), {})
    except Invalid as error:
        return render_template("modeler/upload.html", errors={error.field or "files": error}), error.status


@bp.post("/propose")
@access("models.propose")
def send() -> Answer:
    """Propose the files that were checked, with the reason; a second person accepts them in the inbox."""
    files = read_carried(request.form.get("bundle", ""))
    try:
        with writing(reason=request.form.get("reason", "").strip() or None) as session:
            release = propose(
                session,
                files,
                reason=request.form.get("reason", ""),
                site_id=_deciding_site(),
                actor=current_actor(),
                now=request_time(),
            )
    except Invalid as error:
        return _preview(files, {error.field or "": error})
    flash(_("Proposed. A second person accepts the release in the inbox, with a signature."), "success")
    return redirect(url_for("modeler.show", release_id=release.id))


@bp.get("/operations")
@access("models.read")
def operations() -> str:
    """Show what a model may use: operations, forms, roles, meanings, facts."""
    return render_template("modeler/operations.html", **pages.reference_page())


@bp.get("/<uuid:release_id>/migrate")
@access("models.propose")
def migrate(release_id: uuid.UUID) -> str:
    """Show which running cases could be moved to a release, each with its verdict."""
    return _candidates(queries.release_of(db.session(), release_id), {})


@bp.post("/<uuid:release_id>/migrate")
@access("models.propose")
def propose_migration(release_id: uuid.UUID) -> Answer:
    """Propose to move the chosen cases; a second person accepts it in the inbox."""
    release = queries.release_of(db.session(), release_id)
    command = read_migration(request.form, release_id, _deciding_site())
    try:
        with writing(reason=command.reason.strip() or None) as session:
            migration, case = plan.propose(session, command, actor=current_actor(), now=request_time())
    except FieldErrors as error:
        return _candidates(release, error.errors, command), error.status
    flash(_("Proposed. A second person decides on the migration in %(case)s.", case=case.number), "success")
    return redirect(url_for("modeler.migration", migration_id=migration.id))


@bp.get("/migrations/<uuid:migration_id>")
@access("models.read")
def migration(migration_id: uuid.UUID) -> str:
    """Show a migration: every case with its verdict, the decisions, and what became of it."""
    page = migration_pages.show_page(db.session(), migration_id)
    return render_template("modeler/migration.html", **page, errors={})


@bp.post("/migrations/<uuid:migration_id>/revert")
@access("models.propose")
def revert_migration(migration_id: uuid.UUID) -> Answer:
    """Propose to take back what a migration has moved; a second person accepts it in the inbox."""
    reason = request.form.get("reason", "")
    try:
        with writing(reason=reason.strip() or None) as session:
            proposed = plan.propose_revert(
                session,
                queries.migration_of(session, migration_id),
                reason=reason,
                site_id=_deciding_site(),
                actor=current_actor(),
                now=request_time(),
            )
    except FieldErrors as error:
        page = migration_pages.show_page(db.session(), migration_id)
        return render_template("modeler/migration.html", **page, errors=error.errors), error.status
    flash(_("Proposed. A second person decides whether the cases go back."), "success")
    return redirect(url_for("modeler.migration", migration_id=proposed[0].id))


def _candidates(
    release: ProcessRelease, errors: Mapping[str, Invalid], command: plan.ProposeMigration | None = None
) -> str:
    page = migration_pages.candidates_page(db.session(), release, current_actor(), request_time())
    chosen = dict(command.chosen) if command else page["proposed"]
    reason = command.reason if command else ""
    return render_template("modeler/migrate.html", **page, chosen=chosen, reason=reason, errors=errors)


def _preview(files: dict[str, bytes], errors: dict[str, Invalid]) -> Answer:
    page = pages.preview_page(db.session(), files)
    bundle = carried(files) if page["report"].executable else ""
    status = 200 if page["report"].executable and not errors else 422
    return render_template("modeler/preview.html", bundle=bundle, errors=errors, **page), status


def _deciding_site() -> uuid.UUID:
    """Name the site whose quality assurance decides: the proposer's own."""
    home = current_person().home_site_id
    return home if home is not None else sites(db.session())[0].id
