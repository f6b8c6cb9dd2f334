# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads dates, moments and years in the forms in which Parties write them.

Day before month throughout, as the format says. A date is taken with its month first only when it
cannot be read otherwise; whether that makes others doubtful is for the column as a whole to say.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from broker.reports.aef.parsed import Parsed, Raw
from broker.reports.aef.syntax_codes import Code

FIRST_YEAR: Final = 1990
"""No date of an AEF lies before; the oldest are of Kyoto units brought along."""
LAST_YEAR: Final = 2100
"""No AEF speaks of a later one; 2566 is a year of the Buddhist era, and nobody says so."""

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
    r"([0-9]{1,2})(?:st|nd|rd|th|er)?[\s.-]+(?:(?:of|de)\s+)?([a-z]{3,10})\.?[\s,-]+(?:del?\s+)?([0-9]{4})",
    re.ASCII,
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
_GROUPED_YEAR: Final = re.compile("([12])[,.' \u00a0\u202f]([0-9]{3})", re.ASCII)
_FIRST_DAY: Final = re.compile(
    r"(?<![0-9/.-])0?1[/.-]0?1[/.-]([0-9]{4})(?![0-9/.-]*[0-9])", re.ASCII
)
_LAST_DAYS: Final = re.compile(r"(?<![0-9/.-])31[/.-]12[/.-]([0-9]{4})(?![0-9/.-]*[0-9])", re.ASCII)
_ISO_FIRST_DAY: Final = re.compile(r"([0-9]{4})-01-01", re.ASCII)
_ISO_LAST_DAY: Final = re.compile(r"([0-9]{4})-12-31", re.ASCII)
_WORD: Final = re.compile(r"[a-z]+|[0-9]+", re.ASCII)
_NOT_OF_A_YEAR: Final = re.compile(r"[^a-z0-9\s,.:()/\u2013-]")
_NOTE_MARKS: Final = " *\u2020\u2021\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079"
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
    | {"st", "reported", "vintage", "v", "through", "till", "annual"}
    | {"a", "al", "au", "de", "del", "du", "l", "an", "annee", "ano", "civile", "civil"}
)
_MONTHS_ELSEWHERE: Final = {
    name: number
    for names in (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for number, name in enumerate(names.split(), 1)
}
"""Months in the other languages in which Parties file, without accents."""
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
    if isinstance(raw, date) and not FIRST_YEAR <= raw.year <= LAST_YEAR:
        return _UNREADABLE
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
    if isinstance(raw, date) and not FIRST_YEAR <= raw.year <= LAST_YEAR:
        return _UNREADABLE
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
    low = _without_accents(text.casefold())
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
    """The number of a month by its name, or by the first letters of the English one; 0 for no month."""
    if name in _MONTHS_ELSEWHERE:
        return _MONTHS_ELSEWHERE[name]
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
    if not FIRST_YEAR <= year <= LAST_YEAR:
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
        if _YEAR.fullmatch(raw) and FIRST_YEAR <= int(raw) <= LAST_YEAR:
            return Parsed(int(raw))
        if (grouped := _GROUPED_YEAR.fullmatch(raw)) is not None:
            found = read_year(f"{grouped[1]}{grouped[2]}")
            return Parsed(found.value, (Code.YEAR_FORMAT,), usable=found.usable)
        years = {int(year) for year in _YEAR_IN_TEXT.findall(raw)}
        if len(years) > 1:
            return Parsed(None, (Code.YEAR_RANGE,), usable=False)
        if years and _only_a_year(raw):
            return Parsed(years.pop(), (Code.YEAR_FORMAT,))
    return Parsed(None, (Code.YEAR_FORMAT,), usable=False)


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text)
    return "".join(one for one in plain if not unicodedata.combining(one))


def _only_a_year(text: str) -> bool:
    """True where nothing stands beside a year but the words and days of a whole year."""
    plain = _without_accents(text.strip(_NOTE_MARKS).casefold())
    for first, last in ((_FIRST_DAY, _LAST_DAYS), (_ISO_FIRST_DAY, _ISO_LAST_DAY)):
        if first.search(plain) and last.search(plain):
            plain = last.sub(r" \1 ", first.sub(r" \1 ", plain))
    rest = _YEAR_IN_TEXT.sub(" ", plain)
    words = _WORD.findall(rest)
    named = {word: _month(word) for word in words}
    months = [named[word] for word in words if named[word]]
    days = [int(word) for word in words if word.isdigit()]
    others = [word for word in words if not word.isdigit() and not named[word]]
    whole = months in ([], [1, len(_MONTHS)]) and days in ([], [1, _LAST_DAY])
    return whole and _OF_A_YEAR.issuperset(others) and _NOT_OF_A_YEAR.search(rest) is None


def days_of_months(words: list[str]) -> bool:
    """Say whether words are months and numbers of days and months, and nothing else."""
    return all(int(word) <= _LAST_DAY if word.isdigit() else _month(word) for word in words)


def years_in(text: str) -> list[int]:
    """Return the calendar years that a text names, in its order."""
    return [int(year) for year in _YEAR_IN_TEXT.findall(text)]
