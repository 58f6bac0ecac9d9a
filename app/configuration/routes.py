"""The page of the configuration: every setting with its value, who changed it last, and what waits."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, literal, select
from sqlalchemy.orm import Session, object_session

from app.access.queries import names_of
from app.configuration import services, settings
from app.configuration.imports import SETTINGS
from app.configuration.models import ConfigurationSetting
from app.objects.kinds import Key, ObjectKind, Values, kinds
from app.objects.models import ChangeState, ObjectChange
from app.objects.pages import furnish
from app.sites.queries import sites
from app.web import access, current_person, db, navigation
from core.types import Bilingual
from workflows.models import ProcessRelease, ReleaseState
from workflows.repository import process_names

bp = Blueprint("configuration", __name__)
navigation(
    "configuration.index",
    _l("Configuration"),
    icon="adjustments",
    right="configuration.read",
    order=92,
    group="admin",
)


def _setting(session: Session, key: Key) -> Any:
    return session.scalar(select(ConfigurationSetting).where(ConfigurationSetting.code == key[0]))


_AREA = case(
    *(
        (ConfigurationSetting.area == key, " ".join(area.title.values()))
        for key, area in settings.AREAS.items()
    ),
    else_="",
)
_PROCESS = tuple(
    select(ProcessRelease.name[lang].as_string())
    .where(
        ProcessRelease.state == ReleaseState.EFFECTIVE,
        ConfigurationSetting.code.endswith(literal("/case.") + ProcessRelease.process_key),
    )
    .correlate(ConfigurationSetting)
    .limit(1)
    .scalar_subquery()
    for lang in ("en", "zh")
)
"""What a setting is found by besides its code: its kind, and the process whose cases it numbers."""


def _label(row: ConfigurationSetting) -> Bilingual:
    session = object_session(row)
    return settings.label_of(row.code, process_names(session) if session is not None else {})


def _values(_session: Session, rows: Sequence[Any]) -> list[Values]:
    return [{"code": row.code} for row in rows]


SETTING = furnish(
    bp,
    ObjectKind(
        name=services.KIND,
        title={"en": "Setting", "zh": "系统设置"},
        listed=SETTINGS,
        model=ConfigurationSetting,
        plural="settings",
        icon="adjustments",
        read="configuration.read",
        find=_setting,
        key_of=lambda row: (row.code,),
        label=_label,
        shown={"code": ConfigurationSetting.code},
        words=(ConfigurationSetting.code, _AREA, *_PROCESS),
        values=_values,
        lines=services.lines_of,
        replace=services.write_rows,
        site_of=lambda row: row.site_id,
        tried=True,
    ),
    without=("new", "open"),
)


@bp.get("/configuration")
@access("configuration.read")
def index() -> str:
    """Show every setting with its value, who changed it last, when and why, and what waits."""
    session, person = db.session(), current_person()
    rows = {one.code: one for one in session.scalars(select(ConfigurationSetting))}
    changes = session.scalars(
        select(ObjectChange).where(ObjectChange.kind == services.KIND).order_by(ObjectChange.proposed_at)
    ).all()
    waiting = {one.object_id: one for one in changes if one.state is ChangeState.PROPOSED}
    last = {one.object_id: one for one in changes if one.state is ChangeState.APPLIED}
    processes = process_names(session)
    areas: dict[str, list[dict[str, Any]]] = {}
    reached = {one.code for one in sites(session) if person.may("configuration.read", one.id)}
    for code in sorted({*settings.every_code(session), *rows}):
        if settings.place_of(code) not in {None, *reached}:
            continue
        row = rows.get(code)
        key = row.id if row is not None else None
        areas.setdefault(code.split("/")[0], []).append(
            {
                "code": code,
                "label": settings.label_of(code, processes),
                "values": settings.read(session, code),
                "row": row,
                "waiting": waiting.get(key),
                "last": last.get(key),
            }
        )
    others = [kind for kind in kinds() if kind.name in _OTHERS and person.may(kind.read)]
    names = names_of(session, [one.proposed_by for one in changes] + [one.decided_by for one in changes])
    return render_template(
        "configuration/index.html",
        areas=[(area.title, areas[code]) for code, area in settings.AREAS.items() if code in areas],
        fields=settings.FIELDS,
        names=names,
        others=others,
    )


_OTHERS = frozenset(
    {
        "organisation.calendar",
        "organisation.site_calendar",
        "organisation.calendar_day",
        "regions.rule",
        "suppliers.demand",
        "training.requirement",
    }
)
"""Kinds of objects that are configuration too; they are changed on pages of their own, in the same way."""
