"""The list of people who shall have an account, one row a role (URS-028, 21 CFR 11.10(d), 11.100(a)).

Accounts open with a password made up for each person, to be changed at the first sign-in; roles that approve
wait for a second person as everywhere.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.errors import login_taken
from app.access.grants import GrantRole, grant_role
from app.access.models import Person
from app.access.passwords import new_first_password
from app.access.services import LOGIN, TIME_ZONES, CreatePerson, create_person
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict, Invalid
from core.types import Bilingual
from documents.labels import N_
from documents.sheets.cells import Column, choice, code, day, name_columns
from documents.sheets.examining import grouped
from documents.sheets.importers import Group, Importer, register
from documents.sheets.rows import Finding, Reach, Row

EVERY_SITE = "*"
FIRST_PASSWORDS = "first_passwords"
"""Where a unit of work keeps the passwords it has made up: login → password, told once and stored nowhere."""

_LANGUAGES: dict[str, Bilingual] = {
    "en": {"en": "English", "zh": "英文"},
    "zh": {"en": "Chinese", "zh": "中文"},
}
_ZONES = {zone.casefold(): zone for zone in TIME_ZONES}


def read_login(value: Any) -> str:
    """A user name: small letters, digits, dots, dashes and underscores.

    Raises:
        Invalid: ``access.login``.
    """
    word = str(value).strip().lower()
    if not LOGIN.fullmatch(word):
        raise Invalid(
            "access.login",
            "A user name has 2 to 32 small letters, digits, dots or dashes and begins with a letter.",
        )
    return word


def read_zone(value: Any) -> str:
    """A time zone by its IANA name.

    Raises:
        Invalid: ``access.zone``.
    """
    found = _ZONES.get(str(value).strip().casefold())
    if found is None:
        raise Invalid("access.zone", "There is no time zone of this name.")
    return found


def read_place(value: Any) -> str:
    """A site's code, or a star for every site.

    Raises:
        Invalid: it is no code.
    """
    word = str(value).strip()
    return word if word == EVERY_SITE else str(code(20)(word))


def people_there(
    session: Session, keys: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Which of some user names belong or belonged to somebody."""
    found = session.scalars(select(Person.login).where(Person.login.in_([login for (login,) in keys])))
    return {(login,): {} for login in found}


def check_people(session: Session, rows: Iterable[Row], reach: Reach) -> Iterator[Finding]:
    """Find logins that belong or belonged to somebody, unknown sites, and roles that never meet."""
    sites = site_ids(session)
    roles: dict[str, dict[str, int]] = {}
    for row in rows:
        for column in ("home_site", "role_site"):
            place = row.get(column)
            if place is not None and place not in sites and (column, place) != ("role_site", EVERY_SITE):
                sentence = N_("There is no site %(site)s, or not for you.")
                yield row.wrong(column, Invalid("site.not_found", sentence, site=place))
        login, role = row.get("login"), row.get("role")
        if row.before is not None:
            yield row.wrong("login", login_taken(login))
        if login is not None and role is not None:
            yield from _mixture(row, roles.setdefault(login, {}), role)


def create_people(session: Session, rows: Sequence[Row], actor: Actor, now: datetime) -> None:
    """Open the accounts of a list and give or propose their roles."""
    sites = site_ids(session)
    told: dict[str, str] = session.info.setdefault(FIRST_PASSWORDS, {})
    for (login,), found in grouped(rows, ("login",)).items():
        told[login] = new_first_password()
        command = CreatePerson(
            login=login,
            name=found[0].both("name"),
            password=told[login],
            language=found[0].get("language"),
            zone=found[0].get("zone"),
            home_site_id=sites[found[0].get("home_site")],
        )
        person = create_person(session, command, actor=actor, now=now)
        for row in found:
            if row.get("role") is not None:
                grant_role(session, person, _grant(row, sites, now), actor=actor, now=now)


