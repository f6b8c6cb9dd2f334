# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks in the background, watched: each goes on after what passes, or the service is told to stop."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

_log: Final[FilteringBoundLogger] = structlog.get_logger()

# The first pause after a failure, doubled up to the longest: a disk that is full for seconds costs
# seconds, one that stays full costs two attempts a minute.
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
# A task without a failure for twice the longest pause is well again.
CALM_SECONDS: Final = 2 * LONGEST_PAUSE_SECONDS
_LONGEST_FAULT: Final = 500

# Nothing was changed, and it may succeed when there is room, memory or a lock again.
_PASSING_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_BROKEN_SQLITE: Final = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
)
_PASSING_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
_BROKEN_ERRNO: Final = frozenset({errno.EIO, errno.EROFS})
_PRIMARY_CODE: Final = 0xFF  # extended result codes of SQLite carry the primary one in this byte


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """How a task does.

    Attributes:
        name: Its name.
        fault: What it failed with last; empty when it has been well for CALM_SECONDS.
        failures: How often it failed.
    """

    name: str
    fault: str = ""
    failures: int = 0


class Tasks:
    """Runs tasks that never return by themselves. `stop` ends them.

    Args:
        broken: Told of an error that does not pass; the service has to stop.
        pause_seconds: The first pause before a task is run again.
    """

    def __init__(
        self,
        broken: Callable[[BaseException], None],
        *,
        pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._broken = broken
        self._pause_seconds = pause_seconds
        self._running: list[asyncio.Task[None]] = []
        self._standings: dict[str, TaskStanding] = {}
        self._failed_at: dict[str, float] = {}

    def start(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        """Runs a task in the background, and again after a failure that passes."""
        self._standings[name] = TaskStanding(name)
        self._running.append(asyncio.create_task(self._watch(name, run), name=name))

    def standings(self) -> tuple[TaskStanding, ...]:
        """Returns how every task does."""
        now = asyncio.get_running_loop().time()
        return tuple(
            each if now - self._failed_at.get(each.name, now) < CALM_SECONDS
            else replace(each, fault="")
            for each in self._standings.values()
        )  # fmt: skip

    async def stop(self, *, within_seconds: float | None = None) -> None:
        """Ends every task, by cancelling those that have not ended by themselves in time."""
        if within_seconds and self._running:
            await asyncio.wait(self._running, timeout=within_seconds)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running = []

    async def _watch(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        loop = asyncio.get_running_loop()
        pause = self._pause_seconds
        while True:
            began = loop.time()
            try:
                await run()
            except Exception as error:  # noqa: BLE001  # told, and judged by whether it passes
                self._note(name, error)
                if not passes(error):
                    self._broken(error)
                    return
            else:
                return
            if loop.time() - began > CALM_SECONDS:
                pause = self._pause_seconds
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _note(self, name: str, error: Exception) -> None:
        fault = f"{type(error).__name__}: {error}"[:_LONGEST_FAULT]
        self._failed_at[name] = asyncio.get_running_loop().time()
        failures = self._standings[name].failures + 1
        self._standings[name] = TaskStanding(name, fault, failures)
        _log.error("task_failed", task=name, error=fault, goes_on=passes(error))


def of_the_machine(error: BaseException) -> bool:
    """Says whether disk or system failed, not the program: what passes, and a file that is damaged."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return passes(error) or (code is not None and code & _PRIMARY_CODE in _BROKEN_SQLITE)
    return passes(error) or (isinstance(error, OSError) and error.errno in _BROKEN_ERRNO)


def passes(error: BaseException) -> bool:
    """Says whether a failure can pass by itself: no room, no lock, no file handle."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & _PRIMARY_CODE in _PASSING_SQLITE
    return isinstance(error, OSError) and error.errno in _PASSING_ERRNO
