# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A clock that jumps decides nothing, ends nothing, and leaves the record as it is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from broker.app import memory_house, operator_over
from broker.store.timekeeping import accept_clock, keep_clock, resume_clock
from broker.ticking import Ticker
from broker.verifying.verify import verify
from itmo.clock import Clock, OffsetClock, from_ms
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.passing import Passing
from tests.kit.clearing import START, ClearingWorld, sealed, transfer
from tests.kit.machine import Machine
from tests.kit.world_again import trading_again

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FAR = 400 * DAY


@dataclass
class Scene:
    """A trading world on a machine of its own, with an offer waiting."""

    world: ClearingWorld
    machine: Machine
    clock: Clock
    offer: str

    async def offers(self, first: int) -> decision_pb2.TransactionVerdict:
        return await self.world.senders["tha"].propose(transfer(self.world, first, first + 9))

    def last(self) -> datetime:
        return from_ms(
            self.world.connection.execute(
                "SELECT decided_at FROM log_leaf ORDER BY log_index DESC LIMIT 1"
            ).fetchone()[0]
        )

    async def restart(self, machine: Machine | None = None) -> None:
        """The house goes, and comes back over the same books as `broker serve` would."""
        await self.world.house.stop()
        self.machine = machine or self.machine
        self.clock = self.machine.clock()
        resume_clock(self.clock, self.world.connection)
        await serve(self.world, self.clock)


async def serve(world: ClearingWorld, clock: Clock) -> None:
    world.parts = replace(world.parts, clock=clock)
    world.house = memory_house(world.parts, world.connection)
    world.operator = operator_over(world.parts, world.house)
    world.clock = clock  # type: ignore[assignment]  # senders sign by it
    await world.house.start()


@pytest.fixture
async def scene() -> Scene:
    world = await trading_again()
    await world.house.stop()
    machine = Machine(START + HOUR)
    clock = machine.clock()
    await serve(world, clock)
    offer = transfer(world, 1, 10)
    await world.senders["tha"].propose(offer)
    return Scene(world, machine, clock, offer.transaction_id)


async def untrusted(scene: Scene) -> None:
    """A message is refused for now; the sender's chain stays where it is."""
    sender = scene.world.senders["tha"]
    proposal = proposal_pb2.Proposal(transaction=transfer(scene.world, 901, 910))
    with pytest.raises(ProtocolError) as refused:
        await scene.world.house.submit(sender.node, sealed(sender, PayloadKind.PROPOSAL, proposal))
    assert (refused.value.reason, refused.value.retryable) == (Reason.CLOCK_UNTRUSTED, True)


WORD_ON_SQLITE = pytest.mark.on_sqlite(
    "a start goes by the word that the last one left; on a server by its clock, which no test can turn"
)


def holds(connection: sqlite3.Connection) -> None:
    assert verify(connection, lambda _: None).problems == ()


@pytest.mark.parametrize("jump", [FAR, -FAR, HOUR])
async def test_three_seconds_far_away_change_nothing(scene: Scene, jump: timedelta) -> None:
    before = scene.last()
    scene.machine.step(jump)
    for _ in range(3):
        assert await scene.world.house.expire_due() == 0
        scene.machine.run(SECOND)
    await untrusted(scene)
    assert scene.last() == before
    scene.machine.step(-jump)
    await scene.world.house.expire_due()
    receipt = await scene.world.senders["che"].accept(scene.offer)
    assert receipt.effective
    assert scene.last() - before < timedelta(minutes=1)
    holds(scene.world.connection)


async def test_readers_are_answered_while_the_clock_is_wrong(scene: Scene) -> None:
    scene.machine.step(FAR)
    row, _ = await scene.world.house.transaction(scene.world.senders["che"].node, scene.offer)
    assert row.transaction_id == scene.offer
    assert scene.world.house.now() < START + DAY


async def test_no_refusal_for_the_clock_is_held_against_a_sender(scene: Scene) -> None:
    scene.machine.step(FAR)
    await untrusted(scene)
    scene.machine.step(-FAR)
    await scene.world.house.expire_due()
    count = "SELECT count(*) FROM refused_message"
    assert scene.world.connection.execute(count).fetchone() == (0,)


