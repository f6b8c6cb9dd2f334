# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""However decisions are grouped, the stored ranges are the same: the longest runs of like units."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import example
from hypothesis import strategies as st

from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    failed,
    signed,
    split_for_nothing,
    trading_world,
    transfer,
)
from tests.kit.drawn import drawn

SERIALS = 16
THA = RegistryId("THA01")
Move = tuple[int, int, bool, bool]
"""First and last serial, whether it leaves the registry, and whether it waits for its proposer."""


@st.composite
def moves(draw: st.DrawFn) -> Move:
    first = draw(st.integers(1, SERIALS))
    return first, draw(st.integers(first, SERIALS)), draw(st.booleans()), draw(st.booleans())


async def prepared() -> ClearingWorld:
    world = await trading_world()
    tha = world.senders["tha"]
    await world.open_account(tha, "THA01", 100, 2)
    return world


def named(world: ClearingWorld, move: Move, back: int) -> proposal_pb2.ProposedTransaction:
    first, last, abroad, waits = move
    made = transfer(world, first, last, taker="CHE01" if abroad else "THA01")
    if not abroad:
        accounts = [make_account_id(THA, 100, number) for number in (1, 2)]
        made.from_account, made.to_account = accounts[back], accounts[1 - back]
    if waits:
        made.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return made


async def played(history: list[Move], size: int) -> tuple[list[object], int]:
    """The stored ranges after a history whose proposals come in groups of this size."""
    world = await prepared()
    tha, che = world.senders["tha"], world.senders["che"]
    names = []
    envelopes = []
    for number, move in enumerate(history):
        made = named(world, move, number % 2)
        names.append(made.transaction_id)
        envelopes.append(signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=made)))
    for start in range(0, len(envelopes), size):
        await asyncio.gather(
            *(world.house.submit(tha.node, each) for each in envelopes[start : start + size])
        )
    for place, name in enumerate(names):
        if history[place][2] and place % 2:
            await answer_to(che, PayloadKind.ACCEPTANCE, name)
        else:
            await answer_to(tha, PayloadKind.WITHDRAWAL, name)
    assert split_for_nothing(world.connection) == []
    assert verify(world.connection, lambda _: None).problems == ()
    rows = world.connection.execute("SELECT * FROM unit_block ORDER BY registry, first").fetchall()
    groups = world.connection.execute("SELECT count(DISTINCT decided_at) FROM log_leaf").fetchone()
    await world.house.stop()
    world.connection.close()
    return rows, groups[0]


@pytest.mark.slow
@drawn(history=st.lists(moves(), min_size=1, max_size=8), size=st.integers(2, 8), few=5, many=12)
@example(history=[(1, 4, False, False), (1, 4, False, False), (5, 6, False, True)], size=3)
def test_groups_of_any_size_end_in_the_same_ranges(history: list[Move], size: int) -> None:
    assert asyncio.run(played(history, 1))[0] == asyncio.run(played(history, size))[0]


def test_what_went_apart_and_came_back_is_one_range() -> None:
    """An attack on the cost of all that follows: every second unit of a block goes, and comes back."""

    async def attacked() -> tuple[int, int]:
        world = await prepared()
        tha = world.senders["tha"]
        counts = []
        for back in (0, 1):
            made = named(world, (1, 1, False, False), back)
            del made.blocks[:]
            for serial in range(2, 1000, 2):
                made.blocks.add(registry="THA01", first=serial, last=serial)
            verdict = await tha.propose(made)
            assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
            (count,) = world.connection.execute("SELECT count(*) FROM unit_block").fetchone()
            counts.append(count)
        assert verify(world.connection, lambda _: None).problems == ()
        await world.house.stop()
        return counts[0], counts[1]

    assert asyncio.run(attacked()) == (999, 1)
