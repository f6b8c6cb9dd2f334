# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads pairs of unit ids into serial ranges.

Ids of the required form (6/CMA.4 annex I para 5; approach, registry, Party, serial, vintage) and
plain whole numbers (common nomenclatures) say by themselves which number is the serial. With any
other form the two ids are compared: the one number in which they differ is the serial.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from aef.code_values import read_approach, read_party, read_registry
from aef.model import SerialSpan
from aef.parsed import Parsed
from aef.syntax_codes import Code
from itmo.serials import MAX_SERIAL

MAX_UNIT_ID: Final = 200
"""Characters of an id. The longest known has 35; comparing longer ones is only work."""

_SERIAL: Final = "[0-9]+|[0-9]{1,3}(?:(?P<mark>[, '\u00a0\u202f])[0-9]{3})(?:(?P=mark)[0-9]{3})*"
"""Digits, or groups of three with one and the same mark between them; "1, 5" is two numbers."""
_FIVE_PARTS: Final = re.compile(
    f"(CA[0-9]{{4,6}})-([A-Z]{{2,3}}[0-9]{{1,4}})-([A-Z]{{2,3}})-(?P<serial>{_SERIAL})-(?P<year>[0-9]{{4}})",
    re.ASCII | re.IGNORECASE,
)
_SPACED: Final = re.compile(r"\s*-\s*")
_PLAIN: Final = re.compile(_SERIAL, re.ASCII)
_SEPARATORS: Final = str.maketrans("", "", ", '\u00a0\u202f")
_NUMBERS: Final = re.compile(r"([0-9]+)", re.ASCII)

_ENDS: Final = ("first_id", "last_id")
_OF_EACH_ID: Final = frozenset({Code.UNIT_ID_FORMAT, Code.UNIT_ID_SEPARATORS})
"""Departures that an id has by itself; others lie between two of them."""

_Id = tuple[str, int, str]
"""Prefix, serial and suffix of an id whose form tells them."""


def read_span(first: str, last: str, party: str) -> Parsed[SerialSpan | None]:
    """Reads a first and a last id.

    Args:
        first: Id of the first unit.
        last: Id of the last unit.
        party: First transferring Party; keeps apart the plain numbers of different Parties.
    """
    if not first or not last:
        return Parsed(None, usable=False)
    if len(first) > MAX_UNIT_ID or len(last) > MAX_UNIT_ID:
        return Parsed(None, (Code.UNIT_ID_FORMAT, Code.UNIT_IDS_UNLIKE), usable=False)
    one, two = _known(first, party), _known(last, party)
    if one.value is not None and two.value is not None:
        codes = tuple(dict.fromkeys((*one.codes, *two.codes)))
        if _PLAIN.fullmatch(last) and not _PLAIN.fullmatch(first):
            prefix, _, suffix = one.value
            return _paired(
                one.value, (prefix, two.value[1], suffix), (*codes, Code.UNIT_ID_SHORTENED)
            )
        return _paired(one.value, two.value, codes)
    return _compared(first, last)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one of two ids.

    Attributes:
        field: first_id or last_id.
        read_as: The id as it was understood; empty where it was not.
    """

    code: Code
    field: str
    read_as: str


def faults_of(parsed: Parsed[SerialSpan | None], row: Mapping[str, Any]) -> Iterator[Fault]:
    """Says of each departure of a pair of ids which of the two has it.

    A pair that does not fit is noted at its last id, which is where it stops fitting.

    Args:
        parsed: What reading the pair came to.
        row: The texts that were read, by field.
    """
    party = row.get("first_transferring_party", "")
    texts = {field: row.get(field, "") for field in _ENDS}
    own = {field: _known(text, party).codes for field, text in texts.items()}
    for code in parsed.codes:
        if code in _OF_EACH_ID:
            fields = [field for field in _ENDS if code in own[field]] or [_ENDS[0]]
        else:
            fields = [_ENDS[0] if code is Code.UNIT_SERIAL_UNCLEAR else _ENDS[1]]
        for field in fields:
            yield Fault(code, field, _understood(parsed.value, field, texts[field]))


def _understood(span: SerialSpan | None, field: str, text: str) -> str:
    if span is None:
        return ""
    if span.prefix.endswith(" ") and span.first == span.last == 1:
        return text  # one unit, whose serial cannot be told
    number = span.first if field == _ENDS[0] else span.last
    prefix = "" if span.prefix.endswith(" ") else span.prefix
    return f"{prefix}{number}{span.suffix}"


def _known(text: str, party: str) -> Parsed[_Id | None]:
    """An id that tells its serial by its form, in canonical parts."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        digits = text.translate(_SEPARATORS)
        scope = f"{party} " if party else ""
        codes = () if digits == text else (Code.UNIT_ID_SEPARATORS,)
        return Parsed((scope, int(digits), ""), codes)
    close = _SPACED.sub("-", text)
    match = _FIVE_PARTS.fullmatch(close)
    if match is None:
        return Parsed(None, (Code.UNIT_ID_FORMAT,), usable=False)
    digits = match["serial"].translate(_SEPARATORS)
    prefix, in_form = _front(match[1], match[2], match[3])
    separated = () if digits == match["serial"] else (Code.UNIT_ID_SEPARATORS,)
    formed = () if in_form and close == text else (Code.UNIT_ID_FORMAT,)
    return Parsed((prefix, int(digits), f"-{match['year']}"), (*formed, *separated))


