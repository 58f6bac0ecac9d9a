"""Records on paper for signature tests: a small PDF/A-3a page with record, evidence and fields."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pydyf
import rfc8785
import weasyprint
from sqlalchemy.orm import Session

from signatures import ceremony, pdf
from signatures.models import Signature

NOW = datetime(2026, 11, 22, 8, 10, 5, tzinfo=UTC)
MEANING = ceremony.Meaning("released", {"en": "Released", "zh": "放行"})
PEOPLE = (
    ceremony.Signer(uuid.UUID(int=1), "qa", "Anna Keller", "qa", "SH"),
    ceremony.Signer(uuid.UUID(int=2), "releaser", "张伟", "releaser", "SH"),
)


def record_bytes(number: str = "LR-2026-0001", **changes: Any) -> bytes:
    """A canonical record, as far as signatures look into it."""
    content = {"signing": {"meaning": MEANING.code, "role": "qa"}, **changes}
    return bytes(rfc8785.dumps({"schema": "qms.record/1", "number": number, "content": content}))


def sign(
    record: bytes,
    people: Sequence[ceremony.Signer] = PEOPLE,
    now: datetime = NOW,
    earlier: Sequence[ceremony.SignedRecord] = (),
) -> list[ceremony.SignedRecord]:
    """Have each person sign in turn, later ones over the earlier ones."""
    done: list[ceremony.SignedRecord] = []
    for signer in people:
        signed = ceremony.sign_record(
            Session(),
            record_id=uuid.UUID(int=9),
            record_bytes=record,
            signer=signer,
            meaning=MEANING,
            statement="I release this lot.",
            method="password",
            language="en",
            now=now,
            earlier=[one.signature for one in (*earlier, *done)],
        )
        done.append(signed)
    return done


def base_pdf(
    record: bytes, evidence: Sequence[Signature], *, fields: int | None = None, text: str = ""
) -> bytes:
    """Render the page that the signatures go on."""
    count = len(evidence) if fields is None else fields
    places = "".join(f'<div id="sig-{n}" style="height:2cm"></div>' for n in range(1, count + 1))
    html = (
        f"<html lang=en><head><title>Record</title></head><body><h1>Record {text}</h1>"
        f"<p>{'Tested and found good. ' * 40}</p>{places}</body></html>"
    )
    files = [("record.json", record)] + [(f"sig-{one.position}.p7s", one.cms) for one in evidence]
    attachments = [
        weasyprint.Attachment(string=data, name=name, relationship="Data", created=NOW, modified=NOW)
        for name, data in files
    ]
    return weasyprint.HTML(string=html).write_pdf(
        pdf_variant="pdf/a-3a",
        attachments=attachments,
        pdf_identifier=b"1" * 16,
        pdf_tags=True,
        finisher=_fields,
    )


def sealed(
    record: bytes | None = None, people: Sequence[ceremony.Signer] = PEOPLE, now: datetime = NOW
) -> bytes:
    """A whole record: signed by ``people``, on the page, sealed."""
    record = record_bytes() if record is None else record
    signed = sign(record, people, now)
    base = base_pdf(record, [one.signature for one in signed])
    return pdf.sign_pdf(
        base, [pdf.PdfSignature.of(one.signature, one.wrapped_key) for one in signed], now=now
    )


def _at(document: Any, reference: Any) -> Any:
    return document.objects[
        int((reference if isinstance(reference, bytes) else str(reference).encode()).split()[0])
    ]


def _fields(document: Any, made: Any) -> None:
    root = _at(made, made.catalog["StructTreeRoot"])
    tree, top = _at(made, root["ParentTree"]), _at(made, root["K"][0])
    kids = [_at(made, made.page_references[n]) for n in range(len(document.pages))]
    fields = pydyf.Array()
    for page, sheet in zip(document.pages, kids, strict=True):
        height = page.height * 0.75
        for name, (left, top_y, right, bottom) in sorted(page.anchors.items()):
            if not name.startswith("sig-"):
                continue
            look = pydyf.Stream(
                [], {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([0, 0, 10, 10])}
            )
            made.add_object(look)
            key = max([n for n in tree["Nums"][::2] if isinstance(n, int)]) + 1
            box = [left * 0.75, height - bottom * 0.75, right * 0.75, height - top_y * 0.75]
            widget = pydyf.Dictionary({"Type": "/Annot", "Subtype": "/Widget", "FT": "/Sig", "F": 4})
            widget.update({"T": pydyf.String(name), "TU": pydyf.String(name), "P": sheet.reference})
            widget.update({"Rect": pydyf.Array([round(x, 2) for x in box]), "StructParent": key})
            widget["AP"] = pydyf.Dictionary({"N": look.reference})
            made.add_object(widget)
            fields.append(widget.reference)
            element = pydyf.Dictionary({"Type": "/StructElem", "S": "/Form", "P": root["K"][0]})
            made.add_object(element)
            element["K"] = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": sheet.reference})
            top["K"].append(element.reference)
            tree["Nums"].extend([key, element.reference])
            sheet.setdefault("Annots", pydyf.Array()).append(widget.reference)
            sheet["Tabs"] = "/S"
    made.catalog["AcroForm"] = pydyf.Dictionary({"Fields": fields, "SigFlags": 0})
