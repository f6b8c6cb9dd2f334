# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction books: the bridge between a rulebook and the two ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from itmo.frozen import quickly_made
from itmo.identifiers import PartyCode, RegistryId
from itmo.serials import SerialRange


class EntryKind(StrEnum):
    """Why a Party is adjusted."""

    FIRST_TRANSFER = "FIRST_TRANSFER"
    USE = "USE"
    FIRST_TRANSFER_REVERSAL = "FIRST_TRANSFER_REVERSAL"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEntry:
    """One booking of the adjustment ledger for a range of units.

    `quantity` is signed as the Party's balance sees it: additions positive. The other side of the
    double entry is always *outstanding*.
    """

    party: PartyCode
    year: int
    quantity: int
    kind: EntryKind
    metric: str
    """"GHG", or the name of the non-GHG metric."""
    registry: RegistryId
    range: SerialRange
    generation: int = 0
    """How many first transfers of the units were reversed before; so that each is booked once."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """What a transaction means in the rulebook's eyes."""

    first_transfer: tuple[tuple[RegistryId, SerialRange], ...] = ()
    """Ranges that it first transfers; empty: it is no first transfer."""
    entries: tuple[PlannedEntry, ...] = ()
    first_transfer_undone: tuple[tuple[RegistryId, SerialRange], ...] = ()
    """Ranges whose first transfer it reverses."""
