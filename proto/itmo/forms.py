# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Views as JSON-ready data, and as text for a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from itmo.clock import to_text

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


def as_json(value: object) -> Json:
    """Returns a view as JSON-ready data.

    Times are UTC text with milliseconds, bytes hexadecimal, fractions numerator and denominator.

    Raises:
        TypeError: it holds something that has no JSON form here; a fault of the calling code.
    """
    if value is None or isinstance(value, bool | int | str | Enum):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, date | bytes):
        return _text(value)
    if isinstance(value, Fraction):
        return {"numerator": value.numerator, "denominator": value.denominator}
    if isinstance(value, Mapping):
        return {str(as_json(key)): as_json(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return [as_json(each) for each in sorted(value)]
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)


def _text(value: date | bytes) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return to_text(value) if isinstance(value, datetime) else value.isoformat()


def number(value: int) -> str:
    """Writes a whole number with thin groups: 1 116 000."""
    return f"{value:,}".replace(",", " ")


def fraction(value: Fraction) -> str:
    """Writes a fraction as a whole number, or as a decimal number with what it is exactly."""
    if value.denominator == 1:
        return number(value.numerator)
    exact = f"{number(value.numerator)}/{number(value.denominator)}"
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{decimal:,.6f} ({exact})".replace(",", " ")


def moment(value: datetime) -> str:
    """Writes a time as people read it: UTC, to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S}Z"
