# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is refused, under which ids and keys, and how much of it is remembered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.store.engines import groups_of
from broker.store.sqlite_groups import SqliteGroupStore
from itmo import limits
from itmo.clock import FakeClock
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.message.v1 import header_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import (
    restarted,
    sealed,
    send,
    signed,
    trading_world,
    transfer,
)


async def test_other_content_under_a_used_id_is_refused_when_its_key_was_revoked() -> None:
    """The first answer is for the first content; a revoked key gets it for that alone."""
    world = await trading_world()
    tha = world.senders["tha"]
    first = signed(
        tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 10))
    )
    header = proposal_pb2.Proposal.FromString(first.payload).header
    answered = await send(tha, first)
    revocation = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=tha.chain.signer.public_key,
        revoked=True,
    )
    assert (await world.operator.state(PayloadKind.KEY_STATEMENT, revocation)).effective
    world.clock.set(world.clock.now() + timedelta(seconds=1))
    other = proposal_pb2.Proposal(transaction=transfer(world, 11, 20))
    forged = sealed(tha, PayloadKind.PROPOSAL, other, _copy(header))
    with pytest.raises(ProtocolError) as refused:
        await send(tha, forged)
    assert refused.value.reason is Reason.KEY_REVOKED
    again = await send(tha, first)
    assert again.replayed
    assert again.answers == answered.answers
    rows = world.connection.execute("SELECT count(*) FROM conflicting_message").fetchone()
    assert rows == (0,), "a revoked key is no evidence against its node"
    await world.house.stop()


def _copy(header: header_pb2.Header) -> header_pb2.Header:
    made = header_pb2.Header()
    made.CopyFrom(header)
    return made


async def test_the_log_never_goes_back_in_time() -> None:
    """Started with a clock that is a little behind, it decides at the time of its last decision."""
    world = await trading_world()
    tha = world.senders["tha"]
    world.clock.advance(timedelta(minutes=1))
    await tha.propose(transfer(world, 1, 1))
    await world.house.stop()
    world.clock = FakeClock(world.clock.now() - timedelta(seconds=2))
    world.parts = replace(world.parts, clock=world.clock)
    await restarted(world).start()
    await tha.propose(transfer(world, 2, 2))
    times = [
        row[0]
        for row in world.connection.execute("SELECT decided_at FROM log_leaf ORDER BY log_index")
    ]
    assert times == sorted(times)
    await world.house.stop()


async def test_a_refused_message_gives_its_number_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes early behind it waits for the message that takes the number."""
    world = await trading_world()
    tha = world.senders["tha"]
    for serial in (1, 3, 5):
        await tha.propose(transfer(world, serial, serial))
    monkeypatch.setattr(limits, "MAX_PIECES_PER_MESSAGE", 3)
    crossing = proposal_pb2.Proposal(transaction=transfer(world, 1, 6))
    with pytest.raises(ProtocolError) as refused:
        await send(tha, sealed(tha, PayloadKind.PROPOSAL, crossing))
    assert refused.value.reason is Reason.TOO_MANY_BLOCKS
    said = [
        signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, n, n)))
        for n in (11, 12)
    ]
    early = asyncio.ensure_future(send(tha, said[1]))
    await asyncio.wait([early], timeout=0)
    await send(tha, said[0])
    assert not (await early).replayed
    await world.house.stop()


@pytest.mark.parametrize(
    ("code", "reason"),
    [(sqlite3.SQLITE_FULL, Reason.SHUTTING_DOWN), (sqlite3.SQLITE_ERROR, Reason.INTERNAL)],
)
async def test_an_engine_that_fails_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, code: int, reason: Reason
) -> None:
    """Nobody knows what is durable then: the service stops, and nothing is tried again.

    A disk that is full is no fault of the program's, as which callers were told of it before.
    """
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    asked: list[int] = []

    async def fails(_: SqliteGroupStore, group: Sequence[object], *_rest: object) -> object:
        asked.append(len(group))
        error = sqlite3.OperationalError("as the engine says")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(groups_of(world.connection), "decide", fails)
    said = [
        (tha, proposal_pb2.Proposal(transaction=transfer(world, 1, 1))),
        (che, proposal_pb2.Proposal(transaction=transfer(world, 2, 2))),
    ]
    both = (send(who, signed(who, PayloadKind.PROPOSAL, what)) for who, what in said)
    answers = await asyncio.wait_for(asyncio.gather(*both, return_exceptions=True), 20)
    reasons = [each.reason for each in answers if isinstance(each, ProtocolError)]
    assert reasons == [reason, reason]
    assert asked == [2]
    await world.house.stop()
