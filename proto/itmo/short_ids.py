# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ids as people write them: by their beginning or their end, where that fits one only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from itmo.reasons import ProtocolError, Reason, shown

MIN_SHORT_ID: Final = 4
"""Fewer characters would soon fit several, and the one that is meant may not be there at all."""
_DIGITS: Final = frozenset("0123456789abcdef-")
_MOST_NAMED: Final = 5


def shortened(written: str, length: int) -> str:
    """Returns what may be a part of an id of a length; empty where it is none."""
    part = written.strip().lower()
    fits = MIN_SHORT_ID <= len(part) < length and _DIGITS.issuperset(part)
    return part if fits else ""


def the_one(written: str, found: Sequence[str]) -> str:
    """Returns the id that is meant; what fits none stays as it was written.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, where it fits several.
    """
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise ProtocolError(
            Reason.IDENTIFIER_INVALID,
            f"{shown(written)} fits {', '.join(found[:_MOST_NAMED])}{more}; write more of it.",
            where="id",
            found=written,
            expected="a beginning or an end that fits one",
        )
    return found[0] if found else written
