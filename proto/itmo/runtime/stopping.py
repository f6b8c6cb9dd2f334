# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A stop from the signal on: it ends in order, or a watchdog ends it and says what hung."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import threading
from collections.abc import Callable
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

_log: Final[FilteringBoundLogger] = structlog.get_logger()

# A stop that hangs is ended hard; everything acknowledged is durable, so nothing is lost by it.
# Below the 40 seconds that systemd is told to wait, so that the log says what hung.
STOP_WATCHDOG_SECONDS: Final = 30.0
EXIT_STOP_HUNG: Final = 70  # EX_SOFTWARE of sysexits.h
STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals by which a program is told to stop."""


class StopWatchdog:
    """Bounds the whole stop, from `arm` to `disarm`. Its thread needs no event loop."""

    def __init__(
        self,
        seconds: float = STOP_WATCHDOG_SECONDS,
        hung: Callable[[], object] = lambda: os._exit(EXIT_STOP_HUNG),
    ) -> None:
        self._seconds = seconds
        self._hung = hung
        self._stage = "taking notice of the signal"
        # Its `put` may be called in a signal handler, whatever was interrupted.
        self._told: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._armed = False
        threading.Thread(target=self._watch, name="stop-watchdog", daemon=True).start()

    def arm(self) -> None:
        """Begins to count; only the first call does anything."""
        if not self._armed:
            self._armed = True
            self._told.put(True)

    def stage(self, name: str) -> None:
        """Says what the stop does next."""
        self._stage = name

    def disarm(self) -> None:
        """Says that the stop is over."""
        self._told.put(False)

    def _watch(self) -> None:
        if not self._told.get():
            return
        try:
            self._told.get(timeout=self._seconds)
        except queue.Empty:
            _log.error("stop_hung", during=self._stage, seconds=self._seconds)
            self._hung()


def stop_on_signals(watchdog: StopWatchdog, stop: asyncio.Event) -> None:
    """Has SIGTERM, SIGINT and SIGHUP arm the watchdog and set the event; a second signal changes nothing.

    SIGHUP comes when a terminal closes; it stays ignored where `nohup` has it ignored. The handlers are Python's and not the event loop's, so that the watchdog counts also while
    something holds the loop.
    """
    loop = asyncio.get_running_loop()

    def asked(*_: object) -> None:
        watchdog.arm()
        if not loop.is_closed():  # a second signal may come when all has ended but the process
            loop.call_soon_threadsafe(stop.set)

    for number in STOPS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, asked)
