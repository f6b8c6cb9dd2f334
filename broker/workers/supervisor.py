# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Starts the workers, starts again those that end, and ends them all."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from broker.workers.hub import Hub, Member
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.reasons import ProtocolError, Reason
from itmo.runtime import observe
from itmo.timestamps import timestamp

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Between two starts of a worker that keeps ending; doubled from the first pause up to this."""
CALM_SECONDS: Final = 60.0
"""A worker that has lived so long begins with the first pause again."""
START_SECONDS: Final = 60.0
"""A worker that takes no calls by then is hung. It takes about a second and a half on an idle machine."""
END_SECONDS: Final = 2.0
"""From the end of its line a worker has so long to end by itself."""
STOP_SECONDS: Final = 15.0
"""Of an orderly stop: calls under way have ten seconds."""

_log: Final = structlog.get_logger()


class Supervisor:
    """The workers of a broker. `start` and `stop` frame their life.

    Args:
        hub: What they are connected to.
        folder: The directory of the broker; they read the settings there.
        count: How many.
    """

    def __init__(self, hub: Hub, folder: Path, count: int) -> None:
        self._workers = [_Worker(hub, folder, number) for number in range(1, count + 1)]
        self._hub = hub
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts all, and waits until they take calls.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when one ends before; it has said why.
        """
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(each.run(), name=each.name) for each in self._workers]
        self._tasks.append(loop.create_task(self._hub.keep_watch(), name="watch over workers"))
        ready = [loop.create_task(each.served()) for each in self._workers]
        try:
            await asyncio.wait_for(asyncio.gather(*ready), START_SECONDS)
        except (TimeoutError, ProtocolError) as error:
            await self.stop()
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                "a worker ended before it took a call; what it wrote to standard error says why",
                setting="server.workers",
            ) from error

    async def stop(self) -> None:
        """Has all finish what they have begun; those that do not are ended."""
        for each in self._workers:
            each.stop()
        self._hub.stop()
        await asyncio.gather(*(each.ended(STOP_SECONDS) for each in self._workers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def standings(self) -> Sequence[pb.WorkerStanding]:
        """How each of them is doing."""
        return [each.standing() for each in self._workers]


class _Worker:
    """One of them, and its successors."""

    def __init__(self, hub: Hub, folder: Path, number: int) -> None:
        self.name = f"worker {number}"
        self._stopping = asyncio.Event()
        self._hub = hub
        self._folder = folder
        self._number = number
        self._starts = 0
        self._started = datetime.now(UTC)
        self._process: asyncio.subprocess.Process | None = None
        self._member: Member | None = None
        self._first_end = asyncio.Event()
        self._first_ready = asyncio.Event()

    async def run(self) -> None:
        """Starts it, and starts it again whenever it ends, until it is to stop."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await self._live()
            except OSError as error:  # no memory, no process or no descriptor to be had just now
                _log.error("worker_not_started", worker=self._number, error=str(error))
                self._leave()
            self._first_end.set()
            if self._stopping.is_set():
                return
            if loop.time() - began > CALM_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await _pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """Says that it is not to be started again."""
        self._stopping.set()

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with theirs:
            member = self._member = self._hub.join(self.name)
            await loop.create_connection(lambda: member.line, sock=ours)
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "broker.workers",
                str(self._folder), str(theirs.fileno()), str(self._number),
                stderr=observe.standard_error(),
                pass_fds=(theirs.fileno(),),
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # what a terminal tells the broker, the broker tells them
            )  # fmt: skip
        self._starts += 1
        self._started = datetime.now(UTC)
        member.end = partial(_kill, process)
        ready = loop.create_task(self._tell_ready(member))
        ended = loop.create_task(process.wait())
        gone = loop.create_task(member.gone.wait())
        await asyncio.wait((ended, gone), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        member.line.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(ended), END_SECONDS)
        if not ended.done():
            _kill(process)
        status = await ended
        await gone
        self._process = self._member = None
        if not self._stopping.is_set():
            _log.error("worker_ended", worker=self._number, pid=process.pid, status=status)

    def _leave(self) -> None:
        """Forgets one that could not be started."""
        if self._member is not None:
            self._member.line.abort()
        self._member = None

    async def _tell_ready(self, member: Member) -> None:
        await member.ready.wait()
        self._first_ready.set()
        pid = self._process.pid if self._process else 0
        _log.info("worker_serves", worker=self._number, pid=pid)

    async def served(self) -> None:
        """Waits until it takes calls for the first time.

        Raises:
            ProtocolError: it ended before.
        """
        waits = [
            asyncio.ensure_future(each.wait()) for each in (self._first_ready, self._first_end)
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if not self._first_ready.is_set():
            raise ProtocolError(Reason.CONFIGURATION_INVALID, "it ended", setting="server.workers")

    async def ended(self, seconds: float) -> None:
        """Waits until it has ended; ends it when that takes too long."""
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            _log.error("worker_killed", worker=self._number, pid=process.pid)
            _kill(process)

    def standing(self) -> pb.WorkerStanding:
        """How it is doing."""
        member, process = self._member, self._process
        ready = member is not None and member.ready.is_set()
        return pb.WorkerStanding(
            worker=self._number,
            pid=process.pid if process is not None else 0,
            restarts=max(0, self._starts - 1),
            started=timestamp(self._started),
            ready=ready,
            door=member.door if member is not None and ready else None,
        )


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):  # it has ended
        process.kill()
