# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction as its proposer wrote it; identifiers stand as written, broken ones too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from itmo.frozen import quickly_made
from itmo.identifiers import FIRST_RULEBOOK, TransactionId
from itmo.lifecycle import Completion
from itmo.serials import MAX_SERIAL, SerialRange


class TransactionType(StrEnum):
    """What a transaction does; names of itmo.core.v1.TransactionType without the prefix."""

    ISSUANCE = "ISSUANCE"
    TRANSFER = "TRANSFER"
    USE = "USE"
    CANCELLATION = "CANCELLATION"
    REVERSAL = "REVERSAL"
    CONVERSION = "CONVERSION"
    RETIREMENT = "RETIREMENT"
    REPLACEMENT = "REPLACEMENT"
    CARRY_OVER = "CARRY_OVER"
    EXPIRY_DATE_CHANGE = "EXPIRY_DATE_CHANGE"
    TRANSITION = "TRANSITION"


class UnitRole(StrEnum):
    """What the units of a block are there for; units that are only named neither move nor count."""

    ACTS = "ACTS"
    NAMED = "NAMED"


def serials_of(first: int, last: int) -> SerialRange | None:
    """The serial range, or None where first and last do not make one."""
    # type() rather than isinstance(): True and 1.0 compare like numbers and are none.
    if type(first) is not int or type(last) is not int:
        return None
    if 1 <= first <= last <= MAX_SERIAL:
        return SerialRange(first, last)
    return None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedBlock:
    """A block as its proposer wrote it; first and last may be reversed, zero or huge."""

    registry: str
    first: int
    last: int
    declared_quantity: int | None = None
    role: UnitRole = UnitRole.ACTS
    attributes: object | None = None
    """What it states of its units, as its regime reads it."""
    range: SerialRange | None = field(init=False, repr=False, compare=False)
    """The serial range, or None where first and last do not make one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "range", serials_of(self.first, self.last))


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A transaction as its proposer wrote it. Only transaction_id is known to be well formed.

    A regime adds the terms of its own.
    """

    transaction_id: TransactionId
    type: TransactionType
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    blocks: tuple[ProposedBlock, ...]
    completion: Completion = Completion.ON_ACCEPTANCE
    deadline: datetime | None = None
    reverses: TransactionId | None = None
    """The completed transfer that a reversal undoes."""
    notice_id: str = ""
    """The notice that it acknowledges."""
    rulebook: str = FIRST_RULEBOOK
    """By which it is to be judged."""
    begins: Proposed | None = None
    """In a transition, of which this is the ending: the issuance, under another rulebook, of what begins."""

    @property
    def parts(self) -> int:
        """Its blocks, and what of its terms costs as much."""
        return len(self.blocks)

    @property
    def quantity(self) -> int:
        """How many units act; a block that is no range has none."""
        return sum(
            [
                block.range.quantity
                for block in self.blocks
                if block.range is not None and block.role is UnitRole.ACTS
            ]
        )

    @property
    def named_accounts(self) -> tuple[str, ...]:
        """Other accounts that its terms name."""
        return ()

    @property
    def stated_type(self) -> TransactionType:
        """What the proposal calls it: a transition is judged as a cancellation and an issuance."""
        return self.type if self.begins is None else TransactionType.TRANSITION

    @property
    def target(self) -> Proposed:
        """Whose registry and account the units go to: in a transition what begins."""
        return self.begins or self

    @property
    def between_registries(self) -> bool:
        """True when the two sides are different registries, so that a receiver must accept."""
        return self.from_registry != self.to_registry
