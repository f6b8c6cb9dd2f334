# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an archive tells of the past: completed transactions, what they did to units, and notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from itmo.identifiers import RegistryId, registry_party

_REGISTRY: Final = slice(4, 9)
_TYPE: Final = slice(9, 12)
"""Behind the check digits of an account id: the registry, three digits of the type, the number."""
_REGISTRY_ID: Final = 5
"""Characters of a registry's name, which is shorter than an account id."""


class TrailType(StrEnum):
    """What a transaction did."""

    ISSUANCE = "ISSUANCE"
    CONVERSION = "CONVERSION"
    TRANSFER = "TRANSFER"
    CANCELLATION = "CANCELLATION"
    RETIREMENT = "RETIREMENT"
    REPLACEMENT = "REPLACEMENT"
    CARRY_OVER = "CARRY_OVER"
    EXPIRY_DATE_CHANGE = "EXPIRY_DATE_CHANGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsAre:
    """What units are; codes of the Data Exchange Standards, 0 and empty where the type has none.

    Attributes:
        project: Host Party and number.
    """

    unit_type: int
    original_period: int
    applicable_period: int
    activity: int = 0
    project: str = ""
    track: int = 0
    expiry: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """What a completed transaction did to units that are alike.

    Attributes:
        row: Where it stands in the archive, from 1.
        transaction: Its number, as the archive has it; of a corrective one as reports print it.
        notice: Number of the notice that it answered; 0: none.
        net_source: Land-use activity for which units were cancelled as a net source; 0: none.
        acts: False of units that it only names, such as those that others replace.
        are: What the units are after it.
        giver: The account that they leave, or the registry of another.
        taker: The account that they enter, or a registry; of an issuance the same as the giver.
        had_left: Of an issuance with which the archive begins, whether they had left their Party before.
        were_replaced: The same, whether others had come in their place.
        corrective: Whether it carried out a correction by the Compliance Committee.
    """

    row: int
    at: datetime
    transaction: str
    type: TrailType
    notice: int
    net_source: int
    acts: bool
    registry: str
    first: int
    last: int
    are: UnitsAre
    giver: str
    taker: str
    had_left: bool = False
    were_replaced: bool = False
    corrective: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice of the log, or an update of it by the same number.

    Attributes:
        type: 1 to 13.
        quantity: Units asked for in all.
        period: In which that is to be met; 0: the one of its time.
    """

    number: int
    type: int
    at: datetime
    quantity: int
    period: int = 0


def registry_in(place: str) -> RegistryId:
    """Returns the registry of an account, or the registry that stands in its place."""
    return RegistryId(place if len(place) == _REGISTRY_ID else place[_REGISTRY])


def type_in(place: str) -> int:
    """Returns the type of an account; 0 where only a registry is told."""
    return int(place[_TYPE] or 0)


def party_in(place: str) -> str:
    """Returns whose registry it is."""
    return registry_party(registry_in(place))
