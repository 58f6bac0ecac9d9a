"""Reads about sites, among them how a site's documents look."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.sites.models import Site
from core.clock import site_day
from core.errors import NotFound
from documents.records import SiteStyle
from signatures import keys
from signatures.errors import KeysMissing
from workflows.models import HumanTask, ProcessCase
from workflows.places import Place, place_finder

_WITH_FORM_CODES = (joinedload(Site.form_codes),)


def site_of(session: Session, site_id: uuid.UUID) -> Site:
    """Load a site.

    Raises:
        NotFound: there is none.
    """
    site = session.get(Site, site_id, options=_WITH_FORM_CODES)
    if site is None:
        raise NotFound("site.unknown", "There is no such site.")
    return site


def site_by_code(session: Session, code: str) -> Site | None:
    """Find a site by its code."""
    return session.scalar(select(Site).where(Site.code == code))


def sites(session: Session, among: Collection[uuid.UUID] | None = None) -> Sequence[Site]:
    """List sites by code; ``among`` narrows to those of the given ids, ``None`` gives all."""
    query = select(Site).order_by(Site.code)
    return session.scalars(query if among is None else query.where(Site.id.in_(among))).all()


def site_of_task(session: Session, task: HumanTask) -> Site:
    """The site whose day and house style hold for a task: its own, else that of the case, else the first."""
    case = session.get_one(ProcessCase, task.case_id)
    site_id = task.site_id or case.site_id
    return site_of(session, site_id) if site_id else sites(session)[0]


def zones(session: Session) -> frozenset[str]:
    """The IANA zones on whose clocks the sites work; UTC before there is one."""
    return frozenset(session.scalars(select(Site.zone).distinct())) or frozenset({"UTC"})


def earliest_day(session: Session, now: datetime) -> date:
    """The earliest day that a site's calendar shows at a moment: what is over by it is over everywhere."""
    return min(site_day(now, zone) for zone in zones(session))


@place_finder
def place_of(session: Session, site_id: uuid.UUID) -> Place | None:
    """Say how cases of a site are numbered: with its code, in the year of its clock."""
    site = session.get(Site, site_id)
    return Place(site.code, site.zone) if site is not None else None


def style_of(site: Site) -> SiteStyle:
    """Say how this site's records look: company, languages, zone, logo, and the root behind them."""
    return SiteStyle(
        code=site.code,
        name=site.name,
        company=site.company,
        address=site.address,
        region=site.region,
        zone=site.zone,
        layout=site.layout.value,
        logo=site.logo,
        demo=site.demo,
        root_sha256=root_fingerprint(),
        site_id=site.id,
        forms={one.form: (one.of_revision, one.code, one.code_revision) for one in site.form_codes},
    )


def root_fingerprint() -> str:
    """Give the SHA-256 of the plant's root certificate in hexadecimal digits; empty before set-up."""
    try:
        return keys.root_sha256()
    except KeysMissing:
        return ""
