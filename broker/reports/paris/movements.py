# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The record played again: every completed transaction, cut into units that are alike.

What a unit was at a moment (whose, under which authorization, of which vintage, first transferred or
not) is stored nowhere: it follows from the postings, in the order of the log. They are posted here
to the same unit ledger that the command path posts to, so that the history cannot follow other rules
than the decisions did.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from sqlalchemy import bindparam, select

from broker.clearing.transactions.postings import from_text
from broker.ledger.units import UnitLedger, UnitRow
from broker.regime.paris.state import carried_over, read_state
from broker.regime.paris.stated_keys import RULEBOOK
from broker.regime.postings import Issue, Postings
from broker.reports.completed import (
    DECIDED_AT,
    LOG_INDEX,
    Only,
    completed,
    restated,
)
from broker.reports.paris.holders import Holders, Side
from broker.reports.paris.unit_lots import IssuedBlock, UnitLot
from broker.rulebook.general.proposal import TransactionType
from broker.store import schema as s
from broker.store.archived import whole
from broker.store.decoding import Row
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange, merge


@dataclass(frozen=True, slots=True)
class Spelled:
    """What only the proposal says of a transaction."""

    year_of_use: int | None = None
    purpose: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one completed transaction, or one notice, did to units that are alike.

    Attributes:
        at: When it was decided.
        log_index: Place of that decision in the log.
        transaction_id: Empty of a notice.
        kind: What the transaction did; None: a notice named another authorization of units, which stay
            where they are.
        units: The units as they were before it; of an issuance, as they were issued; of a notice, as
            it made them.
        giver: Where they came from; of an issuance, the same as the taker. Units that an issuance
            allots to another account make two movements: into the account they are issued to, and
            on from there.
        taker: Where they went.
        first_transfer: Whether it first transferred them.
        reverses: The transaction that it undid; empty where it is no reversal.
        earlier: The units before a notice; None of a transaction.
    """

    at: datetime
    log_index: int
    transaction_id: str
    kind: TransactionType | None
    units: UnitLot
    giver: Side
    taker: Side
    first_transfer: bool
    spelled: Spelled
    reverses: str = ""
    earlier: UnitLot | None = None


_FOR_EVER: Final = 2**63 - 1
_MESSAGE: Final = Statement(
    select(
        s.message.c.kind, s.message.c.payload, s.message.c.payload_hash, s.message.c.log_index
    ).where(s.message.c.message_id == bindparam("of_id"))
)
_SPELLING: Final = frozenset({TransactionType.USE, TransactionType.CANCELLATION})


@dataclass(frozen=True, slots=True)
class _Stride:
    """Units from one account into another; `settles`: a first transfer of them is this one."""

    lot: UnitLot
    giver: Side
    taker: Side
    settles: bool = True


class Replay:
    """The record played up to a moment, and further when asked.

    Attributes:
        ledger: Live ranges: what the movements taken so far have made of them.
        holders: Accounts and whose they are.
    """

    def __init__(
        self,
        connection: Connection,
        only: Only | None = None,
        *,
        leave_out: frozenset[str] = frozenset(),
    ) -> None:
        """Begins before the first decision.

        Args:
            connection: The database; the caller holds a snapshot where several reads must agree.
            only: Confine everything to these units; None: all.
            leave_out: Transactions to be left out: with those of `recorded.void` it is what was, as
                it is seen now. A reversal undoes the last move of its units (REV_FITS_TRANSFER), so
                that nothing hangs on what is left out.
        """
        self.ledger = UnitLedger(())
        self.holders = Holders(connection)
        self._connection = connection
        self._only = only
        self._issued: dict[tuple[str, int], IssuedBlock] = {}
        self._message: tuple[str, object] = ("", None)
        self._waiting: Row | None = None
        self._left_out = leave_out
        self._rows = completed(connection, RULEBOOK, -1, only)
        self._restated = deque(restated(connection, RULEBOOK, -1, only))

    def movements(
        self, *, before: datetime | None = None, up_to: int | None = None
    ) -> Iterator[Movement]:
        """The next movements, in the order of the log; the ledger has each done when it is yielded.

        Args:
            before: Stop at what was decided at this time or later; None: nothing stops by time.
            up_to: Stop behind this place in the log; None: nothing stops by place.
        """
        end = _FOR_EVER if before is None else to_ms(before)
        last = _FOR_EVER if up_to is None else up_to
        while True:
            row: Row | None = self._waiting or next(self._rows, None)
            self._waiting = None
            if row is None or row[DECIDED_AT] >= end or row[LOG_INDEX] > last:
                self._waiting = row
                yield from self._restate(end, last)
                return
            yield from self._restate(end, row[LOG_INDEX])
            if row[0] not in self._left_out:
                yield from self._completed(row)

    def _restate(self, end: int, last: int) -> Iterator[Movement]:
        """Gives units the state that statements up to a place in the log say.

        Yields the units that stand under another authorization from then on.
        """
        while self._restated and self._restated[0][0] <= last and self._restated[0][1] < end:
            log_index, decided_at, registry, first, final, before, after = self._restated.popleft()
            rows = [
                row
                for wanted in self._confined(registry, SerialRange(first, final))
                for row in self._change(registry, wanted, before, after)
            ]
            if _authorization(before) == _authorization(after):
                continue
            for row in rows:
                side = self.holders.side(row.account_id)
                yield Movement(
                    at=from_ms(decided_at),
                    log_index=log_index,
                    transaction_id="",
                    kind=None,
                    units=self.lot(replace(row, state=carried_over(row.state, before, after))),
                    giver=side,
                    taker=side,
                    first_transfer=False,
                    spelled=_UNSPELLED,
                    earlier=self.lot(row),
                )

    def held(self) -> Iterator[tuple[Side, UnitLot]]:
        """Every live range and the account that it is in, by registry and serial."""
        for row in self.ledger.rows():
            yield self.holders.side(row.account_id), self.lot(row)

    def lot(self, row: UnitRow) -> UnitLot:
        """A live range with what is true of every unit in it."""
        return UnitLot.of(row, self._issued[row.registry, row.issued_first])

    def _completed(self, row: Row) -> list[Movement]:
        transaction_id, kind, from_account, to_account, message_id, ordinal, *rest = row
        written, log_index, decided_at = rest
        postings = from_text(written)
        giver, taker = self.holders.side(from_account), self.holders.side(to_account)
        if postings.issues:
            strides = self._issue_all(postings, taker, transaction_id)
        else:
            strides = [_Stride(lot, giver, taker) for lot in self._move(postings)]
        newly = self._mark(postings)
        spelled, at = self._spelled(kind, message_id, ordinal), from_ms(decided_at)
        return [
            Movement(
                at=at,
                log_index=log_index,
                transaction_id=transaction_id,
                kind=TransactionType(kind),
                units=part,
                giver=stride.giver,
                taker=stride.taker,
                first_transfer=first,
                spelled=spelled,
                reverses=postings.reverses,
            )
            for stride in strides
            for part, first in _cut(
                stride.lot, newly.get(stride.lot.registry, ()) if stride.settles else ()
            )
        ]

    def _move(self, postings: Postings) -> list[UnitLot]:
        """Moves the units; returns them as they were before."""
        lots: list[UnitLot] = []
        for move in postings.moves:
            registry = move.units.registry
            for wanted in self._confined(registry, move.units.range):
                lots += _joined(
                    self.lot(_clipped(each, wanted))
                    for each in self.ledger.overlapping(registry, wanted)
                )
                self.ledger.move(registry, wanted, move.from_account, move.to_account)
        return lots

    def _issue_all(self, postings: Postings, taker: Side, issued_by: str) -> list[_Stride]:
        """Issues the units, and moves on what goes to another account at once."""
        lots = [lot for each in postings.issues for lot in self._issue(each, issued_by)]
        if not postings.moves:
            return [_Stride(lot, taker, taker) for lot in lots]
        strides, gone = [], []
        for move in postings.moves:
            registry, side = move.units.registry, self.holders.side(move.to_account)
            for wanted in self._confined(registry, move.units.range):
                self.ledger.move(registry, wanted, move.from_account, move.to_account, issued_by)
                gone.append(wanted)
                strides += [
                    _Stride(lot.part(part.first, part.last), taker, side)
                    for lot in lots
                    if (part := SerialRange(lot.first, lot.last).intersection(wanted)) is not None
                ]
        issued = [
            _Stride(part, taker, taker, settles=not goes_on)
            for lot in lots
            for part, goes_on in _cut(lot, merge(gone))
        ]
        return issued + strides

    def _issue(self, issue: Issue, issued_by: str) -> Iterator[UnitLot]:
        registry, block = issue.units.registry, issue.units.range
        for wanted in self._confined(registry, block):
            if (registry, block.first) not in self._issued:
                self._issued[registry, block.first] = IssuedBlock.read(
                    block.first, block.last, issue.attributes, issued_by
                )
            row = UnitRow(
                registry=registry,
                first=wanted.first,
                last=wanted.last,
                issued_first=block.first,
                account_id=issue.to_account,
                state=issue.state,
            )
            self.ledger.issue(row)
            yield self.lot(row)

    def _mark(self, postings: Postings) -> dict[str, tuple[SerialRange, ...]]:
        """Restates units; returns those that were first transferred by it."""
        ranges: dict[str, list[SerialRange]] = {}
        for each in postings.restates:
            registry = each.units.registry
            for wanted in self._confined(registry, each.units.range):
                self._change(registry, wanted, each.before, each.after)
                if read_state(each.after).first_transferred:
                    ranges.setdefault(registry, []).append(wanted)
        return {registry: merge(listed) for registry, listed in ranges.items()}

    def _change(self, registry: str, wanted: SerialRange, before: str, after: str) -> list[UnitRow]:
        """Restates units; returns them as they were before, in the pieces in which they were."""
        rows = [_clipped(row, wanted) for row in self.ledger.overlapping(registry, wanted)]
        for row in rows:
            serials = SerialRange(row.first, row.last)
            changed = carried_over(row.state, before, after)
            self.ledger.restate(registry, serials, row.state, changed)
        return rows

    def _confined(self, registry: str, serials: SerialRange) -> Iterable[SerialRange]:
        return (serials,) if self._only is None else self._only.within(registry, serials)

    def _spelled(self, kind: str, message_id: str, ordinal: int) -> Spelled:
        """What the proposal says; asked for only where it matters, and once for a batch."""
        if kind not in _SPELLING:
            return _UNSPELLED
        if self._message[0] != message_id:
            kind_of, *said = self._connection.execute(_MESSAGE, {"of_id": message_id}).fetchone()
            payload = whole(self._connection, *said)
            self._message = (message_id, decode(PayloadKind(kind_of), payload))
        written = self._message[1]
        if isinstance(written, proposal_pb2.ProposalBatch):
            proposed = written.transactions[ordinal]
        else:
            proposed = cast("proposal_pb2.Proposal", written).transaction
        return Spelled(
            proposed.terms.paris.year_of_use or None,
            proposed.terms.paris.purpose,
            proposed.terms.paris.entity,
        )


_UNSPELLED: Final = Spelled()


def _authorization(state: str) -> tuple[str, int]:
    read = read_state(state)
    return read.authorization_id, read.authorization_version


def _clipped(row: UnitRow, wanted: SerialRange) -> UnitRow:
    if wanted.first <= row.first and row.last <= wanted.last:
        return row
    return replace(row, first=max(row.first, wanted.first), last=min(row.last, wanted.last))


def _joined(lots: Iterator[UnitLot]) -> list[UnitLot]:
    """Neighbours that differ in nothing but their serials, as one."""
    joined: list[UnitLot] = []
    for lot in lots:
        if joined and joined[-1].continued_by(lot):
            joined[-1] = joined[-1].part(joined[-1].first, lot.last)
        else:
            joined.append(lot)
    return joined


def _cut(lot: UnitLot, newly: tuple[SerialRange, ...]) -> Iterator[tuple[UnitLot, bool]]:
    """The lot in parts, each with whether it is in one of the ranges (ascending, disjoint)."""
    place = lot.first
    for each in newly:
        if each.last < place or each.first > lot.last:
            continue
        if each.first > place:
            yield lot.part(place, each.first - 1), False
        end = min(each.last, lot.last)
        yield lot.part(max(each.first, place), end), True
        place = end + 1
    if place <= lot.last:
        yield lot.part(place, lot.last), False
