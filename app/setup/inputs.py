"""From the pages of the set-up to the plain words of a plan, one page at a time."""

import re
from collections.abc import Mapping
from typing import Any

from app.access.services import LOGIN
from app.sites.models import Layout, SiteKind
from app.web.rights import ADMIN_ROLES, AUDIT_ADMIN, SECURITY_ADMIN, SYSTEM_ADMIN
from core.clock import zones
from core.errors import Invalid
from core.languages import LANGUAGES
from core.number_rules import PREFIX
from core.types import Bilingual
from documents.glyphs import missing
from documents.labels import N_

Errors = dict[str, Invalid]
LONGEST = 120
MOST_SITES = 50
ROLES_IN_ORDER = (SYSTEM_ADMIN, SECURITY_ADMIN, AUDIT_ADMIN)
assert set(ROLES_IN_ORDER) == ADMIN_ROLES
REGIONS: dict[str, Bilingual] = {
    "CN": {"en": "China (NMPA)", "zh": "中国（NMPA）"},
    "EU": {"en": "European Union (MDR)", "zh": "欧盟（MDR）"},
    "US": {"en": "United States (FDA)", "zh": "美国（FDA）"},
}
ZONES = tuple(sorted(zones()))
_SITE_CODE = re.compile(r"[A-Z0-9]{2,8}")


def read_company(form: Mapping[str, str]) -> tuple[dict[str, Any], Errors]:
    """Read the page about the company."""
    errors: Errors = {}
    company = _both(form, "company", errors)
    return {"company": company}, errors


def read_site(form: Mapping[str, str], taken: list[str]) -> tuple[dict[str, Any], Errors]:
    """Read the page about one site; ``taken`` are the codes of the others."""
    errors: Errors = {}
    code = form.get("code", "").strip().upper()
    if not _SITE_CODE.fullmatch(code):
        errors["code"] = Invalid("setup.site_code", "2 to 8 capital letters and digits.", field="code")
    elif code in taken:
        sentence = N_("There is a site %(site)s already.")
        errors["code"] = Invalid("site.code_taken", sentence, field="code", site=code)
    site = {"code": code, "name": _both(form, "name", errors), "address": _both(form, "address", errors)}
    for key, known in (
        ("kind", {kind.value for kind in SiteKind}),
        ("region", set(REGIONS)),
        ("layout", {layout.value for layout in Layout}),
        ("zone", set(ZONES)),
    ):
        site[key] = form.get(key, "")
        if site[key] not in known:
            errors[key] = Invalid("form.choice", "Please choose one of the given answers.", field=key)
    if form.get("registrant"):
        site["registrant"] = form["registrant"]
        if form["registrant"] not in taken:
            errors["registrant"] = Invalid("site.registrant", "There is no such site.", field="registrant")
    return site, errors


def read_administrators(form: Mapping[str, str]) -> tuple[list[dict[str, Any]], Errors]:
    """Read the page about the three administrators, who are three persons."""
    errors: Errors = {}
    found: list[dict[str, Any]] = []
    for role in ROLES_IN_ORDER:
        login = form.get(f"{role}_login", "").strip().lower()
        if not LOGIN.fullmatch(login):
            errors[f"{role}_login"] = Invalid(
                "access.login",
                "A user name has 2 to 32 small letters, digits, dots or dashes and begins with a letter.",
                field=f"{role}_login",
            )
        elif login in [one["login"] for one in found]:
            errors[f"{role}_login"] = Invalid(
                "setup.three", "The three administrators are three persons.", field=f"{role}_login"
            )
        language, zone = form.get(f"{role}_language", ""), form.get(f"{role}_zone", "")
        if language not in LANGUAGES:
            key = f"{role}_language"
            errors[key] = Invalid("access.language", "Choose English or Chinese.", field=key)
        if zone not in ZONES:
            key = f"{role}_zone"
            errors[key] = Invalid("access.zone", "There is no time zone of this name.", field=key)
        name = _both(form, f"{role}_name", errors)
        found.append({"login": login, "name": name, "role": role, "language": language, "zone": zone})
    return found, errors


def read_house(form: Mapping[str, str], series: list[str], forms: list[str]) -> tuple[dict[str, Any], Errors]:
    """Read the page about the house style: prefixes of series and numbers of forms; empty = as delivered."""
    errors: Errors = {}
    numbers = {}
    for name in series:
        prefix = form.get(f"prefix_{name}", "").strip().upper()
        if prefix and not PREFIX.fullmatch(prefix):
            errors[f"prefix_{name}"] = Invalid(
                "number.prefix",
                "A prefix has 1 to 8 capital letters and digits, a letter first.",
                field=f"prefix_{name}",
            )
        if prefix:
            numbers[name] = prefix
    own = []
    for form_code in forms:
        code = form.get(f"code_{form_code}", "").strip().upper()
        revision = form.get(f"revision_{form_code}", "").strip().upper()
        if code and not revision:
            sentence = N_("A revision has up to 8 capital letters, digits and dots.")
            errors[f"code_{form_code}"] = Invalid("form.revision", sentence, field=f"code_{form_code}")
        if code:
            own.append({"form": form_code, "code": code, "revision": revision})
    return {"numbers": numbers, "forms": own}, errors


def _both(form: Mapping[str, str], name: str, errors: Errors) -> Bilingual:
    read = {}
    for language in LANGUAGES:
        key = f"{name}_{language}"
        read[language] = text = " ".join(form.get(key, "").split())
        if not text:
            errors[key] = Invalid("form.required", "Please fill in this field.", field=key)
        elif len(text) > LONGEST:
            sentence = N_("Please write at most %(limit)s characters.")
            errors[key] = Invalid("form.too_long", sentence, field=key, limit=LONGEST)
        elif lost := missing(text):
            errors[key] = Invalid(
                "form.glyph",
                "The record cannot print %(characters)s. Please write it another way.",
                field=key,
                characters=" ".join(sorted(lost)),
            )
    return read
