# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Serial numbers of the Kyoto registries, as certified emission reductions bring them along.

A unit is told by its originating registry and its number: one counter ran in each registry through
all types of units, so the type is no part of the key. The originating registry of a CER is its host
country, although the CDM registry issued it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from itmo.unit_spelling import NotReadError, normal_text

CDM: Final = "CDM"
"""Stands where the programme stands, for CERs."""
FORMAT: Final = "country-type-first-last-period-period-activity-project"
CER_TYPE: Final = 5
SECOND_PERIOD: Final = 2
"""2013 to 2020; a third never began."""

_PARTS: Final = re.compile(
    r"([A-Z]{2})-([0-9]{1,2})-([0-9]{1,18})-([0-9]{1,18})-([0-9])-([0-9])-([0-9]{1,2})-([0-9]{1,9})",
    re.ASCII,
)
_TYPES: Final = {
    1: "AAU",
    2: "RMU",
    3: "ERU from AAU",
    4: "ERU from RMU",
    5: "CER",
    6: "tCER",
    7: "lCER",
}
ANNEX_I: Final = frozenset(
    [
        "AT",
        "AU",
        "BE",
        "BG",
        "BY",
        "CA",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "EU",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "JP",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "NO",
        "NZ",
        "PL",
        "PT",
        "RO",
        "RU",
        "SE",
        "SI",
        "SK",
        "TR",
        "UA",
        "US",
    ]
)
"""Parties included in Annex I to the Convention host no CDM activities (Kyoto Protocol Article 12.2)."""
_KEPT: Final = 4_096


@dataclass(frozen=True, slots=True)
class KyotoSerial:
    """A range of Kyoto units.

    Attributes:
        origin: Originating registry, two letters.
        unit_type: 1 to 7, see `type_name`.
        original_period: Commitment period of issuance.
        applicable_period: Commitment period for which the units are valid.
        lulucf: Activity in land use, 0 for none.
        project: Number of the project.
    """

    origin: str
    unit_type: int
    first: int
    last: int
    original_period: int
    applicable_period: int
    lulucf: int
    project: int

    @property
    def series(self) -> str:
        """What the numbers count in."""
        return f"{self.origin}-{{n}}"

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1


def type_name(unit_type: int) -> str:
    """A type of Kyoto units in words."""
    return _TYPES.get(unit_type, f"unit type {unit_type}")


@lru_cache(maxsize=_KEPT)
def kyoto_serial(written: str) -> KyotoSerial | str:
    """Reads a serial; otherwise why it is none, with what was understood."""
    try:
        text = normal_text(written)
    except NotReadError as error:
        return str(error)
    found = _PARTS.fullmatch(text)
    if found is None:
        return f"it is read as {text}; expected {FORMAT}, such as IN-5-1-1000-2-2-0-9876"
    origin, *numbers = found.groups()
    serial = KyotoSerial(origin, *map(int, numbers))
    if not 1 <= serial.first <= serial.last:
        return f"it is read as numbers {serial.first} to {serial.last}; expected an ascending range from 1"
    return serial
