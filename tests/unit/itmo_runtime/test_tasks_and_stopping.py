# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Background tasks go on or stop the service; a stop ends, or says what hung."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest
from structlog.testing import capture_logs

from itmo.runtime.stopping import EXIT_STOP_HUNG, STOPS, StopWatchdog, stop_on_signals
from itmo.runtime.tasks import Tasks, passes


def disk_full() -> sqlite3.Error:
    """A real error of a real database that may not grow."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (b BLOB)")
    connection.execute("PRAGMA max_page_count = 3")
    try:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    except sqlite3.Error as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "right"),
    [
        (disk_full(), True),
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EBADF, "bad"), False),
        (sqlite3.OperationalError("no code"), False),
        (ValueError("ours"), False),
    ],
)
def test_what_passes(error: Exception, right: bool) -> None:
    assert passes(error) is right


async def test_a_task_goes_on_after_what_passes_and_says_so() -> None:
    rounds, faults = 0, list[BaseException]()
    again = asyncio.Event()

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= 2:
            raise disk_full()
        again.set()
        await asyncio.Event().wait()

    tasks = Tasks(faults.append, pause_seconds=0.001)
    with capture_logs() as logs:
        tasks.start("tick", work)
        await asyncio.wait_for(again.wait(), 5)
    (standing,) = tasks.standings()
    assert (standing.name, standing.failures) == ("tick", 2)
    assert "full" in standing.fault
    assert [(each["event"], each["goes_on"]) for each in logs] == [("task_failed", True)] * 2
    assert faults == []
    await tasks.stop()


async def test_a_fault_of_our_own_stops_the_service() -> None:
    broken = asyncio.Event()
    faults = list[BaseException]()

    def told(error: BaseException) -> None:
        faults.append(error)
        broken.set()

    async def work() -> None:
        raise ValueError("planted")

    tasks = Tasks(told)
    tasks.start("tick", work)
    await asyncio.wait_for(broken.wait(), 5)
    assert [str(each) for each in faults] == ["planted"]
    await tasks.stop()


async def test_a_stop_lets_a_task_finish_what_it_began() -> None:
    stop, finished = asyncio.Event(), False

    async def work() -> None:
        nonlocal finished
        await stop.wait()
        await asyncio.sleep(0)
        finished = True

    tasks = Tasks(lambda _: None)
    tasks.start("tick", work)
    await asyncio.sleep(0)
    stop.set()
    await tasks.stop(within_seconds=5)
    assert finished


def test_a_stop_that_hangs_is_ended_and_says_where() -> None:
    bitten = threading.Event()
    with capture_logs() as logs:
        watchdog = StopWatchdog(0.01, bitten.set)
        watchdog.stage("the queue")
        watchdog.arm()
        watchdog.arm()
        assert bitten.wait(5)
    assert [(each["event"], each["during"]) for each in logs] == [("stop_hung", "the queue")]


def test_a_stop_that_ends_is_left_alone() -> None:
    bitten = threading.Event()
    watchdog = StopWatchdog(0.05, bitten.set)
    watchdog.arm()
    watchdog.disarm()
    unused = StopWatchdog(0.05, bitten.set)
    unused.disarm()
    assert not bitten.wait(0.15)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_arms_and_sets(number: signal.Signals) -> None:
    # One that no handler takes stays away, so that a signal that is forgotten does not end the tests.
    assert number in STOPS
    kept = {each: signal.signal(each, signal.SIG_DFL) for each in STOPS}
    bitten, stop = threading.Event(), asyncio.Event()
    watchdog = StopWatchdog(0.01, bitten.set)
    try:
        stop_on_signals(watchdog, stop)
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 5)
        assert bitten.wait(5)
    finally:
        watchdog.disarm()
        for each, handler in kept.items():
            signal.signal(each, handler)


def test_a_signal_that_comes_after_the_end_is_no_fault() -> None:
    kept = {each: signal.getsignal(each) for each in STOPS}
    watchdog, stop = StopWatchdog(), asyncio.Event()

    async def served() -> None:
        stop_on_signals(watchdog, stop)

    try:
        asyncio.run(served())
        os.kill(os.getpid(), signal.SIGTERM)
        assert not stop.is_set()
    finally:
        watchdog.disarm()
        for each, handler in kept.items():
            signal.signal(each, handler)


async def test_a_terminal_that_closes_stops_nothing_under_nohup() -> None:
    kept = {each: signal.getsignal(each) for each in STOPS}
    stop, watchdog = asyncio.Event(), StopWatchdog()
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        stop_on_signals(watchdog, stop)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        assert not stop.is_set()
    finally:
        watchdog.disarm()
        for each, handler in kept.items():
            signal.signal(each, handler)


@pytest.mark.parametrize("hold", ["while True: pass", "await asyncio.Event().wait()"])
def test_a_process_whose_loop_is_held_ends_all_the_same(hold: str) -> None:
    program = f"""
    import asyncio, uvloop
    from itmo.runtime.stopping import StopWatchdog, stop_on_signals
    async def main():
        stop_on_signals(StopWatchdog(0.2), asyncio.Event())
        print("ready", flush=True)
        {hold}
    uvloop.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == EXIT_STOP_HUNG
