"""A new plant written down in a JSON file for `qms init`."""

import json
from pathlib import Path
from typing import Any

from app.cli.output import CannotCheck
from app.setup.plan import Plan, plan_of
from core.errors import FieldErrors
from documents.logos import accept_logo

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
        {
            "login": "secadmin",
            "name": {"en": "Security administrator", "zh": "安全管理员"},
            "role": "security_admin",
            "language": "zh",
        },
        {
            "login": "admin",
            "name": {"en": "System administrator", "zh": "系统管理员"},
            "role": "system_admin",
            "language": "en",
            "zone": "Europe/Berlin",
        },
        {
            "login": "audadmin",
            "name": {"en": "Audit administrator", "zh": "审计管理员"},
            "role": "audit_admin",
            "language": "zh",
        },
    ],
    "numbers": {"receipt": "GR"},
    "forms": [{"form": "QR-WH-004", "code": "WH-01", "revision": "1"}],
}


def read(path: Path) -> Plan:
    """Read a plan; logos are SVG or PNG files beside it.

    Raises:
        CannotCheck: the file is no plan; the text names what is missing.
        Invalid: a logo is not taken.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return plan_of(given, lambda name: _logo(path, name))
    except KeyError as missing:
        raise CannotCheck(f"{path}: {missing} is missing; see  qms init --example") from missing
    except FieldErrors as wrong:
        sentences = "; ".join(error.text("en") for error in wrong.errors.values())
        raise CannotCheck(f"{path}: {sentences}") from wrong
    except (OSError, ValueError, TypeError, AttributeError) as wrong:
        raise CannotCheck(f"{path}: {wrong}; see  qms init --example") from wrong


def _logo(plan: Path, name: str) -> str:
    beside = plan.parent / name
    if not beside.is_file():
        raise CannotCheck(f"{plan}: the logo {name} is not beside it; put it there, or take its line out")
    return accept_logo(beside.read_bytes())
