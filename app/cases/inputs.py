"""Reads the filter of the list of cases."""

import uuid
from collections.abc import Mapping

from app.cases.queries import SORTS, CaseFilter
from core.errors import NotFound


def filter_from(args: Mapping[str, str]) -> CaseFilter:
    """Read a filter from the query string; nonsense is no filter."""
    sort = args.get("sort", "")
    return CaseFilter(
        text=args.get("q", "").strip(),
        state=args.get("state", ""),
        process=args.get("process", ""),
        sort=sort if sort in SORTS else SORTS[0],
    )


def site_from(form: Mapping[str, str]) -> uuid.UUID:
    """Read the site of a case to start.

    Raises:
        NotFound: ``site.unknown``: it is no key of a site.
    """
    try:
        return uuid.UUID(form.get("site_id", ""))
    except ValueError:
        raise NotFound("site.unknown", "There is no such site.") from None
