# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The units of a proposal, and what its proposer may know of them."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.general.disputes import DisputedUnits
from broker.rulebook.general.notices import BoundUnits
from broker.rulebook.general.proposal import ProposedBlock
from itmo.frozen import quickly_made
from itmo.identifiers import AccountId, RegistryId, TransactionId
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Stored units: a live range with one holder, clipped to the proposed block.

    A regime adds what is true of the units.
    """

    registry: RegistryId
    range: SerialRange
    account_id: AccountId
    account_type: int
    locked_by: TransactionId | None
    moved_by: str = ""
    """The transaction that brought the units where they are."""
    issued_as: bytes = b""
    """What their issuance stated, as it was signed."""
    state: str = ""
    """What changed of them since, as their regime writes it."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A proposed block and what its proposer may know of its range, in serial order."""

    proposed: ProposedBlock
    segments: tuple[Segment, ...] = ()
    """Stored units in accounts of the source account's registry, if its node proposes; none of others."""
    issued_before: tuple[SerialRange, ...] = ()
    """Some of the serials to be issued that were issued before, if the proposer numbers such units."""
    waiting: tuple[tuple[SerialRange, TransactionId], ...] = ()
    """Those that open issuances wait for; the same."""
    bound: tuple[BoundUnits, ...] = ()
    """Units of the range that wait for a transaction which names a notice."""
    disputed: tuple[DisputedUnits, ...] = ()
    """Units of the range on which the books of a side differ from the record."""

    @property
    def covered_quantity(self) -> int:
        """Number of units of the range that the proposer may know."""
        return sum(segment.range.quantity for segment in self.segments)

    @property
    def covered(self) -> bool:
        """Whether that is all of them."""
        wanted, held = self.proposed.range, self.segments
        if len(held) == 1 and held[0].range == wanted:  # nearly always, and soon said
            return True
        return wanted is not None and self.covered_quantity == wanted.quantity
