# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads quantities: whole numbers, with whatever people put between and behind the digits."""

from __future__ import annotations

import re
from typing import Final

from broker.reports.aef.parsed import Parsed, Raw
from broker.reports.aef.syntax_codes import Code
from itmo.quantity import MAX_QUANTITY

EXACT: Final = 10**15 - 1
"""Largest number that a spreadsheet keeps with all its digits; a larger one must be text."""

_DIGITS: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_GROUPS: Final = re.compile(
    "[0-9]{1,3}(?:([,\\s\u00a0\u202f\u2009'\u2019])[0-9]{3})(?:\\1[0-9]{3})*", re.ASCII
)
_INDIAN_GROUPS: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}", re.ASCII)
_CONTINENTAL: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,(?:0|00)", re.ASCII)
_POINTS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})(\.[0-9]{3})*", re.ASCII)
_FRACTION: Final = re.compile(r"[0-9][0-9,' ]*[.,][0-9]+", re.ASCII)
_ZERO_FRACTION: Final = re.compile(r"([0-9][0-9,' ]*)\.(?:0|00)", re.ASCII)
_UNIT: Final = re.compile(
    "\\s*(?:t|tons?|tonnes?|itmos?|units?)?[\\s\u00a0]*(?:co(?:2|\u2082)[\\s\u00a0-]*(?:eq?|equivalent)?\\.?)?",
    re.IGNORECASE,
)
_CEILING: Final = re.compile(
    r"(?:a |an? )?(?:maximum|max\.?|up to|at most|not? more than|not exceeding|not to exceed|limit|ceiling"
    r"|capped at)(?: quantity| amount)?(?: of)?:? (.+)|(.+?),? \(?(?:maximum|max\.?|at most)\)?",
    re.IGNORECASE,
)
"""A ceiling in words; nothing but a ceiling may have them."""
_POWERS: Final = {"thousand": 10**3, "million": 10**6, "kt": 10**3, "mt": 10**6}
_IN_POWERS: Final = re.compile(
    r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?(thousand|million|kt|mt)\b", re.ASCII | re.IGNORECASE
)
_SPACES: Final = str.maketrans("", "", ",' \t\n\u00a0\u202f\u2009\u2019")


def read_quantity(raw: Raw) -> Parsed[int | None]:
    """Read a quantity, in units. A fraction is never rounded."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return _refused(Code.VALUE_KIND)
    if isinstance(raw, int):
        return _bounded(raw)
    if isinstance(raw, float):
        # A spreadsheet stores every number this way; a whole one is no departure.
        if not -EXACT <= raw <= EXACT:
            return _refused(Code.NUMBER_UNREADABLE)
        return _bounded(int(raw)) if raw == int(raw) else _refused(Code.NUMBER_NOT_WHOLE)
    return _from_text(raw, ())


def read_ceiling(raw: Raw) -> Parsed[int | None]:
    """Read the quantity that an authorization allows, in units, such as "Maximum of 500,000"."""
    found = read_quantity(raw)
    if found.usable or not isinstance(raw, str) or found.codes != (Code.NUMBER_UNREADABLE,):
        return found
    text = " ".join(raw.split())
    if (words := _CEILING.fullmatch(text)) is not None:
        text = (words[1] or words[2]).strip()
    codes = (Code.NUMBER_WORDS,)
    if (power := _IN_POWERS.match(text)) is not None:
        # A million and a half is one number; 1.500 million could be two.
        digits = int(f"{power[1]}{power[2] or ''}") * _POWERS[power[3].casefold()]
        whole, rest = divmod(digits, 10 ** len(power[2] or ""))
        if rest == 0 and _UNIT.fullmatch(text[power.end() :]) is not None:
            return _bounded(whole, codes)
        return found
    return _from_text(text, codes) if words is not None else found


def _from_text(text: str, codes: tuple[Code, ...]) -> Parsed[int | None]:
    if _DIGITS.fullmatch(text):
        return _bounded(int(text), codes)
    if text[:1] in {"-", "\u2212"} and text[1:2].isdigit():
        return _refused(Code.NUMBER_NEGATIVE)
    if _GROUPS.fullmatch(text) or _INDIAN_GROUPS.fullmatch(text):
        return _from_text(text.translate(_SPACES), (*codes, Code.NUMBER_SEPARATORS))
    if _CONTINENTAL.fullmatch(text):
        whole = text.partition(",")[0].replace(".", "")
        return _from_text(whole, (*codes, Code.NUMBER_SEPARATORS))
    if (points := _POINTS.fullmatch(text)) is not None:
        # Two points can only be thousands; one may as well be a fraction.
        if points[1] is None:
            return _refused(Code.NUMBER_AMBIGUOUS)
        return _from_text(text.replace(".", ""), (*codes, Code.NUMBER_SEPARATORS))
    if (zeros := _ZERO_FRACTION.fullmatch(text)) is not None:
        return _from_text(zeros[1], (*codes, Code.NUMBER_SEPARATORS))
    if _FRACTION.fullmatch(text):
        return _refused(Code.NUMBER_NOT_WHOLE)
    if Code.NUMBER_UNIT not in codes and (number := _without_unit(text)) is not None:
        return _from_text(number, (*codes, Code.NUMBER_UNIT))
    return _refused(Code.NUMBER_UNREADABLE)


def _without_unit(text: str) -> str | None:
    match = re.match("[0-9][0-9.,' \u00a0\u202f\u2009\u2019]*", text)
    if match is None:
        return None
    rest = text[match.end() :]
    return match[0].strip() if rest and _UNIT.fullmatch(rest) else None


def _bounded(number: int, codes: tuple[Code, ...] = ()) -> Parsed[int | None]:
    if number < 0:
        return _refused(Code.NUMBER_NEGATIVE)
    if number > MAX_QUANTITY:
        return _refused(Code.NUMBER_UNREADABLE)
    return Parsed(number, codes)


def _refused(code: Code) -> Parsed[int | None]:
    return Parsed(None, (code,), usable=False)
