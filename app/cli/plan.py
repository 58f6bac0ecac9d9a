"""What somebody wrote down about a new plant before `qms init`: company, sites, first administrators."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.output import CannotCheck
from app.sites.models import Layout, SiteKind
from app.sites.services import CreateSite
from app.web.rights import ADMIN_ROLES
from core.types import Bilingual

EXAMPLE: dict[str, Any] = {
    "company": {"en": "Example Medical Devices Ltd.", "zh": "示例医疗器械有限公司"},
    "sites": [
        {
            "code": "SH",
            "kind": "registrant",
            "name": {"en": "Shanghai office", "zh": "上海办公室"},
            "address": {"en": "1 Example Road, Shanghai", "zh": "上海市示例路1号"},
            "region": "CN",
            "zone": "Asia/Shanghai",
            "layout": "both",
        },
        {
            "code": "SZ",
            "kind": "plant",
            "name": {"en": "Suzhou plant", "zh": "苏州工厂"},
            "address": {"en": "8 Example Street, Suzhou", "zh": "苏州市示例街8号"},
            "region": "CN",
            "zone": "Asia/Shanghai",
            "layout": "both",
            "registrant": "SH",
            "logo": "logo.svg",
        },
    ],
    "administrators": [
        {"login": "li.na", "name": {"en": "Li Na", "zh": "李娜"}, "role": "security_admin", "language": "zh"},
        {
            "login": "j.weber",
            "name": {"en": "Jana Weber", "zh": "雅娜·韦伯"},
            "role": "system_admin",
            "language": "en",
            "zone": "Europe/Berlin",
        },
        {"login": "wu.min", "name": {"en": "Wu Min", "zh": "吴敏"}, "role": "audit_admin", "language": "zh"},
    ],
}


@dataclass(frozen=True)
class Administrator:
    """Somebody who keeps accounts or the system; administrators never sign records."""

    login: str
    name: Bilingual
    role: str
    language: str
    zone: str


@dataclass(frozen=True)
class Plan:
    """A plant to be made. `registrants` says by site code who releases a plant's devices to the market."""

    company: Bilingual
    sites: tuple[CreateSite, ...]
    registrants: Mapping[str, str]
    administrators: tuple[Administrator, ...]


def read(path: Path) -> Plan:
    """Read a plan; logos are SVG files beside it.

    Raises:
        CannotCheck: the file is no plan; the text names what is missing.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(
            company=dict(given["company"]),
            sites=tuple(_site(entry, given["company"], path.parent) for entry in given["sites"]),
            registrants={site["code"]: site["registrant"] for site in given["sites"] if "registrant" in site},
            administrators=tuple(_administrator(entry, given) for entry in given["administrators"]),
        )
    except KeyError as missing:
        raise CannotCheck(f"{path}: {missing} is missing; see  qms init --example") from missing
    except (OSError, ValueError, TypeError) as wrong:
        raise CannotCheck(f"{path}: {wrong}; see  qms init --example") from wrong
    _check(plan, path)
    return plan


def _site(entry: Mapping[str, Any], company: Bilingual, folder: Path) -> CreateSite:
    return CreateSite(
        code=entry["code"],
        name=entry["name"],
        company=company,
        address=entry["address"],
        region=entry["region"],
        zone=entry["zone"],
        kind=SiteKind(entry.get("kind", "plant")),
        layout=Layout(entry.get("layout", "both")),
        logo=(folder / entry["logo"]).read_text(encoding="utf-8") if entry.get("logo") else "",
    )


def _administrator(entry: Mapping[str, Any], given: Mapping[str, Any]) -> Administrator:
    return Administrator(
        login=entry["login"],
        name=entry["name"],
        role=entry["role"],
        language=entry.get("language", "en"),
        zone=entry.get("zone", given["sites"][0]["zone"]),
    )


def _check(plan: Plan, path: Path) -> None:
    codes = {site.code for site in plan.sites}
    strangers = {registrant for registrant in plan.registrants.values() if registrant not in codes}
    others = {person.role for person in plan.administrators} - ADMIN_ROLES
    if strangers or others:
        raise CannotCheck(f"{path}: unknown here: {', '.join(sorted(strangers | others))}")
    missing = sorted(ADMIN_ROLES - {person.role for person in plan.administrators})
    if missing:
        raise CannotCheck(f"{path}: three administrators are needed; missing: {', '.join(missing)}")
