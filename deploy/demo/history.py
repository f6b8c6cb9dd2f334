# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is played and what must come out, each figure with its source.

Sources, as they are quoted below:

- TH: Thailand's agreed electronic format (AEF) 2023-2024.
- CH: Switzerland's AEF 2024 of 15 April 2025.
- GY: Guyana's AEF; GH: Ghana's AEF; all from the secretariat's consistency check folders.
- GH-P: the announcement of Ghana's transfer of cookstove ITMOs, 9-10 July 2025.
- invented: no source; chosen so that the arithmetic can be followed.
- assumed: the real value exists and was not at hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

NETWORK: Final = "itmo-demo"


@dataclass(frozen=True, slots=True)
class Node:
    """A registry node of the demonstration."""

    name: str
    kind: str
    registries: tuple[str, ...]
    about: str


NODES: Final = (
    Node("tha", "national", ("THA01",), "Thailand's registry"),
    Node("che", "national", ("CHE01",), "Switzerland's registry"),
    Node("ir", "international", ("GHA01", "GUY01", "VUT01"), "the international registry"),
    Node("mr", "mechanism", ("XMR01",), "the Article 6.4 mechanism registry"),
)


@dataclass(frozen=True, slots=True)
class Party:
    """What the clearing-house is told of a Party.

    Periods: 2021-2030, Guyana 2021-2025 (GY). Dates of initial reports, targets and methods:
    assumed.
    """

    code: str
    ndc: tuple[int, int]
    target: str
    method: str
    initial_report: str


PARTIES: Final = (
    Party("THA", (2021, 2030), "single-year", "trajectory", "2023-06-30"),
    Party("CHE", (2021, 2030), "multi-year", "budget", "2022-06-30"),
    Party("GHA", (2021, 2030), "multi-year", "trajectory", "2022-11-01"),
    Party("GUY", (2021, 2025), "multi-year", "trajectory", "2023-12-31"),
    Party("VUT", (2021, 2030), "multi-year", "trajectory", "2023-05-01"),
)


@dataclass(frozen=True, slots=True)
class Approach:
    """A cooperative approach (common nomenclatures item 9)."""

    id: str
    title: str
    parties: tuple[str, ...]
    sector: str
    activity: str

    @property
    def evidence(self) -> str:
        """Stands for the SHA-256 of a mitigation outcome document (invented)."""
        return hashlib.sha256(f"mitigation outcome document of {self.id}".encode()).hexdigest()


# Sectors and activity types: the nearest of the common nomenclatures (items 15 and 51), which name
# neither cookstoves nor REDD+.
RICE: Final = Approach(
    "CA0002", "Rice, Ghana", ("GHA", "CHE"), "Energy generation", "Energy Efficiency households"
)
BUSES: Final = Approach("CA0003", "E-buses, Bangkok", ("THA", "CHE"), "Transportation", "Transport")
FORESTS: Final = Approach(
    "CA0005", "Forests, Guyana", ("GUY",), "Forestry and land use", "Reforestation"
)
APPROACHES: Final = (RICE, BUSES, FORESTS)

INVENTORIES: Final[Mapping[str, Mapping[str, Mapping[int, int]]]] = MappingProxyType(
    {
        "tha": {"THA": {2022: 280_000_000, 2023: 282_000_000, 2024: 281_000_000}},
        "che": {"CHE": {2024: 40_000_000}},
        "ir": {"GHA": {2023: 55_000_000}, "GUY": {2021: -120_000_000}},
    }
)
"""By node, Party and year, in t CO2 eq. All of them invented."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorization as its Party stated it."""

    id: str
    party: str
    approach: Approach
    purposes: tuple[str, ...]
    quantity: int
    users: tuple[str, ...]
    vintages: tuple[int, int]
    date: str
    other_purposes: str = ""
    at_authorization: bool = False


