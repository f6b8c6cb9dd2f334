# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registering and revoking keys: nothing is lost by a yes, and what is revoked signs nothing more."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.app import memory_house, operator_over
from broker.clearing.path.gate import OPERATOR_NODE
from broker.store import nodes
from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.envelope import Envelope, Signature, open_envelope, pae
from itmo.identifiers import NodeId
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose, Keyring, MemorySigner
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from tests.kit.clearing import BROKER, NETWORK, ClearingWorld, join_request, receipt_of, transfer
from tests.kit.guards import behind_guards
from tests.kit.world_again import trading_again

NEXT = MemorySigner.from_seed(b"next".ljust(32, b"."))
FIRST = MemorySigner.from_seed(b"b" * 32)
PURPOSES = {
    BROKER: statements_pb2.KEY_PURPOSE_SIGN_RECEIPT,
    OPERATOR_NODE: statements_pb2.KEY_PURPOSE_OPERATE,
}


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    await made.house.stop()


def addition(
    world: ClearingWorld, node: str, signer: MemorySigner, days: int = 730
) -> statements_pb2.KeyStatement:
    now = world.clock.now()
    text = proof_of_possession_text(NETWORK, node, signer.public_key)
    return statements_pb2.KeyStatement(
        node=node,
        purpose=PURPOSES.get(NodeId(node), statements_pb2.KEY_PURPOSE_SIGN_MESSAGE),
        public_key=signer.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + timedelta(days=days)),
        proof_of_possession=signer.sign(text.encode()),
    )


def revocation(node: str, signer: MemorySigner) -> statements_pb2.KeyStatement:
    return statements_pb2.KeyStatement(
        node=node,
        purpose=PURPOSES.get(NodeId(node), statements_pb2.KEY_PURPOSE_SIGN_MESSAGE),
        public_key=signer.public_key,
        revoked=True,
    )


async def state(world: ClearingWorld, statement: statements_pb2.KeyStatement) -> None:
    await world.operator.state(PayloadKind.KEY_STATEMENT, statement)


async def served_with(world: ClearingWorld, signer: MemorySigner) -> None:
    """The same books, served by a broker that was started with another key."""
    await world.house.stop()
    parts = replace(world.parts, signer=signer)
    world.parts, world.house = parts, memory_house(parts, world.connection)
    await world.house.start()
    world.operator = operator_over(parts, world.house)


@pytest.mark.parametrize("node", ["broker", "operator", "che"])
async def test_a_registered_key_keeps_its_validity(world: ClearingWorld, node: str) -> None:
    """Another validity is no signed yes without effect; the very same statement says what is so."""
    first = addition(world, node, NEXT)
    await state(world, first)
    before = world.connection.execute("SELECT * FROM key ORDER BY keyid").fetchall()
    with pytest.raises(ProtocolError, match="registered before") as refused:
        await state(world, addition(world, node, NEXT, days=900))
    assert refused.value.reason is Reason.KEY_REFUSED
    await state(world, first)
    assert world.connection.execute("SELECT * FROM key ORDER BY keyid").fetchall() == before
    assert verify(world.connection, lambda _: None).problems == ()


async def test_an_admission_with_a_key_that_ended_is_no_yes(world: ClearingWorld) -> None:
    """A renewal with it would be signed, and the node could not say a word."""
    signer = MemorySigner.from_seed(b"che".ljust(32, b"."))
    world.clock.advance(timedelta(days=800))
    with pytest.raises(ProtocolError, match="ended") as refused:
        await world.operator.admit(join_request(signer, "che", ("CHE01",)), b"\x02" * 32)
    assert refused.value.reason is Reason.KEY_NOT_VALID_NOW
    assert world.house.admitted.check_connection(NodeId("che"), bytes(32)) == "che"


