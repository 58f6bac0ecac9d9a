"""The settings of the product: what each is called, what it holds, and how it is changed (URS-148).

Codes are ``<area>`` or ``<area>/<place>/<what>``; the place ``any`` is every site without a rule of its own.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.policy import BOUNDS, ChangePolicy, change_policy, policy_of
from app.sites import reminders
from app.sites.house import (
    ChangeFormCode,
    ChangeStyle,
    change_form_code,
    change_numbers,
    change_style,
    forms_known,
    forms_of,
)
from app.sites.models import Site
from app.sites.queries import site_by_code, sites
from core.actor import Actor
from core.errors import FieldErrors, Invalid, NotFound
from core.number_rules import ANY_SITE, WriteNumbers
from core.numbers import NumberRule, rule_of
from core.types import Bilingual
from documents import store

Values = Mapping[str, str]
ANY = "any"
REASON = "signed proposal"
"""The verbs ask for a reason; the one that counts stands in the proposal and its record."""

FIELDS: dict[str, Bilingual] = {
    "shortest": {"en": "Least number of characters", "zh": "密码最少字符数"},
    "oldest_days": {"en": "Oldest password, in days", "zh": "密码最长使用天数"},
    "remembered": {"en": "Former passwords not taken again", "zh": "不得重复的历史密码数"},
    "lock_after": {"en": "Failures that lock the account", "zh": "锁定账号的连续失败次数"},
    "own_words": {"en": "Words that no password contains", "zh": "密码中不得出现的词"},
    "name_en": {"en": "Name of the site (English)", "zh": "场所名称（英文）"},
    "name_zh": {"en": "Name of the site (Chinese)", "zh": "场所名称（中文）"},
    "company_en": {"en": "Company (English)", "zh": "公司名称（英文）"},
    "company_zh": {"en": "Company (Chinese)", "zh": "公司名称（中文）"},
    "address_en": {"en": "Address (English)", "zh": "地址（英文）"},
    "address_zh": {"en": "Address (Chinese)", "zh": "地址（中文）"},
    "layout": {"en": "Languages of records", "zh": "记录语言"},
    "logo": {"en": "Logo (SHA-256)", "zh": "徽标（SHA-256）"},
    "code": {"en": "Number of the form", "zh": "表单编号"},
    "revision": {"en": "Revision of the form", "zh": "表单版本"},
    "days_before": {"en": "Reminder, working days before", "zh": "提前提醒（工作日）"},
    "days_manager": {"en": "To the line manager, working days after", "zh": "逾期上报直属经理（工作日）"},
    "days_head": {"en": "To the quality head, working days after", "zh": "逾期上报质量负责人（工作日）"},
    "prefix": {"en": "Prefix", "zh": "前缀"},
    "digits": {"en": "Digits", "zh": "位数"},
    "yearly": {"en": "Counts anew every year", "zh": "按年重新计数"},
}
"""What the fields of settings are called."""


@dataclass(frozen=True)
class Area:
    """A kind of setting: its name, the codes there are, what one holds, and how it is changed."""

    title: Bilingual
    codes: Callable[[Session], list[str]]
    read: Callable[[Session, str], Values]
    write: Callable[[Session, str, Values, Actor, datetime], None]


def place_of(code: str) -> str | None:
    """The code of the site a setting belongs to; None for the whole company."""
    parts = code.split("/")
    return parts[1] if len(parts) > 1 and parts[1] != ANY else None


def site_in(session: Session, code: str) -> Site | None:
    """The site a setting belongs to; None for the whole company."""
    place = place_of(code)
    return site_by_code(session, place) if place is not None else None


def area_of(code: str) -> Area:
    """The kind of a setting.

    Raises:
        NotFound: ``configuration.unknown``.
    """
    area = AREAS.get(code.split("/")[0])
    if area is None:
        raise NotFound("configuration.unknown", "There is no setting %(setting)s.", setting=code)
    return area


def label_of(code: str, processes: Mapping[str, Bilingual] = MappingProxyType({})) -> Bilingual:
    """What a setting is called: its kind, its place and what it is about; ``processes`` by their keys."""
    area, *rest = code.split("/")
    said = [_said(part, processes) for part in rest]
    if area == "form_code" and (form := forms_known().get(rest[-1])):
        said[-1] = {lang: f"{rest[-1]} {name}" for lang, name in form[1].items()}
    words = {lang: [name, *(part[lang] for part in said)] for lang, name in area_of(code).title.items()}
    return {lang: " · ".join(parts) for lang, parts in words.items()}


_SAID: dict[str, Bilingual] = {
    ANY: {"en": "every site", "zh": "各场所"},
    "record": {"en": "Records", "zh": "记录"},
    "receipt": {"en": "Goods receipts", "zh": "收货单"},
    "purchase_order": {"en": "Purchase orders", "zh": "采购订单"},
    "lot": {"en": "Lots", "zh": "批次"},
    "inspection": {"en": "Inspections", "zh": "检验"},
    "output": {"en": "Output receipts", "zh": "完工入库单"},
    "shipment": {"en": "Shipments", "zh": "发货单"},
}
"""Parts of codes in words."""


def _said(part: str, processes: Mapping[str, Bilingual]) -> Bilingual:
    """A part of a code in words; the numbers of cases are called like their process."""
    process = part.removeprefix("case.")
    plain = part if process == part else process.replace("_", " ")
    return _SAID.get(part) or processes.get(process) or {"en": plain, "zh": plain}


def every_code(session: Session) -> list[str]:
    """The codes of all settings there are."""
    return [code for area in AREAS.values() for code in area.codes(session)]


def _policy(session: Session, _code: str) -> Values:
    rules = policy_of(session)
    return {name: str(getattr(rules, name)) for name in (*BOUNDS, "own_words")}


def _write_policy(session: Session, _code: str, values: Values, actor: Actor, now: datetime) -> None:
    command = ChangePolicy(**_whole(values, BOUNDS), own_words=values.get("own_words", ""))
    change_policy(session, command, actor=actor, now=now)


def _reminders(session: Session, _code: str) -> Values:
    rule = reminders.rule_of(session)
    return {name: str(getattr(rule, name)) for name in reminders.BOUNDS}


def _write_reminders(session: Session, _code: str, values: Values, actor: Actor, now: datetime) -> None:
    numbers = _whole(values, reminders.BOUNDS)
    reminders.change_reminders(session, reminders.ChangeReminders(**numbers), actor=actor, now=now)


def _whole(values: Values, names: Iterable[str]) -> dict[str, int]:
    errors = {
        name: Invalid("access.whole", "Type a whole number.", field=name)
        for name in names
        if not values.get(name, "").isdecimal()
    }
    if errors:
        raise FieldErrors(errors)
    return {name: int(values[name]) for name in names}


def _style(session: Session, code: str) -> Values:
    site = _site(session, code)
    texts = {
        f"{name}_{lang}": getattr(site, name).get(lang, "")
        for name in ("name", "company", "address")
        for lang in ("en", "zh")
    }
    logo = hashlib.sha256(site.logo.encode()).hexdigest() if site.logo else ""
    return {**texts, "layout": site.layout.value, "logo": logo}


def _write_style(session: Session, code: str, values: Values, actor: Actor, now: datetime) -> None:
    site, logo = _site(session, code), values.get("logo", "")
    new = store.read_in(session, logo) if logo and logo != _style(session, code)["logo"] else None

    def both(name: str) -> Bilingual:
        return {lang: values.get(f"{name}_{lang}", "") for lang in ("en", "zh")}

    command = ChangeStyle(
        site_id=site.id,
        seen=site.revision,
        name=both("name"),
        company=both("company"),
        address=both("address"),
        layout=values.get("layout", ""),
        logo=new,
        without_logo=not logo,
    )
    change_style(session, command, reason=REASON)


def _form_codes(session: Session) -> list[str]:
    return [f"form_code/{site.code}/{one.form}" for site in sites(session) for one in forms_of(site)]


def _form_code(session: Session, code: str) -> Values:
    form = code.split("/", 2)[2]
    found = next((one for one in forms_of(_site(session, code)) if one.form == form), None)
    return {"code": found.code, "revision": found.revision} if found is not None else {}


def _write_form_code(session: Session, code: str, values: Values, actor: Actor, now: datetime) -> None:
    site, form = _site(session, code), code.split("/", 2)[2]
    command = ChangeFormCode(site.id, form, values.get("code", ""), values.get("revision", ""))
    change_form_code(session, command, reason=REASON)


_RULES = select(NumberRule.series, NumberRule.site_code)


def _number_codes(session: Session) -> list[str]:
    written = {(series, place) for series, place in session.execute(_RULES)}
    places = [ANY, *(site.code for site in sites(session))]
    return [
        f"numbers/{place}/{series}"
        for series in sorted({series for series, _place in written})
        for place in places
        if place == ANY or (series, place) in written
    ]


def _numbers(session: Session, code: str) -> Values:
    _area, place, series = code.split("/", 2)
    rule = rule_of(session, series, _place(place))
    return {"prefix": rule.prefix, "digits": str(rule.digits), "yearly": "yes" if rule.yearly else "no"}


def _write_numbers(session: Session, code: str, values: Values, actor: Actor, now: datetime) -> None:
    _area, place, series = code.split("/", 2)
    digits = values.get("digits", "")
    command = WriteNumbers(
        series=series,
        site_code=_place(place),
        prefix=values.get("prefix", ""),
        digits=int(digits) if digits.isdecimal() else 0,
        yearly=values.get("yearly") == "yes",
    )
    change_numbers(session, command, reason=REASON)


def _place(place: str) -> str:
    return ANY_SITE if place == ANY else place


def _site(session: Session, code: str) -> Site:
    site = site_in(session, code)
    if site is None:
        raise NotFound("site.unknown", "There is no such site.")
    return site


def read(session: Session, code: str) -> dict[str, str]:
    """What a setting holds now, by field.

    Raises:
        NotFound: there is no such setting.
    """
    return dict(area_of(code).read(session, code))


def write(session: Session, code: str, values: Values, *, actor: Actor, now: datetime) -> None:
    """Change a setting at once: the baseline of set-up, or what two persons have signed.

    Raises:
        FieldErrors: what is wrong, by field.
        Conflict: it cannot be, as things are now.
        NotFound: there is no such setting.
    """
    unknown = set(values) - set(read(session, code))
    if unknown:
        raise Invalid("configuration.field", "This setting has no such field.", field=sorted(unknown)[0])
    area_of(code).write(session, code, values, actor, now)


def site_id_of(session: Session, code: str) -> uuid.UUID | None:
    """The id of the site a setting belongs to; None for the whole company."""
    site = site_in(session, code)
    return site.id if site is not None else None


AREAS: dict[str, Area] = {
    "password_policy": Area(
        {"en": "Rules for passwords", "zh": "密码规则"},
        lambda _session: ["password_policy"],
        _policy,
        _write_policy,
    ),
    "reminders": Area(
        {"en": "Reminders of due dates", "zh": "到期提醒"},
        lambda _session: ["reminders"],
        _reminders,
        _write_reminders,
    ),
    "house_style": Area(
        {"en": "House style", "zh": "场所版式"},
        lambda session: [f"house_style/{site.code}" for site in sites(session)],
        _style,
        _write_style,
    ),
    "form_code": Area(
        {"en": "Numbers of forms", "zh": "表单编号"}, _form_codes, _form_code, _write_form_code
    ),
    "numbers": Area({"en": "Numbering rules", "zh": "编号规则"}, _number_codes, _numbers, _write_numbers),
}
"""The kinds of settings, by the first part of their codes."""
