# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a node's books are compared with the record in a story, and how a case is ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.payloads import PayloadKind
from registry_node.commands.trip import Trip
from registry_node.ledger.holdings import Block, Holding
from registry_node.service import RegistryNode
from registry_node.store.rows import ReconciliationOutcome
from scenarios.books import Reconcile, Resolve
from scenarios.network import PlayedNetwork

_MOST_STAGES: Final = 100
"""A comparison that goes on for longer goes on for ever."""


async def reconcile(
    network: PlayedNetwork, node: RegistryNode, action: Reconcile
) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """Compares; says whether books and record agree, and each way in which they differ.

    Raises:
        ProtocolError: the node cannot begin.
    """
    blocks = [Block(registry, serials) for registry, serials in action.differs]
    lost = await node.work.run(lambda trip: _lose(trip, blocks))
    try:
        await node.reconcile(action.registry)
        for _ in range(_MOST_STAGES):
            await network.settle()
            if not await node.pump_reconciliations():
                break
    finally:
        await node.work.run(lambda trip: _find(trip, lost))
    standing = next(each for each in await node.compared() if each.registry == action.registry)
    found = tuple(
        (pb.DifferenceKind.Name(each.kind).removeprefix("DIFFERENCE_KIND_"), _told(each))
        for case in standing.cases
        for each in pb.ReconciliationAnswer.FromString(case.differences).differences
    )
    last = standing.last
    return last is not None and last.outcome is ReconciliationOutcome.AGREED, found


def _told(each: pb.Difference) -> str:
    units = each.units
    return f"{units.registry}:{units.first}-{units.last} in {each.recorded_account or 'no account'}"


def _lose(trip: Trip, blocks: Sequence[Block]) -> list[Holding]:
    """Takes units out of the node's books, as if it had never heard of them."""
    ledger = trip.ledger(blocks, "")
    lost = [
        piece
        for block in blocks
        for held in ledger.pieces(block)
        for piece in ledger.debit(Block(held.registry, held.serials), held.account_id, "")[0]
    ]
    trip.save_ledger(ledger)
    return lost


def _find(trip: Trip, lost: Sequence[Holding]) -> None:
    ledger = trip.ledger([Block(each.registry, each.serials) for each in lost], "")
    for each in lost:
        ledger.credit(each)
    trip.save_ledger(ledger)


async def resolve(network: PlayedNetwork, node: RegistryNode, action: Resolve) -> None:
    """Ends every open case of a registry.

    Raises:
        ProtocolError: a case is not ended.
    """
    for standing in await node.compared():
        for case in standing.cases if standing.registry == action.registry else ():
            written = pb.CaseResolution(
                case_id=case.case_id, right=pb.CASE_RIGHT_RECORD, reason=action.reason
            )
            await network.operator.state(PayloadKind.CASE_RESOLUTION, written)
