# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads quantities: whole numbers, with whatever people put between and behind the digits."""

from __future__ import annotations

import re
from typing import Final

from aef.months import plain_text
from aef.parsed import Parsed
from aef.syntax_codes import Code
from itmo.quantity import MAX_QUANTITY
from workbooks.raw import Raw

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
_ZERO_FRACTION: Final = re.compile(
    "([0-9][0-9,' \u00a0\u202f\u2009\u2019]*)\\.(?:0|00)|([0-9][0-9' \u00a0\u202f\u2009\u2019]*),(?:0|00)",
    re.ASCII,
)
"""A whole number with noughts behind it; a comma is that point where no other marks the thousands."""
_TONNES: Final = (
    r"(?:metric )?(?:t|tons?|tonnes?|toneladas?(?: metricas)?|itmos?|units?|unites?|unidades)"
)
_CO2: Final = r"(?:of |de |d'|en )?(?:eq\.?|equivalent[es]*)?[ -]*co ?2[ -]*(?:eq?\.?|equiv\.?|equivalent[es]*)?"
_UNIT_TEXT: Final = rf"(?:{_TONNES})? ?(?:{_CO2})?"
_UNIT: Final = re.compile(rf" ?(?:{_UNIT_TEXT}|\({_UNIT_TEXT}\)|\[{_UNIT_TEXT}\])")
_UNIT_BEFORE: Final = re.compile(rf"({_UNIT_TEXT}):? (?=[0-9])")
_NUMBER: Final = re.compile("[0-9][0-9.,' ]*")
_NOUNS: Final = (
    r"(?: (?:total|overall|authorized|authorised|quantity|amount|volume|cantidad|quantite))*"
)
_CEILING: Final = re.compile(
    r"(?:(?:an?|une?|una|the) )?"
    r"(?:maximum|maximo|max\.?|up to(?: and including)?|at most|not? more than|not exceeding|not to exceed"
    r"|(?:upper )?limit(?:ed to)?|ceiling|capped at|cap|less than or equal to|<=|\u2264|jusqu'a|hasta"
    r"|au maximum|au plus|como maximo|total)"
    rf"(?: an? (?:maximum|total))?{_NOUNS}(?: (?:of|de|at|is))?:? ?(?P<behind>[0-9].*)|[0-9].*"
)
"""A ceiling in words; nothing but a ceiling may have them."""
_AFTER_CEILING: Final = re.compile(
    r"(?:,? \(?(?:maximum|max\.?|at most|in total|overall|au maximum|au plus|maximo|como maximo"
    r"|over the (?:(?:authorized|authorised|whole|entire) )?(?:period|time ?frame))\)?)+$"
)
_POWERS: Final = {"thousand": 10**3, "k": 10**3, "million": 10**6, "kt": 10**3, "Mt": 10**6}
_IN_POWERS: Final = re.compile(
    r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?(thousand|million|kt|Mt|k)(?![a-bd-z])", re.ASCII
)
"""Mt is a million tonnes; of MT nobody can tell whether it is that or a metric ton."""
_TON_OF_POWER: Final = frozenset({"kt", "Mt"})
_END: Final = re.compile(r"$")
_RAISED: Final = re.compile("[\u00b9\u00b2\u00b3\u2070-\u2079]")
"""Of a footnote, or a power of ten."""
_SPACES: Final = str.maketrans("", "", ",' \t\n\u00a0\u202f\u2009\u2019")


def read_quantity(raw: Raw) -> Parsed[int | None]:
    """Reads a quantity, in units. A fraction is never rounded."""
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
    """Reads the quantity that an authorization allows, in units, such as "Maximum of 500,000"."""
    found = read_quantity(raw)
    if found.usable or not isinstance(raw, str) or found.codes != (Code.NUMBER_UNREADABLE,):
        return found
    if _RAISED.search(raw) is not None:
        return found
    exact = plain_text(raw, folded=False).rstrip(".")
    words = _CEILING.fullmatch(exact.casefold())
    if words is None:
        return found
    # The words go, the number keeps its capitals: Mt is not mt.
    at = words.start("behind") if words["behind"] else 0
    text = exact[at:].strip()
    text = text[: (_AFTER_CEILING.search(text.casefold()) or _END.search(text)).start()].strip()  # type: ignore[union-attr]
    codes = (Code.NUMBER_WORDS,)
    if (power := _IN_POWERS.match(text)) is not None:
        return _of_power(power, text[power.end() :], codes) or found
    return _from_text(text, codes) if text != exact else found


def _of_power(
    power: re.Match[str], rest: str, codes: tuple[Code, ...]
) -> Parsed[int | None] | None:
    """A million and a half is one number; 1.500 million could be two."""
    digits = int(f"{power[1]}{power[2] or ''}") * _POWERS[power[3]]
    whole, part = divmod(digits, 10 ** len(power[2] or ""))
    unit = f"t{rest}" if power[3] in _TON_OF_POWER else rest
    if part == 0 and _UNIT.fullmatch(unit.casefold()) is not None:
        return _bounded(whole, codes)
    return None


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
        return _from_text(zeros[1] or zeros[2], (*codes, Code.NUMBER_SEPARATORS))
    if _FRACTION.fullmatch(text):
        return _refused(Code.NUMBER_NOT_WHOLE)
    if Code.NUMBER_UNIT not in codes and (number := _without_unit(text)) is not None:
        return _from_text(number, (*codes, Code.NUMBER_UNIT))
    return _refused(Code.NUMBER_UNREADABLE)


def _without_unit(text: str) -> str | None:
    """The digits of a number with its unit behind or before it, or a mark or full stop behind."""
    if _RAISED.search(text) is not None:
        return None
    plain = plain_text(text).rstrip(".")
    before = _UNIT_BEFORE.match(plain)
    number = _NUMBER.match(plain, before.end() if before is not None else 0)
    if number is None or _UNIT.fullmatch(plain[number.end() :]) is None:
        return None
    digits = number[0].strip(" .")
    return digits if digits != text else None


def _bounded(number: int, codes: tuple[Code, ...] = ()) -> Parsed[int | None]:
    if number < 0:
        return _refused(Code.NUMBER_NEGATIVE)
    if number > MAX_QUANTITY:
        return _refused(Code.NUMBER_UNREADABLE)
    return Parsed(number, codes)


def _refused(code: Code) -> Parsed[int | None]:
    return Parsed(None, (code,), usable=False)
