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

from itmo.parties import ALPHA2, EUROPEAN_UNION, MECHANISM_REGISTRY, PARTY_OF_ALPHA2, PartyCode
from workbooks.party_names_table import NAMES_OF_COUNTRY

MAX_NAME: Final = 120
"""Characters of a name; the longest known one has 66, and a longer text is a sentence."""

_FURTHER: Final[dict[str, tuple[str, ...]]] = {
    EUROPEAN_UNION: (
        "European Union",
        "European Union and its member States",
        "Union européenne",
        "Unión Europea",
        "EU27",
        "UE",
    ),
    MECHANISM_REGISTRY: ("Mechanism registry", "Article 6.4 mechanism registry"),
    "ARE": ("UAE",),
    "AUS": ("Commonwealth of Australia",),
    "BLR": ("Biélorussie", "República de Belarús"),
    "BOL": ("Bolivia",),
    "BRA": ("República Federativa do Brasil",),
    "BRN": ("Brunei",),
    "CHE": ("Confédération suisse",),
    "CHN": ("PRC",),
    "CIV": ("Ivory Coast",),
    "COD": ("DR Congo", "DRC", "RDC", "Congo (Kinshasa)"),
    "COG": ("Congo (Brazzaville)",),
    "COM": ("Comoras", "Unión de las Comoras"),
    "CPV": ("Cape Verde",),
    "CZE": ("Czech Republic",),
    "DZA": ("Argelia", "República Argelina Democrática y Popular"),
    "FSM": ("Micronesia", "Micronésie"),
    "GBR": ("Great Britain", "Britain", "UK", "United Kingdom of Great Britain"),
    "GMB": ("The Gambia",),
    "GRC": ("République hellénique",),
    "GUY": (
        "Co-operative Republic of Guyana",
        "République coopérative de Guyana",
        "República Cooperativa de Guyana",
    ),
    "JOR": ("Reino Hachemita de Jordania",),
    "KAZ": ("Kazajstán",),
    "KGZ": ("Kirghizstan", "República Kirguisa"),
    "KOR": ("South Korea", "S Korea", "Korea", "ROK"),
    "LAO": ("Laos", "Lao PDR"),
    "LBY": ("State of Libya", "État de Libye", "Estado de Libia"),
    "MDA": ("Moldova", "Moldavie"),
    "MDV": ("Maldivas",),
    "MKD": ("The former Yugoslav Republic of Macedonia", "FYROM", "Macedonia"),
    "MMR": (
        "Burma",
        "Republic of the Union of Myanmar",
        "République de l'Union du Myanmar",
        "República de la Unión de Myanmar",
    ),
    "NLD": ("Holland",),
    "NRU": ("Naoero",),
    "NZL": ("Nueva Zelandia", "Aotearoa New Zealand"),
    "PRK": ("North Korea", "DPRK", "DPR Korea"),
    "PSE": ("Palestine", "State of Palestine", "Palestina"),
    "RUS": ("Russia", "Russie", "Federación de Rusia", "Rusia"),
    "SAU": ("Arabia Saudita",),
    "SWZ": ("Swaziland", "Suazilandia"),
    "SYR": ("Syria",),
    "TLS": ("East Timor",),
    "TTO": ("Trinidad y Tabago",),
    "TUN": ("République tunisienne",),
    "TUR": ("Turkey",),
    "TZA": ("Tanzania",),
    "USA": ("United States", "US"),
    "VAT": ("Holy See", "Saint-Siège", "Santa Sede", "Vatican", "Vatican City", "Vaticano"),
    "VEN": ("Venezuela RB",),
    "VNM": ("Vietnam", "Socialist Republic of Vietnam"),
    "ZAF": ("RSA",),
}
"""Names in use that ISO 3166-1 and its translations have not: of the UN list, older ones, short ones."""

