# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads cells that name several Parties or entities, or say that none is excluded."""

from __future__ import annotations

import re
from typing import Final

from aef.code_values import read_party
from aef.parsed import Parsed
from aef.syntax_codes import Code
from aef.texts import folded, not_applicable

_WORD: Final = re.compile(r"[^\s,;/&|\n]+(?:\s*\([^)]*\))?[,;]?")
_LEADER: Final = re.compile(r"(^|\n)\s*(?:[0-9]{1,2}[.)]|[\u2022\u00b7*-])\s+")
"""What stands before each line of a list."""
_JOINERS: Final = frozenset({"and", "or", "et", "ou", "y", "&"})
_NO_PARTY: Final = Parsed("", (Code.PARTY_UNKNOWN,), usable=False)
_LONGEST_NAME: Final = 12
"""Words of the longest name of a Party, with its articles."""

_WHOLE: Final = "any all every each toute toutes tout tous cualquier todas todos"
_OF_APPROACH: Final = "cooperative approach approaches participating authorized authorised"
_BESIDE: Final = (
    "the to of in an a s or and that which other both open involved participate participates paris"
    " agreement country countries state states le la les de du l las los del el pays pais paises acuerdo"
    " accord"
)
_PARTY_NOUNS: Final = frozenset(["party", "parties", "partie", "parte", "partes"])
_COUNTRY_NOUNS: Final = frozenset(["country", "countries", "pays", "pais", "paises"])
_ENTITY_NOUNS: Final = frozenset(
    ["entity", "entities", "entite", "entites", "entidad", "entidades"]
)
_ALL: Final = frozenset(_WHOLE.split())
_APPROACH: Final = frozenset(_OF_APPROACH.split())
_FILLERS: Final = frozenset(_BESIDE.split())
_NO_LIMIT: Final = re.compile(
    r"(?:no|without|not|sans|sin)(?: any)? (?:limit|restrict)(?:ation|ion|ed)?s?|unlimited|unrestricted|any|all"
)


def read_parties(text: str) -> Parsed[tuple[str, ...]]:
    """Reads several Parties, by codes or names; any Party, or any of the approach, is no limit."""
    if _excludes_none(text, _PARTY_NOUNS | _COUNTRY_NOUNS):
        return Parsed((), (Code.PARTY_ANY,))
    found = _parties_in(_LEADER.sub(r"\1", text))
    codes = tuple(dict.fromkeys(code for each in found for code in each.codes))
    if not found or Code.PARTY_UNKNOWN in codes:
        # Words of a sentence are no list of Parties; none of them is taken.
        return Parsed((), (Code.PARTY_UNKNOWN,), usable=False)
    return Parsed(tuple(dict.fromkeys(each.value for each in found)), codes)


def excludes_no_entity(text: str) -> bool:
    """Says whether a text means every entity that is authorized, whichever these are."""
    return _excludes_none(text, _ENTITY_NOUNS)


def _excludes_none(text: str, nouns: frozenset[str]) -> bool:
    form = folded(text)
    if _NO_LIMIT.fullmatch(form) is not None:
        return True
    words = frozenset(form.split())
    named = bool(words & nouns) and words <= nouns | _ALL | _APPROACH | _FILLERS
    return named and bool(words & (_ALL | _APPROACH))


def _parties_in(text: str) -> list[Parsed[str]]:
    """Splits at every separator, then takes the longest runs that name a Party.

    So "Korea, Republic of" and "Trinidad and Tobago" stay whole although they hold separators.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    found: list[Parsed[str]] = []
    at = 0
    while at < len(words):
        ends = range(min(len(words), at + _LONGEST_NAME), at, -1)
        named = ((end, _party(_between(text, words[at], words[end - 1]))) for end in ends)
        end, one = next((each for each in named if each[1].usable), (at + 1, _NO_PARTY))
        word = _between(text, words[at], words[at]).casefold()
        # "CHE, AND, SWE" names Andorra; "CHE AND SWE" and "CHE, AND SWE" do not.
        listed = text[words[at][1] - 1] in ",;"
        between = end == at + 1 and 0 < at < len(words) - 1 and not listed
        if not (between and word in _JOINERS):
            found.append(one)
        at = end
    return found


def _party(text: str) -> Parsed[str]:
    # Beside others these letters are as likely to say that nothing applies as to name Namibia.
    return _NO_PARTY if not_applicable(text) else read_party(text)


def _between(text: str, first: tuple[int, int], last: tuple[int, int]) -> str:
    return text[first[0] : last[1]].strip(" ,;")
