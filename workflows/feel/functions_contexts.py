"""Functions of contexts, and of truth."""

from typing import Any

from workflows.feel.faults import Wrong
from workflows.feel.invocation import Calling, Catalogue
from workflows.feel.values import normal
from workflows.sentences import N_

FUNCTIONS: Catalogue = Catalogue()


@FUNCTIONS.add("not", "negand:")
def _not(_calling: Calling, value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None


@FUNCTIONS.add(
    "get value", "m: context, key: string", "context: context, key: string", "m: context, keys: list"
)
def _get_value(_calling: Calling, holder: dict[str, Any], key: Any) -> Any:
    keys = key if isinstance(key, list) else [key]
    found: Any = holder if keys else None
    for one in keys:
        if not isinstance(one, str):
            raise Wrong(N_("a key is a text"))
        found = normal(found.get(one)) if isinstance(found, dict) else None
    return found


@FUNCTIONS.add("get entries", "m: context", "context: context")
def _get_entries(_calling: Calling, holder: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in holder.items()]


@FUNCTIONS.add("get or else", "value:, default:")
def _get_or_else(_calling: Calling, value: Any, default: Any) -> Any:
    return default if value is None else value


@FUNCTIONS.add(
    "context put",
    "context: context, key: string, value:",
    "context: context, keys: list, value:",
)
def _put(calling: Calling, holder: dict[str, Any], key: Any, value: Any) -> dict[str, Any]:
    if isinstance(key, str):
        return {**holder, key: value}
    if not key or not all(isinstance(one, str) for one in key):
        raise Wrong(N_("a key is a text"))
    calling.spend(1 + len(holder) // 20)
    if len(key) == 1:
        return {**holder, key[0]: value}
    inner = normal(holder.get(key[0]))
    if not isinstance(inner, dict):
        raise Wrong(N_("there is no “%(name)s”"), name=key[0])
    return {**holder, key[0]: _put(calling, inner, key[1:], value)}


@FUNCTIONS.add("context merge", "contexts: list")
def _merge(calling: Calling, contexts: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in contexts:
        context = normal(one)
        if not isinstance(context, dict):
            raise Wrong(N_("only contexts can be merged"))
        calling.spend(len(context) // 20)
        made.update(context)
        calling.sized(made)
    return made


@FUNCTIONS.add("context", "entries: list")
def _context(_calling: Calling, entries: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in entries:
        entry = normal(one)
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Wrong(N_("an entry is {key: …, value: …}"))
        if entry["key"] in made:
            raise Wrong(N_("the entry “%(name)s” stands twice"), name=entry["key"])
        made[entry["key"]] = normal(entry["value"])
    return made
