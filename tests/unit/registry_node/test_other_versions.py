# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node and a broker of other versions: what the older one does not offer is not used, what the later one says is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from itmo.envelope import Envelope
from itmo.lifecycle import State
from itmo.payloads import KIND_OF_LABEL, PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import Answer
from registry_node.commands.answer import answer_all
from tests.kit import wishes
from tests.unit.registry_node.broker_double import DoubleLink, unreachable
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


async def test_a_message_that_is_not_offered_is_given_back_and_blocks_nothing(scene: Scene) -> None:
    async def single() -> str:
        wish = wishes.transfer(scene.tha_account, scene.che_account, [block(500, 510)])
        return (await scene.tha.propose(wish)).transaction_id

    link = scene.network.links["tha-registry"]
    link.before = [not_offered()]
    refused = await single()
    after = await scene.offer(600, 610)
    await scene.network.settle()
    (unsent,) = (await scene.tha.story(refused)).unsent
    assert unsent.code == Reason.CALL_NOT_OFFERED
    assert (await scene.tha.story(after)).transaction.state is State.VALIDATED


def takes(links: Sequence[DoubleLink], error: ProtocolError, most: int) -> None:
    """Brokers that take so many transactions in one message, and say so of more, once of each message."""
    refused = set[bytes]()
    for link in links:

        def check(envelope: Envelope) -> None:
            if "batch" in envelope.payload_type and count_of(envelope) > most:
                if envelope.payload in refused:
                    pytest.fail("what was refused as too large is sent again as it is")
                refused.add(envelope.payload)
                raise error

        link.hook = check


def count_of(envelope: Envelope) -> int:
    """Of how many transactions a message speaks."""
    if "batch" not in envelope.payload_type:
        return 1
    said: Any = decode(KIND_OF_LABEL[envelope.payload_type], envelope.payload)
    if "proposal" in envelope.payload_type:
        return len(said.transactions)
    return sum(len(each.transaction_ids) for each in said.proposals)


def verdicts_named(answer: Envelope) -> set[bytes]:
    """Verdicts that an acceptance names."""
    said: Any = decode(KIND_OF_LABEL[answer.payload_type], answer.payload)
    if "acceptance" not in answer.payload_type:
        return set()
    return {each.verdict_hash for each in getattr(said, "proposals", [said])}


async def offers(scene: Scene, count: int) -> tuple[str, ...]:
    wished = [
        wishes.transfer(scene.tha_account, scene.che_account, [block(1 + 10 * at, 10 + 10 * at)])
        for at in range(count)
    ]
    return (await scene.tha.propose(*wished)).transaction_ids


@pytest.mark.parametrize(
    ("error", "most", "sent"),
    [
        (not_offered(), 0, [1] * 7),
        (ProtocolError(Reason.PAYLOAD_TYPE_UNKNOWN, "no such label", found="x"), 0, [1] * 7),
        (ProtocolError(Reason.BATCH_TOO_LARGE, "7, at most 3", found=7, limit=3), 3, [3, 3, 1]),
        (ProtocolError(Reason.BATCH_TOO_LARGE, "too many"), 3, [2, 2, 3]),
        # What it says of itself never makes a node send the same again, or nothing.
        (ProtocolError(Reason.BATCH_TOO_LARGE, "odd", limit=7), 5, [5, 1, 1]),
        (ProtocolError(Reason.BATCH_TOO_LARGE, "odd", limit=0), 3, [1] * 7),
        (ProtocolError(Reason.MESSAGE_TOO_LARGE, "too large"), 4, [4, 3]),
        (ProtocolError(Reason.TOO_MANY_BLOCKS, "too many", limit=100), 2, [2, 2, 2, 1]),
    ],
)
async def test_what_an_older_broker_takes_only_in_smaller_messages_is_sent_in_those(
    scene: Scene, error: ProtocolError, most: int, sent: list[int]
) -> None:
    takes(list(scene.network.links.values()), error, most)
    names = await offers(scene, 7)
    await scene.network.settle()
    states = {(await scene.tha.story(name)).transaction.state for name in names}
    assert states == {State.VALIDATED}
    counts = [count_of(each) for each in scene.broker.submitted if "proposal" in each.payload_type][
        1:
    ]
    assert sorted(counts) == sorted(sent)
    assert (await scene.tha.verify()).problems == ()
    assert (await scene.tha.status()).alarms == ()
    assert (await scene.tha.status()).outbox_depth == 0


@pytest.mark.parametrize(
    ("error", "most", "sent"),
    [
        (not_offered(), 0, [1] * 10),
        (ProtocolError(Reason.BATCH_TOO_LARGE, "5, at most 3", limit=3), 3, [3, 3, 2, 2]),
        (ProtocolError(Reason.TOO_MANY_BLOCKS, "too many"), 2, [2, 2, 2, 2, 1, 1]),
    ],
)
async def test_answers_to_many_go_to_an_older_broker_in_smaller_messages(
    scene: Scene, error: ProtocolError, most: int, sent: list[int]
) -> None:
    names = await offers(scene, 10)
    await scene.network.settle()
    takes(list(scene.network.links.values()), error, most)
    await scene.che.work.run(
        lambda trip: (
            answer_all(trip, PayloadKind.ACCEPTANCE, names[:5]),
            answer_all(trip, PayloadKind.REJECTION, names[5:], reason="not these"),
        )
    )
    await scene.network.settle()
    stories = [await scene.tha.story(name) for name in names]
    assert [each.transaction.state for each in stories] == [State.COMPLETED] * 5 + [
        State.REJECTED
    ] * 5
    assert {each.reason for each in stories[5:]} == {"not these"}
    answers = [
        each
        for each in scene.broker.said["che-registry"]
        if "acceptance" in each.payload_type or "rejection" in each.payload_type
    ]
    assert sorted(map(count_of, answers), reverse=True) == sent
    verdicts = {hash_ for each in answers for hash_ in verdicts_named(each)}
    assert verdicts == {each.transaction.verdict_hash for each in stories[:5]}
    assert (await scene.che.verify()).problems == ()
    assert (await scene.che.status()).outbox_depth == 0


@pytest.mark.parametrize("kept", [(0, 2), ()])
async def test_what_of_a_batch_is_to_be_withdrawn_is_not_sent_by_itself(
    scene: Scene, kept: tuple[int, ...]
) -> None:
    link = scene.network.links["tha-registry"]
    names = await offers(scene, 3)
    link.before = [unreachable()] * 4
    await scene.tha.pump_outbox()  # it may be with the broker, as far as is known
    for at in sorted({0, 1, 2} - {*kept}):
        await scene.tha.withdraw(names[at], "a wrong account")
    link.before = []
    takes([link], not_offered(), 0)
    await scene.network.settle()
    await scene.network.settle()
    waiting = {row.transaction_id for row in await scene.che.waiting()}
    assert waiting == {names[at] for at in kept}
    assert (await scene.tha.status()).outbox_depth == 0
    free = wishes.transfer(scene.tha_account, scene.che_account, [block(11, 20)])
    assert (await scene.tha.propose(free)).transaction_id
    assert (await scene.tha.verify()).problems == ()


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
