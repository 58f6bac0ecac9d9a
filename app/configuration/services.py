"""Proposing and writing settings (URS-148, Annex 11 clause 10)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.configuration import settings
from app.configuration.models import ConfigurationSetting
from app.objects.kinds import kind_of
from app.objects.models import Verb
from app.objects.services import ProposeChange, propose_change
from app.sites.queries import sites
from app.web.control import WantedSetting, proposes_settings
from core.actor import Actor
from documents.sheets.rows import Row

KIND = "configuration.setting"


@proposes_settings
def propose(session: Session, wanted: WantedSetting, actor: Actor, now: datetime) -> None:
    """Propose another value of a setting through the same process as every change of an object.

    Raises:
        FieldErrors: what is wrong, by field; nothing is kept.
        Conflict: nothing would be different, or another change of it waits.
    """
    of = registered(session, wanted.code)
    values = {**settings.read(session, wanted.code), **wanted.values}
    command = ProposeChange(
        kind=kind_of(KIND),
        verb=Verb.CHANGE,
        reason=wanted.reason,
        site_id=wanted.site_id or deciding_site(session, wanted.code),
        of=of,
        rows=[{"code": wanted.code, "field": name, "value": value} for name, value in values.items()],
    )
    propose_change(session, command, actor=actor, now=now)


def write_rows(
    session: Session, of: ConfigurationSetting, rows: Sequence[Row], *, actor: Actor, now: datetime
) -> None:
    """Write what was proposed; see :func:`app.configuration.settings.write`."""
    values = {row.get("field"): row.get("value") or "" for row in rows}
    settings.write(session, of.code, values, actor=actor, now=now)
    session.flush()  # a proposal that is only tried out is undone after this


def registered(session: Session, code: str) -> ConfigurationSetting:
    """The row of a setting in the register; it is added when a setting is first asked for.

    Raises:
        NotFound: there is no such setting.
    """
    found = session.scalar(select(ConfigurationSetting).where(ConfigurationSetting.code == code))
    if found is None:
        settings.area_of(code)
        found = ConfigurationSetting(
            code=code, area=code.split("/")[0], site_id=settings.site_id_of(session, code)
        )
        session.add(found)
        session.flush()  # a proposal names it
    return found


def register_all(session: Session) -> None:
    """Enter every setting there is into the register."""
    for code in settings.every_code(session):
        registered(session, code)


def deciding_site(session: Session, code: str) -> uuid.UUID:
    """The site whose quality assurance decides: the setting's own, else the first one."""
    return settings.site_id_of(session, code) or sites(session)[0].id


def lines_of(session: Session, of: ConfigurationSetting) -> list[dict[str, Any]]:
    """What a setting holds, a line for each field."""
    held = settings.read(session, of.code)
    return [{"code": of.code, "field": name, "value": value} for name, value in held.items()]
