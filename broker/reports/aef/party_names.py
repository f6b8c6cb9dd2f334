# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tells which Party a name means: names of the UN languages in use, official names, older ones.

Names are compared as sets of words, so that "Korea, Republic of" and "Republic of Korea" are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from broker.reports.aef.party_names_table import NAMES_OF_COUNTRY
from itmo.parties import ALPHA2, EUROPEAN_UNION, MECHANISM_REGISTRY, PARTY_OF_ALPHA2, PartyCode

MAX_NAME: Final = 120
"""Characters of a name; the longest known one has 66, and a longer text is a sentence."""

_FURTHER: Final[dict[str, tuple[str, ...]]] = {
    EUROPEAN_UNION: (
        "European Union",
        "European Union and its member States",
        "Union européenne",
        "Unión Europea",
    ),
    MECHANISM_REGISTRY: ("Mechanism registry", "Article 6.4 mechanism registry"),
    "BOL": ("Bolivia",),
    "BRN": ("Brunei",),
    "CIV": ("Ivory Coast",),
    "COD": ("DR Congo", "DRC", "Congo (Kinshasa)"),
    "COG": ("Congo (Brazzaville)",),
    "CPV": ("Cape Verde",),
    "CZE": ("Czech Republic",),
    "FSM": ("Micronesia",),
    "GBR": ("Great Britain", "UK", "United Kingdom of Great Britain"),
    "GMB": ("The Gambia",),
    "KOR": ("South Korea", "Korea"),
    "LAO": ("Laos", "Lao PDR"),
    "MDA": ("Moldova",),
    "MMR": ("Burma",),
    "MKD": ("The former Yugoslav Republic of Macedonia",),
    "PRK": ("North Korea", "DPRK"),
    "PSE": ("Palestine", "State of Palestine"),
    "RUS": ("Russia",),
    "SWZ": ("Swaziland",),
    "SYR": ("Syria",),
    "TLS": ("East Timor",),
    "TUR": ("Turkey",),
    "TZA": ("Tanzania",),
    "USA": ("United States", "US"),
    "VAT": ("Holy See", "Vatican"),
    "VNM": ("Vietnam",),
}
"""Names in use that are not those of ISO 3166-1: the secretariat's, older ones, short ones."""

_SMALL: Final = frozenset(
    {"the", "of", "and", "de", "la", "las", "le", "les", "los", "el", "del", "des", "du", "d", "l"}
    | {"y", "e", "et"}
)
"""Words that a name may have or leave out."""
_WORDS: Final = re.compile(r"[a-z0-9]+", re.ASCII)
_SAINT: Final = frozenset({"st", "ste", "sainte", "santa", "santo", "san"})
_PARTS: Final = re.compile(r"\s*[()\[\]/:;]\s*|\s+[-\u2013\u2014]\s+")

_Form = frozenset[str]


def name_form(text: str) -> _Form:
    """Return the form in which names are compared: words without accents, case, order, articles."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = {"saint" if word in _SAINT else word for word in _WORDS.findall(plain)}
    return frozenset(words - _SMALL)


def _forms() -> dict[_Form, PartyCode]:
    forms: dict[_Form, PartyCode] = {}
    shared: set[_Form] = set()
    named: Iterable[tuple[str, tuple[str, ...]]] = (*NAMES_OF_COUNTRY.items(), *_FURTHER.items())
    for party, names in named:
        for form in map(name_form, names):
            if forms.setdefault(form, PartyCode(party)) != party:
                shared.add(form)
    # A name of two countries (Saint Martin) names neither.
    return {form: party for form, party in forms.items() if form and form not in shared}


_PARTY_OF: Final = _forms()


@lru_cache(maxsize=4096)
def party_named(text: str) -> PartyCode | None:
    """Return the Party that a text names, by a name or by a name beside its code, or None.

    A text that names two Parties, or more than a Party, names none.
    """
    if len(text) > MAX_NAME:
        return None
    whole = _PARTY_OF.get(name_form(text))
    if whole is not None:
        return whole
    found = {_one(part) for part in _PARTS.split(text) if part}
    return found.pop() if len(found) == 1 else None


def _one(part: str) -> PartyCode | None:
    capital = part.strip().upper()
    if capital in ALPHA2:
        return PartyCode(capital)
    return PARTY_OF_ALPHA2.get(capital) or _PARTY_OF.get(name_form(part))
