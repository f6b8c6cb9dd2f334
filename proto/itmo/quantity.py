# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Quantities of units: whole tonnes, checked at every step.

One unit is one tonne of CO2 equivalent, or one unit of another metric, and is indivisible
(7/CMA.4 annex I para 28), so nothing here knows fractions.
"""

from collections.abc import Iterable
from typing import Final

from itmo.reasons import ProtocolError, Reason, plain, shown

MAX_QUANTITY: Final = 2**63 - 2
"""One below the largest 64-bit signed integer: `last + 1` still fits every database column."""


def checked_quantity(value: int, where: str) -> int:
    """Returns `value` when it is a whole number from 0 to MAX_QUANTITY, in units.

    Raises:
        ProtocolError: QUANTITY_INVALID, naming `where`; also for bool and float, which the type
            checker of a caller may have let through.
    """
    # type() rather than isinstance(): bool is a subclass of int and is never a quantity.
    if type(value) is not int or not 0 <= value <= MAX_QUANTITY:
        raise _refused(value, where)
    return value


def checked_sum(values: Iterable[int], where: str = "sum") -> int:
    """Adds quantities, in units; every term and every intermediate sum is checked.

    Raises:
        ProtocolError: QUANTITY_INVALID, naming `where`.
    """
    total = 0
    for value in values:
        total = checked_quantity(total + checked_quantity(value, where), where)
    return total


def signed(value: int) -> str:
    """Writes a change for people: +1 916, -1 916 or 0."""
    return f"{value:+,}".replace(",", " ") if value else "0"


def _refused(value: object, where: str) -> ProtocolError:
    return ProtocolError(
        Reason.QUANTITY_INVALID,
        f"{where}: found {shown(value)}, expected a whole number from 0 to {MAX_QUANTITY}.",
        where=where,
        found=plain(value),
    )
