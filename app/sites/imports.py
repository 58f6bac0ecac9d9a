"""The column of a list that names a site, as every room above reads it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sites.models import Site
from core.errors import Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code
from documents.sheets.rows import Reach, Reference


def sites_by_code(session: Session, codes: Collection[Any], reach: Reach = None) -> dict[str, Site]:
    """The sites of some codes for which a person may bring things in."""
    found = session.scalars(select(Site).where(Site.code.in_(codes)))
    return {site.code: site for site in found if reach is None or site.id in reach}


def _no_site(site: Any) -> Invalid:
    return Invalid("site.not_found", N_("There is no site %(site)s, or not for you."), site=site)


SITE = Column(
    "site",
    {"en": "Site", "zh": "场所"},
    code(20),
    "SZ",
    {"en": "The code of one of your sites", "zh": "本公司场所的编码"},
    refers=Reference(sites_by_code, _no_site, "sites.site"),
)
