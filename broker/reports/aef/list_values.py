# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads values of pick-lists, purposes, lists and time frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from broker.reports.aef.code_values import read_party
from broker.reports.aef.dates import days_of_months, years_in
from broker.reports.aef.model import ActionSubtype, ActionType
from broker.reports.aef.parsed import Parsed
from broker.reports.aef.syntax_codes import Code
from broker.reports.aef.texts import folded
from itmo import nomenclature

OIMP: Final = frozenset({"IMP", "OP"})
"""Other international mitigation purposes: international mitigation, and other ones."""

_PURPOSE_OF_WORD: Final = {
    "NDC": frozenset({"NDC"}),
    "OIMP": OIMP,
    "IMP": frozenset({"IMP"}),
    "OP": frozenset({"OP"}),
}
_PURPOSE_OF_PHRASE: Final = (
    (re.compile(r"nationally determined contributions?|\bNDCs\b", re.IGNORECASE), "NDC"),
    (re.compile(r"other international mitigation purposes?|\bOIMPs\b", re.IGNORECASE), "OIMP"),
    (re.compile(r"international mitigation purposes?|\bCORSIA\b", re.IGNORECASE), "IMP"),
    (re.compile(r"other purposes?", re.IGNORECASE), "OP"),
    (re.compile(r"\b(?:for|towards?|use|used|achievement|of|the|an?)\b", re.IGNORECASE), ""),
)
"""Purposes in words, longer ones first; CORSIA is the known international mitigation purpose."""
_WORD: Final = re.compile(r"[^\s,;/+&.()]+")
_JOINERS: Final = frozenset({"and", "or", "&", "+"})
_LIST: Final = re.compile(r"\s*[;\n]\s*")
_PARTY_WORD: Final = re.compile(r"[^\s,;/&\n]+(?:\s*\([^)]*\))?[,;]?")
_PARTY_JOINERS: Final = frozenset({"and", "et", "y", "&"})
_NO_PARTY: Final = Parsed("", (Code.PARTY_UNKNOWN,), usable=False)
_LONGEST_NAME: Final = 12
"""Words of the longest name of a Party, with its articles."""
_ANY_PARTY: Final = frozenset({"any party", "all parties", "any", "all"})
_COMMAS: Final = re.compile(r"\s*[;,\n]\s*")
_YEARS: Final = re.compile(r"([0-9]{4}) ?- ?([0-9]{4})", re.ASCII)
_OCCURRED: Final = re.compile(
    r"occurred:?\s*from\s+(.{4,40}?)\s+to\s+([^;\n]{4,40})", re.IGNORECASE
)
_USE: Final = re.compile(r"\buse:?\s*from\s+(.{4,40}?)\s+to\s+([^;\n]{4,40})", re.IGNORECASE)
_NEAR: Final = 0.88
"""How alike two values are that differ by a slip of the hand: one letter in eight."""
_RELATED: Final = 0.4
"""How alike a value of a long list must be to be named among the permitted ones."""
_LISTED_WHOLE: Final = 12
"""Values of a list that a finding names all."""
_LONGEST_CHOICE: Final = 100
"""Characters of a value that are compared with the list; the longest of it has half as many."""
_A_PAIR: Final = 2
_SHORT_SPAN: Final = re.compile(r"(20[0-9]{2}) ?[-\u2013/] ?([0-9]{2})", re.ASCII)
_LAST_MONTH: Final = 12
_YEAR_WORD: Final = re.compile(r"(?:19|20|21)[0-9]{2}", re.ASCII)
_TOKEN: Final = re.compile(r"[^\W\d_]+|[0-9]+")
_OF_A_TIME_FRAME: Final = frozenset(
    [
        "from",
        "to",
        "until",
        "till",
        "through",
        "between",
        "and",
        "the",
        "of",
        "st",
        "nd",
        "rd",
        "th",
        "in",
        "for",
        "during",
        "both",
        "inclusive",
        "years",
        "year",
        "calendar",
        "vintage",
        "vintages",
        "ndc",
        "ndcs",
        "first",
        "implementation",
        "period",
        "periods",
        "mitigation",
        "outcomes",
        "occurred",
        "occurring",
        "starting",
        "ending",
        "beginning",
        "start",
        "end",
        "by",
        "generated",
        "achieved",
        "reductions",
        "emission",
    ]
)
"""Words beside the two years of a time frame that leave one way to read it."""


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """Years in which the mitigation must have occurred, and years in which it may be used."""

    occurred: tuple[int, int] | None
    used: tuple[int, int] | None = None


