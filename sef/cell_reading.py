# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads what stands in one cell: a quantity, NO, NA, nothing, or something that should not be there."""

from __future__ import annotations

import re
from typing import Final

from sef.faults import Fault
from sef.model import CellKind
from workbooks.cell_texts import cleaned
from workbooks.raw import CellError, Raw

EXACT: Final = 10**15 - 1
"""Largest number that a spreadsheet keeps with all its digits."""
_DIGITS: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
_SIGNED: Final = re.compile(r"[-\u2212][0-9]+(?:[.,][0-9]+)?", re.ASCII)
_FRACTION: Final = re.compile(r"[0-9]+[.,][0-9]+", re.ASCII)
_WORDS: Final = {"no": CellKind.NOT_OCCURRING, "na": CellKind.NOT_APPLICABLE}

Read = tuple[CellKind, int, tuple[Fault, ...]]
"""Kind, quantity and faults."""


def read_open(raw: Raw) -> Read:
    """Reads a cell that is to be filled."""
    kind, quantity, faults = read_any(raw)
    if kind is CellKind.EMPTY:
        return kind, 0, (*faults, Fault.EMPTY_OPEN)
    if kind is CellKind.NOT_APPLICABLE:
        return kind, 0, (*faults, Fault.NOT_APPLICABLE_OPEN)
    return kind, quantity, faults


def read_shaded(raw: Raw) -> Read:
    """Reads a cell to which the unit type does not apply."""
    kind, quantity, _ = read_any(raw)
    if kind in {CellKind.EMPTY, CellKind.NOT_APPLICABLE}:
        return CellKind.NOT_APPLICABLE, 0, ()
    return kind, quantity, (Fault.SHADED_FILLED,)


def read_any(raw: Raw) -> Read:
    """Reads a cell of which nothing is known."""
    match raw:
        case None:
            return CellKind.EMPTY, 0, ()
        case CellError():
            return _unreadable(Fault.CELL_ERROR)
        case str():
            return _from_text(cleaned(raw))
        case bool():
            return _unreadable(Fault.WRONG_KIND)
        case int() | float():
            return _from_number(raw)
        case _:
            return _unreadable(Fault.WRONG_KIND)


def _unreadable(fault: Fault) -> Read:
    return CellKind.UNREADABLE, 0, (fault,)


def _from_number(number: float) -> Read:
    # Not a number differs from itself.
    if number != number or abs(number) > EXACT:  # noqa: PLR0124
        return _unreadable(Fault.TOO_LARGE)
    if number != int(number):
        return _unreadable(Fault.FRACTION)
    if number < 0:
        return _unreadable(Fault.NEGATIVE)
    if number == 0:
        return CellKind.NOT_OCCURRING, 0, (Fault.ZERO,)
    return CellKind.NUMBER, int(number), ()


def _from_text(text: str) -> Read:
    if not text:
        return CellKind.EMPTY, 0, ()
    if (word := _WORDS.get(text.casefold())) is not None:
        return word, 0, () if text.isupper() else (Fault.WORD_FORM,)
    if _SIGNED.fullmatch(text) is not None:
        return _unreadable(Fault.NEGATIVE)
    if _DIGITS.fullmatch(text) is not None:
        kind, quantity, faults = _from_number(int(text))
        return kind, quantity, (*faults, Fault.TEXT_NUMBER)
    return _unreadable(Fault.FRACTION if _FRACTION.fullmatch(text) else Fault.TEXT)