def _grant(row: Row, sites: Mapping[str, Any], now: datetime) -> GrantRole:
    place = row.get("role_site") or row.get("home_site")
    return GrantRole(
        row.get("role"),
        None if place == EVERY_SITE else sites[place],
        valid_from=row.get("valid_from") or site_day(now, row.get("zone")),
        valid_to=row.get("valid_to"),
    )


def _other_particulars(row: Row) -> Conflict:
    sentence = N_("%(login)s stands further up with other particulars.")
    return Conflict("access.particulars", sentence, login=row.get("login"))


def _mixture(row: Row, held: dict[str, int], role: str) -> Iterator[Finding]:
    if held and any((other in ADMIN_ROLES) != (role in ADMIN_ROLES) for other in held):
        sentence = N_("One person never holds a role of the business and an administrator's role at once.")
        yield row.wrong("role", Conflict("access.admin_and_work", sentence))
    elif role in ADMIN_ROLES and held.keys() - {role}:
        sentence = N_("The three administrators are three persons: nobody holds two of these roles at once.")
        yield row.wrong("role", Conflict("access.two_administrators", sentence))
    valid_from, valid_to = row.get("valid_from"), row.get("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        sentence = N_("It would end on %(last)s, before it begins on %(first)s. Check both days.")
        days = {"first": valid_from.isoformat(), "last": valid_to.isoformat()}
        yield row.wrong("valid_to", Invalid("access.range", sentence, **days))
    held[role] = row.number


def site_ids(session: Session) -> dict[str, Any]:
    """The sites of the company by code; the room of sites stands above this one, so the table is asked."""
    table = Person.metadata.tables["site"]
    return {row.code: row.id for row in session.execute(select(table.c.code, table.c.id))}


_ROLE_HINT = {
    lang: "; ".join(f"{role} = {name[lang]}" for role, name in ROLES.items()) for lang in ("en", "zh")
}
PEOPLE = register(
    Importer(
        name="access.people",
        title={"en": "People and their roles", "zh": "人员与角色"},
        about={
            "en": "Accounts with a first password each; roles that approve wait for a second person.",
            "zh": "为每人开立账号并生成首次密码；审批类角色须由第二人确认。",
        },
        right="people.manage",
        order=5,
        proposal=False,
        key=("login",),
        group=Group(
            ("login",),
            same=("name_en", "name_zh", "language", "zone", "home_site"),
            error=_other_particulars,
        ),
        existing=people_there,
        create=create_people,
        check=check_people,
        columns=(
            Column("login", {"en": "User name", "zh": "用户名"}, read_login, "inspector",
                   {"en": "Never reused; one row a role, the same particulars in each",
                    "zh": "不得重复使用；每行一个角色，其余资料须一致"}),
            *name_columns("name", "Name", "姓名", {"en": "Inspector", "zh": "检验员"}, needed=True),
            Column("language", {"en": "Language", "zh": "语言"}, choice(_LANGUAGES), "zh",
                   {"en": "en or zh", "zh": "en 或 zh"}),
            Column("zone", {"en": "Time zone", "zh": "时区"}, read_zone, "Asia/Shanghai",
                   {"en": "IANA name", "zh": "IANA 时区名称"}),
            Column("home_site", {"en": "Site", "zh": "所属场所"}, code(20), "SZ",
                   {"en": "The code of the person's own site", "zh": "所属场所编码"}),
            Column("role", {"en": "Role", "zh": "角色"}, choice(ROLES), "inspector", _ROLE_HINT,
                   required=False),
            Column("role_site", {"en": "Role at site", "zh": "角色适用场所"}, read_place, "SZ",
                   {"en": "The person's own site if empty, * for every site",
                    "zh": "留空为所属场所，* 为全部场所"},
                   required=False),
            Column("valid_from", {"en": "Role from", "zh": "角色生效日期"}, day, "2026-11-22",
                   {"en": "Today if empty", "zh": "留空为当日"}, required=False),
            Column("valid_to", {"en": "Role until", "zh": "角色截止日期"}, day, "2028-12-31",
                   {"en": "Open if empty", "zh": "留空为长期"}, required=False),
        ),
    )
)  # fmt: skip
