# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node whose clock is wrong signs nothing, says so, and goes on by itself once it is right."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import cast

import pytest

from itmo.clock import Clock, FakeClock, to_text
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.db.passing import Passing
from itmo.runtime.rpc.callers import Context
from registry_node.api.operator_service import OperatorServicer
from tests.kit import wishes
from tests.kit.machine import Machine
from tests.unit.registry_node.broker_double import DoubleLink, unreachable
from tests.unit.registry_node.conftest import Scene
from tests.unit.registry_node.test_outbox import sent

FAR = timedelta(days=400)
HOUR = timedelta(hours=1)
CONTEXT = cast("Context", None)  # the servicer asks it nothing


async def restarted_on(scene: Scene, clock: Clock) -> DoubleLink:
    """The Thai node on a clock of its own; the broker keeps its clock."""
    broker_clock = scene.network.clock
    scene.network.clock = clock  # type: ignore[assignment]  # any clock
    scene.tha = await scene.network.start("tha-registry")
    scene.network.clock = broker_clock
    return scene.network.links["tha-registry"]


async def codes(scene: Scene) -> list[str]:
    return [alarm.code for alarm in (await scene.tha.status()).alarms]


@pytest.mark.parametrize("jump", [FAR, -FAR, HOUR])
async def test_a_jump_stops_signing_until_it_is_over(scene: Scene, jump: timedelta) -> None:
    machine = Machine(scene.network.clock.now())
    await restarted_on(scene, machine.clock())
    name = await scene.offer()
    machine.step(jump)
    for _ in range(3):
        assert await scene.tha.pump_outbox() == 0
    assert sent(scene) == []
    assert await codes(scene) == [Reason.CLOCK_UNTRUSTED]
    assert scene.tha.clock.look().fault is not None
    machine.step(-jump)
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert await codes(scene) == [Reason.CLOCK_UNTRUSTED]


async def test_a_clock_that_is_set_right_is_believed_on_the_brokers_word(scene: Scene) -> None:
    """It was wrong all along; the time service steps it to what the broker says."""
    machine = Machine(scene.network.clock.now() - FAR)
    await restarted_on(scene, machine.clock())
    name = await scene.offer()
    machine.step(FAR)
    assert scene.tha.clock.look().fault is not None
    await scene.network.settle()
    assert scene.tha.clock.look().fault is None
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_a_message_of_a_wrong_time_is_signed_anew_without_a_restart(scene: Scene) -> None:
    """Before, it was signed anew once and then sent in vain until the node was restarted."""
    ahead = FakeClock(scene.network.clock.now() + HOUR)
    link = await restarted_on(scene, ahead)
    name = await scene.offer()
    link.before = [ProtocolError(Reason.CLOCK_SKEW, "set the clock")] * 9
    for _ in range(4):
        await scene.tha.pump_outbox()
    assert len(link.before) == 9  # never sent in vain
    assert await codes(scene) == [Reason.CLOCK_SKEW]
    scene.network.clock.advance(HOUR)  # now both agree
    link.before = [ProtocolError(Reason.CLOCK_SKEW, "of the old version")]
    await scene.network.settle()
    (message,) = sent(scene)
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert message.payload


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
async def test_a_node_of_another_time_sends_nothing_and_says_why(
    scene: Scene, ahead: timedelta
) -> None:
    """Before, it sent the message after each pause, and each one stood in the broker's table."""
    clock = FakeClock(scene.network.clock.now() + ahead)
    await restarted_on(scene, clock)
    name = await scene.offer()
    for _ in range(50):
        assert await scene.tha.pump_outbox() == 0
        scene.tha.health.succeeded()  # the receiver gets through all the while
    assert sent(scene) == []
    assert await codes(scene) == [Reason.CLOCK_SKEW]
    servicer = OperatorServicer(scene.tha)
    status = await servicer.GetStatus(api.GetStatusRequest(), CONTEXT)
    assert status.clock.code == Reason.CLOCK_SKEW
    assert to_text(clock.now()) in status.clock.found
    assert to_text(scene.network.clock.now()) in status.clock.found
    wish = api.OpenAccountRequest(statement=wishes.account(registry="THA01"))
    outcome = (await servicer.OpenAccount(wish, CONTEXT)).outcome
    assert outcome.state == api.MESSAGE_STATE_PENDING
    assert outcome.hindrance.code == Reason.CLOCK_SKEW
    later = clock if ahead < timedelta(0) else scene.network.clock
    later.advance(HOUR)
    await scene.network.settle()
    status = await servicer.GetStatus(api.GetStatusRequest(), CONTEXT)
    assert not status.HasField("clock")
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED


async def test_a_node_that_has_nothing_to_send_compares_its_clock_too(scene: Scene) -> None:
    await restarted_on(scene, FakeClock(scene.network.clock.now() + HOUR))
    committed = asyncio.Event()
    scene.network.stores["tha-registry"].listen(committed.set)  # the alarm
    await scene.tha.start()
    try:
        async with asyncio.timeout(20):
            while scene.tha.clock_fault is None:
                await committed.wait()
                committed.clear()
    finally:
        await scene.tha.stop()
    assert scene.tha.clock_fault.reason is Reason.CLOCK_SKEW


async def test_a_jump_is_told_while_the_broker_cannot_be_asked(scene: Scene) -> None:
    machine = Machine(scene.network.clock.now())
    link = await restarted_on(scene, machine.clock())
    await scene.offer()
    machine.step(FAR)
    link.reachable = False
    assert await scene.tha.pump_outbox() == 0
    assert scene.tha.health.last_error is not None
    assert await codes(scene) == [Reason.CLOCK_UNTRUSTED]
    assert unreachable().reason is scene.tha.health.last_error.reason


async def test_a_full_disk_for_a_while_ends_no_task(scene: Scene) -> None:
    """The engine's own error, three times within the sender; it goes on after it."""
    failures = 3

    def no_room(_: object) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            full = sqlite3.connect(":memory:", factory=Passing)
            full.execute("PRAGMA max_page_count = 2")
            full.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)")

    await scene.che.start()
    scene.network.links["tha-registry"].hook = no_room
    scene.tha._tasks._pause_seconds = 0.01  # how long a pause is, is shown elsewhere
    await scene.tha.start()
    try:
        await scene.offer()
        async with asyncio.timeout(30):
            await scene.arrived(scene.che)
        (sender,) = [each for each in scene.tha.tasks() if each.name == "sender"]
        assert (sender.failures, "full" in sender.fault) == (3, True)
    finally:
        await scene.tha.stop()
        await scene.che.stop()


async def test_a_fault_of_our_own_ends_the_node(scene: Scene) -> None:
    def bug(_: object) -> None:
        raise ValueError("planted")

    scene.network.links["tha-registry"].hook = bug
    await scene.tha.start()
    try:
        await scene.offer()
        with pytest.raises(ValueError, match="planted"):
            await asyncio.wait_for(scene.tha.failed(), 20)
    finally:
        await scene.tha.stop()
