"""Every kind of object of the product, with the endpoints its pages have (app.objects.pages)."""

import importlib
import importlib.util

from app.factory import ROOMS
from app.objects.kinds import ObjectKind, kinds

FILE_PAGES = ("file", "remove_file")
OBJECT_PAGES = ("show", "history", "edit", "change", "day", "add_file", *FILE_PAGES)
READ_PAGES = ("", "export", "filter", "show", "history", "file")
LACKS = {
    "configuration.setting": {"new", "open"},
    "procurement.order": {"filter", "edit", "change", "day", "add_file", *FILE_PAGES},
}
"""Pages that a kind does not have, because nothing of it is opened, changed or laid beside it."""
PAGES = ("", "export", "filter", "new", "open", *OBJECT_PAGES)


def every_kind() -> list[ObjectKind]:
    """All kinds, their rooms imported as the product imports them."""
    for room in ROOMS:
        if importlib.util.find_spec(f"app.{room}") and importlib.util.find_spec(f"app.{room}.routes"):
            importlib.import_module(f"app.{room}.routes")
    return kinds()


def endpoint(kind: ObjectKind, page: str) -> str:
    """The endpoint of one page of a kind."""
    room = kind.name.split(".")[0]
    return f"{room}.{kind.plural}_{page}" if page else f"{room}.{kind.plural}"


def pages_of(kind: ObjectKind) -> list[str]:
    """The pages that a kind has."""
    return [page for page in PAGES if page not in LACKS.get(kind.name, ())]


API_READS = ("", "show", "history")
API_OF_ONE = ("show", "change", "history", "effective", "cancel", "withdraw")


def api_doors(kind: ObjectKind) -> tuple[str, ...]:
    """The routes of a kind in the API."""
    revised = ("effective",) if hasattr(kind.model, "effective_from") else ()
    return ("", "open", "show", "change", "history", *revised, *(act.name for act in kind.acts))


def api_endpoint(kind: ObjectKind, door: str) -> str:
    """The endpoint of one route of a kind in the API."""
    return f"api.{kind.plural}_{door}" if door else f"api.{kind.plural}"
