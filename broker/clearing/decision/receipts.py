# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a receipt says of a transaction, alone or among many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from broker.clearing.decision import statements
from broker.clearing.decision.rows import EntryRow, TransactionRow
from broker.clearing.decision.world import World
from broker.clearing.transactions.in_stead import in_stead
from broker.regime.postings import Restate, Units
from broker.regime.refusals import NoEffect
from broker.regime.regime import Regime
from broker.regime.regimes import Regimes
from itmo.core.v1 import decision_pb2
from itmo.frozen import quickly_made
from itmo.lifecycle import State
from itmo.message.v1 import ranges_pb2
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True)
class About:
    """What one receipt among many is about.

    Attributes:
        transaction_id: As the message named it.
        row: The transaction as it stands now; None where the sender does not take part.
        booked: What was booked.
        refusal: Why nothing took effect.
    """

    transaction_id: str
    row: TransactionRow | None
    booked: tuple[EntryRow, ...] = ()
    refusal: NoEffect | None = None


def say_of(receipt: decision_pb2.Receipt, about: About, world: World, regimes: Regimes) -> None:
    """Writes what a receipt says of a transaction; where there is none, only whether it took effect."""
    row, refusal = about.row, about.refusal
    receipt.transaction_id, receipt.effective = about.transaction_id, refusal is None
    if refusal is not None:
        receipt.refusal.code = refusal.code
        receipt.refusal.found = refusal.found
        receipt.refusal.remedy = refusal.remedy
    if row is not None:
        _describe(receipt, row)
        if row.state is State.COMPLETED and refusal is None:
            receipt.restated.extend(_restated(row, world, regimes[row.rulebook]))
            for each in in_stead(world.postings[row.transaction_id]):
                receipt.transition.add(ended=_range(each.ended), begun=_range(each.begun))
    for entry in about.booked:
        receipt.adjustments.add(
            party=entry.party,
            year=entry.year,
            quantity=entry.amount if entry.credit == entry.party else -entry.amount,
        )


def _restated(
    row: TransactionRow, world: World, regime: Regime
) -> Iterator[decision_pb2.RecordedUnits]:
    """What its regime says of units that a transaction which just completed has changed."""
    if not regime.tells_restated:
        return
    for each in world.postings[row.transaction_id].restates:
        for held in world.units.overlapping(each.units.registry, each.units.range):
            shared = each.units.range.intersection(SerialRange(held.first, held.last))
            if shared is not None:
                issued = world.issued[(held.registry, held.issued_first)].attributes
                change = Restate(Units(held.registry, shared), each.before, each.after)
                said = regime.restated(change, issued)
                if said is not None:
                    yield said


def _range(units: Units) -> ranges_pb2.UnitRange:
    serials = units.range
    return ranges_pb2.UnitRange(registry=units.registry, first=serials.first, last=serials.last)


def _describe(receipt: decision_pb2.Receipt, row: TransactionRow) -> None:
    receipt.state = statements.STATES[row.state]
    if row.termination_cause is not None:
        receipt.termination_cause = statements.CAUSES[row.termination_cause]
    receipt.type = statements.TYPES[row.type]
    receipt.from_registry = row.from_registry
    receipt.to_registry = row.to_registry
    receipt.quantity = row.quantity
    receipt.proposal_hash = row.proposal_hash
    receipt.verdict_hash = row.verdict_hash
    receipt.answer_hash = row.answer_hash or b""
    receipt.closing_hash = row.closing_hash or b""
    if row.state is State.COMPLETED:
        receipt.marks.extend(row.marks)
