# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The common nomenclatures: every pick-list of Article 6 reporting, once.

Values are immutable once given; new ones may be added (6/CMA.4 annex I para 31). To add one, add it
here and nowhere else: pick-lists, syntax checks and exports read these. Items are those of the
secretariat's list of common nomenclatures, 17 February 2026.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from itmo.reasons import ProtocolError, Reason, plain, shown

_COMPARED: Final = 80
"""Characters of a found value that are compared; no value of a list has more."""

SECTORS: Final[tuple[str, ...]] = (
    "Agriculture",
    "Building and construction",
    "Cross-sectoral mechanisms",
    "Energy generation",
    "Forestry and land use",
    "Industrial processes",
    "Transportation",
    "Urban development",
    "Waste management",
)
"""Item 15."""

ACTIVITY_TYPES: Final[tuple[str, ...]] = (
    "Afforestation",
    "Agriculture",
    "Biogas",
    "Biomass Energy",
    "Cement",
    "C02 usage",
    "Coal bed/mine methane",
    "Energy distribution",
    "Energy Efficiency households",
    "Energy Efficiency Industry",
    "Energy Efficiency own generation",
    "Energy Efficiency service",
    "Energy Efficiency supply side",
    "Fossil fuel switch",
    "Fugitive",
    "Geothermal",
    "Hydro",
    "Landfill gas",
    "Methane avoidance",
    "N2O",
    "PFCs and SF6",
    "Reforestation",
    "Solar",
    "Tidal",
    "Transport",
    "Waste",
    "Wind",
)
"""Item 51; "C02 usage" is written with a zero there, and values never change."""

METRICS: Final[tuple[str, ...]] = ("GHG", "non-GHG")
"""Item 34."""

MITIGATION_TYPES: Final[tuple[str, ...]] = (
    "Emission reductions",
    "Removals",
    "Emission reductions and removals",
)
"""Item 36."""

PURPOSES: Final[tuple[str, ...]] = (
    "NDC",
    "OIMP",
    "IMP",
    "OP",
    "NDC and OIMP",
    "NDC and IMP",
    "NDC and OP",
)
"""Purposes of authorization; OIMP is IMP and OP."""

FIRST_TRANSFER_DEFINITIONS: Final[tuple[str, ...]] = (
    "Authorization",
    "Issuance",
    "Use or cancellation",
)

UNDERLYING_REGISTRIES: Final[tuple[str, ...]] = (
    "VCS",
    "GS",
    "CAR",
    "ACR",
    "ART",
    "GCC",
    "Cercarbono",
    "Isometric",
    "ISFL",
    "FCPF",
    "T-VER",
    "JCM",
)
"""Item 31."""

MECHANISM_APPROACH: Final = "CA000001"
"""Item 9: the Article 6.4 mechanism."""

ADAPTATION_FUND: Final = "Adaptation Fund"
"""Stands where a Party stands when the Fund acquires or transfers (AEF table 3)."""

NOT_APPLICABLE: Final = "NA"
"""What a report writes where a field does not apply."""


def nearest(value: str, values: Iterable[str]) -> str:
    """The value of a pick-list that is written most like what was found."""
    ordered = list(values)
    folded = {each.lower(): each for each in ordered}
    close = difflib.get_close_matches(value[:_COMPARED].lower(), folded, 1, 0.0)
    return folded[close[0]] if close else ordered[0]


def picked(value: str, values: Iterable[str], where: str) -> str:
    """Admits a value of a pick-list.

    Raises:
        ProtocolError: NOMENCLATURE_UNKNOWN, naming the field and the nearest value.
    """
    known = tuple(values)
    if value in known:
        return value
    near = nearest(value, known)
    raise ProtocolError(
        Reason.NOMENCLATURE_UNKNOWN,
        f"{where}: found {shown(value)}, the common nomenclatures have no such value; the nearest"
        f" is {near!a}",
        where=where,
        found=plain(value),
        nearest=near,
    )
