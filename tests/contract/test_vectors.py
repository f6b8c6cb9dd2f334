# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The published vectors, played against our own key ring, broker and node."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from itmo.clearing.v1 import delivery_service_pb2
from itmo.clock import FakeClock, from_text
from itmo.core.v1 import envelope_pb2, statements_pb2
from itmo.ed25519 import check_public_key, key_id, verify
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose, MemorySigner, PublicKey
from itmo.lifecycle import State
from itmo.payloads import PayloadKind, from_proto
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from registry_node.broker_link import Delivery
from tests.architecture.sources import PROTO
from tests.kit.clearing import BROKER, NETWORK, START, ClearingWorld, new_world
from tests.unit.registry_node import broker_double
from tests.unit.registry_node.broker_double import Network

FOLDER = PROTO / "docs" / "vectors"


def told(name: str) -> Any:  # noqa: ANN401  # JSON
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in told(name)["cases"]]


def test_the_index_lists_every_file() -> None:
    listed = {each["file"]: each["cases"] for each in told("index")["files"]}
    found = {
        path.name: len(told(path.stem)["cases"])
        for path in FOLDER.glob("*.json")
        if path.stem != "index"
    }
    assert listed == found
    assert sum(found.values()) > 120


@pytest.mark.parametrize("case", cases("keys"))
def test_keys(case: dict[str, str]) -> None:
    public_key = bytes.fromhex(case["public_key"])
    assert key_id(public_key) == case["keyid"]
    found = "registered"
    try:
        check_public_key(public_key)
    except ProtocolError as error:
        found = error.reason
    assert found == case["expect"]


@pytest.mark.parametrize("case", cases("signatures"))
def test_signatures(case: dict[str, Any]) -> None:
    words = (case["public_key"], case["message"], case["signature"])
    assert verify(*map(bytes.fromhex, words)) is case["expect"]


def test_a_program_in_another_language_comes_to_the_same() -> None:
    """Keys, signatures and the page's worked examples, with nothing but Node.js and the documents."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    program = Path(__file__).parent / "vectors.mjs"
    done = subprocess.run(
        [node, program, PROTO / "docs"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# -- the broker -----------------------------------------------------------------------------------


def seeded(name: str) -> MemorySigner:
    """The key of a name, as the vectors make it."""
    return MemorySigner.from_seed(name.encode().ljust(32, b"."))


@pytest.fixture
async def world() -> ClearingWorld:
    """A broker in the setting of the vectors, in which nothing is recorded of any node."""
    setting = told("envelopes")["setting"]
    assert (setting["network_id"], setting["broker_node"]) == (NETWORK, BROKER)
    made = await new_world()
    for node in setting["nodes"]:
        await made.admit(node["node"], *node["registries"])
    names = ("tha second", "tha revoked", "tha later", "tha ended")
    stated = {key["keyid"]: key for key in setting["keys"]}
    for signer in map(seeded, names):
        key = stated[signer.keyid]
        statement = statements_pb2.KeyStatement(
            node=key["node"],
            purpose=statements_pb2.KeyPurpose.Value(f"KEY_PURPOSE_{key['purpose']}"),
            public_key=signer.public_key,
            not_before=timestamp(from_text(key["not_before"])),
            not_after=timestamp(from_text(key["not_after"])),
            proof_of_possession=signer.sign(
                proof_of_possession_text(NETWORK, key["node"], signer.public_key).encode()
            ),
        )
        await made.operator.state(PayloadKind.KEY_STATEMENT, statement)
        if key["revoked_at"] is not None:
            statement.ClearField("proof_of_possession")
            statement.revoked = True
            await made.operator.state(PayloadKind.KEY_STATEMENT, statement)
    assert from_text(setting["now"]) == START == made.clock.now()
    return made


def envelope_of(case: dict[str, str]) -> Envelope:
    assert case["call"] == "Submit"
    return from_proto(envelope_pb2.Envelope.FromString(b64decode(case["envelope"])))


async def taken(world: ClearingWorld, case: dict[str, str]) -> str:
    """What the broker says to an envelope."""
    if case["envelope"] and envelope_of(case).payload_type == PayloadKind.PROPOSAL_BATCH.label:
        return Reason.PAYLOAD_TYPE_UNKNOWN  # by the call itself, before the house is asked
    try:
        answer = await world.house.submit(NodeId("tha"), envelope_of(case))
    except ProtocolError as error:
        return error.reason
    return "replayed" if answer.replayed else "recorded"


@pytest.mark.parametrize("case", cases("envelopes"))
async def test_envelopes(world: ClearingWorld, case: dict[str, str]) -> None:
    before = world.connection.execute("SELECT count(*) FROM message").fetchone()[0]
    assert await taken(world, case) == case["expect"]
    after = world.connection.execute("SELECT count(*) FROM message").fetchone()[0]
    assert after - before == (case["expect"] == "recorded")
    await world.house.stop()


@pytest.mark.parametrize("case", cases("chains"))
async def test_chains(world: ClearingWorld, case: dict[str, Any]) -> None:
    for message in case["messages"]:
        assert await taken(world, message) == message["expect"]
    await world.house.stop()


# -- the node -------------------------------------------------------------------------------------


def public_key(stated: dict[str, Any]) -> PublicKey:
    return PublicKey(
        stated["keyid"],
        NodeId(stated["node"]),
        KeyPurpose(stated["purpose"]),
        bytes.fromhex(stated["public_key"]),
        from_text(stated["not_before"]),
        from_text(stated["not_after"]),
    )


@pytest.mark.parametrize("case", cases("deliveries"))
async def test_deliveries(case: dict[str, Any]) -> None:
    all_told = told("deliveries")
    setting = all_told["setting"]
    assert (setting["network_id"], setting["broker_node"]) == (
        broker_double.NETWORK,
        broker_double.HUB,
    )
    network = Network(broker_keys=[public_key(key) for key in setting["pinned_broker_keys"]])
    network.clock = FakeClock(from_text(setting["now"]))
    for key in setting["keys_of_other_nodes"]:
        network.broker.keys[key["node"]] = [public_key(key)]
    node = await network.join(setting["node"], *setting["registries"])
    seen = 0
    for each in case["deliveries"]:
        sent = delivery_service_pb2.Delivery.FromString(b64decode(each["delivery"]))
        network.broker.mailboxes[setting["node"]].append(
            Delivery(
                sent.sequence,
                sent.transaction_id,
                tuple(map(from_proto, sent.envelopes)),
                sent.digest,
            )
        )
        await node.pump_inbox()
        alarms = (await node.status()).alarms
        said = [alarm.code for alarm in alarms[seen:]]
        seen = len(alarms)
        assert said[:1] == ([] if each["expect"] == "applied" else [each["expect"]])
        assert (await node.status()).cursor == sent.sequence
    found = {row.transaction_id: row.state for row in await node.transactions()}
    wanted = case["afterwards"]["transactions"]
    assert found == {name: State(state) for name, state in wanted.items()}
    held = await node.holdings()
    for account, quantity in case["afterwards"]["held"].items():
        assert sum(each.quantity for each in held if each.account_id == account) == quantity
    assert {each.attributes for each in held} <= {b64decode(all_told["attributes"])}
    await network.stores[setting["node"]].close()
