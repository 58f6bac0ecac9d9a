"""From an administrator's form to a command."""

import uuid
from collections.abc import Mapping
from datetime import date

from app.access.identity import VerifyIdentity
from app.access.policy import BOUNDS, ChangePolicy
from app.access.services import CreatePerson, GrantRole
from core.errors import FieldErrors, Invalid


def new_person(form: Mapping[str, str]) -> CreatePerson:
    """Read the form for a new account.

    Raises:
        Invalid: the home site is not an id.
    """
    return CreatePerson(
        login=form.get("login", ""),
        name={"en": form.get("name_en", ""), "zh": form.get("name_zh", "")},
        password=form.get("new_password", ""),
        language=form.get("language", "en"),
        zone=form.get("zone", "UTC"),
        home_site_id=_site(form.get("home_site_id", ""), "home_site_id"),
    )


def new_grant(form: Mapping[str, str]) -> GrantRole:
    """Read the form for a role with its range of days.

    Raises:
        Invalid: a day or the site cannot be read.
    """
    first = day(form.get("valid_from", ""), "valid_from")
    if first is None:
        raise Invalid("access.day_missing", "The first day is needed.", field="valid_from")
    return GrantRole(
        role=form.get("role", ""),
        site_id=_site(form.get("site_id", ""), "site_id"),
        valid_from=first,
        valid_to=day(form.get("valid_to", ""), "valid_to"),
    )


def identity(form: Mapping[str, str]) -> VerifyIdentity:
    """Read the form about a verified identity."""
    return VerifyIdentity(form.get("evidence", ""), form.get("note", ""))


def password_rules(form: Mapping[str, str]) -> ChangePolicy:
    """Read the form with the rules for passwords.

    Raises:
        FieldErrors: something that should be a number is none.
    """
    numbers: dict[str, int] = {}
    errors: dict[str, Invalid] = {}
    for name in BOUNDS:
        typed = form.get(name, "").strip()
        if typed.isdecimal() and len(typed) < 6:
            numbers[name] = int(typed)
        else:
            errors[name] = Invalid("access.number", "This is not a whole number.", field=name)
    if errors:
        raise FieldErrors(errors)
    return ChangePolicy(**numbers, own_words=form.get("own_words", "").strip())


def day(text: str, field: str) -> date | None:
    """Read a calendar day, ISO 8601; nothing typed gives ``None``.

    Raises:
        Invalid: it is no day.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("access.day", "This is not a day, such as 2026-11-22.", field=field) from None


def _site(text: str, field: str) -> uuid.UUID | None:
    if not text.strip():
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid("access.site", "There is no such site.", field=field) from None
