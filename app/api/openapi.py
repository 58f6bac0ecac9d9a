"""The description of the API (OpenAPI 3.1), made from the lists of the kinds: their columns and checks."""

from functools import lru_cache
from typing import Any

from app.api.listing import LARGEST, USUAL
from app.objects.inputs import filters_of
from app.objects.kinds import Act, ObjectKind, kinds
from core.languages import translate
from documents.labels import N_
from documents.sheets.cells import schema_of

Json = dict[str, Any]
VERSION = "1.0.0"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
_TEXT: Json = {"type": "string"}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_ID: Json = {"type": "string", "format": "uuid"}
_MAY_LACK: Json = {"type": ["string", "null"]}


@lru_cache(maxsize=2)
def document(language: str) -> Json:
    """The whole description, its words in a language; it is the same for everybody."""
    say = _Words(language)
    about = say(N_("Objects of the plant: read, proposed and changed with the rights of a person."))
    paths: Json = {}
    for kind in kinds():
        paths |= _paths(kind, say)
    paths["/changes/{id}"] = {
        "parameters": [_in_path()],
        "get": {
            "operationId": "change",
            "summary": say(N_("What became of a change")),
            "tags": ["changes"],
            "responses": _answers(say, {"200": ("Change", None)}),
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "QMS", "version": VERSION, "description": about},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": kind.plural, "description": kind.listed.about[language]} for kind in kinds()]
        + [{"name": "changes", "description": say(N_("Changes that were proposed"))}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(say),
        },
    }


