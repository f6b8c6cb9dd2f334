# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node and a broker of other versions: what the older one does not offer is not used, what the later one says is shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from itmo.envelope import Envelope
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import Answer
from tests.kit import wishes
from tests.unit.registry_node.broker_double import DoubleLink
from tests.unit.registry_node.conftest import Scene, block


def not_offered() -> ProtocolError:
    return ProtocolError(
        Reason.CALL_NOT_OFFERED, "UNIMPLEMENTED: Method not found!", grpc_code="UNIMPLEMENTED"
    )


def later_reason(code: str) -> ProtocolError:
    """A refusal with a reason that this version does not know, as `itmo.runtime.rpc.errors` reads it."""
    error = ProtocolError(Reason.INTERNAL, "The moon is not full.")
    error.metadata = {"reason": "MOON_PHASE", "grpc_code": code}
    return error


@pytest.fixture
def older_broker(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A broker without streams, catalogues and hand-backs of own messages."""

    async def refuse(*_: object) -> None:
        raise not_offered()

    async def refuse_all(link: DoubleLink, messages: Sequence[Envelope], _: object) -> list[Answer]:
        link.streamed.append(len(messages))
        raise not_offered()

    monkeypatch.setattr(DoubleLink, "submit_all", refuse_all)
    for call in ("catalogue", "own_messages"):
        monkeypatch.setattr(DoubleLink, call, refuse)
    return scene


async def test_a_node_does_without_what_an_older_broker_does_not_offer(older_broker: Scene) -> None:
    scene = older_broker
    names = [await scene.offer(1 + 10 * at, 10 + 10 * at) for at in range(6)]
    await scene.network.settle()
    for name in names[:-1]:
        await scene.che.accept(name)
    await scene.che.reject(names[-1], "no")
    await scene.network.settle()
    states = [(await scene.tha.story(name)).transaction.state for name in names]
    assert states == [State.COMPLETED] * 5 + [State.REJECTED]
    assert await scene.quantity(scene.che, scene.che_account) == 50
    link = scene.network.links["tha-registry"]
    assert len(link.streamed) <= 1  # it was tried once
    assert (await scene.tha.status()).alarms == ()


async def test_a_batch_that_is_not_offered_is_given_back_and_blocks_nothing(scene: Scene) -> None:
    async def batch() -> str:
        wish = wishes.transfer(scene.tha_account, scene.che_account, [block(500, 510)])
        return (await scene.tha.propose(wish)).transaction_id

    link = scene.network.links["tha-registry"]
    link.before = [not_offered()]
    refused = await batch()
    after = await scene.offer(600, 610)
    await scene.network.settle()
    (unsent,) = (await scene.tha.story(refused)).unsent
    assert unsent.code == Reason.CALL_NOT_OFFERED
    assert (await scene.tha.story(after)).transaction.state is State.VALIDATED


@pytest.mark.parametrize("code", ["FAILED_PRECONDITION", "INVALID_ARGUMENT"])
async def test_a_refusal_with_a_reason_of_a_later_version_is_told_by_its_name(
    scene: Scene, code: str
) -> None:
    link = scene.network.links["tha-registry"]
    link.before = [later_reason(code)]
    refused = await scene.offer(500, 510)
    after = await scene.offer(600, 610)
    await scene.network.settle()
    (unsent,) = (await scene.tha.story(refused)).unsent
    assert (unsent.code, unsent.found) == ("MOON_PHASE", "The moon is not full.")
    assert (await scene.tha.story(after)).transaction.state is State.VALIDATED
    assert (await scene.tha.verify()).problems == ()


async def test_one_that_may_pass_is_sent_again(scene: Scene) -> None:
    link = scene.network.links["tha-registry"]
    link.before = [later_reason("UNAVAILABLE")]
    name = await scene.offer(500, 510)
    await scene.network.settle()
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
