# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A message ahead of its turn waits for the one before it, and not for one that was refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from broker.clearing.path import waiting_room
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import ClearingWorld, send, signed, trading_world, transfer

LONG = timedelta(hours=1)


def wanted(world: ClearingWorld, first: int) -> proposal_pb2.Proposal:
    return proposal_pb2.Proposal(transaction=transfer(world, first, first + 9))


@pytest.mark.parametrize("refused_first", [True, False])
@pytest.mark.parametrize("behind", [1, 3])
async def test_nobody_waits_for_a_message_that_was_refused(
    monkeypatch: pytest.MonkeyPatch, refused_first: bool, behind: int
) -> None:
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", LONG)
    world = await trading_world()
    tha = world.senders["tha"]
    bad = transfer(world, 1, 10)
    bad.terms.kyoto.purpose = "a flight"
    one = signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=bad))
    rest = [
        signed(tha, PayloadKind.PROPOSAL, wanted(world, 10 * at + 1)) for at in range(1, 1 + behind)
    ]
    order = [one, *rest] if refused_first else [*rest, one]
    tasks = []
    for each in order:
        tasks.append(asyncio.create_task(send(tha, each)))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        told = await asyncio.gather(*tasks, return_exceptions=True)
    reasons = [each.reason for each in told if isinstance(each, ProtocolError)]
    gaps = [Reason.SEQUENCE_GAP] * behind
    assert reasons == (
        [Reason.PAYLOAD_INVALID, *gaps] if refused_first else [*gaps, Reason.PAYLOAD_INVALID]
    )
    await world.house.stop()


async def test_it_still_waits_for_one_that_has_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", LONG)
    world = await trading_world()
    tha = world.senders["tha"]
    first, second = (signed(tha, PayloadKind.PROPOSAL, wanted(world, at)) for at in (1, 11))
    early = asyncio.create_task(send(tha, second))
    assert not (await asyncio.wait([early], timeout=0.05))[0]
    await send(tha, first)
    assert not (await early).replayed
    await world.house.stop()