@lru_cache(maxsize=4096)
def _front(approach: str, registry: str, party: str) -> tuple[str, bool]:
    parts = (read_approach(approach), read_registry(registry), read_party(party))
    return "".join(f"{part.value}-" for part in parts), not any(part.codes for part in parts)


def _paired(first: _Id, last: _Id, codes: tuple[Code, ...]) -> Parsed[SerialSpan | None]:
    if (first[0], first[2]) != (last[0], last[2]):
        return Parsed(None, (*codes, Code.UNIT_IDS_UNLIKE), usable=False)
    return _span(first[0], first[1], last[1], first[2], codes)


def _span(
    prefix: str, first: int, last: int, suffix: str, codes: tuple[Code, ...]
) -> Parsed[SerialSpan | None]:
    if max(first, last) > MAX_SERIAL:
        return Parsed(None, (*codes, Code.NUMBER_UNREADABLE), usable=False)
    if first > last:
        codes = (*codes, Code.UNIT_IDS_REVERSED)
    return Parsed(SerialSpan(prefix, first, last, suffix), codes)


def _compared(first: str, last: str) -> Parsed[SerialSpan | None]:
    codes: tuple[Code, ...] = (Code.UNIT_ID_FORMAT,)
    if first == last:
        return _single(first)
    one, two = _NUMBERS.split(first), _NUMBERS.split(last)
    if _PLAIN.fullmatch(last):
        return _shortened(one, int(last.translate(_SEPARATORS)))
    shared = min(len(one), len(two))
    # Ids such as a-5-1-0 and a-9: the shorter one leaves out what follows the serial.
    if len(one) != len(two):
        codes = (*codes, Code.UNIT_ID_SHORTENED)
        shared -= 1
    different = [at for at in range(shared) if one[at] != two[at]]
    if len(different) != 1 or different[0] % 2 == 0:
        return Parsed(None, (*codes, Code.UNIT_IDS_UNLIKE), usable=False)
    at = different[0]
    longer = max(one, two, key=len)
    return _span("".join(longer[:at]), int(one[at]), int(two[at]), "".join(longer[at + 1 :]), codes)


def _single(text: str) -> Parsed[SerialSpan | None]:
    """One unit whose serial cannot be told: equal only to itself."""
    codes = (Code.UNIT_ID_FORMAT, Code.UNIT_SERIAL_UNCLEAR)
    return Parsed(SerialSpan(f"{text} ", 1, 1), codes)


def _shortened(one: list[str], last: int) -> Parsed[SerialSpan | None]:
    """A last id that is a bare number: the only number of the first id with as many digits."""
    codes = (Code.UNIT_ID_FORMAT, Code.UNIT_ID_SHORTENED)
    fitting = [at for at in range(1, len(one), 2) if len(one[at]) == len(str(last))]
    if len(fitting) != 1:
        return Parsed(None, (*codes, Code.UNIT_IDS_UNLIKE), usable=False)
    at = fitting[0]
    return _span("".join(one[:at]), int(one[at]), last, "".join(one[at + 1 :]), codes)
