# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads dates, moments and years in the forms in which Parties write them.

Day before month throughout, as the format says. A date is taken with its month first only when it
cannot be read otherwise; whether that makes others doubtful is for the column as a whole to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from broker.reports.aef.parsed import Parsed, Raw
from broker.reports.aef.syntax_codes import Code

FIRST_YEAR: Final = 1990
"""No date of an AEF lies before; the oldest are of Kyoto units brought along."""
LAST_YEAR: Final = 9999
"""A year has four digits."""

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_PRINTED: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", re.ASCII)
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[/. -]\s*([0-9]{1,2})[/. -]\s*([0-9]{4})", re.ASCII)
_ISO: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", re.ASCII)
_DAY_MONTH: Final = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[\s.-]+(?:of\s+)?([a-z]{3,9})\.?[\s,-]+([0-9]{4})", re.ASCII
)
_MONTH_DAY: Final = re.compile(
    r"([a-z]{3,9})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})", re.ASCII
)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
_MOMENT_OF_RECORD: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.ASCII
)
_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_YEAR_IN_TEXT: Final = re.compile(r"(?<![0-9])(?:19|20|21)[0-9]{2}(?![0-9])", re.ASCII)
_WORD: Final = re.compile(r"[a-z]+|[0-9]+", re.ASCII)
_NOT_OF_A_YEAR: Final = re.compile(r"[^a-z0-9\s,.:()/\u2013-]")
_OF_A_YEAR: Final = frozenset(
    {
        "year",
        "calendar",
        "cy",
        "full",
        "whole",
        "the",
        "of",
        "from",
        "to",
        "until",
        "in",
        "reporting",
    }
    | {"st", "reported"}
)
_LAST_DAY: Final = 31
_DAYS: Final = range(32_874, 73_051)
"""Day counts of a spreadsheet from 1990 to 1999 and from there to 2099."""
_DAY_ZERO: Final = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, with the moment where the file gives one."""

    day: date
    moment: datetime | None = None
    doubtful: bool = False
    """True when day and month could be exchanged."""


_UNREADABLE: Final[Parsed[Moment | None]] = Parsed(None, (Code.DATE_UNREADABLE,), usable=False)


def read_date(raw: Raw) -> Parsed[Moment | None]:
    """Read a date; what is not in the printed form has a finding."""
    if isinstance(raw, datetime):
        return Parsed(
            Moment(raw.date()),
            () if 0 == raw.hour == raw.minute == raw.second else (Code.DATE_FORMAT,),
        )
    if isinstance(raw, date):
        return Parsed(Moment(raw))
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _from_number(raw)
    if not isinstance(raw, str):
        return Parsed(None, (Code.VALUE_KIND,), usable=False)
    if _MOMENT.fullmatch(raw) is not None:
        found = read_moment(raw)
        return Parsed(found.value, (Code.DATE_FORMAT,), usable=found.usable)
    return _from_text(raw)


def read_moment(raw: Raw) -> Parsed[Moment | None]:
    """Read the date of an action: an ISO 8601 date-time in UTC, or a date."""
    if (
        isinstance(raw, datetime)
        and not 0 == raw.hour == raw.minute == raw.second == raw.microsecond
    ):
        at = raw.replace(tzinfo=UTC)
        return Parsed(Moment(at.date(), at), (Code.TIME_ZONE_MISSING,))
    if isinstance(raw, datetime):
        return Parsed(Moment(raw.date()))
    match = _MOMENT.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or not isinstance(raw, str):
        return read_date(raw)
    try:
        at = datetime.fromisoformat(raw)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return _UNREADABLE
    codes: tuple[Code, ...] = ()
    if match[1] != "Z":
        codes = (Code.TIME_ZONE_MISSING,)
    elif _MOMENT_OF_RECORD.fullmatch(raw) is None:
        codes = (Code.DATE_FORMAT,)
    return Parsed(Moment(at.date(), at), codes)


def _from_number(raw: int | float) -> Parsed[Moment | None]:
    if raw != int(raw) or int(raw) not in _DAYS:
        return _UNREADABLE
    return Parsed(Moment(_DAY_ZERO + timedelta(days=int(raw))), (Code.DATE_NUMBER,))


def _from_text(text: str) -> Parsed[Moment | None]:
    printed = _PRINTED.fullmatch(text)
    numbers = printed or _NUMBERS.fullmatch(text)
    if numbers is not None:
        return _from_numbers(numbers, in_form=printed is not None)
    if (match := _ISO.fullmatch(text)) is not None:
        return _built(int(match[1]), int(match[2]), int(match[3]), (Code.DATE_FORMAT,))
    low = text.casefold()
    if (match := _DAY_MONTH.fullmatch(low)) is not None:
        return _built(int(match[3]), _month(match[2]), int(match[1]), (Code.DATE_FORMAT,))
    if (match := _MONTH_DAY.fullmatch(low)) is not None:
        return _built(int(match[3]), _month(match[1]), int(match[2]), (Code.DATE_FORMAT,))
    return _UNREADABLE


def _from_numbers(match: re.Match[str], *, in_form: bool) -> Parsed[Moment | None]:
    day, month, year = int(match[1]), int(match[2]), int(match[3])
    codes = () if in_form else (Code.DATE_FORMAT,)
    if month > len(_MONTHS) >= day:
        return _built(year, day, month, (*codes, Code.DATE_MONTH_FIRST))
    found = _built(year, month, day, codes)
    if found.value is None or day > len(_MONTHS) or day == month:
        return found
    return Parsed(Moment(found.value.day, doubtful=True), codes)


def _month(name: str) -> int:
    """The number of a month by its English name or the first letters of it; 0 for no month."""
    full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
    if name == "sept" or any(each == name or each[: len("jan")] == name for each in full):
        return _MONTHS.index(name[: len("jan")]) + 1
    return 0


def _built(year: int, month: int, day: int, codes: tuple[Code, ...]) -> Parsed[Moment | None]:
    if year < FIRST_YEAR:
        return _UNREADABLE
    try:
        return Parsed(Moment(date(year, month, day)), codes)
    except ValueError:
        return _UNREADABLE


def read_year(raw: Raw) -> Parsed[int | None]:
    """Read a calendar year of four digits. Several years are never narrowed down to one."""
    if isinstance(raw, bool):
        return Parsed(None, (Code.VALUE_KIND,), usable=False)
    if isinstance(raw, int | float) and raw == raw and abs(raw) <= LAST_YEAR and raw == int(raw):  # noqa: PLR0124 - not a number differs from itself
        raw = str(int(raw))
    if isinstance(raw, str):
        if _YEAR.fullmatch(raw) and int(raw) >= FIRST_YEAR:
            return Parsed(int(raw))
        years = {int(year) for year in _YEAR_IN_TEXT.findall(raw)}
        if len(years) > 1:
            return Parsed(None, (Code.YEAR_RANGE,), usable=False)
        if years and _only_a_year(raw):
            return Parsed(years.pop(), (Code.YEAR_FORMAT,))
    return Parsed(None, (Code.YEAR_FORMAT,), usable=False)


def _only_a_year(text: str) -> bool:
    """True where nothing stands beside a year but the words and days of a whole year."""
    rest = _YEAR_IN_TEXT.sub(" ", text).casefold()
    words = _WORD.findall(rest)
    months = [_month(word) for word in words if _month(word)]
    days = [int(word) for word in words if word.isdigit()]
    others = [word for word in words if not word.isdigit() and not _month(word)]
    whole = months in ([], [1, len(_MONTHS)]) and days in ([], [1, _LAST_DAY])
    return whole and _OF_A_YEAR.issuperset(others) and _NOT_OF_A_YEAR.search(rest) is None


def years_in(text: str) -> list[int]:
    """Return the calendar years that a text names, in its order."""
    return [int(year) for year in _YEAR_IN_TEXT.findall(text)]
