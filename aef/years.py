# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads calendar years, and spans that are exactly one, in the forms in which Parties write them."""

from __future__ import annotations

import re
from typing import Final

from aef.months import LAST_DAY, month_of, plain_text
from aef.parsed import Parsed
from aef.syntax_codes import Code
from workbooks.raw import Raw

FIRST_YEAR: Final = 1990
"""No date of an AEF lies before; the oldest are of Kyoto units brought along."""
LAST_YEAR: Final = 2100
"""No AEF speaks of a later one; 2566 is a year of the Buddhist era, and nobody says so."""
REPORTED_YEARS: Final = range(2020, 2041)
"""On which a Party can report (common nomenclatures of June 2026)."""

_YEAR: Final = re.compile(r"([0-9]{4})(?:\.0+)?", re.ASCII)
_YEAR_IN_TEXT: Final = re.compile(r"(?<![0-9])(?:19|20|21)[0-9]{2}(?![0-9])", re.ASCII)
_GROUPED: Final = re.compile("([12])[,.' \u00a0\u202f]([0-9]{3})", re.ASCII)
_SHORT: Final = re.compile(r"['\u2018\u2019]([0-9]{2})", re.ASCII)
_Y: Final = r"(?P<y>(?:19|20|21)[0-9]{2})"
_DAY_ONE: Final = r"(?:0?1(?: ?st| ?er| ?ro|º|°)?)"
_FIRST_NAMES: Final = r"(?:january|jan|janvier|janv|enero|ene)\.?"
_LAST_NAMES: Final = r"(?:december|dec|decembre|diciembre|dic)\.?"
_OF: Final = r"(?: of| de| del|,)?"


def _ends(day: str, month: str, names: str) -> re.Pattern[str]:
    """The first or last day, month or quarter of a year, with or without the year."""
    quarter = "q1" if month == "0?1" else "q4"
    forms = (
        rf"{_Y}[-/.]{month}[-/.]{day}",
        rf"{day}[-/. ]{month}(?:[-/. ]{_Y})?",
        rf"{month}/{day}/{_Y}",
        rf"{names} {day}(?: ?st|th)?(?:,? {_Y})?",
        rf"(?:{day}(?: of| de|-|\.)?[ -]?)?{names}(?:{_OF}[ -]{_Y})?",
        rf"{month}[-/.]{_Y}",
        quarter,
    )
    # A name may stand in one pattern only once; only the text of a match is looked at.
    joined = "|".join(forms).replace("?P<y>", "?:")
    return re.compile(rf"(?<![a-z0-9])(?:{joined})(?![a-z0-9])")


_BEGIN: Final = _ends(_DAY_ONE, "0?1", _FIRST_NAMES)
_END: Final = _ends(str(LAST_DAY), "12", _LAST_NAMES)
_SPAN: Final = re.compile(
    r"(?:from |between |de |del |du |desde )?< ?(?:-|to|/|through|thru|till|until|and|a|al|au|hasta)"
    r"(?: la| le| el)? ?>"
)
_TWICE: Final = re.compile(r"=(?: ?(?:-|to|/|a|au) ?=)?")
_BESIDE: Final = frozenset(
    [
        "the",
        "of",
        "in",
        "for",
        "calendar",
        "reporting",
        "reported",
        "full",
        "whole",
        "complete",
        "year",
        "cy",
        "period",
        "vintage",
        "v",
        "annual",
        "l",
        "d",
        "annee",
        "civile",
        "civil",
        "ano",
        "anada",
        "cosecha",
        "millesime",
        "periode",
        "periodo",
        "declaree",
        "rapport",
        "informe",
        "de",
        "del",
        "du",
        "la",
        "le",
        "el",
        "en",
    ]
)
"""Words that may stand beside one calendar year and change nothing of it."""
_WORD: Final = re.compile(r"[a-z]+")
_OPENERS: Final = re.compile(r"[()\[\]\"':;,.]")


def read_year(raw: Raw) -> Parsed[int | None]:
    """Reads a calendar year of four digits. Several years are never narrowed down to one."""
    if isinstance(raw, bool):
        return Parsed(None, (Code.VALUE_KIND,), usable=False)
    if isinstance(raw, int | float) and raw == raw and abs(raw) <= LAST_YEAR and raw == int(raw):  # noqa: PLR0124 - not a number differs from itself
        raw = str(int(raw))
    if not isinstance(raw, str):
        return _none(Code.YEAR_FORMAT)
    if (whole := _YEAR.fullmatch(raw)) is not None:
        return _bounded(whole[1], () if whole[1] == raw else (Code.YEAR_FORMAT,))
    if (grouped := _GROUPED.fullmatch(raw)) is not None:
        return _bounded(f"{grouped[1]}{grouped[2]}", (Code.YEAR_FORMAT,))
    if (short := _SHORT.fullmatch(raw)) is not None:
        return _bounded(f"20{short[1]}", (Code.YEAR_FORMAT,))
    named = set(years_in(raw))
    if len(named) > 1:
        return _none(Code.YEAR_RANGE)
    if named and _is_whole(raw):
        return _bounded(str(named.pop()), (Code.YEAR_FORMAT,))
    return _none(Code.YEAR_FORMAT)


def _none(code: Code) -> Parsed[int | None]:
    return Parsed(None, (code,), usable=False)


def _bounded(digits: str, codes: tuple[Code, ...]) -> Parsed[int | None]:
    if FIRST_YEAR <= int(digits) <= LAST_YEAR:
        return Parsed(int(digits), codes)
    return _none(Code.YEAR_FORMAT)


def _is_whole(text: str) -> bool:
    """True where a text says no more than one year, or goes from its first to its last day.

    A year with an open end, such as "until 2023", is none.
    """
    plain = plain_text(text)
    marked = _YEAR_IN_TEXT.sub("=", _END.sub(">", _BEGIN.sub("<", plain)))
    marked = re.sub(r"(?<![a-z])v(?==)|cy(?==)", "", _OPENERS.sub(" ", marked))
    if ">" in marked:
        # The year may stand with one of the two, with both or beside them.
        marked = " ".join(marked.replace("=", " ").split())
        kept = _SPAN.search(marked)
        rest = marked if kept is None else marked.replace(kept[0], " ", 1)
        return kept is not None and _BESIDE.issuperset(_WORD.findall(rest)) and _is_empty(rest)
    rest = " ".join(word for word in marked.split() if word not in _BESIDE)
    return _TWICE.fullmatch(rest) is not None


def _is_empty(rest: str) -> bool:
    return not _WORD.sub("", rest).strip()


def days_of_months(words: list[str]) -> bool:
    """Says whether words are months and numbers of days and months, and nothing else."""
    return all(int(word) <= LAST_DAY if word.isdigit() else month_of(word) > 0 for word in words)


def years_in(text: str) -> list[int]:
    """Returns the calendar years that a text names, in its order."""
    return [int(year) for year in _YEAR_IN_TEXT.findall(text)]
