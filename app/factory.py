"""Puts the house together: floors, rooms, doors."""

import importlib
import importlib.util
from types import ModuleType

from flask import Blueprint, Flask
from flask_login import LoginManager
from jinja2 import StrictUndefined

from app.access.queries import session_with_account
from app.access.visitors import load_visitor
from app.api.tokens import load_bearer
from app.web import (
    assets,
    doors,
    errors,
    filters,
    languages,
    lists,
    measures,
    pages,
    refusals,
    security,
    sessions,
    statuses,
)
from app.web.database import db
from core.config import settings

FLOORS = (
    "core.numbers",
    "core.outbox",
    "signatures.models",
    "signatures.audit",
    "documents.models",
    "workflows.models",
    "workflows.timers",
    "workflows.steps",
)
"""Modules below the rooms that hold tables; imported so that every table is known."""

ROOMS = (
    "web",
    "access",
    "sites",
    "objects",
    "regions",
    "configuration",
    "organisation",
    "catalog",
    "suppliers",
    "suppliers.approval",
    "equipment",
    "controlled_documents",
    "inventory",
    "procurement",
    "production",
    "quality",
    "quality.deviations",
    "quality.capas",
    "quality.corrections",
    "labels",
    "training",
    "traceability",
    "inbox",
    "inbox.handling",
    "cases",
    "archive",
    "governance",
    "modeler",
    "imports",
    "setup",
    "notifications",
    "api",
    "jobs",
)
"""Rooms from the bottom up; a new room is added here and in ``.importlinter``."""

FURNITURE = (
    "models",
    "checks",
    "pickers",
    "records",
    "sources",
    "steps",
    "tasks",
    "imports",
    "routes",
    "admin",
)
"""Modules of a room that register something when they are imported."""


def _load(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _furnish() -> list[Blueprint]:
    for floor in FLOORS:
        _load(floor)
    doors_of_rooms = []
    for room in ROOMS:
        for piece in FURNITURE if _load(f"app.{room}") else ():
            module = _load(f"app.{room}.{piece}")
            bp = getattr(module, "bp", None)
            if isinstance(bp, Blueprint):
                doors_of_rooms.append(bp)
    return doors_of_rooms


BLUEPRINTS = _furnish()
TOOLKITS = (measures, security, languages, filters, statuses, assets, pages, lists, errors, refusals)
"""Parts of ``app.web`` that set up each application."""


def create_app(*, testing: bool = False) -> Flask:
    """Make the web application over the database of this process.

    Raises:
        LookupError: a route declares no right.
    """
    app = Flask(__name__, static_folder=None)
    app.testing = testing
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = sessions.ServerSessions(session_with_account)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings().database_url
    db.init_app(app)
    _remember_people(app)
    for toolkit in TOOLKITS:
        toolkit.init_app(app)
    for bp in BLUEPRINTS:
        app.register_blueprint(bp)
    doors.declared_rights(app)
    return app


def _remember_people(app: Flask) -> None:
    login_manager = LoginManager()
    login_manager.session_protection = None  # the server-side session is bound by its own random id
    login_manager.user_loader(load_visitor)
    login_manager.request_loader(load_bearer)
    login_manager.init_app(app)
