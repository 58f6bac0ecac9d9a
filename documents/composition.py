"""Puts the blocks of a canonical record in the order of the page and adds what only the page says.

Every statement about proof on the page is made here: what the signatures show to anybody, and what stays
internal evidence until an anchor outside the plant covers it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from core.languages import LANGUAGES, pick
from core.types import Bilingual
from documents import page as blocks
from documents.drawing import DrawnPart, prepare
from documents.evidence import SignatureEvidence
from documents.fonts import EXTENSION, RECORD
from documents.labels import MARKS, N_
from documents.logos import printed_logo
from documents.records import SiteStyle, canonical_bytes, sha256_hex
from documents.wording import Wording, is_bilingual, wording

FIELD_TITLE = "Signature"
_ANSWER_ORDER = ("rows", "annotations", "policy", "decision")
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
    case: list[list[blocks.Pair]]
    shown: list[dict[str, Any]]
    entered: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    ways: dict[str, Any] | None
    attachments: list[dict[str, Any]]
    prior: list[dict[str, Any]]
    prior_more: str
    path: list[list[blocks.Pair]]
    diagram: dict[str, Any] | None
    asked: Markup | str
    signers: list[dict[str, Any]]
    proof: list[list[blocks.Pair]]
    checks: list[Markup]


def compose(
    record: Mapping[str, Any],
    *,
    evidence: Sequence[SignatureEvidence],
    diagram: Sequence[DrawnPart],
    embedded: Sequence[str],
    house: SiteStyle,
) -> Page:
    """Put a record in the order of its page; ``embedded`` names the files that go into the PDF.

    Raises:
        Invalid: ``drawing.unreadable``.
    """
    words = wording(record["language"], house)
    content, site, subject = record["content"], record["site"], record["subject"]
    sha256 = sha256_hex(canonical_bytes(record))
    return Page(
        words=words,
        layout=record["language"],
        demo=site["demo"] == "yes",
        logo=printed_logo(house.logo, words.plain(site["company"]), _FAMILY) if house.logo else None,
        company=words.text(site["company"]),
        site=words.text(_place(site)),
        form_code=_form_code(record),
        number=record["number"],
        count=_count(words),
        document_title=f"{record['number']} {words.plain(record['title'])}",
        author=words.plain(site["company"]),
        title=words.text(record["title"]),
        subject=_subject(words, record),
        subject_plain=words.plain(subject["label"]) if subject else words.plain(record["title"]),
        created_utc=words.utc(record["created_at"]),
        modified_utc=words.utc(max([_moment(record), *(one.at for one in evidence)])),
        sha256=sha256,
        hash_label=words.first(N_("Record SHA-256")),
        identification=_identification(words, record),
        case=blocks.lines(list(blocks.pairs_of(words, content["case"] or {}))),
        shown=[blocks.section(words, block) for block in content["shown"]],
        entered=[blocks.section(words, block) for block in content["entered"]],
        decisions=[_decision(words, one) for one in content["decisions"] if "asked" not in one],
        ways=_ways(words, [one for one in content["decisions"] if "asked" in one]),
        attachments=[_attachment(words, file, embedded) for file in content["attachments"]],
        prior=[{**earlier, "sha256": blocks.grouped(earlier["sha256"])} for earlier in content["prior"]],
        prior_more=content.get("prior_more", ""),
        path=_path(words, content["path"] or {}, diagram),
        diagram=_diagram(words, diagram, record),
        asked=_asked(words, content["signing"]),
        signers=[_signer(words, one, place) for place, one in enumerate(evidence, 1)],
        proof=_proof(words, sha256, house),
        checks=_checks(words, record["number"], signed=bool(evidence)),
    )


def _place(site: Mapping[str, Any]) -> dict[str, str]:
    """Name and address of the site in one line of each language."""
    parts = [part for part in (site["name"], site.get("address")) if part]
    return {language: " · ".join(pick(part, language) for part in parts) for language in LANGUAGES}


def _identification(words: Wording, record: Mapping[str, Any]) -> list[list[blocks.Pair]]:
    created = record["created_by"]
    pairs = [
        blocks.pair(words.gettext("Record number"), record["number"]),
        blocks.pair(words.gettext("Form and revision"), _form_code(record)),
        blocks.pair(words.gettext("Made on"), words.when(record["created_at"])),
        blocks.pair(words.gettext("Made by"), created["name"]),
    ]
    if "on_behalf_of" in created:
        pairs.append(blocks.pair(words.gettext("On behalf of"), created["on_behalf_of"]))
    if record["subject"] and words.plain(record["subject"]["label"]):
        pairs.append(blocks.pair(words.gettext("Subject"), words.text(record["subject"]["label"])))
    return blocks.lines(pairs)


def _subject(words: Wording, record: Mapping[str, Any]) -> Markup | None:
    """The subject under the title, unless the title names it already."""
    subject = record["subject"]
    if not subject or words.plain(subject["label"]) in words.plain(record["title"]):
        return None
    return words.text(subject["label"])


def _asked(words: Wording, signing: Mapping[str, Any] | None) -> Markup | str:
    """What the model asks of the signer: meaning, role, how many; nothing if no model asks."""
    if not signing or "text" not in signing:
        return ""
    return words.gettext(
        "The process asks for: %(meaning)s (role %(role)s, signatures: %(signers)s).",
        meaning=signing["text"],
        role=signing.get("role_name") or signing.get("role") or "–",
        signers=signing.get("signers") or "1",
    )


def _path(words: Wording, path: Mapping[str, Any], diagram: Sequence[DrawnPart]) -> list[list[blocks.Pair]]:
    """How often each step was passed, if more than once; without a diagram also the elements of the path."""
    names = diagram[0].names if diagram else {}
    shown = {} if diagram else {key: value for key, value in path.items() if key != "rounds"}
    rounds = [
        f"{words.plain(names[key]) if key in names else key}: {value}"
        for key, value in (path.get("rounds") or {}).items()
        if value != "1"
    ]
    return blocks.lines(list(blocks.pairs_of(words, {**shown, "rounds": rounds})))


def _decision(words: Wording, decision: Mapping[str, Any]) -> dict[str, Any]:
    """A table's answer: its inputs as a table, then result, rows that hit and why."""
    rest = dict(decision)
    title = rest.pop("title", None) or rest.pop("name", None) or rest.get("decision") or "DMN"
    inputs = rest.get("inputs")
    table = None
    if isinstance(inputs, list) and all(isinstance(one, Mapping) and "value" in one for one in inputs):
        rest.pop("inputs")
        table = blocks.table(words, _inputs(words, inputs))
    said = rest.pop("said", None) or {}
    outputs = {name: said.get(name, value) for name, value in (rest.pop("outputs", None) or {}).items()}
    answers = list(_answers(words, outputs, rest.pop("labels", None) or {}))
    pairs = answers + list(blocks.pairs_of(words, {**dict.fromkeys(_ANSWER_ORDER), **rest}))
    return {"title": words.text(title), "lines": blocks.lines(pairs), "table": table}


