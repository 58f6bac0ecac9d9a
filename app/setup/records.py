"""The baseline record of an installation: what it began with, sealed by the plant."""

from collections.abc import Sequence
from typing import Any

from app.setup.plan import Plan
from app.sites.models import Site
from app.sites.queries import style_of
from app.web.rights import ROLES
from documents.records import RecordDraft, empty_content
from documents.registry import printed_form
from workflows.models import ProcessRelease

FORM_CODE, FORM_REVISION = "QMS-INIT", "1"
TITLE = {"en": "Baseline of the installation", "zh": "系统安装基线"}
printed_form(FORM_CODE, FORM_REVISION, TITLE)

Rows = list[tuple[str, str, Any]]


def baseline_draft(
    plan: Plan, site: Site, releases: Sequence[ProcessRelease], root_sha256: str
) -> RecordDraft:
    """Put root, sites, administrators, models with their hashes and house style into the form of a record."""
    sections: list[tuple[str, str, Rows]] = [
        ("Root certificate", "根证书", [("SHA-256", "SHA-256", root_sha256)]),
        ("Sites", "场所", [(one.code, one.code, dict(one.name)) for one in plan.sites]),
        ("First administrators", "首任管理员", _administrators(plan)),
        ("Process models in effect", "生效的流程模型", _models(releases)),
    ]
    if plan.numbers:
        rows: Rows = [(series, series, prefix) for series, prefix in sorted(plan.numbers.items())]
        sections.append(("Prefixes of numbers", "编号前缀", rows))
    if plan.forms:
        rows = [(one.form, one.form, f"{one.code}/{one.revision}") for one in plan.forms]
        sections.append(("Numbers of forms", "表单编号", rows))
    return RecordDraft(
        kind="installation.baseline",
        title=TITLE,
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=style_of(site),
        language=site.layout.value,
        content={**empty_content(), "shown": [_section(*one) for one in sections]},
    )


def _administrators(plan: Plan) -> Rows:
    return [
        (
            who.login,
            who.login,
            {lang: f"{who.name[lang]} · {ROLES[who.role][lang]}" for lang in ("en", "zh")},
        )
        for who in plan.administrators
    ]


def _models(releases: Sequence[ProcessRelease]) -> Rows:
    return [(release.process_key, release.process_key, release.bundle_sha256) for release in releases]


def _section(english: str, chinese: str, rows: Rows) -> dict[str, Any]:
    return {
        "title": {"en": english, "zh": chinese},
        "rows": [
            {"label": {"en": first, "zh": second}, "value": value, "unit": None, "mark": None}
            for first, second, value in rows
        ],
        "table": None,
    }
