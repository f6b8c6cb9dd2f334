# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node whose clock is wrong signs nothing, says so, and goes on by itself once it is right."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta

import pytest

from itmo.clock import Clock, FakeClock
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from tests.kit.machine import Machine
from tests.unit.registry_node.broker_double import DoubleLink, unreachable
from tests.unit.registry_node.conftest import Scene
from tests.unit.registry_node.test_outbox import sent

FAR = timedelta(days=400)
HOUR = timedelta(hours=1)


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
    assert len(link.before) == 5  # sent again after each pause, and never signed in vain
    assert await codes(scene) == [Reason.CLOCK_SKEW]
    scene.network.clock.advance(HOUR)  # now both agree
    link.before = [ProtocolError(Reason.CLOCK_SKEW, "of the old version")]
    await scene.network.settle()
    (message,) = sent(scene)
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert message.payload


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
            full = sqlite3.connect(":memory:")
            full.execute("PRAGMA max_page_count = 2")
            full.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)")

    await scene.che.start()
    scene.network.links["tha-registry"].hook = no_room
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
