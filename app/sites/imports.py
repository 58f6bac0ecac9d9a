"""The column of a list that names a site, as every room above reads it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sites.models import Site
from core.errors import Invalid
from documents.labels import N_
from documents.sheets.cells import Column, code
from documents.sheets.importers import Finding, Reach, Row


def sites_by_code(session: Session) -> dict[str, Site]:
    """Every site by its code."""
    return {site.code: site for site in session.scalars(select(Site))}


class SiteColumn:
    """Knows the sites a person may bring things in for, and finds the one a row means."""

    column = Column(
        "site",
        {"en": "Site", "zh": "场所"},
        code(20),
        "SZ",
        {"en": "The code of one of your sites", "zh": "本公司场所的编码"},
    )

    def __init__(self, session: Session, reach: Reach) -> None:
        self._sites = {
            code: site
            for code, site in sites_by_code(session).items()
            if reach is None or site.id in reach
        }

    def site_of(self, row: Row, column: str = "site") -> Site | None:
        """The site a row names, None if there is none such or not for this person."""
        return self._sites.get(row.get(column) or "")

    def unknown(self, row: Row, column: str = "site") -> list[Finding]:
        """Find a row that names no site, or one of others."""
        wanted = row.get(column)
        if wanted is None or self.site_of(row, column) is not None:
            return []
        sentence = N_("There is no site %(site)s, or not for you.")
        return [row.wrong(column, Invalid("site.not_found", sentence, site=wanted))]

