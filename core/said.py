"""A text in both languages as SQL compares and sorts it, written as an index over it is."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class English(FunctionElement[str]):
    """The English of a bilingual column; an index serves it only if both write it to the letter."""

    name = "english"
    type = String()
    inherit_cache = True


@compiles(English, "postgresql")
def _postgresql(element: English, compiler: Any, **more: Any) -> str:
    return f"({compiler.process(element.clauses, **more)} ->> 'en')"


@compiles(English, "sqlite")
def _sqlite(element: English, compiler: Any, **more: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **more)}, '$.en')"