def _ways(words: Wording, decisions: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What gateways and scripts worked out, in one table: expression, facts used, result, way taken."""
    if not decisions:
        return None
    heads = (N_("Step"), N_("Expression"), N_("Facts used"), N_("Result"), N_("Way taken"))
    rows = [_way(words, one, asked) for one in decisions for asked in one["asked"]]
    return blocks.table(words, {"columns": [words.both(head) for head in heads], "rows": rows})


def _way(words: Wording, decision: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Any]:
    facts = {**asked["inputs"], **(asked.get("said") or {})}.items()
    called = asked.get("called") or {}
    used = {
        language: "; ".join(
            f"{pick(called.get(name, name), language)} = {pick(_short(words, value), language)}"
            for name, value in facts
        )
        for language in LANGUAGES
    }
    taken = {language: ", ".join(pick(one, language) for one in decision["taken"]) for language in LANGUAGES}
    return [
        decision["title"],
        asked.get("told") or asked["expression"],
        used if facts else "–",
        _short(words, asked["value"]),
        taken if decision["taken"] else "–",
    ]


def _short(words: Wording, value: Any) -> Any:
    """A fact in a cell: yes and no in the languages of the record."""
    if is_bilingual(value):
        return value
    if value in ("yes", "no"):
        return words.both(N_("yes") if value == "yes" else N_("no"))
    return "–" if value in (None, "") else str(value)


def _answers(words: Wording, outputs: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[blocks.Pair]:
    """What the table answered, each output under the heading of its column."""
    for name, value in outputs.items():
        label = words.text(labels[name]) if name in labels else blocks.label_of(words, name)
        known = MARKS.get(value) if isinstance(value, str) else None
        yield blocks.pair(label, words.gettext(known[0]) if known else blocks.listed(words, value))


def _inputs(words: Wording, inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = [words.both(N_("Input")), words.both(N_("Expression")), words.both(N_("Value"))]
    rows = [
        [one["label"], one.get("expression") or "–", _short(words, one.get("said", one.get("value")))]
        for one in inputs
    ]
    return {"columns": columns, "rows": rows}


def _attachment(words: Wording, file: Mapping[str, Any], embedded: Sequence[str]) -> dict[str, Any]:
    inside = file["name"] in embedded
    return {
        "name": file["name"],
        "size": blocks.size(file["size"]),
        "kept": words.gettext("in this file") if inside else words.gettext("beside this file"),
        "sha256": blocks.grouped(file["sha256"]),
    }


def _diagram(words: Wording, parts: Sequence[DrawnPart], record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The diagram with the path taken: one small drawing in its place, anything larger on the last pages."""
    if not parts:
        return None
    drawn = [_drawn(words, part, record["number"]) for part in parts]
    return {
        "parts": drawn,
        "apart": len(drawn) > 1 or not drawn[0]["drawing"].small,
        "turned": drawn[0]["drawing"].landscape,
        "whole": parts[0].whole,
        "folded": parts[0].folded,
        "left_out": _left_out(words, parts[0].left_out),
    }


def _left_out(words: Wording, names: Sequence[Bilingual]) -> Markup | str:
    """What is not drawn, by name, so that the drawing says how far it reaches."""
    if not names:
        return ""
    said = {lang: ", ".join(pick(one, lang) for one in names) for lang in LANGUAGES}
    return words.gettext(N_("Not drawn, because the case had not entered it: %(names)s."), names=said)


def _drawn(words: Wording, part: DrawnPart, number: str) -> dict[str, Any]:
    title = words.plain_label(N_("Process diagram with the path taken to record %(number)s"), number=number)
    facts = {"part": part.number, "parts": part.of}
    if part.of > 1:
        title = f"{title}, {words.plain_label(N_('part %(part)s of %(parts)s'), **facts)}"
    caption = words.gettext("Part %(part)s of %(parts)s", **facts) if part.of > 1 else ""
    return {"drawing": prepare(part.svg, f"{title}. {part.words}".strip(), _FAMILY), "caption": caption}


def _signer(words: Wording, one: SignatureEvidence, place: int) -> dict[str, Any]:
    local = Wording(words.languages, one.zone)
    method = Markup("{} ({})").format(words.text(one.method), one.login or "–")
    pairs = [
        blocks.pair(words.gettext("Role"), words.text(one.role)),
        blocks.pair(words.gettext("Signed on"), f"{local.when(one.at)}  ·  {words.utc(one.at)}"),
        blocks.pair(words.gettext("Identity shown by"), method),
        blocks.pair(words.gettext("Statement"), words.text(one.statement)),
    ]
    if one.on_behalf_of:
        pairs.append(blocks.pair(words.gettext("On behalf of"), one.on_behalf_of))
    evidence = Markup('sig-{}.p7s {}<br><span class="hash">{}</span>').format(
        place, one.reference, blocks.grouped(one.fingerprint)
    )
    pairs.append(blocks.pair(words.gettext("Evidence and certificate"), evidence))
    return {"name": one.name, "meaning": words.text(one.meaning), "pairs": pairs}


def _proof(words: Wording, sha256: str, house: SiteStyle) -> list[list[blocks.Pair]]:
    pairs = [blocks.pair(words.gettext("Record SHA-256"), _hash(sha256))]
    if house.root_sha256:
        pairs.append(blocks.pair(words.gettext("Root certificate SHA-256"), _hash(house.root_sha256)))
    return [[pair] for pair in pairs]


def _checks(words: Wording, number: str, *, signed: bool) -> list[Markup]:
    file = f"{number}.pdf"
    return [
        words.gettext(
            "The file record.json in this PDF is the record itself; its SHA-256 stands above and at the foot "
            "of every page, and in the certificate of each signature."
        )
        if signed
        else words.gettext(
            "The file record.json in this PDF is the record itself; its SHA-256 stands above and at the foot "
            "of every page."
        ),
        words.gettext(
            "With any PDF reader that checks signatures, or with pdfsig %(file)s: every signature has to be "
            "valid and to end at the root certificate above.",
            file=file,
        ),
        words.gettext(
            "With qms records verify %(file)s --expect %(number)s: also the time stamps, the evidence, the "
            "record inside, and that nothing was added.",
            file=file,
            number=number,
        ),
        words.gettext(
            "The signatures show to anybody who trusts the root certificate that nothing was changed after "
            "signing. Keys and time stamps are the plant's own: when it was signed is internal evidence "
            "until an anchor outside the plant covers this record."
        ),
    ]


def _form_code(record: Mapping[str, Any]) -> str:
    form = record["form"]
    return f"{form['code']}/{form['revision']}" if form["revision"] else str(form["code"])


def _count(words: Wording) -> tuple[str, str, str]:
    sentence = words.first(N_("Page %(page)s of %(pages)s"), page="\0", pages="\1")
    before, _, rest = sentence.partition("\0")
    between, _, after = rest.partition("\1")
    return before, between, after


def _hash(digest: str) -> Markup:
    return Markup('<span class="hash">{}</span>').format(blocks.grouped(digest))


def _moment(record: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(record["created_at"].replace("Z", "+00:00"))