_SMALL: Final = frozenset(
    {"the", "of", "and", "de", "la", "las", "le", "les", "los", "el", "del", "des", "du", "d", "l"}
    | {"y", "e", "et"}
)
"""Words that a name may have or leave out."""
_OF_A_STATE: Final = frozenset(
    {"republic", "republique", "republica", "kingdom", "royaume", "reino"}
)
_OF_AN_OFFICE: Final = frozenset({"government", "gouvernement", "gobierno", "party"})
_NOT_SO_SHORTENED: Final = frozenset({PartyCode("CHN")})
"""Parties whose short name behind "Republic of" names another one."""
_WORDS: Final = re.compile(r"[a-z0-9]+", re.ASCII)
_SAME: Final[dict[str, str]] = {
    **dict.fromkeys(("st", "ste", "sainte", "santa", "santo", "san"), "saint"),
    "rep": "republic",
    "dem": "democratic",
}
"""Words that are written in several ways."""
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`_", " "))
_INITIALS: Final = re.compile(r"\b(?:[A-Z][. ]\s?)+[A-Z]\b\.?", re.ASCII)
"""Letters with full stops or spaces between them, such as U.K. or C H E."""
_MARKS: Final = " .,;:*\u2020\u2021\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079"
_PARTS: Final = re.compile(r"\s*[()\[\]/:;,_\n\u2013\u2014-]\s*")
_DOUBT: Final = re.compile(r"[?!<>=~#%\u2026]|\.\.")
"""Signs that no name has, and that say something else of it."""
_NA: Final = re.compile(r"\W*N\W*A\W*", re.IGNORECASE)
_CODE_BESIDE: Final = re.compile(r"([A-Z]{2,3}) (.+)|(.+) ([A-Z]{2,3})", re.ASCII | re.DOTALL)

_Form = frozenset[str]


def name_form(text: str) -> _Form:
    """Returns the form in which names are compared: words without accents, case, order, articles."""
    spaced = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    plain = spaced.encode("ascii", "ignore").decode()
    joined = _INITIALS.sub(lambda found: re.sub(r"[. ]", "", found[0]), plain).casefold()
    words = {_SAME.get(word, word) for word in _WORDS.findall(joined)}
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
    """Returns the Party that a text names, by a name or by a name beside its code, or None.

    A text that names two Parties, or more than a Party, names none.
    """
    # These two letters alone say that nothing applies, whatever stands around them.
    doubted = _DOUBT.search(text) is not None or _NA.fullmatch(text) is not None
    text = text.strip(_MARKS)
    if doubted or not text or len(text) > MAX_NAME:
        return None
    if (whole := _one(text)) is not None:
        return whole
    if (beside := _CODE_BESIDE.fullmatch(text)) is not None:
        found = {_one(part) for part in beside.groups() if part}
        if len(found) == 1:
            return found.pop()
    parts = {_one(part) for part in _PARTS.split(text) if part.strip(_MARKS)}
    return parts.pop() if len(parts) == 1 else None


def _one(part: str) -> PartyCode | None:
    bare = part.strip(_MARKS)
    capital = bare.upper()
    if (party := _code(capital)) is not None:
        return party
    if _INITIALS.fullmatch(bare) is not None and (code := _code(re.sub(r"[. ]", "", bare))):
        return code
    form = name_form(part)
    return _PARTY_OF.get(form) or _of_state(form)


def _code(capital: str) -> PartyCode | None:
    return PartyCode(capital) if capital in ALPHA2 else PARTY_OF_ALPHA2.get(capital)


def _of_state(form: _Form) -> PartyCode | None:
    """A name behind "Government of", "Republic of" or "Kingdom of"."""
    for words in (_OF_AN_OFFICE, _OF_AN_OFFICE | _OF_A_STATE):
        if form & words and (party := _PARTY_OF.get(form - words)) is not None:
            return None if form & _OF_A_STATE and party in _NOT_SO_SHORTENED else party
    return None
