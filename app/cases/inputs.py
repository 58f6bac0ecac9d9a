"""Reads the filter of the list of cases."""

from collections.abc import Mapping

from app.cases.queries import SORTS, CaseFilter


def filter_from(args: Mapping[str, str]) -> CaseFilter:
    """Read a filter from the query string; nonsense is no filter."""
    sort = args.get("sort", "")
    return CaseFilter(
        text=args.get("q", "").strip(),
        state=args.get("state", ""),
        process=args.get("process", ""),
        sort=sort if sort in SORTS else SORTS[0],
    )
