# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an earlier build signed with a key that is not registered is signed again."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.app import memory_house
from broker.store import nodes
from broker.store.signatures import sign_again
from broker.verifying.verify import verify
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.envelope import open_envelope
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import BROKER, ClearingWorld, sealed, transfer
from tests.kit.guards import behind_guards
from tests.kit.world_again import trading_again

RIGHT = MemorySigner.from_seed(b"b" * 32)
WRONG = MemorySigner.from_seed(b"w" * 32)


async def signed_wrongly() -> ClearingWorld:
    """A world whose last decision was signed by a broker that was started with a wrong key."""
    world = await trading_again()
    await world.house.stop()
    world.house = memory_house(replace(world.parts, signer=WRONG), world.connection)
    await world.house.start()
    await world.senders["tha"].propose(transfer(world, 1, 10))
    await world.house.stop()
    assert keyids(world.connection) == {RIGHT.keyid, WRONG.keyid}
    assert any("no key of the broker" in each for each in problems(world))
    return world


def keyids(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT keyid FROM statement_signature")}


def problems(world: ClearingWorld) -> tuple[str, ...]:
    return verify(world.connection, lambda _: None).problems


async def test_the_start_signs_again() -> None:
    world = await signed_wrongly()
    behind_guards(
        world.connection,
        "DELETE FROM statement_signature WHERE statement_id = (SELECT min(statement_id) FROM statement)",
    )
    assert sign_again(world.connection, RIGHT) == 2
    assert keyids(world.connection) == {RIGHT.keyid}
    assert problems(world) == ()
    assert sign_again(world.connection, RIGHT) == 0


async def test_a_key_that_was_not_valid_then_signs_nothing_again() -> None:
    world = await signed_wrongly()
    world.connection.execute(
        "UPDATE key SET not_before = not_after - 1 WHERE keyid = ?", (RIGHT.keyid,)
    )
    assert sign_again(world.connection, RIGHT) == 0


async def test_handing_out_signs_again_and_keeps_it() -> None:
    world = await signed_wrongly()
    world.house = memory_house(world.parts, world.connection)
    await world.house.start()
    entry = (await world.house.deliveries(NodeId("che"), 0, 10))[-1]
    ring = Keyring(nodes.keys(world.connection))
    for envelope in entry.envelopes:
        if envelope.payload_type == PayloadKind.VERDICT.label:
            open_envelope(envelope, ring, world.clock.now(), KeyPurpose.SIGN_RECEIPT)
    await world.house.expire_due()
    assert keyids(world.connection) == {RIGHT.keyid}
    assert problems(world) == ()


async def test_a_good_signature_never_gives_way() -> None:
    world = await trading_again()
    await world.house.stop()
    before = world.connection.execute("SELECT * FROM statement_signature").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="good signature"):
        world.connection.execute("UPDATE statement_signature SET signature = x'00'")
    assert world.connection.execute("SELECT * FROM statement_signature").fetchall() == before


@pytest.mark.parametrize("change", ["not_before = not_after - 1", "not_after = not_before + 1",
                                    "revoked_at = not_before - 1"])  # fmt: skip
async def test_verify_knows_when_a_key_was_valid(change: str) -> None:
    world = await trading_again()
    world.clock.advance(world.parts.transaction_lifetime / 100)
    await world.senders["tha"].propose(transfer(world, 1, 10))
    await world.house.stop()
    assert problems(world) == ()
    world.connection.execute(f"UPDATE key SET {change} WHERE keyid = ?", (RIGHT.keyid,))
    assert any("valid then" in each for each in problems(world))


async def test_the_key_in_use_is_not_revoked() -> None:
    world = await trading_again()
    statement = statements_pb2.KeyStatement(
        node=BROKER,
        purpose=statements_pb2.KEY_PURPOSE_SIGN_RECEIPT,
        public_key=RIGHT.public_key,
        revoked=True,
    )
    with pytest.raises(ProtocolError) as refused:
        await world.operator.state(PayloadKind.KEY_STATEMENT, statement)
    assert refused.value.reason is Reason.KEY_IN_USE
    proposal = proposal_pb2.Proposal(transaction=transfer(world, 1, 10))
    sender = world.senders["tha"]
    await world.house.submit(sender.node, sealed(sender, PayloadKind.PROPOSAL, proposal))


async def test_a_key_that_ends_while_it_is_in_use_stops_the_service() -> None:
    world = await trading_again()
    world.house.check_own_key()
    world.clock.advance(timedelta(days=3651))
    with pytest.raises(ProtocolError) as ended:
        world.house.check_own_key()
    assert ended.value.reason is Reason.KEY_NOT_VALID_NOW
