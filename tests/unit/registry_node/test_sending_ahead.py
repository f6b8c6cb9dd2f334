# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An outbox with more than a few messages is sent on a stream, and nothing depends on the stream."""

import pytest

from itmo.envelope import Envelope
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from tests.unit.registry_node.broker_double import DoubleLink, unreachable
from tests.unit.registry_node.conftest import Scene

COUNT = 10


def link_of(scene: Scene) -> DoubleLink:
    return scene.network.links["tha-registry"]


async def offered(scene: Scene, count: int = COUNT) -> list[str]:
    return [await scene.offer(at * 10 + 1, at * 10 + 10) for at in range(count)]


async def all_validated(scene: Scene, names: list[str]) -> None:
    await scene.network.settle()
    for name in names:
        assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert (await scene.tha.status()).outbox_depth == 0
    shown = [e for e in scene.broker.mailboxes["che-registry"] if len(e.envelopes) > 1]
    assert sorted(each.transaction_id for each in shown) == sorted(names), "each happened once"


async def test_many_go_on_one_stream_and_a_few_one_by_one(scene: Scene) -> None:
    names, before = await offered(scene), len(scene.broker.submitted)
    await all_validated(scene, names)
    assert link_of(scene).streamed == [COUNT]
    assert len(scene.broker.submitted) == before + COUNT, "each was right the first time"
    few = [await scene.offer(500 + at * 10, 509 + at * 10) for at in range(3)]
    await all_validated(scene, [*names, *few])
    assert link_of(scene).streamed == [COUNT]


@pytest.mark.parametrize("recorded", [0, 1, 5, COUNT])
async def test_a_torn_stream_loses_and_doubles_nothing(scene: Scene, recorded: int) -> None:
    names = await offered(scene)
    link_of(scene).torn = [recorded]
    await all_validated(scene, names)


async def test_a_refusal_among_many_holds_up_no_other(scene: Scene) -> None:
    names = await offered(scene)
    seen: list[Envelope] = []

    def refuse_the_fourth(envelope: Envelope) -> None:
        seen.append(envelope)
        if len(seen) == 4:
            raise ProtocolError(Reason.TOO_MANY_BLOCKS, "too many")

    link_of(scene).hook = refuse_the_fourth
    await scene.network.settle()
    refused = (await scene.tha.story(names[3])).transaction
    assert refused.refusal_code == Reason.TOO_MANY_BLOCKS
    assert (await scene.quantity(scene.tha, scene.tha_account)) == 1000
    await all_validated(scene, names[:3] + names[4:])


async def test_where_streams_do_not_pass_messages_go_one_by_one(scene: Scene) -> None:
    for turn in range(5):
        link_of(scene).torn = [0]
        await offered_from(scene, turn)
    assert len(link_of(scene).streamed) == 3, "given up after three"


async def test_a_node_that_is_asked_to_wait_keeps_its_streams(scene: Scene) -> None:
    """In debt for what it has sent, it is refused the next stream, again and again."""
    link = link_of(scene)
    for turn in range(5):
        for at in range(4):
            await scene.offer(turn * 100 + at * 10 + 1, turn * 100 + at * 10 + 10)
        link.closed = [ProtocolError(Reason.RATE_LIMITED, "in debt", retry_after_ms=1_350)]
        assert await scene.tha.pump_outbox() == 0
        await scene.network.settle()
    assert link.streamed == [4] * 10
    assert scene.tha.health.connected


async def offered_from(scene: Scene, turn: int) -> None:
    names = [
        await scene.offer(turn * 100 + at * 10 + 1, turn * 100 + at * 10 + 10) for at in range(4)
    ]
    await scene.network.settle()
    for name in names:
        assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_a_broker_that_is_away_says_nothing_against_streams(scene: Scene) -> None:
    names = await offered(scene)
    link = link_of(scene)
    for _ in range(5):
        link.torn, link.before = [0], [unreachable()]
        await scene.tha.pump_outbox()
    await all_validated(scene, names)
    await offered_from(scene, 3)
    assert link.streamed[-1] == 4


async def test_a_crash_with_many_under_way(scene: Scene) -> None:
    class PowerCut(BaseException):
        pass

    names = await offered(scene)
    seen: list[Envelope] = []

    def cut_at_the_sixth(envelope: Envelope) -> None:
        seen.append(envelope)
        if len(seen) == 6:
            raise PowerCut

    link_of(scene).hook = cut_at_the_sixth
    with pytest.raises(PowerCut):
        await scene.tha.pump_outbox()
    scene.tha = await scene.network.start("tha-registry")
    link_of(scene).hook = lambda _: None
    await all_validated(scene, names)
