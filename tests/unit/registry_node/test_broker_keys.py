# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes learn a new key of the broker from a statement that a pinned key vouches for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.envelope import Envelope, Signature, pae
from itmo.identifiers import NodeId, RegistryId, registry_party
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.node_kinds import NodeKind
from itmo.payloads import PayloadKind, decode
from itmo.timestamps import timestamp
from registry_node.broker_link import Delivery
from registry_node.inbox.pinning import KEY_CHANGED
from registry_node.service import RegistryNode
from scenarios.model import NodeSpec
from scenarios.network import BROKER_NODE, NETWORK_ID, PlayedNetwork
from tests.kit import wishes
from tests.kit.guards import behind_guards

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
NEXT = MemorySigner.from_seed(b"next".ljust(32, b"."))
THIRD = MemorySigner.from_seed(b"third".ljust(32, b"."))


@dataclass
class Scene:
    network: PlayedNetwork
    first: MemorySigner

    @property
    def che(self) -> RegistryNode:
        return self.network.node("che")

    async def state(self, signer: MemorySigner, *, revoked: bool = False) -> None:
        now = self.network.clock.now()
        statement = statements_pb2.KeyStatement(
            node=BROKER_NODE,
            purpose=statements_pb2.KEY_PURPOSE_SIGN_RECEIPT,
            public_key=signer.public_key,
            revoked=revoked,
        )
        if not revoked:
            statement.not_before.CopyFrom(timestamp(now))
            statement.not_after.CopyFrom(timestamp(now + 3 * YEAR))
            text = proof_of_possession_text(NETWORK_ID, BROKER_NODE, signer.public_key)
            statement.proof_of_possession = signer.sign(text.encode())
        await self.network.operator.state(PayloadKind.KEY_STATEMENT, statement)

    async def open_account(self) -> bool:
        """One message that a node says and the broker answers."""
        submitted, _ = await self.che.open_account(wishes.account())
        await self.network.settle()
        outcome = await self.che.outcome(submitted.message_id)
        return outcome.item.effective is True

    async def alarms(self) -> list[str]:
        return [each.code for each in (await self.che.status()).alarms]

    async def sound(self) -> None:
        found = (await self.che.verify()).problems
        assert found == (), "\n".join(each.found for each in found)


def national(name: str) -> NodeSpec:
    registry = RegistryId(f"{name.upper()}01")
    party = registry_party(registry)
    return NodeSpec(
        name=NodeId(name), kind=NodeKind.NATIONAL, registries=(registry,), parties=(party,)
    )


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    network = PlayedNetwork([national("che"), national("tha")], START)
    await network.start()
    first = network._parts.signer  # the key it began with
    assert isinstance(first, MemorySigner)
    made = Scene(network, first)
    assert await made.open_account()
    yield made
    await network.close()


async def test_a_new_key_is_pinned_from_a_statement_and_told(scene: Scene) -> None:
    await scene.state(NEXT)
    await scene.network.settle()
    (alarm,) = (await scene.che.status()).alarms
    assert alarm.code == KEY_CHANGED
    assert NEXT.keyid in alarm.found, "the fingerprint is there to be compared by hand"
    assert await scene.network.house.signer.change_to(NEXT)
    assert await scene.open_account()
    await scene.network.crash("che")
    await scene.network.restart("che")
    assert await scene.open_account()
    assert await scene.alarms() == [KEY_CHANGED]
    await scene.sound()


async def test_a_node_that_was_away_for_all_of_it_follows(scene: Scene) -> None:
    """Two keys later, each delivery verifies with what those before it told."""
    scene.network.connect("che", connected=False)
    await scene.network.node("tha").open_account(wishes.account())
    for signer in (NEXT, THIRD):
        await scene.state(signer)
        scene.network.clock.advance(timedelta(days=300))
        assert await scene.network.house.signer.change_to(signer)
    await scene.state(scene.first, revoked=True)
    await scene.state(NEXT, revoked=True)
    scene.network.connect("che", connected=True)
    assert await scene.open_account()
    assert (await scene.alarms()).count(KEY_CHANGED) == 4
    assert set(await scene.alarms()) == {KEY_CHANGED}
    await scene.sound()


