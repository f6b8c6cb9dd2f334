# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Large messages are counted before they are looked at, paid for before they are read, and few wait."""

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import pytest

from broker.clearing.path import cost
from broker.clearing.path import reading_apart as module
from broker.clearing.path.gate import Steps
from broker.clearing.path.reading_apart import AT_ONCE, BESIDE, ROOM, Reading
from broker.clearing.path.received import Received
from itmo import limits
from itmo.core.v1 import notices_pb2, proposal_pb2, units_pb2
from itmo.identifiers import NodeId
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.texts import check_texts
from tests.kit.clearing import ClearingWorld, sealed, send, trading_world, transfer

INVISIBLE = "\u200b"
SOON = 5.0


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_world()
    yield made
    await made.house.stop()


async def test_blocks_are_counted_before_any_text_is_looked_at(world: ClearingWorld) -> None:
    """48 000 blocks of one message held the interpreter for 50 ms, and 60 such messages a second."""
    moved = transfer(world, 1, 1)
    moved.note = INVISIBLE
    many = units_pb2.UnitBlock(registry="THA01", first=1, last=1)
    moved.blocks.extend([many] * limits.MAX_BLOCKS_PER_MESSAGE)
    tha = world.senders["tha"]
    for kind, written in (
        (PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=moved)),
        (PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=[moved])),
    ):
        with pytest.raises(ProtocolError) as refused:
            await send(tha, sealed(tha, kind, written))
        assert refused.value.reason is Reason.TOO_MANY_BLOCKS


def test_a_list_is_counted_before_its_entries_are_looked_at() -> None:
    message = notices_pb2.AdministratorMessage(recipients=[INVISIBLE] * (limits.MAX_LISTED + 1))
    with pytest.raises(ProtocolError, match=f"recipients has {limits.MAX_LISTED + 1} entries"):
        check_texts(message)


async def test_a_batch_of_a_few_hundred_is_not_read_at_once(world: ClearingWorld) -> None:
    """It takes as long as fifty messages do, and sixteen of them came at once."""
    tha, sizes = world.senders["tha"], []
    for count in (64, 300):
        batch = proposal_pb2.ProposalBatch(
            transactions=[transfer(world, at, at) for at in range(1, count + 1)]
        )
        sizes.append(len(sealed(tha, PayloadKind.PROPOSAL_BATCH, batch).payload))
    assert sizes[0] <= AT_ONCE < sizes[1] <= BESIDE


@pytest.mark.parametrize("size", [AT_ONCE + 1, BESIDE + 1])
async def test_others_have_the_loop_between_proposals(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And threads have the interpreter soon: the loop is busy all the time, and decisions wait for both."""
    monkeypatch.setattr(module, "TURN", timedelta(0))
    usual, main = sys.getswitchinterval(), threading.main_thread()
    seen: list[tuple[bool, bool]] = []
    read = cast("Received", object())

    def steps() -> Steps:
        for _ in range(10):
            seen.append((threading.current_thread() is main, sys.getswitchinterval() < usual))
            yield
        return read

    reading = asyncio.create_task(Reading().read(NodeId("tha"), size, steps))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    assert await reading is read
    assert turns > 10
    assert seen[0] == (size <= BESIDE, True)
    assert seen[1:] == [(True, True)] * 9
    assert sys.getswitchinterval() == usual


async def test_a_large_message_of_one_step_is_read_on_a_thread() -> None:
    read = cast("Received", object())

    def steps() -> Steps:
        yield from ()
        assert threading.current_thread() is not threading.main_thread()
        return read

    assert await Reading().read(NodeId("tha"), BESIDE + 1, steps) is read


async def test_what_waits_to_be_read_is_paid_for_and_bounded(world: ClearingWorld) -> None:
    spent: Counter[str] = Counter()
    world.house.charge_by(lambda node, some: spent.update({node: some}))
    tha = world.senders["tha"]
    heavy = proposal_pb2.ProposalBatch(transactions=[transfer(world, 1, 1) for _ in range(100)])
    for each in heavy.transactions:
        each.note = "\u6f22" * limits.MAX_TEXT
    envelope = sealed(tha, PayloadKind.PROPOSAL_BATCH, heavy)
    size = len(envelope.payload)
    assert size > AT_ONCE
    fits = ROOM.payload_bytes_per_node // size
    reading = world.house._reading
    async with reading._one:  # as while another node's message is being read
        waiting = [asyncio.create_task(send(tha, envelope)) for _ in range(fits)]
        await asyncio.sleep(0)
        assert spent["tha"] == fits * (cost.size(size) - cost.TOKEN)
        async with asyncio.timeout(SOON):
            with pytest.raises(ProtocolError) as refused:
                await send(tha, envelope)
        assert refused.value.reason is Reason.OVERLOADED
        assert spent["tha"] == (fits + 1) * (cost.size(size) - cost.TOKEN)
    answers = await asyncio.gather(*waiting)
    assert [each.replayed for each in answers].count(False) == 1
    assert reading._room.payload_bytes == reading._room.messages == 0
