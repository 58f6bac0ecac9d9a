"""Reading what people type at the dock and at the line, collecting every fault instead of stopping at the
first."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from core.errors import FieldErrors, Invalid
from documents import glyphs

T = TypeVar("T")
LONGEST = 60


class Entered:
    """The fields of a posted form; faults gather in ``errors`` by field and are raised together by
    ``check``."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.errors: dict[str, Invalid] = {}

    def text(self, name: str) -> str:
        """The field without surrounding blanks; empty when it is missing."""
        return self.fields.get(name, "").strip()

    def printable(self, name: str) -> str:
        """The field as a record can print it; noted when it is too long or has signs the record font
        lacks."""
        typed = self.text(name)
        if len(typed) > LONGEST:
            long = Invalid("text.long", "At most %(count)s characters.", field=name, count=LONGEST)
            self.errors.setdefault(name, long)
        elif lost := sorted(glyphs.missing(typed)):
            self.errors.setdefault(
                name,
                Invalid(
                    "record.glyph",
                    "The record cannot print %(characters)s. Please write it another way.",
                    field=name,
                    characters=" ".join(f"{sign} (U+{ord(sign):04X})" for sign in lost),
                ),
            )
        return typed

    def read(self, name: str, reader: Callable[[], T]) -> T | None:
        """What ``reader`` makes of field ``name``, or None with the fault noted."""
        try:
            return reader()
        except Invalid as error:
            self.errors.setdefault(error.field or name, error)
            return None

    def key(self, name: str, refusal: Invalid) -> uuid.UUID | None:
        """The id chosen in field ``name``, or None with ``refusal`` noted."""
        try:
            return uuid.UUID(self.text(name))
        except ValueError:
            self.errors.setdefault(name, refusal)
            return None

    def day(self, name: str) -> date | None:
        """The calendar day typed in field ``name`` as YYYY-MM-DD; None when empty or, noted, wrong."""
        typed = self.text(name)
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            wrong = Invalid("day.format", "Write the day as YYYY-MM-DD.", field=name)
            self.errors.setdefault(name, wrong)
            return None

    def check(self) -> None:
        """Stop here when anything was wrong.

        Raises:
            FieldErrors: every fault by field.
        """
        if self.errors:
            raise FieldErrors(self.errors)
