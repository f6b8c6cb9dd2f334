# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cooperative approaches that are publicly known, and the Parties known to take part in them.

Source: item 9 of the common nomenclatures (list of April 2026); participants only as far as its
titles and the Parties' own submissions name them. The list is short of the truth by design: an
approach or a participant that is not here makes a check undetermined. `broker aef check
--approaches` and the ledger add to it and take precedence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from itmo.nomenclature import MECHANISM_APPROACH


@dataclass(frozen=True, slots=True)
class Approach:
    """A cooperative approach.

    Attributes:
        parties: Participating Parties, alpha-3.
        complete: True when no other Party takes part; then one that is not listed is none.
        open_to_all: True for the Article 6.4 mechanism, which needs no list.
    """

    id: str
    title: str
    parties: frozenset[str]
    complete: bool = True
    open_to_all: bool = False


_JCM_WITH_JAPAN: Final = (
    (17, "BGD"), (18, "ETH"), (19, "KEN"), (20, "VNM"), (21, "LAO"), (22, "IDN"), (23, "CRI"),
    (24, "KHM"), (25, "MEX"), (26, "CHL"), (27, "PHL"), (28, "SEN"), (29, "AZE"), (30, "MDA"),
    (31, "GEO"), (32, "LKA"), (33, "UZB"), (34, "PNG"), (35, "ARE"), (36, "KGZ"), (37, "KAZ"),
    (38, "UKR"), (39, "TZA"),
)  # fmt: skip


def _approach(number: int, title: str, *parties: str, complete: bool = True) -> Approach:
    return Approach(f"CA{number:06d}", title, frozenset(parties), complete)


_KNOWN: Final = (
    Approach(MECHANISM_APPROACH, "Article 6.4 mechanism", frozenset(), complete=False,
             open_to_all=True),
    _approach(2, "Ghana and Switzerland, rice", "GHA", "CHE"),
    _approach(3, "Thailand and Switzerland, e-buses", "THA", "CHE"),
    _approach(4, "Vanuatu and Switzerland, solar", "VUT", "CHE"),
    _approach(5, "Guyana, forests", "GUY", complete=False),
    _approach(6, "Suriname, REDD+", "SUR", complete=False),
    _approach(7, "Thailand and Japan, JCM", "THA", "JPN"),
    _approach(8, "Mongolia and Japan, JCM", "MNG", "JPN"),
    _approach(12, "Maldives and Japan, JCM", "MDV", "JPN"),
    *(_approach(number, f"{party} and Japan, JCM", party, "JPN")
      for number, party in _JCM_WITH_JAPAN),
    _approach(40, "Rwanda and Singapore", "RWA", "SGP"),
    _approach(41, "Rwanda and Sweden", "RWA", "SWE"),
)  # fmt: skip

APPROACHES: Final[Mapping[str, Approach]] = MappingProxyType({each.id: each for each in _KNOWN})
