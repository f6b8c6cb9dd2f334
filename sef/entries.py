# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a report is derived from: entries of a registry's books, whichever ledger they come from.

An entry is one completed transaction, as far as it concerns units of one type and one period in the
accounts of one Party. What happened to blocks that are only named, such as replaced ones, is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from itmo.parties import ALPHA2, CDM_REGISTRY, PartyCode
from sef.model import Unit

PARTY_HOLDING: Final = 100
RESERVE: Final = 130
ENTITY_HOLDING: Final = frozenset({120, 121})
NET_SOURCE, NON_COMPLIANCE, MANDATORY, SURPLUS, AMBITION = 210, 220, 250, 270, 280
RETIREMENT: Final = 300
TCER_EXPIRY, LCER_EXPIRY, LCER_REVERSAL, LCER_REPORT = 411, 421, 422, 423
HOLDING: Final = frozenset({PARTY_HOLDING, RESERVE, *ENTITY_HOLDING})
"""Account types by their numbers in the Data Exchange Standards."""
REVERSAL_NOTICE, REPORT_NOTICE, CCS_REVERSAL_NOTICE, CCS_REPORT_NOTICE = 4, 5, 12, 13
"""Kinds of notices by their numbers."""
CDM: Final = "CDM"
"""The registry of the clean development mechanism, as a counterpart."""
UNIT_OF_CODE: Final[Mapping[int, Unit]] = {
    1: Unit.AAU,
    2: Unit.RMU,
    3: Unit.ERU,
    4: Unit.ERU,
    5: Unit.CER,
    6: Unit.TCER,
    7: Unit.LCER,
}
"""Type of units by its code in the Data Exchange Standards; reports do not tell ERUs apart."""
REQUIRED: Final[Mapping[int, Unit]] = {
    REVERSAL_NOTICE: Unit.LCER,
    REPORT_NOTICE: Unit.LCER,
    CCS_REVERSAL_NOTICE: Unit.CER,
    CCS_REPORT_NOTICE: Unit.CER,
}
"""Units that notices require to be replaced or cancelled, by the kind of the notice."""
_MOST_OF_A_VERDICT: Final = 10_000
"""More transactions than are judged at once, so that no two have one number."""
SECOND_PERIOD: Final = 2013
"""Its first year."""


def registry_of(party: str) -> str:
    """Returns the two letters by which reports name a Party's registry."""
    return CDM if party == CDM_REGISTRY else ALPHA2[PartyCode(party)]


def transaction_number(registry: str, place: int, position: int) -> str:
    """Returns the number of a transaction as tables of corrections have it: letters and digits.

    Args:
        registry: The registry that proposed it, two or three letters.
        place: Of its verdict in the log.
        position: Of the transaction in that verdict, from 0.
    """
    return f"{registry}{place * _MOST_OF_A_VERDICT + position + 1}"


class EntryKind(StrEnum):
    """What happened."""

    ISSUANCE = "issuance"
    CONVERSION = "conversion"
    TRANSFER_OUT = "transfer to another registry"
    TRANSFER_IN = "acquisition from another registry"
    INTERNAL = "internal transfer"
    CANCELLATION = "cancellation"
    RETIREMENT = "retirement"
    REPLACEMENT = "replacement"
    CARRY_OVER = "carry-over"
    EXPIRY = "expiry"
    REQUIREMENT = "requirement by a notice"
    DIFFERENCE = "difference of the accounts from what was booked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry.

    Attributes:
        at: When the transaction was completed, or the units expired, or the notice was issued.
        party: The registry in whose accounts it happened, two letters.
        period: The commitment period that the units are valid for; of a carry-over the one that they
            leave; of a requirement the one in which it is to be met.
        unit: Their type; of a conversion the type before it.
        source: Type of the account that they leave, or in which they expired; 0 for none.
        target: Type of the account that they enter; 0 for none. Of a carry-over, in the next period.
        into: Their type after a conversion.
        counterpart: The other registry of a transfer.
        activity: Code of the activity of land use, 1 to 7: of RMUs issued, of a net source cancelled.
        track: 1 or 2, of ERUs.
        notice: Kind of the notice that it answers, or by which something is required.
        first: Whether it is the first transfer of the units to another registry.
        expired: Whether cancelled units had expired.
        corrective: Whether it carries out a correction by the Compliance Committee.
        transaction: Its id; of a corrective one its number, see `transaction_number`.
        serials: The units, as a registry writes them.
        recorded: When it came to be known; None: when it happened.
    """

    at: datetime
    kind: EntryKind
    party: str
    period: int
    unit: Unit
    quantity: int
    source: int = 0
    target: int = 0
    into: Unit | None = None
    counterpart: str = ""
    activity: int = 0
    track: int = 0
    notice: int = 0
    first: bool = False
    expired: bool = False
    corrective: bool = False
    transaction: str = ""
    serials: str = ""
    recorded: datetime | None = None

    @property
    def year(self) -> int:
        """The year in which it counts, by UTC."""
        return self.at.astimezone(UTC).year

    def known(self, as_of: datetime | None) -> bool:
        """Whether it was known at a moment; None: now."""
        return as_of is None or (self.recorded or self.at) <= as_of


def of_party(
    entries: Iterable[Entry], party: str, until: int, as_of: datetime | None
) -> list[Entry]:
    """Returns what was known of a Party at a moment, up to the end of a year."""
    return [
        each for each in entries if each.party == party and each.year <= until and each.known(as_of)
    ]
