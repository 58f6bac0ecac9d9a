"""The edge toolkit: what the rooms of the business use to meet people and machines.

``@access(right)`` under every route · ``current_person()``, ``current_actor()`` · ``db.session`` to read ·
``with writing() as session`` to write · ``request_time()`` as ``now`` · ``paginate(query)`` ·
``listing(…)``, ``in_order(query)`` for lists that sort and remember ·
``reachable_sites(right)``, ``must_reach(site_id, right)`` · ``navigation(…)``, ``piece(…)`` for the frame ·
``allow(directive, sources)`` to widen the content security policy of one answer.
"""

from app.web.database import db
from app.web.doors import access, must_reach, reachable_sites
from app.web.languages import language
from app.web.lists import in_order, listing
from app.web.pages import navigation, piece
from app.web.paging import Page, paginate
from app.web.rights import ANYBODY, SIGNED_IN
from app.web.security import allow
from app.web.transactions import request_time, writing
from app.web.visitor import Visitor, current_actor, current_person, visitor

__all__ = [
    "ANYBODY",
    "SIGNED_IN",
    "Page",
    "Visitor",
    "access",
    "allow",
    "current_actor",
    "current_person",
    "db",
    "in_order",
    "language",
    "listing",
    "must_reach",
    "navigation",
    "paginate",
    "piece",
    "reachable_sites",
    "request_time",
    "visitor",
    "writing",
]
