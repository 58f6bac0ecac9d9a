"""What the pages of departments, positions and posts show besides their columns."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.access.leaving import tasks_left
from app.organisation import queries
from app.organisation.chart import Moment, name_on, seats_of
from app.organisation.models import Department, Position, Post
from app.web import current_person, request_time
from core.clock import site_day


def asked_moment() -> Moment:
    """The day a page is asked for with ``?on=``, on the reader's clock; today without one."""
    zone = current_person().zone
    today = site_day(request_time(), zone)
    try:
        on = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        on = today
    return Moment(on, zone, on < today)


def department_panel(session: Session, department: Department) -> Mapping[str, Any]:
    """Who is in the department on the day asked for, and what it was called then."""
    at = asked_moment()
    return {
        "moment": at,
        "seats": seats_of(session, department, at),
        "then_called": name_on(session, "department", department, at),
    }


def position_panel(session: Session, position: Position) -> Mapping[str, Any]:
    """Who holds and held the position."""
    query = (
        select(Post)
        .where(Post.position_id == position.id)
        .options(joinedload(Post.person))
        .order_by(Post.valid_from.desc(), Post.id)
    )
    return {"posts": session.scalars(query).all()}


def post_panel(session: Session, post: Post) -> Mapping[str, Any]:
    """Line manager, deputies and absence of the holder on the day asked for; tasks that wait for him."""
    at = asked_moment()
    person_id = post.person_id
    today = site_day(request_time(), current_person().zone)
    return {
        "moment": at,
        "manager": queries.line_manager_of(session, person_id, at.on),
        "deputies": queries.deputies_of(session, person_id, at.on),
        "absent": queries.is_absent(session, person_id, at.on),
        "works": queries.works_on(session, person_id, at.on),
        "others": [one for one in queries.posts_of(session, person_id, at.on) if one.id != post.id],
        "position_called": name_on(session, "position", post.position, at),
        "department_called": name_on(session, "department", post.position.department, at),
        "person_called": name_on(session, "person", post.person, at),
        "open_work": tasks_left(session, post.person, on=today),
    }
