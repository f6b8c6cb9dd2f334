# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node takes for the broker's word, and what it keeps of words that it does not take."""

from __future__ import annotations

from dataclasses import replace

from itmo.core.v1 import decision_pb2
from itmo.envelope import seal
from itmo.lifecycle import State
from registry_node.broker_link import Answer
from registry_node.store.rows import ItemStatus
from tests.unit.registry_node.broker_double import unreachable
from tests.unit.registry_node.conftest import Scene


async def test_a_verdict_for_another_node_is_not_taken(scene: Scene) -> None:
    await scene.offer()
    await scene.tha.pump_outbox()
    box = scene.broker.mailboxes["che-registry"]
    proposal, verdict = box[-1].envelopes
    message = decision_pb2.Verdict.FromString(verdict.payload)
    message.header.recipient_node = "tha-registry"
    other = seal(verdict.payload_type, message.SerializeToString(), scene.broker.signer)
    box[-1] = replace(box[-1], envelopes=(proposal, other))
    await scene.che.pump_inbox()
    assert "RECIPIENT_MISMATCH" in [each.code for each in (await scene.che.status()).alarms]
    assert await scene.che.waiting() == []


async def test_an_answer_about_other_bytes_is_no_answer(scene: Scene) -> None:
    """It names the message, but not what was sent: the same bytes are sent until it does."""
    name = await scene.offer()
    link = scene.network.links["tha-registry"]

    def of_other_bytes(answer: Answer) -> Answer:
        (envelope,) = answer.answers
        message = decision_pb2.Verdict.FromString(envelope.payload)
        message.message_hash = bytes(32)
        made = seal(envelope.payload_type, message.SerializeToString(), scene.broker.signer)
        return Answer((made,), answer.replayed)

    link.garble = of_other_bytes
    await scene.tha.pump_outbox()
    assert (await scene.tha.story(name)).unsent[0].status is ItemStatus.SIGNED
    link.garble = lambda answer: answer
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_a_late_statement_does_not_take_the_chain_back(scene: Scene) -> None:
    """Statements about older messages come by mail when newer ones are recorded already."""
    for first in (1, 11, 21):
        await scene.offer(first, first + 9)
    await scene.tha.pump_outbox()
    receiver = scene.tha._receiver
    box = scene.broker.mailboxes["tha-registry"]
    assert await receiver.take(box[await receiver.cursor()])  # of three, the first alone
    before = len(scene.broker.submitted)
    await scene.offer(31, 40)
    await scene.tha.pump_outbox()
    assert len(scene.broker.submitted) == before + 1, "signed once, at the end of the chain"
    assert [alarm.code for alarm in (await scene.tha.status()).alarms] == []


async def test_a_statement_that_does_not_fit_leaves_nothing_half_done(scene: Scene) -> None:
    name = await scene.offer()
    await scene.tha.pump_outbox()
    await scene.che.pump_inbox()
    await scene.che.accept(name)
    link = scene.network.links["che-registry"]
    link.after = [unreachable()]
    await scene.che.pump_outbox()
    box = scene.broker.mailboxes["che-registry"]
    sound = box[-1]
    (receipt,) = sound.envelopes
    message = decision_pb2.Receipt.FromString(receipt.payload)
    message.verdict_hash = bytes(32)
    made = seal(receipt.payload_type, message.SerializeToString(), scene.broker.signer)
    box[-1] = replace(sound, envelopes=(made,))
    await scene.che.pump_inbox()
    (item,) = (await scene.che.story(name)).unsent
    assert item.status is ItemStatus.SIGNED, "the acceptance is not known to be decided on"
