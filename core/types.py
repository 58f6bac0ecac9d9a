"""Column types that keep meaning exact on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

Bilingual = dict[str, str]
"""A text in both languages: ``{"en": …, "zh": …}``."""

JsonDict = dict[str, Any]
"""A JSON object; decimals in it are strings."""

JSON_TYPE = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a naive one is refused when it is bound."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn the moment into UTC.

        Raises:
            ValueError: the moment carries no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _ScaledDecimal(TypeDecorator[Decimal]):
    """A decimal of fixed scale: ``numeric`` on PostgreSQL, a scaled whole number on SQLite, never a float."""

    impl = BigInteger
    cache_ok = True
    digits = 6

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(24, self.digits))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Store the value exactly.

        Raises:
            ValueError: it has more places than the column keeps; rounding is never silent.
        """
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.digits)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.digits} decimal places")
        return int(scaled) if dialect.name != "postgresql" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give the value back without trailing zeros."""
        if value is None:
            return None
        number = Decimal(value) if dialect.name == "postgresql" else Decimal(value).scaleb(-self.digits)
        plain = number.normalize()
        return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


class Quantity(_ScaledDecimal):
    """An amount of material to a millionth of its UCUM unit."""

    cache_ok = True
    digits = 6


class Amount(_ScaledDecimal):
    """An amount of money to a ten-thousandth of its ISO 4217 currency."""

    cache_ok = True
    digits = 4


def str_enum(statuses: type[StrEnum]) -> Enum:
    """Keep a status by its value, guarded by a check constraint (names would break on PostgreSQL)."""
    return Enum(
        statuses,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=32,
        name=statuses.__name__.lower(),
    )
