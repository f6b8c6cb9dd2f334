# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads codes: Parties, registries, cooperative approaches, authorizations, versions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from aef.parsed import Parsed
from aef.syntax_codes import Code
from aef.texts import says_pending
from itmo.nomenclature import ADAPTATION_FUND
from itmo.parties import ALPHA2, PARTY_OF_ALPHA2
from workbooks.party_names import party_named

_REGISTRY: Final = re.compile(r"([A-Za-z]{2,3})[ _-]?([0-9]{1,4})[*.]?", re.ASCII)
_REGISTRY_NUMBERS: Final = 100
_APPROACH: Final = re.compile(r"CA([0-9]{4}|[0-9]{6})", re.ASCII)
_LOOSE_APPROACH: Final = re.compile(
    r"(?:ca)?[ _-]?([0-9]{1,6})[ .*]*(?:(?:\s|[(:,-])[^0-9;/]*)?", re.ASCII | re.IGNORECASE
)
"""With or without its title behind; a second number could be that of another approach."""
_AUTHORIZATION: Final = re.compile(r"[A-Za-z0-9 -]+", re.ASCII)
_VERSION: Final = re.compile(r"(?:0|[1-9][0-9]{0,3})\.(?:0|[1-9][0-9]{0,3})", re.ASCII)
_WHOLE_VERSION: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4})?", re.ASCII)
_ANY_VERSION: Final = re.compile(
    r"(?:v|ver|version)?[.:]? ?([0-9]{1,4})(?:[.,]([0-9]{1,4}))?[ *.]*(?:\([a-z ]{1,20}\))?",
    re.IGNORECASE,
)


_WORDS: Final = frozenset(
    [
        "no",
        "na",
        "and",
        "am",
        "as",
        "at",
        "be",
        "by",
        "do",
        "ga",
        "id",
        "ie",
        "in",
        "io",
        "is",
        "it",
        "la",
        "ma",
        "me",
        "mo",
        "mr",
        "ms",
        "my",
        "nu",
        "pa",
        "pm",
        "sa",
        "so",
        "st",
        "to",
        "us",
        "un",
        "de",
        "du",
        "el",
        "es",
        "et",
        "la",
        "le",
        "lo",
        "los",
        "ni",
        "pr",
        "sr",
        "va",
        "per",
        "can",
        "not",
        "are",
        "and",
        "nor",
        "sur",
        "fin",
    ]
)
"""Words and signs that are codes only in capital letters."""


@lru_cache(maxsize=4096)
def read_party(text: str) -> Parsed[str]:
    """Reads a Party; codes of two letters and names become three letters (common nomenclatures item 1).

    What names no Party becomes no actor: it is not usable.
    """
    if text in ALPHA2:
        return Parsed(text)
    capital = text.upper()
    codes = () if capital == text else (Code.PARTY_CASE,)
    if codes and text.casefold() in _WORDS:
        return Parsed("", (Code.PARTY_UNKNOWN,), usable=False)
    if capital in ALPHA2:
        return Parsed(capital, codes)
    if (party := PARTY_OF_ALPHA2.get(capital)) is not None:
        return Parsed(party, (*codes, Code.PARTY_ALPHA2))
    if (named := party_named(text)) is not None:
        return Parsed(named, (Code.PARTY_NAME,))
    return Parsed("", (Code.PARTY_UNKNOWN,), usable=False)


def read_party_or_fund(text: str) -> Parsed[str]:
    """Reads a Party code, or the Adaptation Fund."""
    if text == ADAPTATION_FUND:
        return Parsed(text)
    if text.casefold() in {ADAPTATION_FUND.casefold(), "the adaptation fund", "af"}:
        return Parsed(ADAPTATION_FUND, (Code.NOMENCLATURE_FORM,))
    return read_party(text)


@lru_cache(maxsize=4096)
def read_registry(text: str) -> Parsed[str]:
    """Reads a registry id: Party code and two digits; `TH001` becomes THA01, with findings."""
    match = _REGISTRY.fullmatch(text)
    if match is None:
        return Parsed(text, (Code.REGISTRY_FORMAT,))
    party = read_party(match[1])
    if Code.PARTY_UNKNOWN in party.codes or int(match[2]) >= _REGISTRY_NUMBERS:
        return Parsed(text, (Code.REGISTRY_FORMAT,))
    codes = party.codes
    found = f"{party.value}{int(match[2]):02d}"
    if len(match[2]) != len("01"):
        codes = (*codes, Code.REGISTRY_DIGITS)
    if not codes and found != text:
        codes = (Code.REGISTRY_FORMAT,)
    return Parsed(found, codes)


@lru_cache(maxsize=4096)
def read_approach(text: str) -> Parsed[str]:
    """Reads a cooperative approach; four digits equal six (common nomenclatures item 9)."""
    match = _APPROACH.fullmatch(text)
    if match is not None:
        return Parsed(f"CA{match[1]:0>6}")
    match = _LOOSE_APPROACH.fullmatch(text)
    if match is not None:
        return Parsed(f"CA{match[1]:0>6}", (Code.APPROACH_FORMAT,))
    return Parsed("", (Code.APPROACH_FORMAT,), usable=False)


@lru_cache(maxsize=4096)
def read_authorization(text: str) -> Parsed[str]:
    """Reads an authorization id; letters, digits, spaces and hyphens (common nomenclatures item 7)."""
    if _AUTHORIZATION.fullmatch(text) is None:
        return Parsed(text, (Code.AUTHORIZATION_FORMAT,))
    return Parsed(text)


def read_identification(text: str) -> Parsed[str]:
    """Reads the number of an entity; a sign alone, or the word that it is to come, is none."""
    if says_pending(text) or not any(character.isalnum() for character in text):
        return Parsed("", (Code.IDENTIFICATION_FORMAT,), usable=False)
    return Parsed(text)


def read_version(text: str) -> Parsed[str]:
    """Reads the version of a submission, X.Y (common nomenclatures item 2)."""
    if _VERSION.fullmatch(text) is not None:
        return Parsed(text)
    match = _ANY_VERSION.fullmatch(text)
    if match is not None:
        return Parsed(f"{int(match[1])}.{int(match[2] or 0)}", (Code.VERSION_FORMAT,))
    return Parsed(text, (Code.VERSION_FORMAT,))


def read_whole_version(text: str) -> Parsed[str]:
    """Reads the version of an authorization: a whole number, or X.Y as the draft standard has it."""
    if _WHOLE_VERSION.fullmatch(text) is not None:
        return Parsed(text)
    match = _ANY_VERSION.fullmatch(text)
    if match is not None:
        return Parsed(
            match[1] if match[2] is None else f"{match[1]}.{match[2]}", (Code.VERSION_FORMAT,)
        )
    return Parsed(text, (Code.VERSION_FORMAT,))
