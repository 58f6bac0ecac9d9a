"""House style as data: heads of records, numbers of forms and of everything else, site by site (URS-144).

A style is tried on a sample record before it is kept, so that no broken logo is first met by a signed one.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.sites.models import Layout, Site, SiteFormCode
from app.sites.queries import site_by_code, site_of, sites, style_of
from core.clock import to_zone
from core.errors import Conflict, FieldErrors, Invalid, NotFound
from core.number_rules import ANY_SITE, WriteNumbers, all_series, change_rule, next_number
from core.numbers import NumberRule, rule_of
from core.types import Bilingual
from documents.glyphs import missing
from documents.logos import accept_logo
from documents.preview import preview_of
from documents.registry import printed_forms
from forms import loader

LONGEST = 120
_CODE = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,29}")
_REVISION = re.compile(r"[A-Z0-9][A-Z0-9.]{0,7}")


class SiteChanged(Conflict):
    """The person looked at what a site held before somebody else changed it."""

    def __init__(self) -> None:
        super().__init__(
            "site.changed", "Somebody has changed this in the meantime. Please look at it again."
        )


@dataclass(frozen=True)
class ChangeStyle:
    """How the heads of a site's records shall look; ``logo`` is the file brought, None keeps the present one.

    ``seen`` is the revision of the site that the person changed from.
    """

    site_id: uuid.UUID
    seen: int
    name: Bilingual
    company: Bilingual
    address: Bilingual
    layout: str
    logo: bytes | None = None
    without_logo: bool = False


@dataclass(frozen=True)
class ChangeFormCode:
    """Number and revision that a site gives to a form of the product."""

    site_id: uuid.UUID
    form: str
    code: str
    revision: str


@dataclass(frozen=True)
class PrintedForm:
    """A form of the product and what a site prints on it; ``stale`` if the form has changed since."""

    form: str
    of_revision: str
    title: Bilingual
    code: str
    revision: str
    stale: bool


@dataclass(frozen=True)
class SeriesRow:
    """A series with the rule that holds at one place and the number it would give next there."""

    series: str
    rule: NumberRule
    place: str
    next: str


def change_style(session: Session, command: ChangeStyle, *, reason: str) -> Site:
    """Change the head of a site's records from the next record on.

    Raises:
        FieldErrors: texts missing, too long or not printable; a logo that is not taken; no reason.
        Conflict: somebody has changed the site in the meantime.
        Invalid: a sample record with this head cannot be printed.
    """
    site = site_of(session, command.site_id)
    if site.revision != command.seen:
        raise SiteChanged
    errors = _text_errors(command) | reason_errors(reason)
    logo = site.logo
    if command.logo:
        try:
            logo = accept_logo(command.logo)
        except Invalid as refused:
            errors["logo"] = refused
    if command.layout not in set(Layout):
        errors["layout"] = Invalid("site.layout", "Please choose one of the given answers.", field="layout")
    if errors:
        raise FieldErrors(errors)
    site.name, site.company, site.address = command.name, command.company, command.address
    site.layout, site.logo = Layout(command.layout), "" if command.without_logo else logo
    preview_of(style_of(site), results=1)
    session.flush()  # the page that follows shows the new revision
    return site


def change_form_code(session: Session, command: ChangeFormCode, *, reason: str) -> None:
    """Give a form the site's own number and revision; the product's own ones again end it.

    Raises:
        FieldErrors: no form of the product, no number or revision, one of another form, or no reason.
    """
    site = site_of(session, command.site_id)
    forms = {one.form: one for one in forms_of(site)}
    if command.form not in forms:
        unknown = Invalid("form.choice", "Please choose one of the given answers.", field="form")
        raise FieldErrors({"form": unknown})
    errors = reason_errors(reason)
    if not _CODE.fullmatch(command.code):
        errors["code"] = Invalid(
            "form.code", "A form number has capital letters, digits, dots, dashes and slashes.", field="code"
        )
    if not _REVISION.fullmatch(command.revision):
        errors["revision"] = Invalid(
            "form.revision", "A revision has up to 8 capital letters, digits and dots.", field="revision"
        )
    others = {name for one in forms.values() if one.form != command.form for name in (one.form, one.code)}
    if command.code in others:
        errors["code"] = Invalid("form.code_taken", "Another form has this number.", field="code")
    if errors:
        raise FieldErrors(errors)
    _keep_form_code(session, site, forms[command.form], command)


def change_numbers(session: Session, command: WriteNumbers, *, reason: str) -> NumberRule:
    """Write a series another way from its next number on.

    Raises:
        FieldErrors: the rule cannot be, a number could be given twice, or there is no reason.
        NotFound: there is no such series or site.
    """
    errors = reason_errors(reason)
    if command.site_code != ANY_SITE and site_by_code(session, command.site_code) is None:
        raise NotFound("site.unknown", "There is no such site.")
    if errors:
        raise FieldErrors(errors)
    try:
        return change_rule(session, command)
    except (Invalid, Conflict) as refused:
        raise FieldErrors({refused.field or "": _as_invalid(refused)}) from refused


def must_be_series(session: Session, series: str) -> None:
    """Ask that numbers of this name are given at all.

    Raises:
        NotFound: ``number.series_unknown``.
    """
    if series not in all_series(session):
        rule_of(session, series, ANY_SITE)


def forms_known() -> dict[str, tuple[str, Bilingual]]:
    """The forms of the product by number: revision and name."""
    known = {form.code: (form.revision, form.title) for form in map(loader.load, loader.keys())}
    return known | {code: (revision, dict(title)) for code, revision, title in printed_forms()}


def forms_of(site: Site) -> list[PrintedForm]:
    """List every form of the product with what the site prints on it, by number."""
    style, own = style_of(site), {one.form: one for one in site.form_codes}
    return [
        PrintedForm(
            code,
            revision,
            title,
            *style.form(code, revision),
            stale=code in own and own[code].of_revision != revision,
        )
        for code, (revision, title) in sorted(forms_known().items())
    ]


def series_rows(session: Session, *, now: datetime) -> list[SeriesRow]:
    """List every series at every place where it counts, with the next number there."""
    rows = []
    places: Sequence[tuple[str, str]] = [(site.code, site.zone) for site in sites(session)]
    for series in all_series(session):
        for code, zone in places:
            following = next_number(session, series, site_code=code, now=to_zone(now, zone))
            rows.append(SeriesRow(series, rule_of(session, series, code), code, following))
    return rows


def reason_errors(reason: str) -> dict[str, Invalid]:
    """Ask why; the reason stands in the audit trail beside the old and the new value (Annex 11 clause 10)."""
    if reason.strip():
        return {}
    return {"reason": Invalid("house.reason", "Please say why this changes.", field="reason")}


def _text_errors(command: ChangeStyle) -> dict[str, Invalid]:
    errors: dict[str, Invalid] = {}
    for field in ("name", "company", "address"):
        for language, text in getattr(command, field).items():
            place = f"{field}_{language}"
            if not text:
                errors[place] = Invalid("form.required", "Please fill in this field.", field=place)
            elif len(text) > LONGEST:
                errors[place] = Invalid(
                    "form.too_long", "Please write at most %(limit)s characters.", field=place, limit=LONGEST
                )
            elif lost := missing(text):
                errors[place] = Invalid(
                    "form.glyph",
                    "The record cannot print %(characters)s. Please write it another way.",
                    field=place,
                    characters=" ".join(sorted(lost)),
                )
    return errors


def _keep_form_code(session: Session, site: Site, form: PrintedForm, command: ChangeFormCode) -> None:
    own = next((one for one in site.form_codes if one.form == form.form), None)
    if (command.code, command.revision) == (form.form, form.of_revision):
        if own is not None:
            site.form_codes.remove(own)
            session.delete(own)
    elif own is None:
        site.form_codes.append(
            SiteFormCode(
                site_id=site.id,
                form=form.form,
                of_revision=form.of_revision,
                code=command.code,
                code_revision=command.revision,
            )
        )
    else:
        own.of_revision, own.code, own.code_revision = form.of_revision, command.code, command.revision
    session.flush()  # the page that follows lists the forms anew


def _as_invalid(refused: Invalid | Conflict) -> Invalid:
    return Invalid(refused.code, refused.message, field=refused.field, **refused.facts)