def purposes_text(purposes: Iterable[str]) -> str:
    """Return the value of the pick-list for a set of purposes; empty for none."""
    found = frozenset(purposes)
    rest = found - {"NDC"}
    other = "OIMP" if rest == OIMP else "".join(sorted(rest))
    return " and ".join(part for part in ("NDC" if "NDC" in found else "", other) if part)


def read_purposes(text: str) -> Parsed[frozenset[str]]:
    """Read purposes of an authorization; OIMP is IMP and OP (2/CMA.3 annex para 1(f))."""
    found: set[str] = set()
    unknown = False
    short = text
    for phrase, meant_by_it in _PURPOSE_OF_PHRASE:
        short = phrase.sub(f" {meant_by_it} ", short)
    for word in _WORD.findall(short):
        if word.casefold() in _JOINERS:
            continue
        meant = _PURPOSE_OF_WORD.get(word.upper())
        unknown = unknown or meant is None
        found |= meant or frozenset()
    if unknown or not found:
        # What was left out could be the very purpose that an action is for.
        return Parsed(frozenset(), (Code.PURPOSE_UNKNOWN,), usable=False)
    codes: tuple[Code, ...] = ()
    if text not in nomenclature.PURPOSES:
        codes = (Code.PURPOSE_FORM,)
    return Parsed(frozenset(found), codes)


def _choices(values: Iterable[str]) -> dict[str, str]:
    return {folded(value): value for value in values}


METRICS: Final = _choices(nomenclature.METRICS)
MITIGATION: Final = _choices(nomenclature.MITIGATION_TYPES)
DEFINITIONS: Final = _choices(nomenclature.FIRST_TRANSFER_DEFINITIONS)
SECTORS: Final = _choices(nomenclature.SECTORS)
ACTIVITIES: Final = _choices(nomenclature.ACTIVITY_TYPES)
UNDERLYING: Final = _choices(nomenclature.UNDERLYING_REGISTRIES)
ACTION_TYPES: Final = _choices(ActionType)
SUBTYPES: Final = _choices(ActionSubtype)

_ALSO_PRINTED: Final = frozenset({"Non-GHG", "Authorisation", "Use or Cancellation"})
"""Values of which the official blank or the nomenclatures of June 2026 have another spelling."""
_ALSO_SAID: Final = {
    "first international transfer": ActionSubtype.FIRST_INTERNATIONAL.value,
    "transport": "Transportation",
    "waste": "Waste management",
    "forestry": "Forestry and land use",
    "voluntary cancelation": ActionType.VOLUNTARY_CANCELLATION.value,
    "use or cancelation": ActionSubtype.USE_OR_CANCELLATION.value,
    "cancelation": ActionType.CANCELLATION.value,
}
"""Terms in use for a value of a list, folded."""


def read_choice(text: str, choices: dict[str, str]) -> Parsed[str]:
    """Read a value of a pick-list; one that is so near to one of them that no other is, as that one."""
    form = folded(text).replace("isation", "ization")
    value = choices.get(form) or choices.get(folded(_ALSO_SAID.get(form, "")))
    if value is None:
        near = get_close_matches(form[:_LONGEST_CHOICE], choices, n=2, cutoff=_NEAR)
        if len(near) == 1:
            return Parsed(choices[near[0]], (Code.NOMENCLATURE_NEAR,))
        return Parsed("", (Code.NOMENCLATURE_UNKNOWN,), usable=False)
    if value != text and text not in _ALSO_PRINTED:
        return Parsed(value, (Code.NOMENCLATURE_FORM,))
    return Parsed(value)


def permitted_text(text: str, choices: dict[str, str]) -> str:
    """Return the values of a list for people; of a long one, those nearest to a text."""
    values = list(choices.values())
    if len(values) > _LISTED_WHOLE:
        near = get_close_matches(folded(text)[:_LONGEST_CHOICE], choices, n=3, cutoff=_RELATED)
        values = [choices[each] for each in near] or values
    return f"one of: {'; '.join(values)}"


