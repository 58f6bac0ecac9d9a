"""The accountability statement: who signs electronically first accepts that it binds (21 CFR 11.10(j))."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access.errors import admin_never_signs, foreign_proof
from app.access.identity import check_identity_known
from app.access.models import Person
from app.access.proof import Proof
from app.access.queries import roles_of
from app.web.rights import ADMIN_ROLES, ROLES
from core.actor import Actor
from core.clock import site_day
from core.errors import Conflict
from core.languages import pick
from core.outbox import later
from core.types import Bilingual
from documents.records import RecordDraft, SiteStyle, create_record, empty_content
from documents.registry import printed_form
from signatures import audit
from signatures.audit_clock import check_clock
from signatures.ceremony import Meaning, Signer, sign_record

TITLE: Bilingual = {
    "en": "Acceptance of accountability for electronic signatures",
    "zh": "电子签名责任声明",
}
TEXT: Bilingual = {
    "en": (
        "I understand that my electronic signature is the legally binding equivalent of my handwritten "
        "signature. I am accountable for everything done under my user name. I keep my password to myself, "
        "sign only what I have read, and report at once when I suspect that somebody else knows it."
    ),
    "zh": (
        "我知悉：我的电子签名与我的手写签名具有同等法律效力。凡以我的用户名所做的操作，均由我负责。"
        "我对密码保密，只签署我已阅读的内容；如怀疑他人知悉我的密码，立即报告。"
    ),
}
MEANING = Meaning("accepted", {"en": "Accepted", "zh": "接受"})
FORM_CODE, FORM_REVISION = "QR-QA-001", "A0"
printed_form(FORM_CODE, FORM_REVISION, TITLE)


def accept_statement(
    session: Session,
    person: Person,
    proof: Proof,
    *,
    house: SiteStyle,
    language: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write and sign the record of the acceptance; from now on the person may sign.

    Raises:
        Conflict: the statement was accepted before.
        NotAllowed: the person is an administrator, the proof is somebody else's, nobody has verified who the
            person is, or the plant's clock is behind the audit trail.
    """
    check_clock(session, now)
    roles = sorted({role for role, _ in roles_of(session, person.id, on=site_day(now, house.zone))})
    _check(person, proof, roles)
    record = create_record(session, _draft(person, roles[0], house), actor=actor, now=now)
    signer = Signer(
        person_id=person.id,
        login=person.login,
        name=pick(person.name, language),
        role=pick(ROLES[roles[0]], language),
        site=house.code,
    )
    signed = sign_record(
        session,
        record_id=record.id,
        record_bytes=record.canonical,
        signer=signer,
        meaning=MEANING,
        statement=TEXT[language],
        method=proof.method,
        language=language,
        now=now,
    )
    person.statement_record_id, person.statement_accepted_at = record.id, now
    audit.record(
        session, "statement.accepted", subject=("person", person.id), facts={"record": record.number}
    )
    later(
        session,
        "archive.seal_record",
        {"record_id": str(record.id)},
        key=f"seal:{record.id}",
        secret=signed.wrapped_key,
    )


def _draft(person: Person, role: str, house: SiteStyle) -> RecordDraft:
    return RecordDraft(
        kind="access.statement",
        title=TITLE,
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=house,
        language=house.layout,
        content=_content(person, role),
        subject=("person", person.id, person.login),
        search={"signers_text": f"{person.name['en']} {person.name['zh']} {person.login}"},
    )


def _check(person: Person, proof: Proof, roles: list[str]) -> None:
    if person.statement_record_id is not None:
        raise Conflict("access.statement_accepted", "You have accepted the statement already.")
    if not roles or ADMIN_ROLES.intersection(roles):
        raise admin_never_signs()
    if proof.person_id != person.id:
        raise foreign_proof()
    check_identity_known(person)


def _content(person: Person, role: str) -> dict[str, object]:
    statement = {
        "title": TITLE,
        "rows": [{"label": TITLE, "value": TEXT, "unit": None, "mark": None}],
        "table": None,
    }
    identity = {
        "title": {"en": "Person", "zh": "人员"},
        "rows": [
            {"label": {"en": "Name", "zh": "姓名"}, "value": dict(person.name), "unit": None, "mark": None},
            {"label": {"en": "User name", "zh": "用户名"}, "value": person.login, "unit": None, "mark": None},
            {"label": {"en": "Role", "zh": "角色"}, "value": ROLES[role], "unit": None, "mark": None},
        ],
        "table": None,
    }
    return {
        **empty_content(),
        "shown": [statement, identity],
        "signing": {"meaning": MEANING.code, "role": role},
    }
