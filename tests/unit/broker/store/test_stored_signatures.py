# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Signatures of statements: kept as they were handed out, and taken from the broker's keys only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.verifying.verify import verify
from itmo.core.v1 import proposal_pb2
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind
from tests.kit.clearing import restarted, send, signed, trading_world, transfer
from tests.kit.guards import behind_guards


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("signature = zeroblob(64)", "signature does not verify"),
        (
            "signature = (SELECT signature FROM statement_signature ORDER BY statement_id DESC LIMIT 1)",
            "signature does not verify",
        ),
        (
            "keyid = (SELECT keyid FROM key WHERE node = 'operator')",
            "keyid is of no key of the broker",
        ),
        (
            "keyid = (SELECT keyid FROM key WHERE node = 'tha')",
            "keyid is of no key of the broker",
        ),
    ],
)
async def test_a_changed_signature_is_found(change: str, found: str) -> None:
    world = await trading_world()
    await world.senders["tha"].propose(transfer(world, 1, 10))
    await world.house.stop()
    assert verify(world.connection, lambda _: None).problems == ()
    first = "(SELECT min(statement_id) FROM statement_signature)"
    query = f"UPDATE statement_signature SET {change} WHERE statement_id = {first}"  # of this test
    behind_guards(world.connection, query)
    problems = verify(world.connection, lambda _: None).problems
    (problem,) = (each for each in problems if each.startswith("statement_signature ("))
    assert found in problem


async def test_a_statement_that_was_handed_out_keeps_its_signature() -> None:
    """Also when the broker signs with a new key meanwhile: nodes hold the first signature."""
    world = await trading_world()
    tha = world.senders["tha"]
    said = signed(
        tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 10))
    )
    first = await send(tha, said)
    await world.house.stop()
    world.parts = replace(world.parts, signer=MemorySigner.from_seed(b"n" * 32))
    await restarted(world).start()
    again = await send(tha, said)
    assert again.answers == first.answers
    delivered = await world.house.deliveries(tha.node, 0, 1000)
    assert delivered[-1].envelopes == first.answers
    await world.house.stop()
