"""Reads of objects of any kind: lists with search and filters, one object, its changes, files and uses."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ForeignKey, Select, false, inspect, or_, select
from sqlalchemy.orm import RelationshipDirection, Session, selectinload

from app.objects import search
from app.objects.kinds import ObjectKind
from app.objects.models import ChangeState, ObjectChange, ObjectFile, SavedFilter
from app.objects.ordering import order_of
from app.objects.revisions import Revisioned
from core.db import lock_row
from core.errors import NotFound
from core.locks import lock_parents

R = TypeVar("R", bound=Revisioned)


def objects(
    kind: ObjectKind, *, words: str = "", chosen: Mapping[str, str] | None = None, sites: Any = None
) -> Select[Any]:
    """The query for a list: the index finds every word (app.objects.search); ``chosen`` is column → answer.

    ``sites`` narrows to those of some sites and of the whole company; None gives all.
    """
    wanted = select(kind.model)
    if words.strip():
        match = search.match_of(kind, words, {}, None)
        found = false() if match is None else kind.model.id.in_(match.ids())  # type: ignore[attr-defined]
        wanted = wanted.where(found)
    for key, answer in (chosen or {}).items():
        wanted = wanted.where(kind.shown[key] == answer)
    site = getattr(kind.model, "site_id", None)
    if sites is not None and site is not None:
        wanted = wanted.where(or_(site.is_(None), site.in_(sites)))
    return wanted.order_by(*order_of(kind))


def what_it_names(kind: ObjectKind) -> list[Any]:
    """Load what the rows of a list name in one query each: their keys and labels say it."""
    ways = inspect(kind.model).relationships
    named = [way.key for way in ways if way.direction is RelationshipDirection.MANYTOONE]
    return [selectinload(getattr(kind.model, key)) for key in named]


def naming(other: ObjectKind, kind: ObjectKind, object_id: uuid.UUID) -> list[ColumnElement[bool]]:
    """Conditions on rows of a kind that name an object of another one, themselves or in a line of theirs."""
    own = [key.parent == object_id for key in other.model.__table__.foreign_keys if leads_to(key, kind.table)]
    for way in inspect(other.model).relationships if other.line else ():
        lines = way.mapper.local_table
        if way.direction is not RelationshipDirection.ONETOMANY:
            continue
        [of] = way.remote_side
        for key in lines.foreign_keys:
            if leads_to(key, kind.table) and key.parent is not of:
                held = select(of).where(key.parent == object_id)
                own.append(other.model.id.in_(held))  # type: ignore[attr-defined]
    return own


def leads_to(key: ForeignKey, table: str) -> bool:
    """Whether a key names rows of a table."""
    return key.column.table.name == table


def object_of(session: Session, kind: ObjectKind, object_id: uuid.UUID) -> Any:
    """One object.

    Raises:
        NotFound: ``object.unknown``.
    """
    found = session.get(kind.model, object_id)
    if found is None:
        raise NotFound("object.unknown", "There is no such object.")
    return found


def change_of(session: Session, change_id: uuid.UUID) -> ObjectChange:
    """One proposed, stored or refused change.

    Raises:
        NotFound: ``change.unknown``.
    """
    found = session.get(ObjectChange, change_id)
    if found is None:
        raise NotFound("change.unknown", "There is no such change.")
    return found


def changes_of(session: Session, kind: ObjectKind, object_id: uuid.UUID) -> Sequence[ObjectChange]:
    """The changes of one object, newest first."""
    wanted = select(ObjectChange).where(ObjectChange.kind == kind.name, ObjectChange.object_id == object_id)
    return session.scalars(wanted.order_by(ObjectChange.proposed_at.desc())).all()


def changes(kinds: Sequence[str], sites: Any = None) -> Select[ObjectChange]:
    """Changes of some kinds at some sites (None: all), newest first."""
    wanted = select(ObjectChange).where(ObjectChange.kind.in_(kinds))
    if sites is not None:
        wanted = wanted.where(or_(ObjectChange.site_id.is_(None), ObjectChange.site_id.in_(sites)))
    return wanted.order_by(ObjectChange.proposed_at.desc(), ObjectChange.id)


def waiting_change(session: Session, kind: ObjectKind, object_id: uuid.UUID) -> ObjectChange | None:
    """The change of an object that waits for a decision, if any."""
    return session.scalar(
        select(ObjectChange).where(
            ObjectChange.kind == kind.name,
            ObjectChange.object_id == object_id,
            ObjectChange.state == ChangeState.PROPOSED,
        )
    )


def siblings(session: Session, kind: ObjectKind, of: Any) -> Sequence[Any]:
    """All revisions of what a revision is a revision of, itself among them.

    The owner is what ``Effective.of`` says (app.objects.revisions).
    """
    owner = type(of).owner_column()
    wanted = select(kind.model).where(owner == getattr(of, owner.key))
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def lock_revision(session: Session, of: R) -> R:
    """Lock a revision, and first what it is a revision of: revisions of one thing are decided one by one."""
    column = type(of).owner_column()
    ways = inspect(type(of)).relationships
    owner = next(way.mapper.class_ for way in ways if set(column.property.columns) <= way.local_columns)
    lock_parents(session, owner, [getattr(of, column.key)])
    return lock_row(session, type(of), inspect(of).identity)


def files_of(session: Session, kind: ObjectKind, object_id: uuid.UUID) -> Sequence[ObjectFile]:
    """The files that lie with an object, newest first."""
    wanted = select(ObjectFile).where(
        ObjectFile.kind == kind.name, ObjectFile.object_id == object_id, ObjectFile.removed_at.is_(None)
    )
    return session.scalars(wanted.order_by(ObjectFile.added_at.desc())).all()


def file_of(session: Session, kind: ObjectKind, object_id: uuid.UUID, file_id: uuid.UUID) -> ObjectFile:
    """One file of an object.

    Raises:
        NotFound: ``object.no_file``.
    """
    laid = session.get(ObjectFile, file_id)
    if laid is None or (laid.kind, laid.object_id) != (kind.name, object_id):
        raise NotFound("object.no_file", "There is no such file.")
    return laid


def filters_of(session: Session, person_id: uuid.UUID, kind: str) -> Sequence[SavedFilter]:
    """The filters a person keeps for a list, by name."""
    wanted = select(SavedFilter).where(SavedFilter.person_id == person_id, SavedFilter.kind == kind)
    return session.scalars(wanted.order_by(SavedFilter.name)).all()


def saved_filter(session: Session, person_id: uuid.UUID, kind: str, name: str) -> SavedFilter | None:
    """One filter of a person by its name, if any."""
    return session.scalar(
        select(SavedFilter).where(
            SavedFilter.person_id == person_id, SavedFilter.kind == kind, SavedFilter.name == name
        )
    )
