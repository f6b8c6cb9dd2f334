# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A proposal that never left the node is taken back there, and only there."""

from __future__ import annotations

import pytest

from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import NetworkInfo
from registry_node.store.rows import ItemStatus
from tests.kit import wishes
from tests.unit.registry_node.broker_double import unreachable
from tests.unit.registry_node.conftest import Scene, block
from tests.unit.registry_node.test_outbox import link_of, sent


async def test_an_unsent_proposal_leaves_the_outbox_and_its_units_are_free(scene: Scene) -> None:
    link_of(scene).reachable = False
    scene.tha.health.failed(unreachable())  # the stream of deliveries has ended
    name = await scene.offer()
    await scene.tha.pump_outbox()
    taken = await scene.tha.withdraw(name, "a wrong account")
    outcome = await scene.tha.outcome(taken.message_id)
    assert (outcome.item.status, outcome.item.code) == (ItemStatus.REFUSED, Reason.WITHDRAWN_UNSENT)
    assert "a wrong account" in outcome.item.found
    assert (await scene.tha.status()).outbox_depth == 0
    again = await scene.offer()  # the same units
    link_of(scene).reachable = True
    await scene.network.settle()
    assert [each.transaction_id for each in await scene.che.waiting()] == [again]
    assert len(sent(scene)) == 1
    assert (await scene.tha.verify()).problems == ()
    with pytest.raises(ProtocolError) as twice:
        await scene.tha.withdraw(name)
    assert twice.value.reason is Reason.TRANSACTION_NOT_WAITING


async def test_one_of_an_unsent_batch_is_taken_back_and_the_others_are_sent(scene: Scene) -> None:
    moves = [
        wishes.transfer(scene.tha_account, scene.che_account, [block(first, first + 9)])
        for first in (1, 11, 21)
    ]
    names = (await scene.tha.propose(*moves)).transaction_ids
    await scene.tha.withdraw(names[1])
    await scene.network.settle()
    assert {row.transaction_id for row in await scene.che.waiting()} == {names[0], names[2]}
    (batch,) = [
        each
        for each in scene.broker.submitted
        if each.payload_type == PayloadKind.PROPOSAL_BATCH.label
    ]
    assert names[1].encode() not in batch.payload
    assert (await scene.tha.verify()).problems == ()
    free = wishes.transfer(scene.tha_account, scene.che_account, [block(11, 20)])
    assert (await scene.tha.propose(free)).transaction_id


@pytest.mark.parametrize("recorded", [True, False])
async def test_the_withdrawal_of_what_may_have_been_sent_follows_it(
    scene: Scene, recorded: bool
) -> None:
    name = await scene.offer()
    lost = link_of(scene).after if recorded else link_of(scene).before
    lost.append(unreachable())
    await scene.tha.pump_outbox()
    assert len(sent(scene)) == recorded
    await scene.tha.withdraw(name, "a wrong account")
    with pytest.raises(ProtocolError, match="withdrawn already"):
        await scene.tha.withdraw(name)
    await scene.network.settle()
    story = await scene.tha.story(name)
    assert (story.transaction.state, story.reason) == (State.TERMINATED, "a wrong account")
    assert await scene.che.waiting() == []
    assert await scene.offer()  # the same units
    assert (await scene.tha.verify()).problems == ()


async def test_a_withdrawal_that_comes_too_late_is_not_sent(scene: Scene) -> None:
    name = await scene.offer()
    link_of(scene).before = [unreachable()]
    await scene.tha.pump_outbox()
    taken = await scene.tha.withdraw(name)
    link_of(scene).before = [ProtocolError(Reason.PAYLOAD_INVALID, "no")]
    await scene.network.settle()
    outcome = await scene.tha.outcome(taken.message_id)
    assert outcome.item.code == Reason.TRANSACTION_NOT_WAITING
    assert (await scene.tha.verify()).problems == ()


async def test_a_withdrawal_while_the_sender_is_about_to_sign_wins(scene: Scene) -> None:
    name = await scene.offer()
    link = link_of(scene)
    ask = link.network

    async def meanwhile() -> NetworkInfo:  # the node asks for the broker's time first
        link.network = ask  # type: ignore[method-assign]
        await scene.tha.withdraw(name)
        return await ask()

    link.network = meanwhile  # type: ignore[method-assign]
    scene.tha.health.failed(unreachable())
    await scene.tha.pump_outbox()
    assert sent(scene) == []
    assert (await scene.tha.verify()).problems == ()


async def test_what_is_too_large_for_the_line_is_refused_and_the_next_is_sent(scene: Scene) -> None:
    """Before, gRPC's own refusal said nothing, and the same bytes were sent for ever."""
    first, second = await scene.offer(1, 10), await scene.offer(11, 20)
    link_of(scene).before = [
        ProtocolError(
            Reason.MESSAGE_TOO_LARGE,
            "RESOURCE_EXHAUSTED: Sent message larger than max",
            grpc_code="RESOURCE_EXHAUSTED",
        )
    ]
    await scene.network.settle()
    story = await scene.tha.story(first)
    assert story.transaction.refusal_code == Reason.MESSAGE_TOO_LARGE
    assert [row.transaction_id for row in await scene.che.waiting()] == [second]
