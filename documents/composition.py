"""Puts the blocks of a canonical record in the order of the page and adds what only the page says.

Every statement about proof on the page is made here: what the signatures show to anybody, and what stays internal
evidence until an anchor outside the plant covers it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from documents import page as blocks
from documents.drawing import Drawing, prepare
from documents.evidence import SignatureEvidence
from documents.fonts import EXTENSION, RECORD
from documents.records import SiteStyle, canonical_bytes, sha256_hex
from documents.wording import Wording, wording

FIELD_TITLE = "Signature"
_FAMILY = f"'{RECORD.family}', '{EXTENSION.family}'"


@dataclass(frozen=True)
class Page:
    """Everything the template shows, already in the page's languages; absent blocks are empty or None."""

    words: Wording
    layout: str
    demo: bool
    logo: Markup | None
    company: Markup
    site: Markup
    form_code: str
    number: str
    count: tuple[str, str, str]
    document_title: str
    author: str
    title: Markup
    subject: Markup | None
    subject_plain: str
    created_utc: str
    modified_utc: str
    sha256: str
    hash_label: str
    identification: list[list[blocks.Pair]]
    shown: list[dict[str, Any]]
    entered: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    prior: list[dict[str, Any]]
    path: list[list[blocks.Pair]]
    diagram: Drawing | None
    signers: list[dict[str, Any]]
    proof: list[list[blocks.Pair]]
    checks: list[Markup]


def compose(
    record: Mapping[str, Any],
    *,
    evidence: Sequence[SignatureEvidence],
    diagram_svg: str | None,
    embedded: Sequence[str],
    house: SiteStyle,
) -> Page:
    """Put a record in the order of its page; ``embedded`` names the files that go into the PDF.

    Raises:
        Invalid: ``drawing.unreadable``.
    """
    words = wording(record["language"], house)
    content, site = record["content"], record["site"]
    sha256 = sha256_hex(canonical_bytes(record))
    subject = record["subject"]
    return Page(
        words=words,
        layout=record["language"],
        demo=site["demo"] == "yes",
        logo=prepare(house.logo, words.plain(site["company"]), _FAMILY).markup if house.logo else None,
        company=words.text(site["company"]),
        site=words.text(site["name"]),
        form_code=_form_code(record),
        number=record["number"],
        count=_count(words),
        document_title=f"{record['number']} {words.plain(record['title'])}",
        author=words.plain(site["company"]),
        title=words.text(record["title"]),
        subject=words.text(subject["label"]) if subject else None,
        subject_plain=words.plain(subject["label"]) if subject else words.plain(record["title"]),
        created_utc=words.utc(record["created_at"]),
        modified_utc=words.utc(max([_moment(record), *(one.at for one in evidence)])),
        sha256=sha256,
        hash_label=words.first("Record SHA-256"),
        identification=_identification(words, record),
        shown=[blocks.section(words, block) for block in content["shown"]],
        entered=[blocks.section(words, block) for block in content["entered"]],
        decisions=[_decision(words, decision) for decision in content["decisions"]],
        attachments=[_attachment(words, file, embedded) for file in content["attachments"]],
        prior=[{**earlier, "sha256": blocks.grouped(earlier["sha256"])} for earlier in content["prior"]],
        path=blocks.lines(list(blocks.pairs_of(words, content["path"] or {}))),
        diagram=_diagram(words, diagram_svg, record),
        signers=[_signer(words, one, place) for place, one in enumerate(evidence, 1)],
        proof=_proof(words, sha256, house),
        checks=_checks(words, record["number"], signed=bool(evidence)),
    )


def _identification(words: Wording, record: Mapping[str, Any]) -> list[list[blocks.Pair]]:
    created = record["created_by"]
    pairs = [
        blocks.pair(words.say("Record number"), record["number"]),
        blocks.pair(words.say("Form and revision"), _form_code(record)),
        blocks.pair(words.say("Made on"), words.when(record["created_at"])),
        blocks.pair(words.say("Made by"), created["name"]),
    ]
    if "on_behalf_of" in created:
        pairs.append(blocks.pair(words.say("On behalf of"), created["on_behalf_of"]))
    if record["subject"]:
        pairs.append(blocks.pair(words.say("Subject"), words.text(record["subject"]["label"])))
    if record["site"].get("address"):
        pairs.append(blocks.pair(words.say("Address"), words.text(record["site"]["address"])))
    pairs += blocks.pairs_of(words, record["content"]["case"] or {})
    pairs += blocks.pairs_of(words, _asked(record["content"]["signing"]))
    return blocks.lines(pairs)


