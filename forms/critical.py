"""Critical entries are typed twice, the second time blind; a difference is refused at the field (URS-149).

`x-critical: "double"` marks them. The second entry is posted under the name of the first with `_again.`
before it. Both are compared as they were written: 12.5 and 12.50 are two entries (Annex 11 clause 6).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import Invalid
from forms.definition import Schema
from forms.loader import Form
from forms.validate import AGAIN, Fields, asked, has_rows


def second_entries(form: Form, formdata: Fields) -> dict[str, str]:
    """What was typed the second time: path of the field → text."""
    found = {}
    for name in formdata:
        path = name.removeprefix(AGAIN)
        if name.startswith(AGAIN) and path.split(".")[0] in form.fields:
            found[path] = next((text.strip() for text in formdata.getlist(name) if text.strip()), "")
    return found


def repeat_errors(form: Form, data: Mapping[str, Any], formdata: Fields) -> dict[str, Invalid]:
    """Critical entries that were not typed a second time, or otherwise than the first time, by path."""
    again, errors = second_entries(form, formdata), dict[str, Invalid]()
    for path in _critical(form.fields, data, ""):
        first, second = _last(formdata, path), again.get(path, "")
        if first and not second:
            errors[path] = Invalid(
                "form.again", "This is a critical value: type it a second time.", field=path
            )
        elif first != second:
            errors[path] = Invalid(
                "form.again_differs",
                "The two entries differ. Look at the source again and type both anew.",
                field=path,
            )
    return errors


def _critical(fields: Schema, data: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, field in fields.items():
        if field.get("x-critical") and asked(field, data):
            yield prefix + name
        elif has_rows(field):
            for index, row in enumerate(data.get(name) or ()):
                yield from _critical(field["items"]["properties"], row, f"{prefix}{name}.{index}.")


def _last(formdata: Fields, path: str) -> str:
    texts = [text.strip() for text in formdata.getlist(path) if text.strip()]
    return texts[-1] if texts else ""
