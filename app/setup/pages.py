"""What the pages of the set-up print: the steps, the words of the plan so far, what may be chosen."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.setup import inputs
from app.sites.admin import SERIES
from app.web.rights import ROLES
from core.types import Bilingual
from documents.registry import printed_forms
from forms import loader

STEPS = (
    ("company", _l("Company")),
    ("sites", _l("Sites")),
    ("people", _l("Administrators")),
    ("house", _l("House style")),
    ("review", _l("Review and keys")),
    ("done", _l("Handing over")),
)
LAYOUTS = (("both", _l("English and Chinese")), ("en", _l("English")), ("zh", _l("Chinese")))
KINDS = (("plant", _l("Plant: makes devices")), ("registrant", _l("Registrant: releases to the market")))
DELIVERED = {"record": "R", "receipt": "GR", "lot": "L", "inspection": "IN", "output": "FG"}
"""Prefixes of series as they are delivered, shown where none of the plant's own is typed."""


def series() -> dict[str, Any]:
    """The series of numbers by name, in words."""
    return dict(SERIES)


def forms() -> list[tuple[str, str, Bilingual]]:
    """Every form of the product: number, revision, title."""
    known = [(form.code, form.revision, form.title) for form in map(loader.load, sorted(loader.keys()))]
    return sorted([*known, *printed_forms()], key=lambda one: one[0])


def words_of(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as the command would read it: the one logo stands at every site."""
    words = {key: value for key, value in plan.items() if key != "logo"}
    if plan.get("logo"):
        words["sites"] = [{**site, "logo": plan["logo"]} for site in plan.get("sites", [])]
    return words


def step(name: str, plan: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Collect what the page of one step shows: what was typed last, else what the plan holds."""
    return {
        "step": name,
        "steps": STEPS,
        "plan": plan,
        "given": defaultdict(str, given or _typed(name, plan)),
        "zones": [(zone, zone) for zone in inputs.ZONES],
        "regions": inputs.REGIONS,
        "layouts": LAYOUTS,
        "kinds": KINDS,
        "roles": [(role, ROLES[role]) for role in inputs.ROLES_IN_ORDER],
        "series": series(),
        "delivered": DELIVERED,
        "forms": forms(),
        "role_names": ROLES,
    }


def _typed(name: str, plan: Mapping[str, Any]) -> dict[str, str]:
    if name == "company":
        return {f"company_{lang}": text for lang, text in plan.get("company", {}).items()}
    if name == "people":
        return {key: value for one in plan.get("administrators", []) for key, value in _person(one).items()}
    if name == "house":
        own = {f"prefix_{series}": prefix for series, prefix in plan.get("numbers", {}).items()}
        for one in plan.get("forms", []):
            own |= {f"code_{one['form']}": one["code"], f"revision_{one['form']}": one["revision"]}
        return own
    return {}


def _person(one: Mapping[str, Any]) -> dict[str, str]:
    role = one["role"]
    names = {f"{role}_name_{lang}": text for lang, text in one["name"].items()}
    return names | {f"{role}_{key}": one[key] for key in ("login", "language", "zone")}
