"""Lines of region packs as a list: columns, checks and storing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.regions import words
from app.regions.models import RegionRule, RuleKind, Unit
from core.actor import Actor
from core.errors import Conflict, Invalid, QmsError
from core.locks import lock_names
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, Kind, choice, code, day, name_columns, schema_of, text
from documents.sheets.importers import Importer, register
from documents.sheets.rows import Finding, Reach, Row, both_cells

KINDS: dict[str, Bilingual] = {
    "clock": {"en": "Reporting clock", "zh": "报告时限"},
    "retention": {"en": "Time of keeping", "zh": "保存期限"},
    "language": {"en": "Language", "zh": "语言"},
    "form": {"en": "Form", "zh": "表单"},
    "rule": {"en": "Rule", "zh": "规则"},
}
UNITS: dict[str, Bilingual] = {
    "calendar_days": {"en": "calendar days", "zh": "日"},
    "working_days": {"en": "working days", "zh": "工作日"},
    "hours": {"en": "hours", "zh": "小时"},
    "years": {"en": "years", "zh": "年"},
    "text": {"en": "text", "zh": "文本"},
    "yes_no": {"en": "yes or no", "zh": "是/否"},
}
YES_NO: dict[str, Bilingual] = {"yes": {"en": "yes", "zh": "是"}, "no": {"en": "no", "zh": "否"}}
KEY = ("region", "key", "valid_from")
Key = tuple[Any, ...]


def rules_by_key(session: Session, keys: Collection[Key]) -> dict[Key, RegionRule]:
    """The lines of some regions, keys and first days."""
    named = tuple_(RegionRule.region, RegionRule.key, RegionRule.valid_from)
    found = session.scalars(select(RegionRule).where(named.in_(list(keys))))
    return {(one.region, one.key, one.valid_from): one for one in found}


def there(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """What some lines hold."""
    return {
        key: {
            **both_cells("name", one.name),
            "kind": one.kind.value,
            "value": one.value,
            "unit": one.unit.value,
            "valid_until": one.valid_until,
            "clause": one.clause,
            "source": one.source,
            "checked": "yes" if one.checked else "no",
        }
        for key, one in rules_by_key(session, keys).items()
    }


def open_rules(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Add lines to packs."""
    for row in rows:
        rule = RegionRule(region=row.get("region"), key=row.get("key"), valid_from=row.get("valid_from"))
        _fill(rule, row)
        session.add(rule)
    session.flush()  # the page that follows names them