@pytest.mark.parametrize("node", ["broker", "operator"])
async def test_the_last_key_of_the_broker_stays(world: ClearingWorld, node: str) -> None:
    last = {"broker": FIRST, "operator": MemorySigner.from_seed(b"o" * 32)}[node]
    other = MemorySigner.from_seed(b"other".ljust(32, b"."))
    await state(world, addition(world, node, NEXT, days=1))
    await state(world, addition(world, "operator", other, days=100))
    world.clock.advance(timedelta(days=2))
    if node == "operator":
        await state(world, revocation("operator", other))
    else:
        await served_with(world, NEXT)  # so that it is not the one in use
        world.operator = replace(world.operator, signer=other)
    with pytest.raises(ProtocolError) as refused:
        await state(world, revocation(node, last))
    expected = Reason.KEY_IN_USE if node == "broker" else Reason.KEY_REFUSED
    assert refused.value.reason is expected
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_key_of_the_broker_is_told_to_every_node(world: ClearingWorld) -> None:
    """The statement as the operator signed it, and a receipt signed with the key that they know."""
    await state(world, addition(world, "broker", NEXT))
    for node in ("tha", "che"):
        entry = (await world.house.deliveries(NodeId(node), 0, 100))[-1]
        said, receipt = entry.envelopes
        assert said.payload_type == PayloadKind.KEY_STATEMENT.label
        assert [each.keyid for each in receipt.signatures] == [FIRST.keyid]
        stated = decode(PayloadKind.RECEIPT, receipt.payload)
        assert isinstance(stated, decision_pb2.Receipt)
        assert stated.effective
        assert stated.message_hash == hashlib.sha256(said.payload).digest()
    before = len(await world.house.deliveries(NodeId("tha"), 0, 100))
    await state(world, addition(world, "operator", MemorySigner.from_seed(b"p" * 32)))
    assert len(await world.house.deliveries(NodeId("tha"), 0, 100)) == before
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_revocation_counts_from_its_place_and_not_from_a_time(
    world: ClearingWorld,
) -> None:
    """Whoever has the old key states the time before the revocation; its place gives it away."""
    await state(world, addition(world, "broker", NEXT))
    await served_with(world, NEXT)
    tha = world.senders["tha"]
    await state(world, revocation("broker", FIRST))
    await tha.propose(transfer(world, 1, 10))  # in the very millisecond of the revocation
    ring = Keyring(nodes.keys(world.connection))
    place, payload = world.connection.execute(
        "SELECT log_index, payload FROM statement WHERE kind = 'verdict' ORDER BY sequence DESC"
    ).fetchone()
    label = PayloadKind.VERDICT.label
    forged = Envelope(payload, label, (Signature(FIRST.keyid, FIRST.sign(pae(label, payload))),))
    at = world.clock.now()
    open_envelope(forged, ring, at, KeyPurpose.SIGN_RECEIPT, place - 1)
    with pytest.raises(ProtocolError) as refused:
        open_envelope(forged, ring, at, KeyPurpose.SIGN_RECEIPT, place)
    assert refused.value.reason is Reason.KEY_REVOKED
    await world.house.expire_due()  # which also keeps signatures
    assert verify(world.connection, lambda _: None).problems == ()
    behind_guards(
        world.connection,
        "UPDATE statement_signature SET keyid = ?, signature = ? WHERE keyid = ?"
        " AND statement_id = (SELECT statement_id FROM statement WHERE payload = ?)",
        (FIRST.keyid, forged.signatures[0].sig, NEXT.keyid, payload),
    )
    assert any("is revoked" in each for each in verify(world.connection, lambda _: None).problems)


async def test_what_was_said_before_a_key_came_is_played_again_as_it_was(
    world: ClearingWorld,
) -> None:
    """A replay registers own keys where they were registered, so refusals before it come out alike."""
    with pytest.raises(ProtocolError) as early:
        await state(world, revocation("operator", NEXT))
    assert early.value.reason is Reason.KEY_UNKNOWN
    await state(world, addition(world, "operator", NEXT))
    await state(world, revocation("operator", NEXT))
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_node_revokes_what_it_does_not_sign_with(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    own = tha.chain.signer
    assert isinstance(own, MemorySigner)
    refused = receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, revocation("tha", own)))
    assert refused.refusal.code == Reason.KEY_REFUSED
    assert receipt_of(
        await tha.say(PayloadKind.KEY_STATEMENT, addition(world, "tha", NEXT))
    ).effective
    assert receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, revocation("tha", NEXT))).effective
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_node_registers_so_many_keys_itself_and_no_more(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every process keeps every key for ever; revoked ones count. The operator may add more."""
    monkeypatch.setattr(limits, "MAX_KEYS_PER_NODE", 3)
    tha = world.senders["tha"]

    async def register(seed: bytes, *, revoked: bool = False) -> decision_pb2.Receipt:
        added = addition(world, "tha", MemorySigner.from_seed(seed.ljust(32, b".")))
        added.revoked = revoked
        answer = await tha.say(PayloadKind.KEY_STATEMENT, added)
        return receipt_of(answer)

    assert (await register(b"one")).effective
    assert (await register(b"one", revoked=True)).effective
    assert (await register(b"two")).effective
    for _ in range(2):
        refused = await register(b"three")
        assert (refused.effective, refused.refusal.code) == (False, "NODE_LIMIT_REACHED")
        assert "has had 3 keys registered, at most 3 on its own word" in refused.refusal.found
    assert (await register(b"two")).effective, "what it has is no other one"
    fourth = addition(world, "tha", MemorySigner.from_seed(b"three".ljust(32, b".")))
    await state(world, fourth)
    assert receipt_of(
        await world.senders["che"].say(
            PayloadKind.KEY_STATEMENT,
            addition(world, "che", MemorySigner.from_seed(b"four".ljust(32, b"."))),
        )
    ).effective
    assert verify(world.connection, lambda _: None).problems == ()


async def test_who_reads_what_changed_of_keys_hears_of_revocations(world: ClearingWorld) -> None:
    """The process that decides would refuse what such a key signs; whoever else verifies needs to know, too."""
    await state(world, addition(world, "tha", NEXT))
    before = nodes.directory_since(world.connection, None)
    await state(world, revocation("tha", NEXT))
    changed = nodes.directory_since(world.connection, before.place)
    (key,) = changed.keys
    assert (key.keyid, key.revoked_at is None) == (NEXT.keyid, False)
    assert nodes.directory_since(world.connection, changed.place).keys == []
