# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lots: the units of a transaction, cut so that everything is true of all units of a lot alike."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.blocks import ParisSegment
from broker.rulebook.paris.proposal import AllotmentPurpose
from itmo.frozen import quickly_made
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True)
class Lot:
    """A stored segment that a transaction moves, or a block that it issues."""

    block: int
    """Place of the block in the proposal, from 1."""
    registry: str
    """Originating registry."""
    range: SerialRange
    attributes: Attributes
    """As stored; in an issuance as proposed, with the cooperative approach in canonical form."""
    segment: ParisSegment | None
    """None: the units are to be issued."""
    history: AuthorizationHistory | None
    """Of the authorization that the attributes name; None: none named, or not known."""
    terms: AuthorizationVersion | None
    """The version whose terms hold for these units; None: not known."""
    first_transferred: bool
    """Before this transaction."""
    giver: str
    """Party that the units come from; empty: not known."""
    taker: str
    """Party that the units go to; empty: not known."""
    allotment: AllotmentPurpose | None = None
    """Why the units go elsewhere at once when they are issued; None: they do not."""

    @property
    def host(self) -> str:
        """The first transferring Party."""
        return self.attributes.first_transferring_party

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.range.last - self.range.first + 1

    @property
    def international(self) -> bool:
        """True when the units go from one Party to another, both known."""
        return bool(self.giver and self.taker) and self.giver != self.taker
