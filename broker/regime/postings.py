# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What completing a transaction does, as operations that the engine carries out for every regime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from itmo.frozen import quickly_made
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True, order=True)
class Units:
    """A range of units by their serial numbers."""

    registry: str
    range: SerialRange


@dataclass(frozen=True, slots=True, order=True)
class Lookup:
    """A range of numbers under which issued units are found: what stands behind them, say.

    Attributes:
        space: Which kind of numbers; spaces never meet.
        name: A series of such numbers.
        low: First number.
        high: Last number.
    """

    space: str
    name: str
    low: int
    high: int


GOING_OVER: Final = "going-over"
"""The space of lookups under which a regime keeps units that may go over to another, by Party and serial."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Units that come into being.

    Attributes:
        units: The block.
        to_account: The account they are issued to.
        attributes: What the proposal states of them, serialized.
        state: What may change of them, canonical JSON.
        lookups: Under which they are found later.
    """

    units: Units
    to_account: str
    attributes: bytes
    state: str
    lookups: tuple[Lookup, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Move:
    """Units that go from one account to another."""

    units: Units
    from_account: str
    to_account: str


@quickly_made
@dataclass(frozen=True, slots=True)
class Restate:
    """Units whose state changes; a state found that differs from `before` is a bug of ours."""

    units: Units
    before: str
    after: str


@quickly_made
@dataclass(frozen=True, slots=True)
class Booking:
    """An entry of the adjustment ledger to come.

    Attributes:
        party: Whose balance it changes.
        year: For which year.
        quantity: Signed as the Party sees it, in the unit of the metric.
        kind: Why the Party is adjusted.
        metric: "GHG", or the name of a non-GHG metric.
        units: The units that it is booked for.
        generation: How often the same was booked and undone before.
    """

    party: str
    year: int
    quantity: int
    kind: str
    metric: str
    units: Units
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """What begins in a transition as units of another rulebook end.

    Attributes:
        rulebook: Under which it begins.
        ending_account: The account in which the others end.
        postings: Its own part; it only issues.
    """

    rulebook: str
    ending_account: str
    postings: Postings


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """What completing a transaction does, fixed when it was validated.

    The engine carries the parts out in this order, locks the units that move or are restated, and
    reserves issued serials and `reserves` for as long as the transaction waits.

    Attributes:
        issues: Units that come into being.
        moves: Units that change their account; of what was just issued, too.
        restates: Units whose state changes, in the pieces in which they are when they are restated.
        tallies: What is added to tallies.
        reserves: What a waiting transaction keeps of tallies.
        bookings: Entries of the adjustment ledger.
        reverses: The transaction that it undoes; empty: none.
        notice_id: The notice that it acknowledges; empty: none.
        terms: What else its regime has to know to judge it again, canonical JSON.
        begins: Of a transition, what begins under another rulebook; the rest is its ending.
    """

    issues: tuple[Issue, ...] = ()
    moves: tuple[Move, ...] = ()
    restates: tuple[Restate, ...] = ()
    tallies: tuple[tuple[str, int], ...] = ()
    reserves: tuple[tuple[str, int], ...] = ()
    bookings: tuple[Booking, ...] = ()
    reverses: str = ""
    notice_id: str = ""
    terms: str = ""
    begins: Beginning | None = None

    @property
    def is_one_move(self) -> bool:
        """True for the usual transfer: of one range, all of which is restated alike, or nothing of it."""
        if len(self.moves) != 1 or len(self.restates) > 1:
            return False
        if self.issues or self.reserves or self.reverses or self.begins is not None:
            return False
        return not self.restates or self.restates[0].units == self.moves[0].units

    @property
    def parts(self) -> tuple[Postings, ...]:
        """What it does under each rulebook that has to do with it."""
        return (self,) if self.begins is None else (self, self.begins.postings)

    @property
    def blocks(self) -> tuple[Units, ...]:
        """The units that it is about, as its proposal names them."""
        return tuple(each.units for each in self.issues or self.moves or self.restates)
