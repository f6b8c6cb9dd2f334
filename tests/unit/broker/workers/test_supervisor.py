# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workers that end at once, that cannot be started, and that are left behind."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.workers import supervisor
from broker.workers.hub import Hub
from broker.workers.supervisor import Supervisor
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.stopping import EXIT_STOP_HUNG
from tests.kit.clearing import trading_world

SOON = 10.0


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    world = await trading_world()
    yield Hub(world.house, 7443, "a database", CallLimits())
    await world.house.stop()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # counted, not opened


async def test_a_worker_that_keeps_ending_is_started_after_growing_pauses_and_leaves_nothing(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pauses: list[float] = []
    enough = asyncio.Event()
    held: list[int] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        held.append(descriptors())
        if len(pauses) == 10:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(supervisor, "_pause", pause)
    run = asyncio.create_task(Supervisor(hub, tmp_path, 1)._workers[0].run())
    await asyncio.wait_for(enough.wait(), SOON)
    run.cancel()
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert held[-1] == held[0]
    assert hub._members == []


async def test_a_worker_that_cannot_be_started_is_tried_again(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    again = asyncio.Event()
    before = descriptors()

    async def start(*_: object, **__: object) -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            again.set()
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.001)
    worker = Supervisor(hub, tmp_path, 1)._workers[0]
    run = asyncio.create_task(worker.run())
    await asyncio.wait_for(again.wait(), SOON)
    await asyncio.sleep(0)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert hub._members == []
    assert descriptors() == before


def test_a_worker_whose_loop_is_stuck_ends_with_the_process_that_decides() -> None:
    ours, theirs = socket.socketpair()
    stuck = (
        "import socket, sys, time\n"
        "from broker.workers.orphan import end_when_orphaned\n"
        "end_when_orphaned(socket.socket(fileno=int(sys.argv[1])), 0.01)\n"
        "print('stuck', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", stuck, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        theirs.close()
        assert process.stdout is not None
        assert process.stdout.readline() == b"stuck\n"
        assert process.poll() is None
        ours.close()
        assert process.wait(SOON) == EXIT_STOP_HUNG