THAILAND: Final = Authorization(  # TH
    "1006.4/2810", "THA", BUSES, ("NDC",), 500_000, ("CHE",), (2022, 2030), "2023-08-02"
)
GHANA: Final = Authorization(  # GH; users: assumed
    "1001", "GHA", RICE, ("NDC",), 1_125_655, ("CHE",), (2021, 2030), "2023-09-11"
)
GUYANA: Final = Authorization(  # GY; the purposes of its revised file were NDC, OIMP and OP
    "GUY 2024-CA1", "GUY", FORESTS, ("NDC", "IMP", "OP"), 7_144_362, (), (2021, 2021),
    "2024-02-12", "CORSIA; voluntary cancellation", at_authorization=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Units:
    """A block of units."""

    registry: str
    first: int
    last: int
    vintage: int
    authorization: Authorization

    @property
    def quantity(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


BUSES_2022: Final = (  # TH: 919 + 997 = 1 916; serials from 1, as CH counts them
    Units("THA01", 1, 919, 2022, THAILAND),
    Units("THA01", 920, 1916, 2022, THAILAND),
)
BUSES_2023: Final = (  # TH: 12 378 + 16 844 = 29 222, with their Thai serials
    Units("THA01", 20_486_307, 20_498_684, 2023, THAILAND),
    Units("THA01", 20_498_685, 20_515_528, 2023, THAILAND),
)
STOVES: Final = Units("GHA01", 1, 11_733, 2023, GHANA)  # GH-P; the vintage is assumed
TREES: Final = Units("GUY01", 1, 7_144_362, 2021, GUYANA)  # GY
SWISS_SLIP: Final = (1, 1917, 1916)
"""CH: `CA0003-TH001-TH-1-2022`..`CA0003-TH001-TH-1917-2022` for 1 916 units: 1 917 serials."""
YEAR_OF_USE: Final = 2024


def _day(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


FOUNDED: Final = _day(2023, 8, 2, 8)
GHANA_AUTHORIZES: Final = _day(2023, 9, 11)  # GH
THAILAND_OFFERS: Final = _day(2023, 12, 19, 15)  # TH says 1 December; see the story
SWITZERLAND_ACCEPTS: Final = _day(2023, 12, 20)  # CH
GUYANA_AUTHORIZES: Final = _day(2024, 2, 12)  # GY
SECOND_OFFER: Final = _day(2024, 12, 13)  # TH
SECOND_OFFER_ENDS: Final = _day(2024, 12, 14, 10)  # an hour past its deadline
GHANA_OFFERS: Final = _day(2025, 7, 9)  # GH-P
SWITZERLAND_USES: Final = _day(2025, 7, 15)  # invented
DOUBLE_SPEND: Final = _day(2025, 7, 21)  # invented
OFFERED_AGAIN: Final = _day(2025, 7, 22)  # invented; before August, when the nodes' keys end


@dataclass(frozen=True, slots=True)
class Expected:
    """How a transaction must end.

    Attributes:
        label: Name in the story.
        findings: Checks that must be among those that failed; empty: every check passed.
    """

    label: str
    type: str
    source: str
    target: str
    quantity: int
    state: str
    findings: frozenset[str] = frozenset()


TRANSACTIONS: Final = (
    Expected("buses-issued", "ISSUANCE", "THA01", "THA01", 1_916, "COMPLETED"),
    Expected(
        "swiss-slip", "TRANSFER", "THA01", "CHE01", 1_917, "INVALIDATED",
        frozenset({"ID_QTY_EQUALS_RANGE"}),
    ),
    Expected("buses", "TRANSFER", "THA01", "CHE01", 1_916, "COMPLETED"),
    Expected("trees-issued", "ISSUANCE", "GUY01", "GUY01", 7_144_362, "COMPLETED"),
    Expected("buses-2-issued", "ISSUANCE", "THA01", "THA01", 29_222, "COMPLETED"),
    Expected("buses-2-timed-out", "TRANSFER", "THA01", "CHE01", 29_222, "TERMINATED"),
    Expected("stoves-issued", "ISSUANCE", "GHA01", "GHA01", 11_733, "COMPLETED"),
    Expected("stoves", "TRANSFER", "GHA01", "CHE01", 11_733, "COMPLETED"),
    Expected("used", "USE", "CHE01", "CHE01", 1_916, "COMPLETED"),
    Expected(
        "used-twice", "USE", "CHE01", "CHE01", 1_916, "INVALIDATED",
        frozenset({"USE_ONCE", "ID_KNOWN_AND_HELD"}),
    ),
    Expected("sold-once", "TRANSFER", "THA01", "CHE01", 12_378, "REJECTED"),
    Expected(
        "sold-twice", "TRANSFER", "THA01", "CHE01", 12_378, "INVALIDATED", frozenset({"ID_LOCKED"})
    ),
    Expected("buses-2", "TRANSFER", "THA01", "CHE01", 29_222, "VALIDATED"),
)  # fmt: skip

ADJUSTMENTS: Final[Mapping[str, Mapping[int, int]]] = MappingProxyType(
    {
        "CHE": {2024: -1_916},  # used for 2024; hypothetical
        "GHA": {2023: 11_733},
        "GUY": {2021: 7_144_362},
        "THA": {2022: 1_916},  # nothing for 2023: the second transfer is not recognized yet
    }
)
"""Net of the adjustment ledger by Party and calendar year adjusted."""

BALANCES: Final[Mapping[str, Mapping[int, int]]] = MappingProxyType(
    {
        "CHE": {2024: 39_998_084},
        "GHA": {2023: 55_011_733},
        "GUY": {2021: -112_855_638},
        "THA": {2022: 280_001_916, 2023: 282_000_000, 2024: 281_000_000},
    }
)
"""Inventory (invented) plus adjustment, by Party and year."""

REPORTS: Final = frozenset(
    (party, year) for party in ("CHE", "GHA", "GUY", "THA") for year in (2023, 2024, 2025)
)
"""AEFs that the ledger gives: of the Parties that take part in an approach, for each of its years."""
