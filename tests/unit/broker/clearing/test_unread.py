# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the other side of a transaction cannot read is refused, and is not left to its quarantine."""

from __future__ import annotations

import pytest

from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.envelope import Envelope, seal
from itmo.identifiers import NodeId
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import (
    ClearingWorld,
    join_request,
    sealed,
    send,
    trading_world,
    transfer,
    verdict_of,
)


def reading(versions: list[int]) -> Envelope:
    """The Swiss node asks again and says what it reads."""
    signer = MemorySigner.from_seed(b"che".ljust(32, b"."))
    request = statements_pb2.JoinRequest.FromString(join_request(signer, "che", ("CHE01",)).payload)
    request.schema_versions.extend(versions)
    return seal(PayloadKind.JOIN_REQUEST.label, request.SerializeToString(), signer)


async def admitted(world: ClearingWorld, versions: list[int]) -> None:
    await world.operator.admit(reading(versions), bytes(32))


async def test_a_proposal_to_a_node_that_does_not_read_it_is_refused() -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    await admitted(world, [1, 2])
    await tha.propose(transfer(world, 1, 10))
    await admitted(world, [2, 3])
    wanted = proposal_pb2.Proposal(transaction=transfer(world, 11, 20))
    envelope = sealed(tha, PayloadKind.PROPOSAL, wanted)
    with pytest.raises(ProtocolError) as refused:
        await send(tha, envelope)
    assert refused.value.reason is Reason.SCHEMA_VERSION_UNSUPPORTED
    assert refused.value.metadata == {"found": "1", "supported": "2 3"}
    await admitted(world, [1])
    assert verdict_of(await send(tha, envelope)).results, "nothing was recorded before"


async def test_an_answer_that_the_proposer_does_not_read_is_refused() -> None:
    world = await trading_world()
    wanted = transfer(world, 1, 10)
    await world.senders["tha"].propose(wanted)
    await admitted(world, [2])
    row, _ = await world.house.transaction(NodeId("tha"), wanted.transaction_id)
    withdrawn = proposal_pb2.Withdrawal(
        transaction_id=wanted.transaction_id, proposal_hash=row.proposal_hash
    )
    with pytest.raises(ProtocolError) as refused:
        await world.senders["tha"].say(PayloadKind.WITHDRAWAL, withdrawn)
    assert refused.value.reason is Reason.SCHEMA_VERSION_UNSUPPORTED


@pytest.mark.parametrize("versions", [[0], [2, 1], [1, 1], list(range(1, 18))])
async def test_versions_are_stated_in_order(versions: list[int]) -> None:
    world = await trading_world()
    with pytest.raises(ProtocolError) as refused:
        await admitted(world, versions)
    assert refused.value.reason is Reason.PAYLOAD_INVALID
