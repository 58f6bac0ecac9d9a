"""Pages about sites, and what every page shows of the reader's site."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from app.sites.models import Site
from app.sites.queries import site_of, sites, style_of
from app.web import access, current_person, db, navigation, piece, reachable_sites
from documents.records import SiteStyle

bp = Blueprint("sites", __name__, url_prefix="/sites")

navigation(
    "sites.index", _l("Sites"), icon="building-factory-2", right="sites.read", order=15, group="master"
)


@piece("site")
def current_site() -> Site | None:
    """Give the site the reader works at: his home site, else the first he may read."""
    person = current_person()
    if person.home_site_id is not None:
        return db.session.get(Site, person.home_site_id)
    mine = sites(db.session(), reachable_sites("sites.read"))
    return mine[0] if mine else None


@piece("all_sites")
def all_sites() -> Sequence[Site]:
    """Give every site, for forms in which a site is chosen."""
    return sites(db.session())


@piece("house")
def current_house() -> SiteStyle | None:
    """Give the record style of the reader's site."""
    site = current_site()
    return style_of(site) if site else None


@bp.get("")
@access("sites.read")
def index() -> str:
    """List the sites the reader belongs to."""
    return render_template("sites/index.html", sites=sites(db.session(), reachable_sites("sites.read")))


@bp.get("/<uuid:site_id>")
@access("sites.read", site=lambda site_id: site_id)
def show(site_id: uuid.UUID) -> str:
    """Show one site: rules, languages, time, house style, and the root certificate of its records."""
    site = site_of(db.session(), site_id)
    return render_template("sites/show.html", site=site, style=style_of(site))