def read_choices(texts: list[str], choices: dict[str, str]) -> Parsed[tuple[str, ...]]:
    """Read several values of a pick-list; a Party's own words are kept where they are none of it."""
    found = [read_choice(text, choices) for text in texts]
    codes = dict.fromkeys(code for each in found for code in each.codes)
    values = (each.value or text for each, text in zip(found, texts, strict=True))
    return Parsed(tuple(values), tuple(codes))


def read_kept(text: str, choices: dict[str, str]) -> Parsed[str]:
    """Read a value of an open list: one that is not in it is kept as it was written."""
    found = read_choice(text, choices)
    return found if found.usable else Parsed(text, found.codes)


@lru_cache(maxsize=256)
def read_action_type(text: str) -> Parsed[ActionType | None]:
    """Read an action type, whatever its capitals."""
    found = read_choice(text, ACTION_TYPES)
    if Code.NOMENCLATURE_UNKNOWN in found.codes:
        return Parsed(None, found.codes, usable=False)
    return Parsed(ActionType(found.value), found.codes)


@lru_cache(maxsize=256)
def read_action_subtype(text: str) -> Parsed[ActionSubtype | None]:
    """Read an action subtype, whatever its capitals."""
    found = read_choice(text, SUBTYPES)
    if Code.NOMENCLATURE_UNKNOWN in found.codes:
        return Parsed(None, found.codes, usable=False)
    return Parsed(ActionSubtype(found.value), found.codes)


def split_list(text: str, *, commas: bool) -> list[str]:
    """Split a cell that holds several texts; at commas too where no value can hold one."""
    pattern = _COMMAS if commas else _LIST
    return [part for part in pattern.split(text) if part]


def read_parties(text: str) -> Parsed[tuple[str, ...]]:
    """Read several Parties, by codes or names; any Party is no limit."""
    if folded(text) in _ANY_PARTY:
        return Parsed((), (Code.PARTY_ANY,))
    found = _parties_in(text)
    codes = tuple(dict.fromkeys(code for each in found for code in each.codes))
    if Code.PARTY_UNKNOWN in codes:
        # Words of a sentence are no list of Parties; none of them is taken.
        return Parsed((), (Code.PARTY_UNKNOWN,), usable=False)
    return Parsed(tuple(each.value for each in found), codes)


def _parties_in(text: str) -> list[Parsed[str]]:
    """Split at every separator, then take the longest runs that name a Party.

    So "Korea, Republic of" and "Trinidad and Tobago" stay whole although they hold separators.
    """
    words = [match.span() for match in _PARTY_WORD.finditer(text)]
    found: list[Parsed[str]] = []
    at = 0
    while at < len(words):
        ends = range(min(len(words), at + _LONGEST_NAME), at, -1)
        named = ((end, read_party(_between(text, words[at], words[end - 1]))) for end in ends)
        end, one = next((each for each in named if each[1].usable), (at + 1, _NO_PARTY))
        word = _between(text, words[at], words[at]).casefold()
        between = end == at + 1 and 0 < at < len(words) - 1
        if not (between and word in _PARTY_JOINERS):
            found.append(one)
        at = end
    return found


def _between(text: str, first: tuple[int, int], last: tuple[int, int]) -> str:
    return text[first[0] : last[1]].strip(" ,;")


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
    words = [word for word in _TOKEN.findall(text.casefold()) if not _YEAR_WORD.fullmatch(word)]
    others = [word for word in words if word not in _OF_A_TIME_FRAME]
    # One year may be the only one, the first one or the last one; words may turn the meaning.
    if len(years) != _A_PAIR or not days_of_months(others):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    return _framed((years[0], years[1]), None, (Code.TIME_FRAME_FORMAT,))


def _two_frames(
    text: str, occurred: re.Match[str] | None, used: re.Match[str] | None
) -> Parsed[TimeFrame | None]:
    frames = [_frame(match) for match in (occurred, used)]
    if (occurred is not None and frames[0] is None) or (used is not None and frames[1] is None):
        return Parsed(None, (Code.TIME_FRAME_UNREADABLE,), usable=False)
    # Anything that is no part of the two frames could change what they mean.
    rest = text
    for match in (occurred, used):
        rest = rest.replace(match[0], "") if match is not None else rest
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
