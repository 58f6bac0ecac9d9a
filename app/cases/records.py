"""What a step shows about why its case began: the message of another case that asked for it."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.types import Bilingual
from documents.registry import Section, facts

LABELS: dict[str, Bilingual] = {
    "from": {"en": "Asked for by", "zh": "提出方"},
    "title": {"en": "Title", "zh": "标题"},
    "reason": {"en": "Reason", "zh": "原因"},
    "supplier": {"en": "Supplier", "zh": "供应商"},
    "item": {"en": "Item", "zh": "物料"},
    "lots": {"en": "Lots", "zh": "批次"},
    "record": {"en": "Record", "zh": "记录"},
    "field": {"en": "Field", "zh": "字段"},
    "old": {"en": "As it stands there", "zh": "现有内容"},
    "new": {"en": "As it should be", "zh": "应为内容"},
    "due": {"en": "Due", "zh": "期限"},
    "source": {"en": "Source", "zh": "来源"},
    "severity": {"en": "Severity", "zh": "严重度"},
    "trigger": {"en": "Trigger", "zh": "起因"},
}
"""What messages that start a case bring, in the order in which it is read."""


@facts("workflows.wanted")
def wanted_facts(_session: Session, _subject_id: uuid.UUID | None, data: Mapping[str, Any]) -> list[Section]:
    """What the message brought that started the case; nothing if a person started it."""
    title = {"en": "What asked for this case", "zh": "本流程的起因"}
    return _told(title, LABELS, "wanted", data.get("wanted"))


ACTION: dict[str, Bilingual] = {
    "what": {"en": "What", "zh": "内容"},
    "action": {"en": "Action", "zh": "措施"},
    "item": {"en": "Item", "zh": "物料"},
    "stock": {"en": "Stock", "zh": "库存"},
    "orders": {"en": "Open orders", "zh": "未结订单"},
    "work": {"en": "Work in process", "zh": "在制品"},
    "reason": {"en": "Reason", "zh": "理由"},
    "owner": {"en": "Owner", "zh": "责任人"},
    "due": {"en": "Due", "zh": "期限"},
    "verification": {"en": "Verified by", "zh": "验证方法"},
}
"""What plans say about one action, in the order in which it is read."""


@facts("workflows.action")
def action_facts(_session: Session, _subject_id: uuid.UUID | None, data: Mapping[str, Any]) -> list[Section]:
    """The one action of a plan that a step carries out: the member ``action`` of its plan."""
    return _told({"en": "This action", "zh": "本项措施"}, ACTION, "action", data.get("action"))


def _told(title: Bilingual, labels: Mapping[str, Bilingual], step: str, told: Any) -> list[Section]:
    """What some facts say of themselves, in the order of the labels; nothing if none is there."""
    said = told if isinstance(told, Mapping) else {}
    rows = [
        {"label": label, "value": _words(said[key]), "unit": None, "mark": None, "fact": f"{step}.{key}"}
        for key, label in labels.items()
        if said.get(key)
    ]
    return [{"title": title, "rows": rows, "table": None}] if rows else []


def _words(value: Any) -> str:
    """A fact as it is read: of rows, such as lots with quantities, the first column."""
    if not isinstance(value, list):
        return str(value)
    firsts = (next(iter(one.values()), "") if isinstance(one, Mapping) else one for one in value)
    return ", ".join(str(one) for one in firsts)
