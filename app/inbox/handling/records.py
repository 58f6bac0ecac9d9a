"""Records of what happens to a case beside its steps: why, what was open, how far it had come."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inbox.meanings import meaning_text
from app.inbox.paths import path_of
from app.sites.models import Site
from app.web.rights import ROLES
from core.types import Bilingual
from documents.prior import prior_of_case
from documents.records import RecordDraft, SiteStyle, empty_content, moment_text
from documents.registry import Section, printed_form
from workflows.models import HumanTask, ProcessCase, ProcessRelease

CANCELLATION = ("QR-QM-009", "A1", {"en": "Cancellation of a case", "zh": "流程取消记录"})
TAKEN_BACK = ("QR-QM-010", "A1", {"en": "Step taken back", "zh": "步骤撤回记录"})
for _code, _revision, _title in (CANCELLATION, TAKEN_BACK):
    printed_form(_code, _revision, _title)

REASON = {"en": "Reason", "zh": "理由"}
OPEN_STEPS = {"en": "Open steps, withdrawn", "zh": "未办理而撤销的步骤"}


def content_of(
    session: Session,
    case: ProcessCase,
    *,
    title: Bilingual,
    style: SiteStyle,
    reason: str,
    tasks: Sequence[HumanTask],
    role: str = "",
    meaning: str = "",
    rows: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The content of such a record in the blocks of ``qms.record/1``; without a meaning nobody signs it."""
    release = session.get_one(ProcessRelease, case.release_id)
    shown = [_open_steps(tasks)] if tasks else []
    signing = {"meaning": meaning, "text": dict(meaning_text(meaning)), "role": role, "signers": "1"}
    return {
        **empty_content(),
        "case": {
            "number": case.number,
            "title": dict(case.title),
            "process": dict(release.name),
            "process_key": case.process_key,
            "version": str(release.version),
            "model_sha256": release.bundle_sha256,
            "release": str(release.id),
            "step": dict(title),
            "element": "",
            "task": "",
            "started_at": moment_text(case.started_at),
            "form_version": None,
        },
        "shown": shown,
        "entered": [{"title": title, "rows": [*rows, line(REASON, reason)], "table": None}],
        "path": path_of(session, case, style),
        "signing": signing if meaning else None,
        **prior_of_case(session, case.id).blocks(),
    }


def draft_of(
    case: ProcessCase, form: tuple[str, str, Bilingual], kind: str, style: SiteStyle, content: dict[str, Any]
) -> RecordDraft:
    """Everything such a record will say but its number."""
    code, revision = style.form(form[0], form[1])
    return RecordDraft(
        kind=kind,
        title={lang: f"{text} · {case.number}" for lang, text in form[2].items()},
        form_code=code,
        form_revision=revision,
        site=style,
        language=style.layout,
        content=content,
        case_id=case.id,
        subject=(case.subject_type, case.subject_id, ""),
    )


def site_of_case(session: Session, case: ProcessCase) -> Site:
    """The site whose day and house style hold for a case: its own, else the first."""
    own = session.get(Site, case.site_id) if case.site_id else None
    return own or session.scalars(select(Site).order_by(Site.code).limit(1)).one()


def _open_steps(tasks: Sequence[HumanTask]) -> Section:
    rows = [line(task.name, ROLES.get(task.role, {"en": task.role, "zh": task.role})) for task in tasks]
    return {"title": OPEN_STEPS, "rows": rows, "table": None}


def line(label: Bilingual, value: Bilingual | str) -> dict[str, Any]:
    """One line of such a record."""
    return {"label": dict(label), "value": value, "unit": None, "mark": None}
