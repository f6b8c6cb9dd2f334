# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads dates and moments in the forms in which Parties write them.

Day before month throughout, as the format says. A date is taken with its month first only when it
cannot be read otherwise; whether that makes others doubtful is for the column as a whole to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from aef.months import LAST_MONTH, WEEKDAYS, month_of, plain_text
from aef.parsed import Parsed
from aef.syntax_codes import Code
from aef.years import FIRST_YEAR, LAST_YEAR
from workbooks.raw import Raw

_PRINTED: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", re.ASCII)
_NUMBERS: Final = re.compile(
    r"([0-9]{1,2}) ?[/. -] ?([0-9]{1,2}) ?[/. -] ?([0-9]{4}|'?[0-9]{2})", re.ASCII
)
_ISO: Final = re.compile(r"([0-9]{4}) ?[-/.] ?([0-9]{1,2}) ?[-/.] ?([0-9]{1,2})", re.ASCII)
_BASIC: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_TIME_OF_DAY: Final = re.compile(
    r"(?: at|,)? ?t?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)? ?(?:am|pm|h|hrs|utc|gmt|z)?$",
    re.ASCII,
)
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)[0-9]*"
    r" ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII | re.IGNORECASE,
)
_MOMENT_OF_RECORD: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.ASCII
)
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+", re.ASCII)
_BETWEEN: Final = re.compile(r"[ ,./'-]*", re.ASCII)
"""All that stands between the parts of a date in words."""
_BESIDE: Final = WEEKDAYS | frozenset(
    [
        "the",
        "of",
        "on",
        "dated",
        "date",
        "le",
        "la",
        "el",
        "de",
        "del",
        "du",
        "en",
        "fecha",
        "fechada",
        "du",
        "ce",
    ]
)
"""Words that stand beside a date and change nothing of it."""
_LEADER: Final = re.compile(r"^(?:on|dated?|fecha|le|el|du|del)[: ]+", re.ASCII)
_ORDINALS: Final = frozenset(["st", "nd", "rd", "th", "er", "ro"])
_IN_THREE: Final = 3
_CENTURY: Final = 2000
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
    """Reads a date; what is not in the printed form has a finding."""
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
    """Reads the date of an action: an ISO 8601 date-time in UTC, or a date."""
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
    zone = (match[3] or "").upper()
    try:
        at = datetime.fromisoformat(f"{match[1]}T{match[2]}{'Z' if zone.isalpha() else zone}")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return _UNREADABLE
    codes: tuple[Code, ...] = ()
    if not zone.isalpha():
        codes = (Code.TIME_ZONE_MISSING,)
    elif _MOMENT_OF_RECORD.fullmatch(raw) is None:
        codes = (Code.DATE_FORMAT,)
    return Parsed(Moment(at.date(), at), codes)


def _from_number(raw: int | float) -> Parsed[Moment | None]:
    if raw != int(raw) or int(raw) not in _DAYS:
        return _UNREADABLE
    return Parsed(Moment(_DAY_ZERO + timedelta(days=int(raw))), (Code.DATE_NUMBER,))


def _from_text(text: str) -> Parsed[Moment | None]:
    if (printed := _PRINTED.fullmatch(text)) is not None:
        return _from_numbers(printed, in_form=True)
    low = plain_text(text).strip(" ().,")
    low = _LEADER.sub("", _TIME_OF_DAY.sub("", low).strip(" ,"))
    if low.isdecimal() and int(low) in _DAYS:
        return _from_number(int(low))
    if (numbers := _NUMBERS.fullmatch(low)) is not None:
        if len(numbers[3]) < len("2000"):
            return Parsed(None, (Code.DATE_SHORT_YEAR,), usable=False)
        return _from_numbers(numbers, in_form=False)
    if (match := _ISO.fullmatch(low) or _BASIC.fullmatch(low)) is not None:
        return _built(int(match[1]), int(match[2]), int(match[3]), (Code.DATE_FORMAT,))
    return _from_words(low)


def _from_words(low: str) -> Parsed[Moment | None]:
    """A date with the name of its month, in one of the orders in which no other can be meant."""
    tokens = [word for word in _TOKEN.findall(low) if word not in _BESIDE]
    parts = [
        word
        for at, word in enumerate(tokens)
        if not (word in _ORDINALS and at > 0 and tokens[at - 1].isdecimal())
    ]
    if len(parts) != _IN_THREE or _BETWEEN.fullmatch(_TOKEN.sub("", low)) is None:
        return _UNREADABLE
    months = [month_of(part) for part in parts]
    match months:
        case [0, month, 0] if len(parts[0]) == len("2000"):
            year, day = parts[0], parts[2]
        case [0, month, 0]:
            day, year = parts[0], parts[2]
        case [month, 0, 0] if month:
            day, year = parts[1], parts[2]
        case _:
            return _UNREADABLE
    return _built(_full(year), month, int(day) if day.isdecimal() else 0, (Code.DATE_FORMAT,))


def _full(year: str) -> int:
    """A year of two digits beside the name of a month is of this century: no other is in bounds."""
    number = int(year) if year.isdecimal() else 0
    return (
        number if len(year) == len("2000") else number + _CENTURY if len(year) == len("20") else 0
    )


def _from_numbers(match: re.Match[str], *, in_form: bool) -> Parsed[Moment | None]:
    day, month, year = int(match[1]), int(match[2]), int(match[3])
    codes = () if in_form else (Code.DATE_FORMAT,)
    if month > LAST_MONTH >= day:
        return _built(year, day, month, (*codes, Code.DATE_MONTH_FIRST))
    found = _built(year, month, day, codes)
    if found.value is None or day > LAST_MONTH or day == month:
        return found
    return Parsed(Moment(found.value.day, doubtful=True), codes)


def _built(year: int, month: int, day: int, codes: tuple[Code, ...]) -> Parsed[Moment | None]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return _UNREADABLE
    try:
        return Parsed(Moment(date(year, month, day)), codes)
    except ValueError:
        return _UNREADABLE
