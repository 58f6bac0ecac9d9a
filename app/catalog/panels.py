"""What the pages of an item and of a coding scheme show besides their fields."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.catalog import queries
from app.catalog.coding import next_code
from app.catalog.models import Bom, CodingScheme, InspectionStandard, Item, ItemRevision, Routing
from app.catalog.packs import LEVELS
from app.web import current_person, request_time
from core.clock import site_day


def item_panel(session: Session, item: Item) -> Mapping[str, Any]:
    """What is in force of an item today, in the reader's calendar."""
    today = site_day(request_time(), current_person().zone)
    return {
        "item_revision": queries.revision_in_force(session, ItemRevision, item.id, today),
        "standard": queries.revision_in_force(session, InspectionStandard, item.id, today),
        "bom": queries.revision_in_force(session, Bom, item.id, today),
        "routing": queries.revision_in_force(session, Routing, item.id, today),
        "packs": queries.packs_of(session, item.id),
        "pack_level": lambda pack: LEVELS[pack.level.value],
    }


def scheme_panel(session: Session, scheme: CodingScheme) -> Mapping[str, Any]:
    """The code that a scheme would give next."""
    return {"next_code": next_code(session, scheme, now=request_time())}