async def test_what_nobody_had_fetched_is_signed_with_the_key_of_its_time(scene: Scene) -> None:
    """A receipt of a time-out is asked for by nobody; later keys were not valid when it was made."""
    scene.network.connect("che", connected=False)
    await scene.network.house.stop()
    database = scene.network.database
    behind_guards(
        database, "DELETE FROM statement_signature"
    )  # as after a crash before they were kept
    await scene.network.restart("broker")
    scene.network.clock.advance(timedelta(days=300))
    await scene.state(NEXT)
    assert await scene.network.house.signer.change_to(NEXT)
    rows = database.execute("SELECT keyid, count(*) FROM statement_signature GROUP BY keyid")
    signed = dict(rows.fetchall())
    assert signed.get(NEXT.keyid, 0) == 0
    (statements,) = database.execute("SELECT count(*) FROM statement").fetchone()
    assert signed[scene.first.keyid] == statements


async def test_a_key_that_is_not_registered_is_not_changed_to(scene: Scene) -> None:
    with pytest.raises(Exception, match="No key with id"):
        await scene.network.house.signer.change_to(NEXT)
    assert await scene.open_account()


async def test_what_a_revoked_key_signs_later_verifies_nowhere(scene: Scene) -> None:
    """Its thief states a time before the revocation and hands the node a receipt."""
    await scene.state(NEXT)
    before = scene.network.clock.now()
    scene.network.clock.advance(timedelta(hours=1))
    assert await scene.network.house.signer.change_to(NEXT)
    await scene.state(scene.first, revoked=True)
    await scene.network.settle()
    entry = (await scene.network.house.deliveries(NodeId("che"), 0, 100))[-1]
    said, good = entry.envelopes
    receipt = decode(PayloadKind.RECEIPT, good.payload)
    assert isinstance(receipt, decision_pb2.Receipt)
    receipt.header.creation_time.CopyFrom(timestamp(before))
    receipt.log_index += 1
    label, payload = good.payload_type, receipt.SerializeToString()
    signature = Signature(scene.first.keyid, scene.first.sign(pae(label, payload)))
    forged = Envelope(payload, label, (signature,))
    taken = await scene.che._receiver.take(  # as the broker's mailbox would hand it
        Delivery(entry.sequence + 1, "", (said, forged), b"d" * 32)
    )
    assert taken
    assert "KEY_REVOKED" in await scene.alarms()


async def test_only_the_operator_of_the_broker_tells_of_its_keys(scene: Scene) -> None:
    """A receipt vouches for what was decided; it makes no key of what another node said."""
    tha = scene.network.members[NodeId("tha")].signer
    text = proof_of_possession_text(NETWORK_ID, "tha", NEXT.public_key)
    await scene.network.node("tha").change_key(
        statements_pb2.KeyStatement(
            node="tha",
            purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
            public_key=NEXT.public_key,
            not_before=timestamp(START),
            not_after=timestamp(START + YEAR),
            proof_of_possession=NEXT.sign(text.encode()),
        )
    )
    await scene.network.settle()
    assert tha.keyid != NEXT.keyid
    for name in ("che", "tha"):
        status = await scene.network.node(name).status()
        assert status.alarms == ()


async def test_a_stored_key_that_nothing_vouches_for_is_found(scene: Scene) -> None:
    """Whoever can write the store could add a key, and statements that it signs."""
    await scene.state(NEXT)
    await scene.network.settle()
    store = scene.network.members[NodeId("che")].store
    await store.run(
        lambda db: db.execute(
            "INSERT INTO broker_key (keyid, raw, not_before, not_after) VALUES (?, ?, 0, ?)",
            (THIRD.keyid, THIRD.public_key, 2**50),
        )
    )
    problems = [each.found for each in (await scene.che.verify()).problems]
    assert any("broker_key" in each for each in problems), problems


async def test_a_node_signs_with_its_next_key_and_goes_on(scene: Scene) -> None:
    old = scene.network.members[NodeId("che")].signer
    now = scene.network.clock.now()
    text = proof_of_possession_text(NETWORK_ID, "che", NEXT.public_key)
    wish = statements_pb2.KeyStatement(
        node="che",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=NEXT.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + YEAR),
        proof_of_possession=NEXT.sign(text.encode()),
    )
    await scene.che.change_key(wish)
    await scene.network.settle()
    await scene.che.sign_with(NEXT)
    revocation = statements_pb2.KeyStatement(
        node="che",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=old.public_key,
        revoked=True,
    )
    submitted = await scene.che.change_key(revocation)
    await scene.network.settle()
    outcome = await scene.che.outcome(submitted.message_id)

    assert outcome.item.effective
    assert await scene.open_account()
    assert await scene.alarms() == []
    await scene.sound()