def change_rules(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Change lines of packs."""
    found = rules_by_key(session, {row.key(KEY) or () for row in rows})
    for row in rows:
        _fill(found[row.key(KEY) or ()], row)


def check_rules(session: Session, rows: Iterable[Row], _reach: Reach) -> Iterator[Finding]:
    """Find values that do not fit their unit, and days on which two lines of a key would hold."""
    listed = [row for row in rows if row.key(KEY) is not None]
    lock_names(session, *(f"region_rule/{row.get('region')}/{row.get('key')}" for row in listed))
    held = _spans(session, {row.get("key") for row in listed})
    for row in listed:
        held[(row.get("region"), row.get("key"))] = [
            span
            for span in held.get((row.get("region"), row.get("key")), [])
            if span[0] != row.get("valid_from")
        ] + [(row.get("valid_from"), row.get("valid_until"))]
    for row in listed:
        if wrong := _wrong_value(row):
            yield row.wrong("value", wrong)
        first, last = row.get("valid_from"), row.get("valid_until")
        if last is not None and last < first:
            sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
            days = {"first": first.isoformat(), "last": last.isoformat()}
            yield row.wrong("valid_until", Invalid("region.range", sentence, field="valid_until", **days))
        if other := _overlapping(held[(row.get("region"), row.get("key"))], first, last):
            sentence = N_("Another line of this key holds from %(day)s on. End the earlier one first.")
            overlap = Conflict("region.overlap", sentence, field="valid_from", day=other.isoformat())
            yield row.wrong("valid_from", overlap)


def _spans(session: Session, keys: Collection[str]) -> dict[Key, list[tuple[date, date | None]]]:
    spans: dict[Key, list[tuple[date, date | None]]] = {}
    days = (RegionRule.region, RegionRule.key, RegionRule.valid_from, RegionRule.valid_until)
    for one in session.execute(select(*days).where(RegionRule.key.in_(keys))):  # afresh, unlike whole rows
        spans.setdefault((one.region, one.key), []).append((one.valid_from, one.valid_until))
    return spans


def _overlapping(spans: Iterable[tuple[date, date | None]], first: date, last: date | None) -> date | None:
    for start, end in spans:
        if start != first and start <= (last or date.max) and first <= (end or date.max):
            return start
    return None


def _wrong_value(row: Row) -> QmsError | None:
    value, unit = row.get("value"), row.get("unit")
    if value is None or unit in (None, Unit.TEXT.value):
        return None
    if unit == Unit.YES_NO.value:
        fits = value in YES_NO
    else:
        try:
            fits = Decimal(value) >= 0
        except InvalidOperation:
            fits = False
    sentence = N_("“%(text)s” does not fit the unit %(unit)s.")
    return None if fits else Invalid("region.value", sentence, field="value", text=value, unit=UNITS[unit])


def _fill(rule: RegionRule, row: Row) -> None:
    rule.name = row.both("name")
    rule.kind, rule.value, rule.unit = RuleKind(row.get("kind")), row.get("value"), Unit(row.get("unit"))
    rule.clause, rule.source = row.get("clause"), row.get("source")
    if "valid_until" in row.values:
        rule.valid_until = row.get("valid_until")
    if "checked" in row.values or rule.checked is None:
        rule.checked = row.get("checked") == "yes"


def _as_meant(value: Any) -> str:
    return words.value_written(_TEXT(value))


_TEXT = text(120)
_key = Kind(code(80), schema_of(code(80)), said=words.key_in_words)
_value = Kind(_as_meant, schema_of(_TEXT), said=words.value_in_words)
_source = Kind(text(200), schema_of(text(200)), said=words.source_in_words)
_NAME: Bilingual = {"en": "Adverse event: death", "zh": "不良事件：导致死亡"}
RULES = register(
    Importer(
        name="regions.rules",
        title={"en": "Region packs", "zh": "法规包"},
        about={
            "en": "Clocks, times of keeping, languages, forms and rules by region, each with its clause.",
            "zh": "各法规区域的报告时限、保存期限、语言、表单和规则，每行注明条款与出处。",
        },
        right="configuration.manage",
        order=6,
        key=KEY,
        existing=there,
        create=open_rules,
        change=change_rules,
        check=check_rules,
        columns=(
            Column("region", {"en": "Region", "zh": "法规区域"}, code(8), "CN",
                   {"en": "CN, EU, US … as sites name theirs.", "zh": "与场所的法规区域一致。"}),
            Column("key", {"en": "Key", "zh": "键"}, _key, "adverse_event.death",
                   {"en": "What processes ask for.", "zh": "流程查询所用的键。"}),
            Column("valid_from", {"en": "Valid from", "zh": "生效日"}, day, "2019-01-01",
                   {"en": "First day on which it holds.", "zh": "开始适用的日期。"}),
            Column("valid_until", {"en": "Valid until", "zh": "失效日"}, day, "",
                   {"en": "Last day; empty while it holds.", "zh": "最后一日，现行有效时留空。"},
                   required=False),
            Column("kind", {"en": "Kind", "zh": "类别"}, choice(KINDS), "clock",
                   {"en": "clock, retention, language, form or rule", "zh": "时限、保存、语言、表单或规则"}),
            *name_columns("name", "Name", "名称", _NAME, needed=True),
            Column("value", {"en": "Value", "zh": "值"}, _value, "7",
                   {"en": "A number, yes or no, or a text.", "zh": "数值、是否或文本。"}),
            Column("unit", {"en": "Unit", "zh": "单位"}, choice(UNITS), "calendar_days",
                   {"en": "calendar_days, working_days, hours, years, text or yes_no",
                    "zh": "日、工作日、小时、年、文本或是/否"}),
            Column("clause", {"en": "Clause", "zh": "条款"}, text(120), "第二十五条",
                   {"en": "Where in the source.", "zh": "出处中的条款。"}),
            Column("source", {"en": "Source", "zh": "出处"}, _source,
                   "医疗器械不良事件监测和再评价管理办法",
                   {"en": "The regulation or notice.", "zh": "法规或公告名称。"}),
            Column("checked", {"en": "Compared with the official text", "zh": "已与官方文本核对"},
                   choice(YES_NO), "no",
                   {"en": "yes once somebody has.", "zh": "核对后填“是”。"}, required=False),
        ),
    )
)  # fmt: skip
