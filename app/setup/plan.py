"""What somebody wrote down about a new plant: company, sites, first administrators, house style.

Page and command read the same words, so that both make the same plant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sites.models import Layout, SiteKind
from app.sites.services import CreateSite
from app.web.rights import ADMIN_ROLES
from core.errors import FieldErrors, Invalid
from core.types import Bilingual

LogoOf = Callable[[str], str]
"""Gives the kept logo for what a plan says of it: a file's name, or the logo itself."""


@dataclass(frozen=True)
class Administrator:
    """Somebody who keeps accounts or the system; administrators never sign records."""

    login: str
    name: Bilingual
    role: str
    language: str
    zone: str


@dataclass(frozen=True)
class OwnForm:
    """Number and revision that the plant gives to a form of the product, at every site."""

    form: str
    code: str
    revision: str


@dataclass(frozen=True)
class Plan:
    """A plant to be made. `registrants` says by site code who releases a plant's devices to the market;
    `numbers` gives series another prefix than the delivered one.
    """

    company: Bilingual
    sites: tuple[CreateSite, ...]
    registrants: Mapping[str, str]
    administrators: tuple[Administrator, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)
    forms: tuple[OwnForm, ...] = ()


def plan_of(given: Mapping[str, Any], logo_of: LogoOf) -> Plan:
    """Read a plan from plain words.

    Raises:
        KeyError: something is missing.
        ValueError: something is not what it should be.
        FieldErrors: the parts do not fit together.
    """
    plan = Plan(
        company=dict(given["company"]),
        sites=tuple(_site(entry, given["company"], logo_of) for entry in given["sites"]),
        registrants={site["code"]: site["registrant"] for site in given["sites"] if site.get("registrant")},
        administrators=tuple(
            sorted((_administrator(one, given) for one in given["administrators"]), key=lambda one: one.role)
        ),
        numbers={series: prefix for series, prefix in given.get("numbers", {}).items() if prefix},
        forms=tuple(OwnForm(**one) for one in given.get("forms", ())),
    )
    check_plan(plan)
    return plan


def check_plan(plan: Plan) -> None:
    """See that the parts of a plan fit together.

    Raises:
        FieldErrors: no site, registrants that are none of the sites, or other than the three administrators.
    """
    errors: dict[str, Invalid] = {}
    codes = {site.code for site in plan.sites}
    strangers = {name for name in plan.registrants.values() if name not in codes}
    others = {person.role for person in plan.administrators} - ADMIN_ROLES
    missing = sorted(ADMIN_ROLES - {person.role for person in plan.administrators})
    if not plan.sites:
        errors["sites"] = Invalid("setup.no_site", "A plant needs at least one site.", field="sites")
    if strangers or others:
        errors["registrant"] = Invalid(
            "setup.unknown",
            "unknown here: %(names)s",
            field="registrant",
            names=", ".join(sorted(strangers | others)),
        )
    if missing:
        errors["administrators"] = Invalid(
            "setup.administrators",
            "three administrators are needed; missing: %(roles)s",
            field="administrators",
            roles=", ".join(missing),
        )
    if errors:
        raise FieldErrors(errors)


def _site(entry: Mapping[str, Any], company: Bilingual, logo_of: LogoOf) -> CreateSite:
    return CreateSite(
        code=entry["code"],
        name=dict(entry["name"]),
        company=dict(company),
        address=dict(entry["address"]),
        region=entry["region"],
        zone=entry["zone"],
        kind=SiteKind(entry.get("kind", "plant")),
        layout=Layout(entry.get("layout", "both")),
        logo=logo_of(entry["logo"]) if entry.get("logo") else "",
    )


def _administrator(entry: Mapping[str, Any], given: Mapping[str, Any]) -> Administrator:
    return Administrator(
        login=entry["login"],
        name=dict(entry["name"]),
        role=entry["role"],
        language=entry.get("language", "en"),
        zone=entry.get("zone") or given["sites"][0]["zone"],
    )
