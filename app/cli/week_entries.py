"""What the people of `qms scenario plant-week` enter into their forms, process by process.

Made up, like all of the demo plant; sentences in both languages, for the story is told in either.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.cli.story import Fields, in_days, inside_limits

ITEM, SUPPLIER, SITE = "CP-LUER", "S-102", "SZ"
USED_LOT = "LV-88120"
"""Supplier's lot of the same mould that stood in stock before; the demo's devices are made from it."""
REVISION, SPECIFICATION, NEW_UPPER = "2", "SP-CP-003/A2", "4.05"
OVERSIZE = "4.12"
"""Cone diameter of the lot that fails, in mm; the limit is 4.07, from the change on 4.05."""
CHECK_DAYS = 30

TITLE = "Cone of the Luer connector too wide 鲁尔接头锥头外径超差"
REASON = "Mould insert worn: 4.12 mm against 4.07 mm at most. 模具镶件磨损：实测 4.12 mm，上限 4.07 mm。"
LOOKED = "Drawing, gauge report and retained samples looked through. 已查阅图纸、量具报告和留样。"


def rows(name: str, lines: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The fields of a table of a form, row by row."""
    return {f"{name}.{at}.{key}": value for at, line in enumerate(lines) for key, value in line.items()}


def too_wide(form: Any) -> Fields:
    """An inspection in which the first measured characteristic is above its limit."""
    measured = str(form.xpath(".//input[@data-upper]/@name")[0])
    return {**inside_limits(form), measured: OVERSIZE, "conclusion": "fail"}


def with_new_limit(form: Any) -> Fields:
    """An inspection that passes, against the limit of the new revision.

    Raises:
        AssertionError: the form asks for another limit.
    """
    upper = str(form.xpath(".//input[@data-upper]/@data-upper")[0])
    assert upper == NEW_UPPER, f"inspected against {upper}, not {NEW_UPPER}"
    return {}


REJECTED = {"decision": "reject", "category": "out_of_specification", "reason": REASON}
RELEASED = {"decision": "release"}
APPROVED = {"decision": "approve"}


def report(failed: str, used: str) -> Fields:
    """The report of the deviation: both lots of the mould, and every lot made from them."""
    lots = [{"lot": failed, "quantity": "12000"}, {"lot": used}]
    return {
        "title": TITLE,
        "found_on": in_days(0).isoformat(),
        "place": "Incoming inspection 进货检验",
        "description": REASON,
        "requirement": "SP-CP-003/A1, OD",
        "category": "dimension",
        "item": ITEM,
        "supplier": SUPPLIER,
        **rows("lots", lots),
        "descendants": "yes",
        "block_equipment": "no",
        "block_supplier": "yes",
        "immediate": "Lots set apart in the locked area. 批次已隔离于不合格品区。",
    }


ASSESSMENT = {
    "decision": "nonconformity",
    "reason": "The connector may leak under pressure. 接头受压时可能泄漏。",
    "severity": "3",
    "delivered": "no",
    "scope": "Lots of the same mould. 同一模具的批次。",
}
DEVIATION_CAUSE = {
    "method": "five_why",
    "findings": LOOKED,
    "cause": "machine",
    "cause_text": "The insert of the mould was used beyond its life. 模具镶件超过使用寿命。",
}


def dispositions(failed: str) -> Any:
    """The failed lot goes back; what was measured again and is within its limits is used as it is."""

    def fill(form: Any) -> Fields:
        ways = form.xpath(".//select[starts-with(@name, 'dispositions.')]")
        back = f"ancestor::tr[contains(., '{failed}')]"
        found = {way.get("name"): "return" if way.xpath(back) else "use_as_is" for way in ways}
        return {
            **found,
            "reason": "Every other lot was measured again, 200 pieces each, all within limits. "
            "其余批次各复测 200 件，均在限度内。",
            "concession": "All values within the limits; the doubt is removed. 全部合格，疑点消除。",
            "concession_risk": "None beyond the approved risk file. 未超出已批准的风险。",
        }

    return fill


