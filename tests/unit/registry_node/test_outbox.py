# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from itmo.envelope import Envelope, seal
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import Answer
from registry_node.health import Backoff
from registry_node.store.rows import ItemStatus
from tests.unit.registry_node.broker_double import (
    DoubleLink,
    signer_of,
    unreachable,
)
from tests.unit.registry_node.conftest import Scene


class PowerCut(BaseException):
    """Ends the node at this very point."""


def sent(scene: Scene) -> list[Envelope]:
    return [e for e in scene.broker.submitted if e.payload_type == PayloadKind.PROPOSAL.label][1:]


def link_of(scene: Scene) -> DoubleLink:
    return scene.network.links["tha-registry"]


async def after_restart(scene: Scene, name: str) -> None:
    """The node comes back over its store, and everything ends as if nothing had happened."""
    scene.tha = await scene.network.start("tha-registry")
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.COMPLETED
    assert await scene.quantity(scene.che, scene.che_account) == 100
    assert await scene.quantity(scene.tha, scene.tha_account) == 900
    assert (await scene.tha.verify()).problems == ()
    assert (await scene.tha.status()).outbox_depth == 0
    recorded = [e for e in scene.broker.mailboxes["che-registry"] if len(e.envelopes) > 1]
    assert len(recorded) == 1


async def test_crash_before_signing(scene: Scene) -> None:
    name = await scene.offer()
    await after_restart(scene, name)
    assert len(sent(scene)) == 1


async def test_crash_after_signing(scene: Scene) -> None:
    name = await scene.offer()
    signed: list[Envelope] = []

    def cut(envelope: Envelope) -> None:
        signed.append(envelope)
        raise PowerCut

    link_of(scene).hook = cut
    with pytest.raises(PowerCut):
        await scene.tha.pump_outbox()
    link_of(scene).hook = lambda _: None
    await after_restart(scene, name)
    assert sent(scene) == signed


async def test_crash_after_sending(scene: Scene) -> None:
    name = await scene.offer()
    link_of(scene).after = [PowerCut()]
    with pytest.raises(PowerCut):
        await scene.tha.pump_outbox()
    await after_restart(scene, name)
    first, second = sent(scene)
    assert first == second


async def test_crash_after_the_answer(scene: Scene) -> None:
    name = await scene.offer()
    await scene.tha.pump_outbox()
    assert (await scene.tha.story(name)).transaction.state is State.PROPOSED
    await after_restart(scene, name)
    assert len(sent(scene)) == 1


async def test_decision_in_the_mailbox_settles_what_was_never_answered(scene: Scene) -> None:
    name = await scene.offer()
    link_of(scene).after = [unreachable()]
    await scene.tha.pump_outbox()
    await scene.tha.pump_inbox()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert await scene.tha.pump_outbox() == 0
    assert len(sent(scene)) == 1


async def test_same_bytes_until_the_broker_is_reached(scene: Scene) -> None:
    await scene.offer()
    link = link_of(scene)
    seen: list[Envelope] = []
    link.hook = seen.append
    link.after = [unreachable(), ProtocolError(Reason.OVERLOADED, "busy")]
    for _ in range(3):
        await scene.tha.pump_outbox()
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert (await scene.tha.status()).outbox_depth == 1  # answered, not decided
    await scene.network.settle()
    assert (await scene.tha.status()).outbox_depth == 0


@pytest.mark.parametrize(
    "error",
    [
        unreachable(),
        ProtocolError(Reason.RATE_LIMITED, "slow down", retry_after_ms=500),
        ProtocolError(Reason.INTERNAL, "a fault of the broker"),
        ProtocolError(Reason.OVERLOADED, "by gRPC itself", grpc_code="RESOURCE_EXHAUSTED"),
    ],
)
async def test_failures_that_say_nothing_give_nothing_up(
    scene: Scene, error: ProtocolError
) -> None:
    name = await scene.offer()
    link_of(scene).before = [error]
    assert await scene.tha.pump_outbox() == 0
    assert scene.tha.health.last_error is error
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert scene.tha.health.connected


