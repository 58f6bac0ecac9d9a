"""Everybody's doors to cases and processes: lists, the case page with its live diagram, the process sheet."""

import uuid

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirection

from app.cases import pages, queries, sheet, starting, timeline, wording
from app.cases.inputs import filter_from, site_from
from app.web import (
    access,
    current_actor,
    current_person,
    db,
    language,
    listing,
    navigation,
    paginate,
    piece,
    reachable_sites,
    request_time,
    writing,
)
from workflows import diagram, history, repository
from workflows.models import ProcessCase
from workflows.sheet import decision_sheets, documentation

bp = Blueprint("cases", __name__)
bp.add_app_template_filter(wording.duration_words, "duration")

navigation("cases.index", _l("Cases"), icon="sitemap", right="cases.read", order=20)
navigation("cases.processes", _l("Processes"), icon="frame", right="processes.read", order=75)
listing("cases.index", "q", "state", "process")


@bp.get("/cases")
@access("cases.read")
def index() -> str:
    """List the cases the person may see."""
    wanted, sites = filter_from(request.args), reachable_sites("cases.read")
    page_of = paginate(queries.cases(wanted, sites))
    return render_template(
        "cases/index.html",
        page_of=page_of,
        rows=pages.lines(db.session(), page_of.items, now=request_time()),
        wanted=wanted,
        processes=queries.process_names(db.session(), sites),
    )


@piece("may_start_cases")
def may_start() -> bool:
    """Whether the person may start any process, for the buttons that lead there."""
    return starting.may_start_any(db.session(), current_person().grants)


@bp.get("/cases/new")
@access("inbox.work")
def new() -> str:
    """List the processes that the person may start, what each is for, and where."""
    person = current_person()
    processes = starting.startable(db.session(), person.grants)
    return render_template("cases/new.html", processes=processes, home=person.home_site_id)


@bp.post("/cases/new")
@access("inbox.work")
def start() -> Redirection:
    """Start a case and lead to its first step, which is the starter's own."""
    actor, key, site_id = current_actor(), request.form.get("process", ""), site_from(request.form)
    with writing() as session:
        case = starting.start(session, key, site_id, actor=actor, now=request_time())
    report = starting.report_of(db.session(), case, actor)
    flash(_("Case %(number)s is started.", number=case.number), "success")
    where = url_for("inbox.task", task_id=report) if report else url_for("cases.show", case_id=case.id)
    return redirect(where, code=303)


@bp.get("/cases/<uuid:case_id>")
@access("cases.read")
def show(case_id: uuid.UUID) -> str:
    """Show one case: where it stands, what happened, what it waits for, its records."""
    case = _case(case_id)
    return render_template("cases/case.html", **pages.case_page(db.session(), case, now=request_time()))


@bp.get("/cases/<uuid:case_id>/progress")
@access("cases.read")
def progress(case_id: uuid.UUID) -> str:
    """Show the records of a case again; the page asks until every one is sealed."""
    return render_template("cases/_records.html", **pages.records_part(db.session(), _case(case_id)))


@bp.get("/cases/<uuid:case_id>/diagram.svg")
@access("cases.read")
def picture(case_id: uuid.UUID) -> Response:
    """Draw where a case stands, with who and when under the steps done; ``process`` is one that it calls."""
    case, session = _case(case_id), db.session()
    path, process = history.path(session, case), timeline.process_of(session, case)
    svg = diagram.to_svg(
        process.drawing_of(request.args.get("process", "")),
        done=path.done,
        current=timeline.now_at(session, case, path, process),
        flows=path.flows,
        marks=timeline.marks(session, case, current_person().zone, now=request_time()),
        lang=language(),
    )
    return Response(svg, mimetype="image/svg+xml")


@bp.get("/cases/<uuid:case_id>/model.bpmn")
@access("cases.read")
def model(case_id: uuid.UUID) -> Response:
    """Give the model a case runs on to the interactive diagram, with names in the reader's language."""
    process = timeline.process_of(db.session(), _case(case_id))
    return Response(diagram.in_language(process.bpmn_xml, language()), mimetype="application/xml")


@bp.get("/processes")
@access("processes.read")
def processes() -> str:
    """List the processes in effect."""
    session = db.session()
    return render_template(
        "cases/processes.html",
        releases=repository.effective_releases(session),
        counts=queries.cases_by_state(session),
    )


@bp.get("/processes/<key>")
@access("processes.read")
def process(key: str) -> str:
    """Show the sheet of a process, generated from the model in effect."""
    session = db.session()
    release = repository.effective_release(session, key)
    compiled = repository.compiled(release)
    return render_template(
        "cases/process.html",
        release=release,
        process=compiled,
        decided_by=queries.names(session, [release.decided_by]).get(release.decided_by),
        documentation=documentation(compiled),
        starts=sheet.starts(compiled),
        ends=sheet.ends(compiled),
        lanes=sheet.lane_lines(compiled),
        steps=sheet.step_lines(compiled),
        branches=sheet.ways(compiled),
        decisions=decision_sheets(compiled),
        exceptions=sheet.exceptions(compiled),
        cell_words=wording.cell_words,
        alt=diagram.alt_text(compiled.bpmn_xml, lang=language()),
    )


@bp.get("/processes/<key>/diagram.svg")
@access("processes.read")
def process_picture(key: str) -> Response:
    """Draw the model of a process that is in effect."""
    compiled = repository.compiled(repository.effective_release(db.session(), key))
    return Response(diagram.to_svg(compiled.bpmn_xml, lang=language()), mimetype="image/svg+xml")


@bp.get("/processes/<key>/model.bpmn")
@access("processes.read")
def process_model(key: str) -> Response:
    """Give the model of a process to the interactive diagram."""
    compiled = repository.compiled(repository.effective_release(db.session(), key))
    return Response(diagram.in_language(compiled.bpmn_xml, language()), mimetype="application/xml")


def _case(case_id: uuid.UUID) -> ProcessCase:
    return queries.case_of(db.session(), case_id, reachable_sites("cases.read"))
