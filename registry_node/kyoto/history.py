# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's own history: its completed transactions as they were signed, settled again one by one.

Nothing is taken from the clearing-house's record: verdicts and receipts that verified say what the units
were and became, and the code that settled them then settles them into an empty ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.serials import SerialRange
from registry_node.commands.propose import transaction_row
from registry_node.commands.trip import Trip
from registry_node.damage import damaged
from registry_node.inbox.opening import Statement, Verified
from registry_node.inbox.settlement import recorded_of, settle
from registry_node.ledger.holdings import Block, Holding
from registry_node.proposals.building import blocks_of
from registry_node.store.database import empty_database
from registry_node.store.tables import HOLDINGS

RULEBOOK: Final = "kyoto"
_ALL: Final = HOLDINGS.select(order=HOLDINGS.table.c.registry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A completed transaction.

    Attributes:
        at: When the clearing-house decided that it is completed.
        log_index: Place of that decision in its log.
        proposed: As its proposer signed it.
        verdict: What the clearing-house said of it when it was judged.
        place: Of that verdict in the log.
        position: Of the transaction in that verdict, from 0.
        restated: What units are afterwards, where it changed them.
    """

    at: datetime
    log_index: int
    proposed: proposal_pb2.ProposedTransaction
    verdict: decision_pb2.TransactionVerdict
    restated: tuple[decision_pb2.RecordedUnits, ...]
    place: int
    position: int

    @property
    def touched(self) -> Iterator[Block]:
        """The units that it was about, or changed."""
        for each in (*self.verdict.units, *self.restated):
            yield Block(each.registry, SerialRange(each.first, each.last))


def _receipts(
    opened: Mapping[bytes, Verified],
) -> Iterator[tuple[Statement, decision_pb2.Receipt]]:
    for each in opened.values():
        if isinstance(each, Statement):
            for receipt in each.receipts:
                yield each, receipt


def completed(opened: Mapping[bytes, Verified]) -> list[Done]:
    """Returns the completed transactions of the rulebook in which the node took part, in the log's order.

    Args:
        opened: Every message that is stored and verified, by payload hash.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, where a receipt names a message that is not stored.
    """
    found: dict[str, Done] = {}
    for each, receipt in _receipts(opened):
        if not receipt.effective or receipt.state != decision_pb2.STATE_COMPLETED:
            continue
        name = receipt.transaction_id
        proposed = _proposed(_named(opened, receipt.proposal_hash, name), name)
        if proposed.rulebook == RULEBOOK:
            verdict = cast(
                "decision_pb2.Verdict", _named(opened, receipt.verdict_hash, name).message
            )
            position, result = next(
                (number, each)
                for number, each in enumerate(verdict.results)
                if each.transaction_id == name
            )
            found[name] = Done(
                at=each.header.creation_time,
                log_index=receipt.log_index,
                proposed=proposed,
                verdict=result,
                restated=tuple(receipt.restated),
                place=verdict.log_index,
                position=position,
            )
    return sorted(found.values(), key=lambda each: (each.log_index, each.proposed.transaction_id))


def _named(opened: Mapping[bytes, Verified], payload_hash: bytes, name: str) -> Verified:
    found = opened.get(payload_hash)
    if found is None:
        raise damaged(f"the receipt of {name} names {payload_hash.hex()}, which is not stored")
    return found


def _proposed(said: Verified, name: str) -> proposal_pb2.ProposedTransaction:
    if isinstance(said.message, proposal_pb2.ProposalBatch):
        return next(each for each in said.message.transactions if each.transaction_id == name)
    return cast("proposal_pb2.Proposal", said.message).transaction


class Played:
    """An empty ledger into which transactions are settled again."""

    def __init__(self, trip: Trip) -> None:
        self._trip = replace(trip, db=empty_database())

    def close(self) -> None:
        """Lets go of it."""
        self._trip.db.close()

    def settle(self, done: Done) -> None:
        """Settles a transaction, as it was then."""
        trip = replace(self._trip, now=done.at)
        made = transaction_row(trip, done.proposed)
        row = replace(made, recorded=recorded_of(done.verdict))
        if row.from_account == row.to_account:  # units that stay are reserved, as they were
            blocks = blocks_of(done.proposed)
            ledger = trip.ledger(blocks, row.transaction_id)
            ledger.reserve_what_is_free(blocks, row.from_account, row.transaction_id)
            trip.save_ledger(ledger)
        settle(trip, row, done.restated)

    def held(self) -> list[Holding]:
        """Returns everything that the accounts hold now."""
        return _ALL.all(self._trip.db)


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of a transaction that are alike, before it and after it."""

    registry: str
    serials: SerialRange
    before: attributes_pb2.UnitAttributes
    after: attributes_pb2.UnitAttributes


def pieces(done: Done) -> Iterator[Piece]:
    """Yields the units that a transaction was about; those that it only names are none of them."""
    for units in done.verdict.units:
        left: tuple[SerialRange, ...] = (SerialRange(units.first, units.last),)
        before = units.attributes.kyoto
        for changed in done.restated:
            serials = SerialRange(changed.first, changed.last)
            if changed.registry != units.registry:
                continue
            for run in left:
                if shared := run.intersection(serials):
                    yield Piece(units.registry, shared, before, changed.attributes.kyoto)
            left = tuple(rest for run in left for rest in run.subtract(serials))
        yield from (Piece(units.registry, run, before, before) for run in left)
