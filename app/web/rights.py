"""Who may do what: every right of the product with the roles that hold it (21 CFR 11.10(d), (g)).

A role is granted to a person for a site and a range of days; a right is what one route asks for. A task of a
process asks for more: the role of its lane at the site of its case, which the inbox checks again.
"""

KEEPER = "keeper"
BUYER = "buyer"
INSPECTOR = "inspector"
QA = "qa"
RELEASER = "releaser"
REGISTRANT = "registrant_releaser"
AUDITOR = "auditor"
OWNER = "process_owner"
PLANNER = "planner"
EMPLOYEE = "employee"
ENGINEER = "engineer"
REGULATORY = "regulatory"
HEAD = "quality_head"
SYSTEM_ADMIN = "system_admin"
SECURITY_ADMIN = "security_admin"
AUDIT_ADMIN = "audit_admin"

ADMIN_ROLES = frozenset({SYSTEM_ADMIN, SECURITY_ADMIN, AUDIT_ADMIN})
"""Roles that keep the system running; whoever holds one of them never signs (21 CFR 11.200(a)(2))."""

WORK_ROLES = frozenset(
    {
        KEEPER, BUYER, INSPECTOR, QA, RELEASER, REGISTRANT, AUDITOR, OWNER, PLANNER,
        EMPLOYEE, ENGINEER, REGULATORY, HEAD,
    }
)  # fmt: skip
"""Roles of the business."""

TWO_PERSON_ROLES = frozenset({QA, RELEASER, REGISTRANT, OWNER, ENGINEER, REGULATORY, HEAD}) | ADMIN_ROLES
"""Roles that approve or administer: one person proposes them, a second one confirms."""

ROLES = {
    KEEPER: {"en": "Warehouse keeper", "zh": "仓管员"},
    BUYER: {"en": "Buyer", "zh": "采购员"},
    INSPECTOR: {"en": "Inspector", "zh": "检验员"},
    QA: {"en": "Quality assurance", "zh": "质量保证"},
    RELEASER: {"en": "Production releaser", "zh": "生产放行人"},
    REGISTRANT: {"en": "Registrant's releaser", "zh": "注册人上市放行人"},
    AUDITOR: {"en": "Auditor", "zh": "审核员"},
    OWNER: {"en": "Process owner", "zh": "流程负责人"},
    PLANNER: {"en": "Planner", "zh": "计划员"},
    EMPLOYEE: {"en": "Employee", "zh": "员工"},
    ENGINEER: {"en": "Process engineer", "zh": "工艺工程师"},
    REGULATORY: {"en": "Regulatory affairs", "zh": "法规事务"},
    HEAD: {"en": "Quality head", "zh": "质量负责人"},
    SYSTEM_ADMIN: {"en": "System administrator", "zh": "系统管理员"},
    SECURITY_ADMIN: {"en": "Security administrator", "zh": "安全管理员"},
    AUDIT_ADMIN: {"en": "Audit administrator", "zh": "审计管理员"},
}
"""Role codes and their names for people, in the order menus show them."""

ANYBODY = "anybody"
"""Open without signing in: the login page, assets, health."""

SIGNED_IN = "signed_in"
"""Open to every person with an account, whatever the roles."""

_ANY_ROLE = WORK_ROLES | ADMIN_ROLES
_QUALITY = frozenset({INSPECTOR, QA, RELEASER, REGISTRANT, ENGINEER, REGULATORY, HEAD})

RIGHTS: dict[str, frozenset[str]] = {
    "inbox.work": WORK_ROLES,
    "cases.read": WORK_ROLES,
    "processes.read": WORK_ROLES,
    "attachments.add": WORK_ROLES,
    "files.read": WORK_ROLES,
    "orders.read": frozenset({KEEPER, BUYER, PLANNER, AUDITOR}) | _QUALITY,
    "receipts.read": frozenset({KEEPER, BUYER, PLANNER, AUDITOR}) | _QUALITY,
    "receipts.post": frozenset({KEEPER}),
    "output.read": frozenset({KEEPER, BUYER, PLANNER, AUDITOR}) | _QUALITY,
    "output.post": frozenset({KEEPER}),
    "stock.read": WORK_ROLES,
    "stock.ship": frozenset({KEEPER}),
    "nonconformities.read": WORK_ROLES,
    "stock.take_back": frozenset({KEEPER}),
    "catalog.read": WORK_ROLES,
    "records.read": WORK_ROLES,
    "audit.read": frozenset({AUDITOR, QA, AUDIT_ADMIN}),
    "models.read": WORK_ROLES,
    "models.propose": frozenset({OWNER}),
    "sites.read": _ANY_ROLE,
    "people.read": frozenset({AUDITOR, QA, OWNER}) | ADMIN_ROLES,
    "people.manage": frozenset({SECURITY_ADMIN}),
    "roles.decide": frozenset({QA}) | ADMIN_ROLES,
    "identity.verify": frozenset({QA, OWNER, SECURITY_ADMIN}),
    "policy.read": frozenset({AUDITOR}) | ADMIN_ROLES,
    "policy.manage": frozenset({SECURITY_ADMIN}),
    "clock.read": frozenset({SYSTEM_ADMIN, AUDIT_ADMIN}),
    "clock.confirm": frozenset({AUDIT_ADMIN}),
    "jobs.manage": frozenset({SYSTEM_ADMIN}),
    "imports.read": WORK_ROLES | {SECURITY_ADMIN},
    "imports.bring": frozenset({KEEPER, BUYER, QA, OWNER, PLANNER, SECURITY_ADMIN}),
    "changes.read": WORK_ROLES | {SYSTEM_ADMIN, SECURITY_ADMIN},
    "api.use": WORK_ROLES,
    "organisation.read": _ANY_ROLE,
    "organisation.manage": frozenset({OWNER, QA}),
    "absences.manage": frozenset({OWNER, QA, PLANNER}),
    "catalog.manage": frozenset({OWNER, QA, PLANNER}),
    "suppliers.read": WORK_ROLES,
    "suppliers.manage": frozenset({BUYER, QA}),
    "equipment.read": WORK_ROLES,
    "equipment.manage": frozenset({OWNER, QA, PLANNER}),
    "documents.read": WORK_ROLES,
    "documents.manage": frozenset({OWNER, QA}),
    "training.read": WORK_ROLES,
    "training.manage": frozenset({OWNER, QA}),
    "configuration.read": _ANY_ROLE,
    "configuration.manage": frozenset({OWNER, SYSTEM_ADMIN, SECURITY_ADMIN}),
    "labels.print": frozenset({KEEPER, QA, PLANNER}),
    "catalog.import": frozenset({OWNER, QA, BUYER, PLANNER}),
    "places.import": frozenset({KEEPER, OWNER, PLANNER}),
    "orders.import": frozenset({BUYER, PLANNER}),
    "orders.place": frozenset({BUYER}),
    "house.manage": frozenset({SYSTEM_ADMIN}),
}
"""Each right with the roles that hold it. A new route takes one of these or adds a row."""


def roles_with(right: str) -> frozenset[str]:
    """Name the roles that hold a right.

    Raises:
        LookupError: the right is not in the table; a route cannot ask for it.
    """
    if right not in RIGHTS:
        raise LookupError(f"no right {right!r} in app/web/rights.py; add a row to RIGHTS")
    return RIGHTS[right]