CONCLUSION = {
    "summary": "Failed lot returned, suspect lots measured again. 不合格批退回，可疑批复测。",
    "capa": "open",
    "lift_blocks": "no",
}
TRIAGE = {
    "title": TITLE,
    "source": "deviation",
    "is": REASON,
    "product": ITEM,
    "severity": "3",
    "occurrence": "4",
    "detection": "4",
    "decision": "yes",
    "rationale": "Wear of moulds concerns every lot to come. 模具磨损影响后续所有批次。",
    "owner": "engineer",
}
CONTAINMENT = {
    "measures": "Supplier blocked, lots held. 供应商已冻结，批次已隔离。",
    "scope": "Every lot of this mould in stock. 库存中该模具的全部批次。",
    "lots_clear": "yes",
}
CAUSE = {
    **rows("whys", [{"why": "Too wide? 为何超差？", "because": "Insert worn 镶件磨损", "evidence": "GR-88"}]),
    "root_cause_code": "specification",
    "root_cause": "The limit leaves no room for wear between two checks. 限度未给两次检查间的磨损留余量。",
    "similar": "Drip chamber and clamp: other moulds, no wear. 滴斗和流量调节器：其他模具，无磨损。",
}


def capa_plan() -> Fields:
    """Two actions, a change of the specification, and a corrective action of the supplier."""
    due = in_days(20).isoformat()
    actions = [
        {"kind": "corrective", "action": "Narrow the limit 收紧限度", "owner": "engineer", "due": due},
        {"kind": "preventive", "action": "Agree on mould life 约定模具寿命", "owner": "buyer", "due": due},
    ]
    return {
        **rows("actions", [{**one, "verification": "Record 记录"} for one in actions]),
        "metric": "Lots outside the limit 超差批次数",
        "target": "0",
        "sample": "Every lot of 30 days 30 天内所有批次",
        "change": "yes",
        "change_reason": "Upper limit 4.05 mm instead of 4.07 mm. 锥头外径上限由 4.07 改为 4.05 mm。",
        "scar": "yes",
        "supplier": SUPPLIER,
    }


ACTION_DONE = {"result": "done", "done": "Done as planned. 已按计划完成。"}
CAPA_VERIFIED = {"implemented": LOOKED, "adverse": "none", "decision": "approve"}

SCAR_REQUEST = {
    "supplier": SUPPLIER,
    "title": TITLE,
    "trigger": "deviation",
    "severity": "major",
    **rows("items", [{"item": ITEM, "quantity": "12000"}]),
    "description": REASON,
}
SCAR_CONTAINMENT = {
    "stock_checked": "yes",
    "block": "no",
    "orders": "The supplier is blocked until he is approved again. 供应商在重新准入前保持冻结。",
}


def scar_papers() -> Sequence[Fields]:
    """The notice to the supplier and his three answers, in their order."""
    today = in_days(0).isoformat()
    actions = [{"action": "New insert, life counted 更换镶件并计数", "kind": "corrective", "due": today}]
    return (
        {"sent_to": "quality@lakeview.example", "sent_on": today, "text": REASON},
        {"received_on": today, "containment": "Production stopped, stock sorted. 已停产并全检库存。"},
        {
            "received_on": today,
            "method": "five_why",
            "cause": "Strokes of the insert were not counted. 未对镶件的冲次计数。",
            "escape": "Gauge checked once a month only. 量具每月仅核查一次。",
        },
        {"received_on": today, **rows("actions", actions)},
    )


SCAR_REVIEW = {"decision": "accept", "reason": LOOKED}


def scar_verified(lot: str) -> Fields:
    """One of the lots on which the supplier's actions are verified."""
    return {"lot": lot, "verdict": "pass", "evidence": "Cone within the new limit. 锥头外径符合新限度。"}


CHANGE_REQUEST = {
    "title": "Upper limit of the Luer cone 鲁尔接头锥头外径上限",
    "current": "SP-CP-003/A1: 3.97–4.07 mm",
    "intended": f"{SPECIFICATION}: 3.97–{NEW_UPPER} mm",
    "justification": "Room for wear of the mould between two checks. 为两次检查间的磨损留余量。",
    "category": "product",
    **rows("items", [{"item": ITEM}]),
    "safety": "low",
    "regulatory": "none",
    "validation": "no",
    "form_fit_function": "no",
    "temporary": "no",
}
SCREENING = {"decision": "accept", "owner": "engineer", "path": "normal"}
IMPACT = {"impact": "minor", "reason": "The narrower limit lies inside the old one. 新限度在原限度之内。"}
IMPACT_REGULATORY = {**IMPACT, "filing": "none"}


