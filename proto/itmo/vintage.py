# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Vintages: the calendar year in which the mitigation took place (6/CMA.4 annex I para 5)."""

import re
from typing import Final

from itmo.reasons import ProtocolError, Reason, plain, shown

FIRST_VINTAGE: Final = 2021
"""Mitigation counts from 2021 on (2/CMA.3 annex para 1(e))."""
LAST_VINTAGE: Final = 9999
"""The text form has four digits."""

_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)


def checked_vintage(year: int, where: str) -> int:
    """Returns `year` when it is a calendar year from FIRST_VINTAGE to LAST_VINTAGE.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, naming `where`.
    """
    # type() rather than isinstance(): True would otherwise pass as a number.
    if type(year) is not int or not FIRST_VINTAGE <= year <= LAST_VINTAGE:
        raise _refused(year, where)
    return year


def parse_vintage(text: str, where: str) -> int:
    """Reads a year of exactly four ASCII digits.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, naming `where`.
    """
    if _YEAR.fullmatch(text) is None:
        raise _refused(text, where)
    return checked_vintage(int(text), where)


def _refused(value: object, where: str) -> ProtocolError:
    expected = f"a year from {FIRST_VINTAGE} to {LAST_VINTAGE}"
    return ProtocolError(
        Reason.IDENTIFIER_INVALID,
        f"{where}: found {shown(value)}, expected {expected}.",
        where=where,
        found=plain(value),
        expected=expected,
    )
