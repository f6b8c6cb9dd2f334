# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads and prints time frames of authorizations: years of mitigation, and years of use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from broker.reports.aef.dates import days_of_months, years_in
from broker.reports.aef.parsed import Parsed
from broker.reports.aef.syntax_codes import Code

_YEARS: Final = re.compile(r"([0-9]{4}) ?- ?([0-9]{4})", re.ASCII)
_OCCURRED: Final = re.compile(
    r"occurred:?\s*from\s+(.{4,40}?)\s+to\s+([^;\n]{4,40})", re.IGNORECASE
)
_USE: Final = re.compile(r"\buse:?\s*from\s+(.{4,40}?)\s+to\s+([^;\n]{4,40})", re.IGNORECASE)
_A_PAIR: Final = 2
_SHORT_SPAN: Final = re.compile(r"(20[0-9]{2}) ?[-\u2013/] ?([0-9]{2})", re.ASCII)
_LAST_MONTH: Final = 12
_YEAR_WORD: Final = re.compile(r"(?:19|20|21)[0-9]{2}", re.ASCII)
_TOKEN: Final = re.compile(r"[^\W\d_]+|[0-9]+")
_PLAIN_WORDS: Final = (
    "from to until till through between and the of st nd rd th in for during both "
    "inclusive years year calendar vintage vintages ndc ndcs first implementation period "
    "periods mitigation outcomes occurred occurring starting ending beginning start end "
    "by generated achieved reductions emission"
)
"""Words beside the two years of a time frame that leave one way to read it."""
_OF_A_TIME_FRAME: Final = frozenset(_PLAIN_WORDS.split())


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """Years in which the mitigation must have occurred, and years in which it may be used."""

    occurred: tuple[int, int] | None
    used: tuple[int, int] | None = None


def time_frame_text(occurred: tuple[int, int] | None, used: tuple[int, int] | None) -> str:
    """Return the printed form of a time frame; empty for none."""
    if used is None:
        return "" if occurred is None else f"{occurred[0]} - {occurred[1]}"
    first = "" if occurred is None else f"Occurred: from {occurred[0]} to {occurred[1]}; "
    return f"{first}Use: from {used[0]} to {used[1]}"


def read_time_frame(text: str) -> Parsed[TimeFrame | None]:
    """Read the time frame of an authorization as years of vintage, and of use."""
    if (match := _YEARS.fullmatch(text)) is not None:
        return _framed((int(match[1]), int(match[2])), None, ())
    occurred, used = _OCCURRED.search(text), _USE.search(text)
    if occurred is not None or used is not None:
        return _two_frames(text, occurred, used)
    if (short := _SHORT_SPAN.fullmatch(text)) is not None and int(short[2]) > _LAST_MONTH:
        span = (int(short[1]), int(f"{short[1][:2]}{short[2]}"))
        return _framed(span, None, (Code.TIME_FRAME_FORMAT,))
    years = years_in(text)
    # One year may be the only one, the first one or the last one.
    if len(years) != _A_PAIR or not _says_nothing_else(text):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    return _framed((years[0], years[1]), None, (Code.TIME_FRAME_FORMAT,))


def _says_nothing_else(text: str) -> bool:
    """Whether no word stands beside years and days that could turn their meaning."""
    words = [word for word in _TOKEN.findall(text.casefold()) if not _YEAR_WORD.fullmatch(word)]
    return days_of_months([word for word in words if word not in _OF_A_TIME_FRAME])


def _two_frames(
    text: str, occurred: re.Match[str] | None, used: re.Match[str] | None
) -> Parsed[TimeFrame | None]:
    frames = [_frame(match) for match in (occurred, used)]
    if (occurred is not None and frames[0] is None) or (used is not None and frames[1] is None):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    rest = text
    for match in (occurred, used):
        rest = rest.replace(match[0], "") if match is not None else rest
    if not _says_nothing_else(rest):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    codes = () if not rest.strip(" ;,.\n") else (Code.TIME_FRAME_FORMAT,)
    return _framed(frames[0], frames[1], codes)


def _frame(match: re.Match[str] | None) -> tuple[int, int] | None:
    if match is None:
        return None
    first, last = years_in(match[1]), years_in(match[2])
    return (first[0], last[0]) if len(first) == len(last) == 1 else None


def _framed(
    occurred: tuple[int, int] | None, used: tuple[int, int] | None, codes: tuple[Code, ...]
) -> Parsed[TimeFrame | None]:
    if any(frame is not None and frame[0] > frame[1] for frame in (occurred, used)):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    return Parsed(TimeFrame(occurred, used), codes)
