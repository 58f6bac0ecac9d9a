"""Pages of the organisation: its chart, the working days of its sites, and the pages of its objects."""

import io
import uuid
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.access.leaving import give_back_tasks
from app.objects.pages import XLSX, furnish
from app.objects.queries import object_of
from app.organisation import kinds
from app.organisation.calendar_lists import DAYS, YEARS_AHEAD
from app.organisation.calendars import FIRST_YEAR, SiteDays, days_of, public_days
from app.organisation.chart import chart as chart_on
from app.organisation.hr_list import HR_LIST
from app.organisation.panels import asked_moment
from app.organisation.published import published_in
from app.organisation.standing import Principal, principals_of
from app.sites.models import Site
from app.sites.queries import sites
from app.web import (
    access,
    current_actor,
    current_person,
    db,
    navigation,
    piece,
    reachable_sites,
    request_time,
    visitor,
    writing,
)
from app.web.filters import in_language
from core.clock import site_day
from core.errors import NotFound
from documents.sheets import writing as sheets

bp = Blueprint("organisation", __name__)

navigation(
    "organisation.chart", _l("Org chart"), icon="sitemap", right="organisation.read", order=19, group="master"
)
DEPARTMENT = furnish(bp, kinds.DEPARTMENT, menu=_l("Departments"), order=20, group="master")
POSITION = furnish(bp, kinds.POSITION, menu=_l("Positions"), order=21, group="master")
POST = furnish(bp, kinds.POST, menu=_l("Posts"), order=22, group="master")
DEPUTY = furnish(bp, kinds.DEPUTY, menu=_l("Deputies"), order=23, group="master")
ABSENCE = furnish(bp, kinds.ABSENCE, menu=_l("Absences"), order=24, group="master")
SHIFT = furnish(bp, kinds.SHIFT)
SITE_CALENDAR = furnish(bp, kinds.SITE_CALENDAR)
CALENDAR_DAY = furnish(bp, kinds.CALENDAR_DAY)
navigation(
    "organisation.working_days",
    _l("Working days"),
    icon="calendar",
    right="organisation.read",
    order=25,
    group="master",
)


@piece("standing_in")
def standing_in() -> list[Principal]:
    """For whom the signed-in person stands in now, and until when they are away."""
    person = visitor()
    return principals_of(db.session(), person.id, now=request_time()) if person is not None else []


@bp.get("/organisation")
@access("organisation.read")
def chart() -> str:
    """Draw the organisation on a day, under the names of that day."""
    at = asked_moment()
    return render_template(
        "organisation/chart.html", tops=chart_on(db.session(), at), moment=at, hr_list=HR_LIST
    )


def _site_of(object_id: uuid.UUID) -> uuid.UUID | None:
    return POST.site_of(object_of(db.session(), POST, object_id))


@bp.post("/posts/<uuid:object_id>/tasks")
@access("organisation.manage", site=_site_of)
def hand_over(object_id: uuid.UUID) -> AnyResponse:
    """Give back the tasks that the holder of a post has claimed, so that others can take them."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        flash(_("Say why this is changed."), "danger")
        return redirect(url_for("organisation.posts_show", object_id=object_id), code=303)
    with writing(reason=reason) as session:
        post = object_of(session, POST, object_id)
        given = give_back_tasks(session, post.person, actor=current_actor(), now=request_time())
    told = ngettext(
        "%(num)d task was given back; others can take it now.",
        "%(num)d tasks were given back; others can take them now.",
        given,
    )
    flash(told, "success")
    return redirect(url_for("organisation.posts_show", object_id=object_id), code=303)


@bp.get("/working-days")
@access("organisation.read")
def working_days() -> str:
    """Show the days off and make-up days of a site in a year, who says so, and the working days of months."""
    among = sites(db.session(), reachable_sites("organisation.read"))
    site, year, this_year = _asked(among)
    days = days_of(db.session(), site)
    return render_template(
        "organisation/working_days.html",
        sites=among,
        site=site,
        year=year,
        years=range(this_year - 3, this_year + YEARS_AHEAD + 1),
        rule=days.rule,
        week=" ".join(format_date(date(2024, 1, int(one)), "EEE") for one in days.rule.week),
        own_rule=kinds.SITE_CALENDAR.find(db.session(), (site.code,)),
        published=public_days(days.rule.holidays, year).published,
        published_in=published_in(days.rule.holidays, year),
        listed=len(days.listed(year)),
        special=days.special(year),
        months=_months(days, year),
        may_write=current_person().may("organisation.manage", site.id),
        day_list=DAYS,
        weekday=lambda one: format_date(one, "EEE"),
        month_name=lambda one: format_date(one, "LLL"),
    )


@bp.get("/working-days.xlsx")
@access("organisation.read")
def working_days_list() -> Response:
    """Give the special days of a site's year as its yearly list, to be changed and brought in again."""
    site, year, _this_year = _asked(sites(db.session(), reachable_sites("organisation.read")))
    lines = (
        [site.code, str(year), one.day.isoformat(), "working" if one.works else "off",
         one.name.get("en", ""), one.name.get("zh", "")]
        for one in days_of(db.session(), site).special(year)
    )  # fmt: skip
    heads = [in_language(column.name) for column in DAYS.columns]
    data = sheets.xlsx_file(in_language(DAYS.title), heads, lines)
    name = f"working-days-{site.code}-{year}.xlsx"
    return send_file(io.BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


def _asked(among: Any) -> tuple[Site, int, int]:
    """The site and the year that are asked for, and this year there.

    Raises:
        NotFound: ``site.unknown``.
    """
    code = request.args.get("site", "")
    own = current_person().home_site_id
    chosen = [one for one in among if one.code == code] if code else [one for one in among if one.id == own]
    if not chosen and (code or not among):
        raise NotFound("site.unknown", "There is no such site.")
    site = chosen[0] if chosen else among[0]
    this_year = site_day(request_time(), site.zone).year
    year = request.args.get("year", type=int) or this_year
    return site, min(max(year, FIRST_YEAR), this_year + YEARS_AHEAD), this_year


def _months(days: SiteDays, year: int) -> list[tuple[date, int]]:
    """The first day of each month, and how many of its days are worked."""
    counted = [0] * 12
    one = date(year, 1, 1)
    while one.year == year:
        counted[one.month - 1] += days.is_working(one)
        one = date.fromordinal(one.toordinal() + 1)
    return [(date(year, month, 1), worked) for month, worked in enumerate(counted, start=1)]
