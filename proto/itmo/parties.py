# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes of Parties: ISO 3166-1 alpha-3, two codes of the Article 6 nomenclature and one of ours.

The countries come from a generated table, so that a running node depends on no database of names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NewType

from itmo.parties_table import ALPHA2_OF_COUNTRY

PartyCode = NewType("PartyCode", str)
"""ISO 3166-1 alpha-3 code of a country, or XEU, XMR or XCD."""

EUROPEAN_UNION: Final = PartyCode("XEU")
MECHANISM_REGISTRY: Final = PartyCode("XMR")
"""Not a Party: the code under which the Article 6.4 mechanism registry appears (CN item 1)."""
CDM_REGISTRY: Final = PartyCode("XCD")
"""Not a Party: the code of the registry of the clean development mechanism, of ISO's range for own use."""

ALPHA2: Final[Mapping[PartyCode, str]] = MappingProxyType(
    {PartyCode(alpha3): alpha2 for alpha3, alpha2 in ALPHA2_OF_COUNTRY.items()}
    # EU is reserved for the European Union in ISO 3166-1; XC and XM are from its range for own use.
    | {EUROPEAN_UNION: "EU", MECHANISM_REGISTRY: "XM", CDM_REGISTRY: "XC"}
)
"""Two-letter code of every Party code, as account ids begin with it."""

PARTY_OF_ALPHA2: Final[Mapping[str, PartyCode]] = MappingProxyType(
    {alpha2: party for party, alpha2 in ALPHA2.items()}
)
"""The way back from a two-letter code."""
