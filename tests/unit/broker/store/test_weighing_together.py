# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages counted together come to what each comes to by itself, and never to a stranger's units."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from broker.clearing.path.received import Received
from broker.store import weighing_together
from broker.store.loading import Loader, Weighed
from broker.store.weighing import Weigher
from broker.store.weighing_together import Together
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, state_of, trading_world, transfer

Counted = dict[str, tuple[int | None, int]]


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_world()
    yield made
    await made.house.stop()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """By message: what it came to together with others, and by itself."""
    seen: Counted = {}
    weighed = Loader.weighed

    def both(loader: Loader, picked: Sequence[tuple[int, Received]]) -> list[Weighed]:
        together: Together = loader._together  # compared with what stands beside it
        alone: Weigher = loader._weigher  # as above
        found = together.pieces(picked)
        for place, received in picked:
            seen[received.header.message_id] = (found.get(place), alone.pieces(received))
        return weighed(loader, picked)

    monkeypatch.setattr(Loader, "weighed", both)
    return seen


async def _play(world: ClearingWorld) -> list[str]:
    """Transfers cut the units; then a batch and a transfer cross the pieces while three are accepted."""
    tha, che = world.senders["tha"], world.senders["che"]
    cut = [transfer(world, 20 * at + 11, 20 * at + 20) for at in range(3)]
    await tha.say(PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=cut))
    proposed = tha.chain.previous_payload_hash
    crossing = [transfer(world, *each) for each in ((1, 5), (15, 35), (61, 70))]
    acceptances = [
        proposal_pb2.Acceptance(transaction_id=each.transaction_id, proposal_hash=proposed)
        for each in cut
    ]
    whole = proposal_pb2.Proposal(transaction=transfer(world, 1, 100))
    await asyncio.gather(
        tha.say(PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=crossing)),
        tha.say(PayloadKind.PROPOSAL, whole),
        *(che.say(PayloadKind.ACCEPTANCE, each) for each in acceptances),
    )
    return [state_of(world, each.transaction_id) for each in (*cut, *crossing)]


async def test_together_and_alone_come_to_the_same(world: ClearingWorld, counted: Counted) -> None:
    states = await _play(world)
    assert states == ["COMPLETED"] * 3 + ["VALIDATED", "INVALIDATED", "VALIDATED"]
    both = [each for each in counted.values() if each[0] is not None]
    assert [together for together, _ in both] == [alone for _, alone in both]
    assert sorted(alone for _, alone in both)[-2:] == [5, 7], "a batch, and all pieces"
    assert [alone for _, alone in both].count(1) >= 3, "each accepted transaction"


async def test_where_there_is_much_each_is_counted_by_itself(
    world: ClearingWorld, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing_together, "_MOST", 0)
    states = await _play(world)
    assert states == ["COMPLETED"] * 3 + ["VALIDATED", "INVALIDATED", "VALIDATED"]
    ordinary = [together for together, alone in counted.values() if alone]
    assert ordinary
    assert set(ordinary) == {None}
