# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that take long: bounded, paid by whoever asks, one of a node at a time."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from broker.clearing.path import cost
from broker.store.questions import Questions
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.thread import DatabaseThread, InlineDatabase

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
QUICK = 20_000


def endless(connection: Connection) -> object:
    return connection.execute(ENDLESS).fetchone()


def one(connection: Connection) -> int:
    found: int = connection.execute("SELECT 1").fetchone()[0]
    return found


def database() -> Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


async def test_a_question_that_takes_too_long_is_refused_and_paid() -> None:
    paid: list[tuple[str, int]] = []
    asked = Questions(InlineDatabase(database()), lambda *each: paid.append(each), most=QUICK)
    with pytest.raises(ProtocolError) as refused:
        await asked.ask("tha", endless)
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR
    assert await asked.ask("tha", one) == 1  # the connection is good for the next question
    assert [name for name, _ in paid] == ["tha", "tha"]
    assert QUICK - cost.TOKEN <= paid[0][1] <= 10 * QUICK
    assert paid[1][1] == 0  # the call's own token paid for it


async def test_only_time_of_the_processor_counts() -> None:
    """A question that waits for the disk, or for others, is not refused for it."""
    waited = threading.Event()

    def waiting(connection: Connection) -> int:
        waited.wait(0.03)
        return one(connection)

    asked = Questions(InlineDatabase(database()), lambda *_: None, most=QUICK)
    assert await asked.ask("tha", waiting) == 1


async def test_a_question_ends_when_whoever_asked_has_gone() -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    thread = DatabaseThread(database())

    def begins(connection: Connection) -> object:
        loop.call_soon_threadsafe(begun.set)
        return endless(connection)

    asked = Questions(thread, lambda *_: None, most=3600 * 1_000_000)
    call = asyncio.create_task(asked.ask("tha", begins))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.wait_for(asked.ask("che", one), 5) == 1
    await asked.close()


async def test_one_question_of_a_node_at_a_time() -> None:
    """Whoever asks twenty times at once is waited for once."""
    order: list[str] = []
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    thread = DatabaseThread(database())

    def slow(connection: Connection) -> int:
        loop.call_soon_threadsafe(begun.set)
        go.wait(5)
        order.append("tha")
        return one(connection)

    def quick(connection: Connection) -> int:
        order.append("che")
        return one(connection)

    asked = Questions(thread, lambda *_: None)
    calls = [asyncio.create_task(asked.ask("tha", slow)) for _ in range(20)]
    await begun.wait()
    calls.append(asyncio.create_task(asked.ask("che", quick)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*calls)
    assert order[:2] == ["tha", "che"]
    await asked.close()