class _Words:
    """Says sentences in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, sentence: str) -> str:
        return translate(sentence, self.language)


def _paths(kind: ObjectKind, say: _Words) -> Json:
    name = _name(kind)
    own: Json = {"tags": [kind.plural]}
    get, history = f"{kind.plural}.show", f"{kind.plural}.history"
    listed = {
        **own, "operationId": f"{kind.plural}.list", "summary": kind.listed.title[say.language],
        "description": _right(say, kind.read), "parameters": _list_parameters(kind, say),
        "responses": _answers(say, {"200": (f"{name}List", None)}),
    }  # fmt: skip
    opened = _writes(kind, say, "open", N_("Open one"), {"201": ("Change", None)})
    key = _header(say, "Idempotency-Key", N_("Asking again with the same key does nothing twice."))
    opened["parameters"] = [key]
    changed = _writes(kind, say, "change", N_("Change one"), {"200": ("Change", None)})
    needed = _header(say, "If-Match", N_("The ETag of the object as you read it."), required=True)
    changed["parameters"] = [needed]
    one: Json = {
        "parameters": [_in_path()],
        "get": {**own, "operationId": get, "summary": say(N_("One of them")),
                "responses": _answers(say, {"200": (name, "ETag")})},
        "patch": changed,
    }  # fmt: skip
    past: Json = {**own, "operationId": history, "summary": say(N_("Who changed it, when and why"))}
    past["responses"] = _answers(say, {"200": ("History", None)})
    paths: Json = {
        f"/{kind.plural}": {"get": listed, "post": opened},
        f"/{kind.plural}/{{id}}": one,
        f"/{kind.plural}/{{id}}/history": {"parameters": [_in_path()], "get": past},
    }
    if hasattr(kind.model, "effective_from"):
        day = _writes(kind, say, "effective", N_("Propose its first day in force, or its last"), {}, "Day")
        paths[f"/{kind.plural}/{{id}}/effective"] = {"parameters": [_in_path()], "post": day}
    for act in kind.acts:
        done = {"parameters": [_in_path()], "post": _done(kind, say, act)}
        paths[f"/{kind.plural}/{{id}}/{act.name}"] = done
    return paths


def _done(kind: ObjectKind, say: _Words, act: Act) -> Json:
    """Something that is done to one object besides changing what it holds."""
    told = {
        column.key: {
            **schema_of(column.read),
            "title": column.name[say.language],
            "description": column.hint[say.language],
        }
        for column in act.columns
    }
    needed = [column.key for column in act.columns if column.required]
    again = _header(say, "Idempotency-Key", N_("Asking again with the same key does nothing twice."))
    wanted = _object({**told, "reason": _TEXT}, *needed, "reason")
    return {
        "operationId": f"{kind.plural}.{act.name}",
        "summary": act.title[say.language],
        "description": f"{say(N_('The change holds at once.'))} {_right(say, kind.write)}",
        "tags": [kind.plural],
        "parameters": [again],
        "requestBody": {"required": True, "content": {"application/json": {"schema": wanted}}},
        "responses": _answers(say, {"200": (_name(kind), None)}, ("409", "412", "422")),
    }


def _writes(kind: ObjectKind, say: _Words, verb: str, summary: str, held: Json, body: str = "") -> Json:
    signed = kind.signed or verb == "effective"
    second = N_("A second person signs the change before it holds.")
    way = second if signed else N_("The change holds at once.")
    answers = {"202": ("Change", None)} | (held if not kind.signed or verb != "effective" else {})
    ref = {"$ref": f"#/components/schemas/{body or _name(kind) + 'Wanted'}"}
    return {
        "operationId": f"{kind.plural}.{verb}",
        "summary": say(summary),
        "description": f"{say(way)} {_right(say, kind.write)}",
        "tags": [kind.plural],
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref}}},
        "responses": _answers(say, answers, ("409", "412", "422", "428")),
    }


def _answers(say: _Words, good: Json, bad: tuple[str, ...] = ()) -> Json:
    meaning = {
        "200": N_("Done"), "201": N_("Opened"), "202": N_("Proposed; the case says who decides"),
        "401": N_("No key, or one that does not hold"), "403": N_("No right to do this"),
        "404": N_("Not there, or not for you"), "409": N_("Its state forbids this"),
        "412": N_("Changed since it was read"), "422": N_("Fields to mend"),
        "428": N_("If-Match is missing"), "429": N_("Too many failures; wait"),
    }  # fmt: skip
    told: Json = {}
    for status, (schema, header) in good.items():
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        told[status] = {"description": say(meaning[status]), "content": content}
        if header:
            told[status]["headers"] = {header: {"schema": _TEXT}}
    for status in ("401", "403", "404", *bad, "429"):
        content = {"application/problem+json": {"schema": PROBLEM}}
        told[status] = {"description": say(meaning[status]), "content": content}
    return told


def _list_parameters(kind: ObjectKind, say: _Words) -> list[Json]:
    orders = [order for key in kind.shown for order in (key, f"-{key}")]
    order = say(N_("The order: a column, - before it for the other way"))
    size: Json = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": USUAL}
    asked = [
        _query("q", say(N_("Words, all of which are looked for")), _TEXT),
        _query("sort", order, {**_TEXT, "enum": orders}),
        _query("limit", say(N_("Objects a page")), size),
        _query("cursor", say(N_("“next” of the page before")), _TEXT),
    ]  # fmt: skip
    for key, answers in filters_of(kind).items():
        column = kind.listed.column(key)
        name = column.name[say.language] if column else key
        asked.append(_query(key, name, {**_TEXT, "enum": list(answers)}))
    return asked


def _schemas(say: _Words) -> Json:
    schemas: Json = {
        "Problem": _object(
            {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "correlation_id": _TEXT,
             "errors": {"type": "object", "additionalProperties": _TEXT,
                        "description": say(N_("What is wrong, by field"))}},
            "type", "title", "status"),
        "Change": _object(
            {"change": _ID, "kind": _TEXT, "state": {**_TEXT, "enum": ["proposed", "applied", "refused"]},
             "object": {**_MAY_LACK, "format": "uuid"}, "case": _MAY_LACK, "case_id": _MAY_LACK,
             "proposed_at": _MOMENT, "decided_at": _MAY_LACK},
            "change", "kind", "state"),
        "Day": _object(
            {"day": {**_TEXT, "format": "date"}, "reason": _TEXT,
             "verb": {**_TEXT, "enum": ["take_effect", "end"], "default": "take_effect"}},
            "day", "reason"),
        "History": _object({"items": {"type": "array", "items": _object(
            {"seq": {"type": "integer"}, "at": _MOMENT, "action": _TEXT, "reason": _TEXT,
             "who": {"type": "object"}, "changes": {"type": "array", "items": {"type": "object"}}})}}),
    }  # fmt: skip
    for kind in kinds():
        schemas |= _kind_schemas(kind, say)
    return schemas


def _kind_schemas(kind: ObjectKind, say: _Words) -> Json:
    name, whole = _name(kind), kind.listed.schema(say.language)
    head = _part(whole, {column.key for column in kind.head})
    wanted: Json = {"values": head, "reason": {**_TEXT, "minLength": 1, "maxLength": 500}}
    shown: Json = {
        "id": _ID, "kind": {"const": kind.name}, "values": {"type": "object"}, "page": _TEXT,
        "revision": {"type": "object"}, "waiting": {**_MAY_LACK, "format": "uuid"},
    }  # fmt: skip
    if kind.line:
        lines = {"type": "array", "items": _part(whole, {column.key for column in kind.line})}
        wanted["lines"], shown["lines"] = lines, {"type": "array", "items": {"type": "object"}}
    item = {"$ref": f"#/components/schemas/{name}"}
    return {
        name: {**_object(shown, "id", "kind", "values"), "title": kind.title[say.language]},
        f"{name}Wanted": _object(wanted, "values", "reason"),
        f"{name}List": _object(
            {"items": {"type": "array", "items": item}, "next": _MAY_LACK}, "items", "next"
        ),
    }


def _part(schema: Json, keys: set[str]) -> Json:
    """The columns of an object that it has once, or those of its lines; a change may leave any out."""
    own = {key: dict(one) for key, one in schema["properties"].items() if key in keys}
    needed = [key for key in schema["required"] if key in keys]
    note = {"x-required-when-opened": needed} if needed else {}
    return {"type": "object", "properties": own, "additionalProperties": False, **note}


def _object(properties: Json, *required: str) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _name(kind: ObjectKind) -> str:
    return "".join(part.capitalize() for part in kind.name.replace("_", ".").split("."))


def _right(say: _Words, right: str) -> str:
    return say(N_("Right:")) + f" `{right}`."


def _in_path() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": _ID}


def _query(name: str, about: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _header(say: _Words, name: str, about: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": say(about), "schema": _TEXT}
