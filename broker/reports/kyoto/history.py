# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The record played again: what every completed transaction did to units that are alike.

What units were at a moment is stored nowhere: it follows from the postings, in the order of the log,
posted here to the same unit ledger that the command path posts to. Whatever is asked as of a moment
(holdings, yearly reports, totals) is asked of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from sqlalchemy import bindparam, select

from broker.clearing.transactions.in_stead import InStead, begun_for, in_stead
from broker.clearing.transactions.postings import from_text
from broker.ledger.units import UnitLedger, UnitRow
from broker.regime.kyoto.reading import issued_attributes, proposed
from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.regime.postings import Postings, Units
from broker.reports.completed import DECIDED_AT, completed
from broker.reports.snapshot import until
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes, with_state
from broker.rulebook.kyoto.proposal import KyotoProposed
from broker.rulebook.kyoto.tables import ACCOUNT_TYPE_ROWS
from broker.store import schema as s
from broker.store.archived import whole
from broker.store.decoding import Row
from itmo.clock import from_ms
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange
from itmo.transitions import ending

_ACCOUNTS: Final = Statement(
    select(
        s.account.c.account_id,
        s.account.c.registry,
        s.registry.c.party,
        s.account.c.account_type,
        s.account.c.terms,
    )
    .join(s.registry, s.registry.c.registry == s.account.c.registry)
    .where(s.account.c.rulebook == bindparam("of_rulebook"))
)
_MESSAGE: Final = Statement(
    select(
        s.message.c.kind, s.message.c.payload, s.message.c.payload_hash, s.message.c.log_index
    ).where(s.message.c.message_id == bindparam("of_id"))
)
_JUDGED: Final = (
    "SELECT min(e.log_index), min(t.ordinal) FROM transaction_event e"
    " JOIN transaction_record t USING (transaction_id) WHERE e.transaction_id = ?"
)
_FINAL: Final = frozenset(row.code for row in ACCOUNT_TYPE_ROWS if row.final)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account, and whose it is.

    Attributes:
        party: The Party of its registry; XCD for that of the clean development mechanism.
        terms: What else is kept of the account, canonical JSON.
    """

    account_id: str
    registry: str
    party: str
    account_type: int
    terms: str = "{}"

    @property
    def holds(self) -> bool:
        """True when units can leave it."""
        return self.account_type not in _FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Units that are alike, as they are or were."""

    registry: str
    range: SerialRange
    attributes: KyotoAttributes

    @property
    def quantity(self) -> int:
        """How many."""
        return self.range.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one completed transaction did to units that are alike.

    Attributes:
        at: When it was decided.
        log_index: Place of that decision in the log.
        units: As they were before it; of an issuance, as they were issued. What an issuance gives
            away at once makes two events: into the account that it is issued to, and on from there.
        after: What they are after it.
        giver: Where they came from; the same as the taker where they stayed.
        acts: False of units that the transaction only names, such as those that are replaced.
        told_by: The registry whose archive tells of it, where it was not judged here; empty: it was.
        in_stead: Of a transition, what began in the stead of which units.
    """

    at: datetime
    log_index: int
    transaction_id: str
    type: TransactionType
    units: Lot
    after: KyotoAttributes
    giver: Holder
    taker: Holder
    acts: bool = True
    told_by: str = ""
    in_stead: tuple[InStead, ...] = ()

    @property
    def quantity(self) -> int:
        """How many units."""
        return self.units.quantity

    @property
    def begun(self) -> tuple[Units, ...]:
        """What began in the stead of these units under another rulebook."""
        return tuple(begun_for(self.in_stead, Units(self.units.registry, self.units.range)))

    @property
    def external(self) -> bool:
        """True when the units went to another registry."""
        return self.giver.registry != self.taker.registry


class History:
    """The record, played up to a moment and further when asked.

    Args:
        connection: The database; the caller holds a snapshot where several reads must agree.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ledger = UnitLedger(())
        self._issued: dict[tuple[str, int], bytes] = {}
        self._holders = {
            account_id: Holder(
                account_id=account_id,
                registry=registry,
                party=party,
                account_type=kind,
                terms=terms,
            )
            for account_id, registry, party, kind, terms in connection.execute(
                _ACCOUNTS, {"of_rulebook": RULEBOOK}
            )
        }
        self._rows = completed(connection, RULEBOOK, -1)
        self._waiting: Row | None = None
        self._message: tuple[str, object] = ("", None)
        self.in_stead: list[InStead] = []
        """What began under another rulebook so far, and in the stead of which units."""

    def events(self, as_of: datetime | None = None) -> Iterator[Event]:
        """The next events in the order of the log; the units of each are posted when it is yielded.

        Args:
            as_of: Stop at what was decided later; None: at the end.
        """
        end = until(as_of)
        while (row := self._waiting or next(self._rows, None)) is not None:
            self._waiting = row
            if row[DECIDED_AT] > end:
                return
            self._waiting = None
            yield from self._played(row)

    def held(self) -> Iterator[tuple[Holder, Lot]]:
        """Every live range and the account that it is in, by registry and serial."""
        for row in self._ledger.rows():
            yield self._holders[row.account_id], self._lot(row)

    def proposed(self, event: Event) -> KyotoProposed:
        """What the proposal of an event's transaction states."""
        message_id, ordinal = self._connection.execute(
            "SELECT message_id, ordinal FROM transaction_record WHERE transaction_id = ?",
            (event.transaction_id,),
        ).fetchone()
        if self._message[0] != message_id:
            kind_of, *said = self._connection.execute(_MESSAGE, {"of_id": message_id}).fetchone()
            payload = whole(self._connection, *said)
            self._message = (message_id, decode(PayloadKind(kind_of), payload))
        message = cast("proposal_pb2.Proposal | proposal_pb2.ProposalBatch", self._message[1])
        written = (
            message.transactions[ordinal]
            if isinstance(message, proposal_pb2.ProposalBatch)
            else message.transaction
        )
        half = ending(written) if written.HasField("transition") else written
        return proposed(half, "transaction")

    def judged(self, event: Event) -> tuple[int, int]:
        """Place in the log of the verdict on an event's transaction, and the transaction's position in it."""
        place, position = self._connection.execute(_JUDGED, (event.transaction_id,)).fetchone()
        return place, position

    def _played(self, row: Row) -> list[Event]:
        transaction_id, kind, _, _, _, _, written, log_index, decided_at = row
        postings, moved = from_text(written), TransactionType(kind)
        pairs = tuple(in_stead(postings))
        self.in_stead += pairs
        return [
            Event(
                at=from_ms(decided_at),
                log_index=log_index,
                transaction_id=transaction_id,
                type=moved,
                units=step.lot,
                after=step.after,
                giver=step.giver,
                taker=step.taker,
                acts=step.acts,
                in_stead=pairs,
            )
            for step in self._steps(postings)
        ]

    def _steps(self, postings: Postings) -> list[_Step]:
        steps: list[_Step] = []
        for issue in postings.issues:
            block = issue.units
            self._issued[block.registry, block.range.first] = issue.attributes
            self._ledger.issue(
                UnitRow(
                    registry=block.registry,
                    first=block.range.first,
                    last=block.range.last,
                    issued_first=block.range.first,
                    account_id=issue.to_account,
                    state=issue.state,
                )
            )
            taker = self._holders[issue.to_account]
            steps += [_Step(lot, lot.attributes, taker, taker) for _, lot in self._lots(block)]
        for move in postings.moves:
            giver, taker = self._holders[move.from_account], self._holders[move.to_account]
            steps += [_Step(lot, lot.attributes, giver, taker) for _, lot in self._lots(move.units)]
            self._ledger.move(
                move.units.registry, move.units.range, move.from_account, move.to_account
            )
        acting = len(steps) == 0  # where nothing moves, what is restated is what the units become
        for each in postings.restates:
            lots = list(self._lots(each.units))
            self._ledger.restate(each.units.registry, each.units.range, each.before, each.after)
            for holder, lot in lots:
                after = with_state(lot.attributes, each.after)
                steps = _restated(steps, holder, lot, after, acting=acting)
        return steps

    def _lots(self, units: Units) -> Iterator[tuple[Holder, Lot]]:
        for row in self._ledger.overlapping(units.registry, units.range):
            first, last = max(row.first, units.range.first), min(row.last, units.range.last)
            yield self._holders[row.account_id], self._lot(replace(row, first=first, last=last))

    def _lot(self, row: UnitRow) -> Lot:
        issued = issued_attributes(self._issued[row.registry, row.issued_first], row.registry)
        return Lot(
            registry=row.registry,
            range=SerialRange(row.first, row.last),
            attributes=with_state(issued, row.state),
        )


@dataclass(frozen=True, slots=True)
class _Step:
    lot: Lot
    after: KyotoAttributes
    giver: Holder
    taker: Holder
    acts: bool = True


def _restated(
    steps: list[_Step], holder: Holder, lot: Lot, after: KyotoAttributes, *, acting: bool
) -> list[_Step]:
    """The steps with what units become: of those that moved, or of ones that stayed where they are."""
    found: list[_Step] = []
    left: tuple[SerialRange, ...] = (lot.range,)
    for step in steps:
        shared = step.lot.range.intersection(lot.range)
        if shared is None or step.lot.registry != lot.registry or not step.acts:
            found.append(step)
            continue
        rest = step.lot.range.subtract(shared)
        found += [replace(step, lot=replace(step.lot, range=part)) for part in rest]
        found.append(replace(step, lot=replace(step.lot, range=shared), after=after))
        left = tuple(part for each in left for part in each.subtract(shared))
    found += [_Step(replace(lot, range=part), after, holder, holder, acts=acting) for part in left]
    return found
