# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads and prints time frames of authorizations: years of mitigation, and years of use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aef.months import LAST_MONTH, plain_text
from aef.parsed import Parsed
from aef.syntax_codes import Code
from aef.years import FIRST_YEAR, LAST_YEAR, days_of_months, years_in

_YEARS: Final = re.compile(r"([0-9]{4}) ?- ?([0-9]{4})", re.ASCII)
_DAY: Final = "[0-9][0-9/.-]{3,9}"
_AS_ASKED: Final = re.compile(
    rf"(?:occurred:? from {_DAY} to {_DAY})?(?:; )?(?:use:? from {_DAY} to {_DAY})?", re.IGNORECASE
)
_KEYWORD: Final = re.compile(r"\b(occurred|used?|utilisation|uso)\b:?")
_A_PAIR: Final = 2
_SHORT_SPAN: Final = re.compile(r"(20[0-9]{2}) ?[-/] ?([0-9]{2})", re.ASCII)
_YEAR_WORD: Final = re.compile(r"(?:19|20|21)[0-9]{2}", re.ASCII)
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+", re.ASCII)
_SIGNS: Final = re.compile(r"[^a-z0-9 \-/.,;:()'_]", re.ASCII)
"""Whatever is none of these says something else, such as a question mark."""
_SPANNING: Final = re.compile(r"-|/|\b(?:to|until|till|through|thru|au|a|al|hasta|jusqu)\b")
_PLAIN_WORDS: Final = (
    "from to until till through thru between and the of st nd rd th er in for during both "
    "inclusive years year calendar vintage vintages ndc ndcs first implementation period "
    "periods mitigation outcomes occurred occurring starting ending beginning start end "
    "by generated achieved reductions emission"
    " de del du d a au al la le el en hasta desde jusqu annees annee anos ano periode periodo"
)
"""Words beside the two years of a time frame that leave one way to read it."""
_OF_A_TIME_FRAME: Final = frozenset(_PLAIN_WORDS.split())


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """Years in which the mitigation must have occurred, and years in which it may be used."""

    occurred: tuple[int, int] | None
    used: tuple[int, int] | None = None


_UNREADABLE: Final[Parsed[TimeFrame | None]] = Parsed(
    None, (Code.TIME_FRAME_UNREADABLE,), usable=False
)


def time_frame_text(occurred: tuple[int, int] | None, used: tuple[int, int] | None) -> str:
    """Returns the printed form of a time frame; empty for none."""
    if used is None:
        return "" if occurred is None else f"{occurred[0]} - {occurred[1]}"
    first = "" if occurred is None else f"Occurred: from {occurred[0]} to {occurred[1]}; "
    return f"{first}Use: from {used[0]} to {used[1]}"


def read_time_frame(text: str) -> Parsed[TimeFrame | None]:
    """Reads the time frame of an authorization as years of vintage, and of use."""
    if (match := _YEARS.fullmatch(text)) is not None:
        return _framed((int(match[1]), int(match[2])), None, ())
    plain = plain_text(text)
    # What stands before the first word for it, that word, and what follows, each in turn.
    before, *named = _KEYWORD.split(plain)
    if not named:
        span = _span_of(plain)
        return _UNREADABLE if span is None else _framed(span, None, (Code.TIME_FRAME_FORMAT,))
    frames = {
        word == "occurred": _span_of(said) for word, said in zip(*_by_two(named), strict=True)
    }
    if len(frames) * _A_PAIR != len(named) or None in frames.values() or not _is_plain(before):
        return _UNREADABLE
    codes = () if _AS_ASKED.fullmatch(" ".join(text.split())) else (Code.TIME_FRAME_FORMAT,)
    return _framed(frames.get(True), frames.get(False), codes)


def _by_two(texts: list[str]) -> tuple[list[str], list[str]]:
    return texts[::2], texts[1::2]


def _span_of(plain: str) -> tuple[int, int] | None:
    """The first and last year of a text in plain form; None where it could mean something else."""
    text = plain.strip(" ;,.:()")
    if (short := _SHORT_SPAN.fullmatch(text)) is not None and int(short[2]) > LAST_MONTH:
        return int(short[1]), int(f"{short[1][:2]}{short[2]}")
    years = years_in(text)
    if len(years) < _A_PAIR or _SIGNS.search(text) is not None or not _is_plain(text):
        return None
    if years == list(range(years[0], years[-1] + 1)):
        return years[0], years[-1]
    # One year may be the only one, the first one or the last one; two may be two.
    first, last = str(years[0]), str(years[-1])
    between = text[text.index(first) + len(first) : text.rindex(last)]
    spans = len(years) == _A_PAIR and (
        _SPANNING.search(between) is not None or text.startswith("between ")
    )
    return (years[0], years[-1]) if spans else None


def _is_plain(text: str) -> bool:
    """Whether no word stands beside years and days that could turn their meaning."""
    words = [word for word in _TOKEN.findall(text) if not _YEAR_WORD.fullmatch(word)]
    return days_of_months([word for word in words if word not in _OF_A_TIME_FRAME])


def _framed(
    occurred: tuple[int, int] | None, used: tuple[int, int] | None, codes: tuple[Code, ...]
) -> Parsed[TimeFrame | None]:
    for frame in (occurred, used):
        if frame is not None and not FIRST_YEAR <= frame[0] <= frame[1] <= LAST_YEAR:
            return _UNREADABLE
    return Parsed(TimeFrame(occurred, used), codes)
