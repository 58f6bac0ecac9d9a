"""Settings as a list: a row for each field of each setting."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import has_request_context
from sqlalchemy.orm import Session

from app.configuration.settings import AREAS, FIELDS, label_of
from app.web import db
from core.actor import Actor
from core.errors import Conflict
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, Kind, choice, code, schema_of, text
from documents.sheets.importers import Group, Importer, register
from documents.sheets.rows import Finding, Reach, Row
from workflows.repository import process_names


def _there(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """A setting is changed as a whole, with its own check: lists change none."""
    return {}


def _no_new() -> Conflict:
    sentence = N_("Settings come with the product: change one that is there.")
    return Conflict("configuration.no_new", sentence, field="code")


def _check(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    for row in rows:
        if row.before is None:
            yield row.wrong("code", _no_new())


def _create(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    raise _no_new()


def _said(setting: str) -> Bilingual:
    """A setting in words; a page calls the numbers of cases like their process."""
    if setting.split("/")[0] not in AREAS:
        return {"en": setting, "zh": setting}
    return label_of(setting, process_names(db.session()) if has_request_context() else {})


_code = Kind(code(120), schema_of(code(120)), said=_said)
SETTINGS = register(
    Importer(
        name="configuration.settings",
        title={"en": "Settings", "zh": "系统设置"},
        about={
            "en": "What the product is set to; a change is signed by a second person before it holds.",
            "zh": "产品的各项设置；变更须经第二人签名后生效。",
        },
        right="configuration.manage",
        order=99,
        key=("code", "field"),
        existing=_there,
        create=_create,
        check=_check,
        group=Group(by=("code",)),
        columns=(
            Column("code", {"en": "Setting", "zh": "设置项"}, _code, "numbers/any/lot",
                   {"en": "Its code.", "zh": "设置项编码。"}),
            Column("field", {"en": "Field", "zh": "字段"}, choice(FIELDS), "prefix",
                   {"en": "What of it.", "zh": "设置项的字段。"}),
            Column("value", {"en": "Value", "zh": "值"}, text(400), "LOT",
                   {"en": "What it shall be.", "zh": "设置值。"}, required=False),
        ),
    )
)  # fmt: skip
