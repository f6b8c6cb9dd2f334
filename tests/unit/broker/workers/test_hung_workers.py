# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workers that hang, start late or fall behind hold up nobody, and are never asked what they cannot know."""

from __future__ import annotations

import asyncio
import socket
import struct
from datetime import timedelta
from pathlib import Path

import pytest

from broker.api.server import ServerSettings
from broker.clearing.path import cost
from broker.clearing.path.deciding import Changes
from broker.workers import hub
from broker.workers.frames import Kind
from broker.workers.hub import Hub, Member
from broker.workers.link import Link, Welcome, changes_of
from broker.workers.process import as_told, check_database
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.tls import TlsFiles
from tests.unit.broker.workers import test_one_house as one_house
from tests.unit.broker.workers.test_one_house import (
    SOON,
    Broker,
    proposal,
    refusal,
    state_key,
    wait_until,
)

broker = one_house.broker


async def hang(broker: Broker, number: int) -> list[str]:
    """Has a worker hear nothing any more; what is done to it from then on is noted."""
    ended: list[str] = []
    broker.workers[number].member.end = lambda: ended.append("ended")
    broker.tasks[number].cancel()
    return ended


async def test_a_worker_that_starts_late_holds_up_no_answer(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "KNOWN_WITHIN", timedelta(seconds=0.2))
    one = broker.workers[0]
    await state_key(broker, one)
    _, proposed = proposal(broker, 1, 10)
    await one.send("tha", proposed)
    late = await broker.start_worker()
    # The key was stated before it came; it cannot take note of that, and is not waited for.
    assert (await one.send("tha", proposed)).replayed
    assert not late.lost.is_set()
    assert (await late.send("tha", proposed)).replayed


async def test_a_worker_that_reads_before_it_serves_is_waited_for(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the keys and its first call keys may change; the answer waits for it, too."""
    monkeypatch.setattr(hub, "KNOWN_WITHIN", timedelta(seconds=0.05))
    member, writer = await half_started(broker.hub)
    ended: list[str] = []
    member.end = lambda: ended.append("ended")
    await state_key(broker, broker.workers[0])
    assert ended == ["ended"]
    await asyncio.wait_for(member.gone.wait(), SOON)
    writer.close()


async def half_started(made: Hub) -> tuple[Member, asyncio.StreamWriter]:
    """A worker that has said hello, and neither listens nor serves."""
    ours, theirs = socket.socketpair()
    member = made.join("worker 9")
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: member.line, sock=ours)
    _, writer = await asyncio.open_connection(sock=theirs)
    writer.write(b"\x00\x00\x00\x00" + bytes([Kind.HELLO]))
    await wait_until(lambda: member.follows)
    return member, writer


async def test_who_did_not_take_note_is_ended_before_the_answer_leaves(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "KNOWN_WITHIN", timedelta(seconds=0.05))
    ended = await hang(broker, 1)
    await state_key(broker, broker.workers[0])
    assert ended == ["ended"]


async def test_a_worker_that_says_nothing_for_long_is_ended(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(hub, "MOST_SILENT_LOOKS", 3)
    ended = await hang(broker, 1)
    talks = asyncio.create_task(talk(broker.workers[0].link))
    watch = asyncio.create_task(broker.hub.keep_watch())
    await asyncio.wait_for(broker.workers[1].member.gone.wait(), SOON)
    assert ended == ["ended"]
    assert not broker.workers[0].member.gone.is_set()
    for task in (talks, watch):
        task.cancel()


async def talk(link: Link) -> None:
    while True:
        link.tell_standing(b"", ())
        await asyncio.sleep(0)


async def test_keys_are_taken_up_without_a_worker_that_hangs(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "KNOWN_WITHIN", timedelta(seconds=0.05))
    ended = await hang(broker, 1)
    # Twice at once: each is answered.
    both = asyncio.gather(broker.hub.take_up_keys(), broker.hub.take_up_keys())
    await asyncio.wait_for(both, SOON)
    assert broker.workers[0].taken_up == ["taken up"] * 2
    assert "ended" in ended


async def test_what_a_worker_has_not_heard_yet_becomes_one(broker: Broker) -> None:
    link = broker.workers[1].link
    broker.tasks[1].cancel()
    await asyncio.sleep(0)
    for number in range(1, 1001):
        broker.hub._changed(
            Changes(directory=number == 7, mailboxes=("tha",), transactions=(f"{number % 3}",))
        )
    await wait_until(lambda: bool(link._heard) and link._heard[-1].values[0] >= 1000)
    assert len(link._heard) == 1
    changes = changes_of(link._heard[0].values)
    assert changes.directory
    assert changes.mailboxes == ("tha",)
    assert sorted(changes.transactions) == ["0", "1", "2"]


async def test_a_call_that_cannot_be_answered_is_told_so(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = broker.workers[0]

    async def unspeakable(*_: object) -> object:
        return object()

    monkeypatch.setattr(broker.world.house, "acknowledge", unspeakable)
    assert await refusal(one.house.acknowledge(NodeId("tha"), 1)) is Reason.INTERNAL
    # What cannot be said is not waited for either.
    with pytest.raises((struct.error, OverflowError)):
        await one.house.acknowledge(NodeId("tha"), 2**63)
    assert one.link._calls == {}


async def test_a_dry_run_costs_as_much_as_without_workers(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "TOKEN", 1)
    paid: list[int] = []
    one = broker.workers[0]
    one.house.charge_by(lambda _, spent: paid.append(spent))
    await one.send("tha", proposal(broker, 1, 10)[1], validate_only=True)
    here: list[int] = []
    broker.world.house.charge_by(lambda _, spent: here.append(spent))
    await broker.world.house.submit(NodeId("tha"), proposal(broker, 1, 10)[1], validate_only=True)
    assert sum(paid) == sum(here) > 0


async def test_a_worker_of_another_database_does_not_serve(broker: Broker) -> None:
    parts = broker.world.parts
    with pytest.raises(ProtocolError) as refused:
        check_database("here", parts, "another one")
    assert refused.value.metadata["setting"] == "database"
    check_database("here", parts, parts.network.database_id)


def test_a_worker_that_starts_later_goes_by_the_limits_of_the_others() -> None:
    """Somebody has changed a limit in the settings meanwhile."""
    changed = ServerSettings(
        listen="127.0.0.1:1",
        tls=TlsFiles(Path("ca"), Path("certificate"), Path("key")),
        operator_socket=Path("socket"),
        test_network=True,
        reflection=False,
        call_limits=CallLimits(rate_per_second=1_000.0, burst=100_000),
    )
    serves = as_told(changed, Welcome(7443, "a database", one_house.LIMITS))
    assert (serves.call_limits, serves.listen) == (one_house.LIMITS, "127.0.0.1:7443")