def _asked(signing: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the model asked of the signer, under keys that tell it from what he did."""
    return {f"asked_{key}" if key in ("meaning", "role") else key: value for key, value in (signing or {}).items()}


def _decision(words: Wording, decision: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(decision)
    title = rest.pop("title", None) or rest.pop("name", None) or rest.pop("decision", None) or "DMN"
    return {"title": words.text(title), "lines": blocks.lines(list(blocks.pairs_of(words, rest))), "table": None}


def _attachment(words: Wording, file: Mapping[str, Any], embedded: Sequence[str]) -> dict[str, Any]:
    inside = file["name"] in embedded
    return {
        "name": file["name"],
        "size": blocks.size(file["size"]),
        "kept": words.say("in this file") if inside else words.say("beside this file"),
        "sha256": blocks.grouped(file["sha256"]),
    }


def _diagram(words: Wording, svg: str | None, record: Mapping[str, Any]) -> Drawing | None:
    if not svg:
        return None
    title = words.plain_label("Process diagram with the path taken to record %(number)s", number=record["number"])
    return prepare(svg, title, _FAMILY)


def _signer(words: Wording, one: SignatureEvidence, place: int) -> dict[str, Any]:
    local = Wording(words.languages, one.zone)
    pairs = [
        blocks.pair(words.say("Role"), words.text(one.role)),
        blocks.pair(words.say("Signed on"), Markup("{} <br>{}").format(local.when(one.at), words.utc(one.at))),
        blocks.pair(words.say("Identity shown by"), words.text(one.method)),
        blocks.pair(words.say("Statement"), words.text(one.statement)),
    ]
    if one.login:
        pairs[2] = blocks.pair(pairs[2]["label"], Markup("{} ({})").format(words.text(one.method), one.login))
    if one.on_behalf_of:
        pairs.append(blocks.pair(words.say("On behalf of"), one.on_behalf_of))
    evidence = Markup('sig-{}.p7s {}<br><span class="hash">{}</span>').format(
        place, one.reference, blocks.grouped(one.fingerprint)
    )
    pairs.append(blocks.pair(words.say("Evidence and certificate"), evidence))
    return {"name": one.name, "meaning": words.text(one.meaning), "pairs": pairs}


def _proof(words: Wording, sha256: str, house: SiteStyle) -> list[list[blocks.Pair]]:
    pairs = [blocks.pair(words.say("Record SHA-256"), _hash(sha256))]
    if house.root_sha256:
        pairs.append(blocks.pair(words.say("Root certificate SHA-256"), _hash(house.root_sha256)))
    return [[pair] for pair in pairs]


def _checks(words: Wording, number: str, *, signed: bool) -> list[Markup]:
    file = f"{number}.pdf"
    sentences = [
        words.say(
            "The file record.json in this PDF is the record itself; its SHA-256 stands above and at the foot of "
            "every page, and in the certificate of each signature."
        )
        if signed
        else words.say(
            "The file record.json in this PDF is the record itself; its SHA-256 stands above and at the foot of "
            "every page."
        ),
        words.say(
            "With any PDF reader that checks signatures, or with pdfsig %(file)s: every signature has to be valid "
            "and to end at the root certificate above.",
            file=file,
        ),
        words.say(
            "With qms records verify %(file)s --expect %(number)s: also the time stamps, the evidence, the record "
            "inside, and that nothing was added.",
            file=file,
            number=number,
        ),
        words.say(
            "The signatures show to anybody who trusts the root certificate that nothing was changed after signing. "
            "Keys and time stamps are the plant's own: when it was signed is internal evidence until an anchor "
            "outside the plant covers this record."
        ),
    ]
    return sentences


def _form_code(record: Mapping[str, Any]) -> str:
    form = record["form"]
    return f"{form['code']}/{form['revision']}" if form["revision"] else str(form["code"])


def _count(words: Wording) -> tuple[str, str, str]:
    sentence = words.first("Page %(page)s of %(pages)s", page="\0", pages="\1")
    before, _, rest = sentence.partition("\0")
    between, _, after = rest.partition("\1")
    return before, between, after


def _hash(digest: str) -> Markup:
    return Markup('<span class="hash">{}</span>').format(blocks.grouped(digest))


def _moment(record: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(record["created_at"].replace("Z", "+00:00"))
