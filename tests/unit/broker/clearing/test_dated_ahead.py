# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a clock that was ahead has left behind is named, and each thing has a way out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broker.reports.dated_ahead import AheadKind, dated_ahead
from broker.store.timekeeping import accept_clock
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from tests.kit.clearing import NETWORK, START, answer_to, failed, sealed, send, transfer
from tests.unit.broker.clearing.test_clock_jump import FAR, HOUR, Scene, scene

__all__ = ["scene"]


async def test_what_a_clock_that_was_ahead_left_behind_is_named_and_mended(scene: Scene) -> None:
    """Somebody accepted a wrong time, and a node was admitted and a transfer offered in it."""
    world, true = scene.world, scene.machine.wall
    assert dated_ahead(world.connection, true) == []
    scene.machine.step(FAR)
    scene.clock.accept()
    swe = await world.admit("swe", "SWE01")
    offered = transfer(world, 101, 110)
    assert (await world.senders["tha"].propose(offered)).state == decision_pb2.STATE_VALIDATED
    scene.machine.step(-FAR)
    accept_clock(scene.clock, world.connection, true, world.parts.operator_signer)

    found = {each.kind: each for each in dated_ahead(world.connection, true)}
    assert found[AheadKind.KEYS].name == "swe"
    assert found[AheadKind.TRANSACTION].name == offered.transaction_id
    assert found[AheadKind.DECISION].until > START + FAR
    assert all("-09-0" in str(each) for each in found.values()), found

    verdict = await scene.offers(201)  # nothing is invalid because of what was
    assert (verdict.state, failed(verdict)) == (decision_pb2.STATE_VALIDATED, {})
    statement = statements_pb2.AccountStatement(registry="SWE01")
    with pytest.raises(ProtocolError) as refused:
        await send(swe, sealed(swe, PayloadKind.ACCOUNT_STATEMENT, statement))
    assert refused.value.reason is Reason.KEY_NOT_VALID_NOW
    await register_next(scene, "swe")
    await world.open_account(swe, "SWE01", 100)
    receipt = await answer_to(
        world.senders["tha"], PayloadKind.WITHDRAWAL, offered.transaction_id, reason="a wrong clock"
    )
    assert receipt.effective
    assert dated_ahead(world.connection, scene.clock.now()) == []


async def register_next(scene: Scene, name: str) -> None:
    """The operator registers a key that the node holds, valid from now."""
    signer, now = MemorySigner.from_seed(b"n" * 32), scene.clock.now()
    proof = proof_of_possession_text(NETWORK, name, signer.public_key)
    statement = statements_pb2.KeyStatement(
        node=name,
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=signer.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + 365 * timedelta(days=1)),
        proof_of_possession=signer.sign(proof.encode()),
    )
    receipt = await scene.world.operator.state(PayloadKind.KEY_STATEMENT, statement)
    assert receipt.effective, receipt.refusal
    scene.world.senders[name].chain.signer = signer


async def test_a_key_registered_for_later_is_nothing_to_mend(scene: Scene) -> None:
    scene.machine.run(HOUR)
    await register_next(scene, "tha")
    assert dated_ahead(scene.world.connection, scene.clock.now() - timedelta(minutes=1)) == []