@pytest.mark.parametrize("late", [timedelta(minutes=20), timedelta(hours=30)])
async def test_too_old_messages_are_signed_again_under_their_id(
    scene: Scene, late: timedelta
) -> None:
    name = await scene.offer()
    link_of(scene).before = [unreachable()]
    await scene.tha.pump_outbox()
    scene.network.clock.advance(late)
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    first, second = sent(scene)
    assert first.payload != second.payload
    assert (await scene.tha.verify()).problems == ()


async def test_clock_that_stays_wrong_blocks_and_says_so(scene: Scene) -> None:
    await scene.offer()
    link_of(scene).before = [ProtocolError(Reason.CLOCK_SKEW, "set the clock")] * 9
    await scene.tha.pump_outbox()
    assert len(link_of(scene).before) == 7  # the second version did not help either
    assert scene.tha.health.last_error is not None
    assert scene.tha.health.last_error.reason is Reason.CLOCK_SKEW


async def test_recorded_message_is_found_although_its_key_is_gone(scene: Scene) -> None:
    name = await scene.offer()
    link = link_of(scene)
    link.after = [unreachable()]
    await scene.tha.pump_outbox()
    now = scene.network.clock.now()
    keys = scene.broker.keys["tha-registry"]
    keys[0] = replace(keys[0], revoked_at=now)
    assert await scene.tha.pump_outbox() == 1
    assert (await scene.tha.story(name)).transaction.refusal_code == ""
    assert any(held.reserved_by == name for held in await scene.tha.holdings())
    await scene.tha.pump_inbox()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_unrecorded_message_of_a_revoked_key_is_refused(scene: Scene) -> None:
    name = await scene.offer()
    keys = scene.broker.keys["tha-registry"]
    keys[0] = replace(keys[0], revoked_at=scene.network.clock.now())
    await scene.tha.pump_outbox()
    row = (await scene.tha.story(name)).transaction
    assert row.refusal_code == "KEY_REVOKED"
    assert all(held.reserved_by is None for held in await scene.tha.holdings())


@pytest.mark.parametrize(
    "sequence",
    [pytest.param(40, id="ahead of what it hands out"), pytest.param(1, id="behind"), None],
)
async def test_a_chain_that_differs_stops_the_sender_with_one_alarm(
    scene: Scene, sequence: int | None
) -> None:
    scene.unsound = True
    chain = scene.broker.chains["tha-registry"]
    previous = b"" if sequence == 1 else b"p" * 32
    scene.broker.chains["tha-registry"] = (sequence or chain[0], previous)
    name = await scene.offer()
    before = len(scene.broker.said["tha-registry"])
    for _ in range(3):
        await scene.tha.pump_outbox()
        with pytest.raises(ProtocolError) as differs:
            await scene.tha.pump_inbox()
        assert differs.value.reason is Reason.RECORD_DIFFERS
    assert len(scene.broker.said["tha-registry"]) == before
    assert (await scene.tha.story(name)).transaction.state is State.PROPOSED
    assert [alarm.code for alarm in (await scene.tha.status()).alarms] == ["RECORD_DIFFERS"]
    problems = (await scene.tha.verify()).problems
    assert [problem.code for problem in problems] == ["RECORD_DIFFERS"]
    scene.broker.chains["tha-registry"] = chain  # the right copy was put in place
    scene.tha.record_watch.lost()
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert (await scene.tha.verify()).problems == ()


