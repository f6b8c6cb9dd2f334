# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A bug of ours that one time-out runs into: it is set aside, told and tried again; all else goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import StatementRow
from broker.clearing.decision.world import Effects, World
from broker.clearing.path import group
from broker.clearing.path.aside import FIRST_PAUSE
from broker.clearing.transactions.expire import expire
from broker.clearing.transactions.postings import from_text
from broker.ledger.units import LedgerInvariantBroken
from broker.store import loading, writing
from broker.store.engines import groups_of
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2
from itmo.limits import DEFAULT_TRANSACTION_LIFETIME
from itmo.runtime.db.connection import Connection
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import ClearingWorld, restarted, state_of, trading_world, transfer


async def waiting(*ranges: tuple[int, int]) -> tuple[ClearingWorld, list[str]]:
    """A world in which offers wait for their last moment."""
    world = await trading_world()
    names = []
    for first, last in ranges:
        verdict = await world.senders["tha"].propose(transfer(world, first, last))
        assert verdict.state == decision_pb2.STATE_VALIDATED
        names.append(verdict.transaction_id)
    world.clock.advance(DEFAULT_TRANSACTION_LIFETIME)
    return world, names


def plant(monkeypatch: pytest.MonkeyPatch, broken: str, error: type[Exception]) -> list[str]:
    """Timing out one transaction raises; returns which were tried."""
    tried: list[str] = []

    def faulty(desk: Desk, transaction_id: str) -> list[StatementRow]:
        tried.append(transaction_id)
        made = expire(desk, transaction_id)  # what it did to the group must not be kept
        if transaction_id == broken:
            raise error("planted")
        return made

    monkeypatch.setattr(group, "expire", faulty)
    return tried


def check_holds(world: ClearingWorld) -> None:
    assert broken_invariants(world.connection) == []
    assert verify(world.connection, lambda _: None).problems == ()


async def test_the_tick_ends_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world, names = await waiting((1, 10), (11, 20), (21, 30))
    tried = plant(monkeypatch, names[1], ValueError)
    with capture_logs() as logs:
        assert await world.house.expire_due() == 2
    assert [state_of(world, name) for name in names] == ["TERMINATED", "VALIDATED", "TERMINATED"]
    assert [(e["event"], e["transaction_id"]) for e in logs] == [("timeout_fault", names[1])]
    (told,) = world.house.timeouts_set_aside()
    assert (told.transaction_id, told.fault, told.failures) == (names[1], "ValueError: planted", 1)
    tried.clear()
    world.clock.advance(FIRST_PAUSE - timedelta(seconds=1))
    assert await world.house.expire_due() == 0
    assert tried == []  # not tried at every tick
    world.clock.advance(timedelta(seconds=1))
    assert await world.house.expire_due() == 0
    assert tried == [names[1]]
    world.clock.advance(FIRST_PAUSE)
    await world.house.expire_due()
    assert tried == [names[1]]  # the pauses grow
    check_holds(world)
    monkeypatch.undo()
    world.clock.advance(FIRST_PAUSE)
    assert await world.house.expire_due() == 1
    assert state_of(world, names[1]) == "TERMINATED"
    assert world.house.timeouts_set_aside() == ()
    check_holds(world)


async def test_messages_are_decided_and_its_units_stay_locked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, (name,) = await waiting((1, 10))
    tha, che = world.senders["tha"], world.senders["che"]
    plant(monkeypatch, name, ValueError)
    assert (await tha.propose(transfer(world, 11, 20))).state == decision_pb2.STATE_VALIDATED
    assert (await tha.propose(transfer(world, 5, 6))).state == decision_pb2.STATE_INVALIDATED
    accepted = await che.accept(name)  # at the deadline it is over, whatever we can do about it
    assert (accepted.effective, accepted.refusal.code) == (False, "STATE_TIMEOUT_24H")
    assert state_of(world, name) == "VALIDATED"
    monkeypatch.undo()
    check_holds(world)
    await world.house.stop()
    house = restarted(world)
    await house.start()
    assert await house.expire_due() == 1  # tried again at the next start
    check_holds(world)


async def test_what_cannot_be_loaded_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    world, (name, other) = await waiting((1, 10), (11, 20))
    read = from_text

    def unreadable(written: str) -> object:
        postings = read(written)
        if any(each.units.range.first == 1 for each in postings.moves):
            raise ValueError("planted")
        return postings

    monkeypatch.setattr(loading, "from_text", unreadable)
    assert await world.house.expire_due() == 1
    assert [state_of(world, each) for each in (name, other)] == ["VALIDATED", "TERMINATED"]
    assert [each.transaction_id for each in world.house.timeouts_set_aside()] == [name]


async def test_what_cannot_be_written_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    world, names = await waiting((1, 10), (11, 20), (21, 30))
    written = writing.write

    def faulty(
        connection: Connection, judged: World, effects: Effects, expected: writing.Expected
    ) -> None:
        if names[1] in effects.transactions:
            raise OverflowError("planted")
        written(connection, judged, effects, expected)

    for store in groups_of(world.connection).__mro__[:-1]:  # the server's goes back to the file's
        monkeypatch.setattr(f"{store.__module__}.write", faulty)
    tha = world.senders["tha"]
    assert (await tha.propose(transfer(world, 31, 40))).state == decision_pb2.STATE_VALIDATED
    await world.house.expire_due()
    assert [state_of(world, each) for each in names] == ["TERMINATED", "VALIDATED", "TERMINATED"]
    assert world.connection.execute("SELECT count(*) FROM refused_message").fetchone() == (0,)
    check_holds(world)


async def test_a_broken_ledger_stops_all(monkeypatch: pytest.MonkeyPatch) -> None:
    world, (name,) = await waiting((1, 10))
    plant(monkeypatch, name, LedgerInvariantBroken)
    with pytest.raises(LedgerInvariantBroken):
        await world.house.expire_due()