def change_plan() -> Fields:
    """The two revisions that take effect today, the supplier to be approved again, and the stock used up."""
    today = in_days(0).isoformat()
    revisions = [
        {"kind": f"catalog.{kind}", "item": ITEM, "revision": REVISION}
        for kind in ("item_revision", "inspection_standard")
    ]
    ways = {"stock": "use_up", "orders": "use_up", "work": "use_up"}
    stock = [{"item": ITEM, **ways, "reason": "Measured again 已复测"}]
    return {
        **rows("tasks", [{"what": "Drawing and gauge 图纸和量具", "owner": "engineer", "due": today}]),
        **rows("revisions", revisions),
        **rows("suppliers", [{"supplier": SUPPLIER, "item": ITEM, "change": "approve"}]),
        "items_affected": "yes",
        **rows("dispositions", stock),
        "training": "no",
        "effective_from": today,
        "risk_after": "Lower than before 低于变更前",
        "criterion": "No lot outside the limit in 30 days. 30 天内无超差批次。",
        "check_after_days": str(CHECK_DAYS),
    }


def change_done() -> Fields:
    """The implementer's report."""
    return {"done": LOOKED, "done_on": in_days(0).isoformat()}


CHANGE_VERIFIED = {"decision": "verified", "evidence": LOOKED}


def effectivity() -> Fields:
    """Approval of the day: today."""
    return {"decision": "approve", "effective_from": in_days(0).isoformat()}


CHANGE_CLOSED = {"complete": "yes", "conclusion": "In force; supplier under approval. 已生效；供应商准入中。"}

SUPPLIER_REQUEST = {
    "kind": "re_evaluation",
    "supplier": SUPPLIER,
    **rows("scope", [{"item": ITEM, "site": SITE}]),
    "effect": "direct",
    "detectable": "yes",
    "reason": "The mould is new, the limit is narrower. 新镶件，限度收紧。",
}


def supplier_documents() -> Fields:
    """A certificate that is valid, and the agreement."""
    certificate = {
        "kind": "iso_13485",
        "number": "DEMO MD 0816",
        "issuer": "Demo certification body",
        "valid_from": in_days(-10).isoformat(),
        "valid_until": in_days(1000).isoformat(),
    }
    return {
        **rows("certificates", [certificate]),
        "agreement": "signed",
        "agreement_number": "QA-S102-3",
        "notifies_changes": "yes",
    }


ACCEPTED = {"decision": "accept"}
QUESTIONNAIRE = dict.fromkeys(
    ("quality_system", "process_control", "traceability", "change_notice", "nonconformity", "delivery"), "3"
)


def supplier_audit() -> Fields:
    """The audit on site, without findings."""
    scores = ("process_control", "environment", "traceability", "change_control", "records")
    return {
        **dict.fromkeys(scores, "3"),
        "held_on": in_days(0).isoformat(),
        "extent": "Moulding, ISO 13485 7.5 注塑，ISO 13485 7.5",
        "conclusion": "The life of every insert is counted now. 所有镶件寿命均已计数。",
    }


SAMPLE = {
    "sample": "FAI-2026-1",
    **rows("results", [{"characteristic": "OD", "requirement": "3.97–4.05", "found": "4.01"}]),
    "results.0.verdict": "pass",
    "conclusion": "pass",
    "score": "3",
}


def supplier_approval() -> Fields:
    """The quality head's decision for a class A supplier."""
    reason = "Cause removed, audit without findings. 原因已消除，审核无发现。"
    return {"decision": "approve", "until": in_days(360).isoformat(), "reason": reason}


def order() -> Fields:
    """An order with the supplier."""
    line = {"item": ITEM, "quantity": "10000", "due_on": in_days(14).isoformat()}
    head = {"number": "PO-WEEK-1", "supplier": SUPPLIER, "site": SITE, "reason": "Stock is low 库存不足"}
    return {**head, **{f"lines.1.{key}": value for key, value in line.items()}}