async def test_late_first_version_counts(scene: Scene) -> None:
    """Version 1 travels slowly, version 2 is signed, version 1 is recorded, version 2 arrives."""
    name = await scene.offer()
    link = link_of(scene)
    versions: list[Envelope] = []

    def slow(envelope: Envelope) -> None:
        versions.append(envelope)
        if len(versions) == 1:
            scene.network.clock.advance(timedelta(seconds=1))
            raise ProtocolError(Reason.CLOCK_SKEW, "too early, too late")
        if len(versions) == 2:
            scene.broker.submit("tha-registry", versions[0])

    link.hook = slow
    await scene.network.settle()
    assert versions[0] != versions[1]
    assert versions[2] == versions[0]
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert (await scene.tha.status()).alarms == ()


async def test_foreign_message_under_an_own_id_raises_an_alarm_and_releases_nothing(
    scene: Scene,
) -> None:
    name = await scene.offer()
    link_of(scene).before = [ProtocolError(Reason.MESSAGE_ID_REUSED, "other bytes")]
    await scene.tha.pump_outbox()
    assert [alarm.code for alarm in (await scene.tha.status()).alarms] == ["MESSAGE_ID_REUSED"]
    assert {held.reserved_by for held in await scene.tha.holdings()} == {name, None}


async def test_answer_that_does_not_verify_is_no_answer(scene: Scene) -> None:
    name = await scene.offer()

    def forged(answer: Answer) -> Answer:
        made = tuple(seal(e.payload_type, e.payload, signer_of("mallory")) for e in answer.answers)
        return Answer(made, answer.replayed)

    link_of(scene).garble = forged
    await scene.tha.pump_outbox()
    item = (await scene.tha.story(name)).unsent[0]
    assert item.status is ItemStatus.SIGNED
    link_of(scene).garble = lambda answer: answer
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_messages_go_in_order_one_at_a_time(scene: Scene) -> None:
    names = [await scene.offer(n * 10 + 1, n * 10 + 10) for n in range(3)]
    link_of(scene).before = [unreachable()]
    await scene.tha.pump_outbox()
    assert sent(scene) == []
    await scene.network.settle()
    assert [row.transaction_id for row in await scene.che.waiting()] == names


async def test_background_tasks_need_no_pumping(scene: Scene) -> None:
    await scene.tha.start()
    await scene.che.start()
    try:
        name = await scene.offer()
        tha_message = (await scene.tha.story(name)).unsent[0].message_id
        outcome = await scene.tha.outcome(tha_message, wait_seconds=30)
        assert outcome.final
        await scene.arrived(scene.che)
        accepted = await scene.che.accept(name)
        assert (await scene.che.outcome(accepted.message_id, wait_seconds=30)).item.effective
        assert await scene.quantity(scene.che, scene.che_account) == 100
    finally:
        await scene.tha.stop()
        await scene.che.stop()


async def test_waiting_ends_with_what_is_known(scene: Scene) -> None:
    name = await scene.offer()
    item = (await scene.tha.story(name)).unsent[0]
    outcome = await scene.tha.outcome(item.message_id, wait_seconds=0.001)
    assert not outcome.final


def test_pauses_grow_have_jitter_and_an_end() -> None:
    backoff = Backoff(Random(1), first_seconds=1.0, longest_seconds=10.0)
    pauses = [backoff.next_seconds() for _ in range(8)]
    assert all(
        low <= pause <= 2 * low
        for pause, low in zip(pauses, [0.5, 1, 2, 4, 5, 5, 5, 5], strict=True)
    )
    asked = ProtocolError(Reason.RATE_LIMITED, "", retry_after_ms=9_999)
    backoff.reset()
    assert 9.999 <= backoff.next_seconds(asked) <= 10.0
    asked = ProtocolError(Reason.RATE_LIMITED, "", retry_after_ms=4_000)
    pauses = [backoff.next_seconds(asked) for _ in range(8)]
    assert all(4.0 <= pause <= 5.0 for pause in pauses)
    assert len(set(pauses)) == 8  # not in step with others who were told the same
    full = ProtocolError(Reason.OVERLOADED, "", retry_after_ms=200)
    pauses = [backoff.next_seconds(full) for _ in range(8)]
    assert pauses[0] < 1.01
    assert pauses[-1] >= 5.0
