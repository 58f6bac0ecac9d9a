"""Verbs on sites."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.sites.models import Layout, Site, SiteKind
from app.sites.queries import site_by_code
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.types import Bilingual


@dataclass(frozen=True)
class CreateSite:
    """A new site; texts are bilingual, ``zone`` is an IANA name, ``logo`` an SVG drawing or empty."""

    code: str
    name: Bilingual
    company: Bilingual
    address: Bilingual
    region: str
    zone: str
    kind: SiteKind = SiteKind.PLANT
    layout: Layout = Layout.BOTH
    registrant_site_id: uuid.UUID | None = None
    logo: str = ""
    demo: bool = False


def create_site(session: Session, command: CreateSite, *, actor: Actor) -> Site:
    """Add a site to the company.

    Raises:
        Conflict: the code is taken.
        Invalid: the zone is not in the IANA list, or the registrant has no such site.
    """
    if site_by_code(session, command.code) is not None:
        raise Conflict(
            "site.code_taken", "There is a site %(site)s already.", field="code", site=command.code
        )
    if command.zone not in clock.zones():
        raise Invalid("site.zone", "There is no time zone of this name.", field="zone")
    if command.registrant_site_id and session.get(Site, command.registrant_site_id) is None:
        raise Invalid("site.registrant", "There is no such site.", field="registrant_site_id")
    site = Site(**vars(command))
    session.add(site)
    session.flush()  # the accounts and warehouses that follow need its key
    return site
