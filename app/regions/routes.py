"""Pages of region packs (URS-120)."""

from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.objects.kinds import Key, ObjectKind
from app.objects.pages import furnish
from app.regions.imports import RULES, UNITS, rules_by_key
from app.regions.models import RegionRule, Unit
from app.regions.words import value_in_words
from core.types import Bilingual

bp = Blueprint("regions", __name__)


def _rule(session: Session, key: Key) -> Any:
    return rules_by_key(session, [key]).get(key)


def _label(row: RegionRule) -> Bilingual:
    """What a line says: its region, its name, and what holds with its unit."""
    said = value_in_words(row.value) or {"en": row.value, "zh": row.value}
    unit = UNITS[row.unit] if row.unit not in (Unit.TEXT, Unit.YES_NO) else {"en": "", "zh": ""}
    return {
        lang: f"{row.region} · {row.name[lang]} · {said[lang]} {unit[lang]}".rstrip() for lang in ("en", "zh")
    }


RULE = furnish(
    bp,
    ObjectKind(
        name="regions.rule",
        title={"en": "Line of a region pack", "zh": "法规包条目"},
        listed=RULES,
        model=RegionRule,
        plural="region-rules",
        icon="world",
        read="configuration.read",
        find=_rule,
        key_of=lambda row: (row.region, row.key, row.valid_from),
        label=_label,
        shown={
            "region": RegionRule.region,
            "name": RegionRule.name["en"].as_string(),
            "kind": RegionRule.kind,
            "value": RegionRule.value,
            "unit": RegionRule.unit,
            "valid_from": RegionRule.valid_from,
            "valid_until": RegionRule.valid_until,
            "clause": RegionRule.clause,
        },
        words=(
            RegionRule.region,
            RegionRule.key,
            RegionRule.name["en"].as_string(),
            RegionRule.name["zh"].as_string(),
            RegionRule.clause,
            RegionRule.source,
        ),
    ),
    menu=_l("Region packs"),
    order=93,
    group="admin",
)
