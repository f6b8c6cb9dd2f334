# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that are alike: a range within one issued block, and what was true of it at a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

from broker.ledger.units import UnitRow
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import read_state
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.first_transfer import AUTHORIZED
from broker.rulebook.paris.mechanism import current_type
from broker.rulebook.paris.underlying import ids_as_written, underlying_range
from itmo.underlying import UnderlyingRange


@dataclass(frozen=True, slots=True)
class IssuedBlock:
    """A block as it was issued. Read once and shared by all units of it.

    Attributes:
        attributes: As issued.
        underlying: The underlying units behind it in normal form, where there are any.
        issued_by: The transaction that issued it.
    """

    first: int
    last: int
    attributes: Attributes
    underlying: UnderlyingRange | None
    issued_by: str

    @classmethod
    def read(cls, first: int, last: int, attributes: bytes, issued_by: str) -> IssuedBlock:
        """Reads the attributes as they are stored."""
        stated = stated_attributes(attributes)
        return cls(first, last, stated, underlying_range(stated.underlying), issued_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLot:
    """Units that are alike in everything.

    Attributes:
        registry: Originating registry.
        issued: The block they were issued in.
        vintage: As it was at the moment; so are the authorization and its version.
        first_transferred: Whether they were first transferred before the moment.
    """

    registry: str
    first: int
    last: int
    issued: IssuedBlock
    vintage: int
    authorization_id: str
    authorization_version: int
    first_transferred: bool

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    @property
    def host(self) -> str:
        """The first transferring Party."""
        return self.issued.attributes.first_transferring_party

    @property
    def cooperative_approach(self) -> str:
        """Id in six digits."""
        return self.issued.attributes.cooperative_approach

    @property
    def authorized(self) -> bool:
        """True for units that exist by an authorization, or were authorized later."""
        issued_as, named = self.issued.attributes.unit_type, bool(self.authorization_id)
        return current_type(issued_as, authorized=named) in AUTHORIZED

    @property
    def underlying(self) -> tuple[str, str, str]:
        """Registry, first and last id of the underlying units; empty where there are none.

        Offsets within the block are offsets within the underlying units (ID_UNDERLYING_PAIR). Ids
        are as they were written, but for the number, and the programme has its name in common
        nomenclatures item 31. What has no normal form belongs to the block as a whole.
        """
        written, behind = self.issued.attributes.underlying, self.issued.underlying
        if written is None:
            return "", "", ""
        if behind is None:
            return written.registry, written.first_unit_id, written.last_unit_id
        start = self.issued.first
        return (
            behind.registry,
            *ids_as_written(written, behind, self.first - start, self.last - start),
        )

    def part(self, first: int, last: int) -> UnitLot:
        """Units with these serials, alike."""
        if (first, last) == (self.first, self.last):
            return self
        return replace(self, first=first, last=last)

    @classmethod
    def of(cls, unit: UnitRow, issued: IssuedBlock) -> UnitLot:
        """A range of units as the ledger has it."""
        state = read_state(unit.state)
        return cls(
            registry=unit.registry,
            first=unit.first,
            last=unit.last,
            issued=issued,
            vintage=state.vintage,
            authorization_id=state.authorization_id,
            authorization_version=state.authorization_version,
            first_transferred=state.first_transferred,
        )

    def continued_by(self, other: UnitLot) -> bool:
        """True when the other units follow these and are alike."""
        return other.first == self.last + 1 and self.part(other.first, other.last) == other
