# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands against completing is told to the proposer; a receiver is told which rule it is."""

from __future__ import annotations

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.paris.v1 import attributes_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    failed,
    issuance,
    trading_world,
    transfer,
)
from tests.kit.notices import event, programme

FIRST, LAST = 200_001, 200_009


async def bound(
    first: int, last: int, *, by_proposer: bool = False, accepted: bool = False
) -> tuple[ClearingWorld, str]:
    """Units are offered; then some of the units behind them end in their programme."""
    world = await trading_world()
    tha, gs = world.senders["tha"], await programme(world)
    made = issuance(world, "THA01", FIRST, LAST)
    made.blocks[0].attributes.paris.underlying.CopyFrom(
        attributes_pb2.UnderlyingUnits(
            registry="GS", first_unit_id="GS-71-0", last_unit_id="GS-79-0"
        )
    )
    assert (await tha.propose(made)).state == decision_pb2.STATE_COMPLETED
    wanted = transfer(world, FIRST, LAST)
    if by_proposer:
        wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    verdict = await tha.propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    if accepted:
        assert (await world.senders["che"].accept(wanted.transaction_id)).effective
    assert (await event(gs, 70 + first, 70 + last)).effective
    return world, wanted.transaction_id


async def test_a_receiver_is_told_the_same_in_all_worlds() -> None:
    """Which of the units are bound, and by which notice, is between the holder and the programme."""
    told = set()
    for first, last in ((1, 9), (3, 4), (8, 9)):
        world, name = await bound(first, last)
        receipt = await world.senders["che"].accept(name)
        assert not receipt.effective
        told.add((receipt.refusal.code, receipt.refusal.found))
    ((code, found),) = told
    assert code == "NOTIFY_HOST_OF_CANCEL"
    assert found.startswith("Units whose underlying units ended move only by the transaction")


async def test_the_proposer_is_told_what_was_found() -> None:
    world, name = await bound(3, 4, by_proposer=True, accepted=True)
    receipt = await answer_to(world.senders["tha"], PayloadKind.COMPLETION, name)
    assert receipt.refusal.code == "NOTIFY_HOST_OF_CANCEL"
    assert "notice" in receipt.refusal.found
    assert (
        "200 003" in receipt.refusal.found.replace("\u202f", " ")
        or "200003" in receipt.refusal.found
    )