@pytest.mark.parametrize("boot", ["this boot", "the next boot"])
@WORD_ON_SQLITE
async def test_a_start_with_a_wrong_clock_decides_nothing(scene: Scene, boot: str) -> None:
    keep_clock(scene.clock, scene.world.connection)
    before = scene.last()
    await scene.restart(Machine(scene.machine.wall + FAR, boot=boot))
    await untrusted(scene)
    assert await scene.world.house.expire_due() == 0
    scene.machine.step(-FAR + SECOND)  # the time service comes up
    assert (await scene.offers(101)).state == decision_pb2.STATE_VALIDATED
    assert scene.last() - before < HOUR
    holds(scene.world.connection)


def accept(scene: Scene, told: datetime) -> None:
    accept_clock(scene.clock, scene.world.connection, told, scene.world.parts.operator_signer)


@WORD_ON_SQLITE
async def test_a_long_downtime_is_confirmed_by_one_word(scene: Scene) -> None:
    keep_clock(scene.clock, scene.world.connection)
    await scene.restart(Machine(scene.machine.wall + FAR, boot="the next boot"))
    await untrusted(scene)
    connection = scene.world.connection
    with pytest.raises(ProtocolError) as wrong:
        accept(scene, scene.machine.wall - HOUR)
    assert wrong.value.reason is Reason.CLOCK_NOT_SETTABLE
    accept(scene, scene.machine.wall + SECOND)
    assert await scene.world.house.expire_due() == 1
    assert (await scene.offers(101)).state == decision_pb2.STATE_VALIDATED
    with pytest.raises(ProtocolError, match="right already"):
        accept(scene, scene.machine.wall)
    await scene.restart()
    assert (await scene.offers(201)).state == decision_pb2.STATE_VALIDATED
    holds(connection)


@WORD_ON_SQLITE
async def test_a_record_that_lies_in_the_future_is_kept_and_left(scene: Scene) -> None:
    """An earlier build, or an operator who accepted a wrong time, decided in 2024 for 2023."""
    true = scene.machine.wall
    scene.machine.step(FAR)
    scene.clock.accept()
    await scene.offers(101)
    keep_clock(scene.clock, scene.world.connection)
    assert scene.last() > START + FAR
    log = scene.world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()[0]
    await scene.restart(Machine(true, boot="the next boot"))
    await untrusted(scene)
    accept(scene, true)
    verdict = await scene.offers(201)
    assert verdict.state == decision_pb2.STATE_VALIDATED
    assert scene.last() == true
    assert log < scene.world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()[0]
    await scene.restart()
    assert (await scene.offers(301)).state == decision_pb2.STATE_VALIDATED
    holds(scene.world.connection)
    # A word that the operator did not give is none.
    for column, value in (("accepted_at", 0), ("expected_at", 1), ("keyid", "nobody's")):
        forged = sqlite3.connect(":memory:", factory=Passing)
        scene.world.connection.backup(forged)
        forged.execute("DROP TRIGGER clock_acceptance_update")
        forged.execute(f"UPDATE clock_acceptance SET {column} = ?", (value,))  # one of the above
        forged.commit()
        problems = verify(forged, lambda _: None).problems
        assert any(each.startswith("clock_acceptance (1): ") for each in problems), problems
    # Without the operator's word such a record is a problem.
    copy = sqlite3.connect(":memory:", factory=Passing)
    scene.world.connection.backup(copy)
    copy.execute("DROP TRIGGER clock_acceptance_delete")
    copy.execute("DELETE FROM clock_acceptance")
    copy.commit()
    assert any(
        "before the one in front of it" in each for each in verify(copy, lambda _: None).problems
    )


async def test_a_test_network_is_set_forward_as_ever(scene: Scene) -> None:
    await scene.world.house.stop()
    clock = OffsetClock(scene.machine.clock())
    await serve(scene.world, clock)
    clock.set(clock.now() + FAR)
    assert await scene.world.house.expire_due() == 1
    assert (await scene.offers(101)).state == decision_pb2.STATE_VALIDATED


async def test_the_tick_tells_once_and_tells_when_it_is_over(scene: Scene) -> None:
    told: list[bool] = []

    async def serving(yes: bool) -> None:
        told.append(yes)

    async def noted() -> None:
        done.append(scene.clock.now())

    async def nothing_ends() -> None:
        pass

    done: list[datetime] = []
    ticker = Ticker(
        scene.world.house, scene.clock, serving=serving, tell_expiries=nothing_ends,
        keep_clock=noted, checkpoint=noted, may_judge=nothing_ends,
    )  # fmt: skip
    await ticker.tick()
    scene.machine.step(FAR)
    for _ in range(3):
        await ticker.tick()
    assert (told, len(done)) == ([False], 2)
    scene.machine.step(-FAR)
    await ticker.tick()
    assert told == [False, True]
