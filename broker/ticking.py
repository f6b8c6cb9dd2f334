# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the broker does each second by itself: looks at the clock, ends what is due, checkpoints."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from broker.clearing.path.house import ClearingHouse
from itmo.clock import Clock
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.outage import Outage

TICK_SECONDS: Final = 1.0
"""How late a time-out may be noticed when nothing else happens."""
_TOLD_TICKS: Final = 60
"""A clock in fault is told of again each minute."""
_KEPT_TICKS: Final = 60
"""Where the clock is right is kept each minute: one small commit. What ends is looked for then, too."""

_log: Final = structlog.get_logger()


class Ticker:
    """The one task that ticks.

    Args:
        house: Ends what is due.
        clock: The broker's clock.
        serving: Told when the broker stops to decide, and when it does again.
        keep_clock: Leaves word where the clock is right.
        tell_expiries: Tells the log which keys and certificates end.
        checkpoint: Tidies the database; for quiet moments.
        may_judge: Raises RULEBOOK_OUTDATED once a later catalogue is in force than this program knows.
    """

    def __init__(
        self,
        house: ClearingHouse,
        clock: Clock,
        *,
        serving: Callable[[bool], Awaitable[None]],
        keep_clock: Callable[[], Awaitable[object]],
        tell_expiries: Callable[[], Awaitable[object]],
        checkpoint: Callable[[], Awaitable[object]],
        may_judge: Callable[[], Awaitable[object]],
    ) -> None:
        self._house = house
        self._clock = clock
        self._serving = serving
        self._keep_clock = keep_clock
        self._tell_expiries = tell_expiries
        self._checkpoint = checkpoint
        self._may_judge = may_judge
        self._away = Outage("database_unreachable", "database_works")
        self._in_fault = 0
        self._kept = 0

    async def run(self, stop: asyncio.Event, pause_seconds: float = TICK_SECONDS) -> None:
        """Ticks until told to stop; a tick that was begun is finished."""
        while not stop.is_set():
            try:
                await self.tick()
            except ProtocolError as error:
                if error.reason is not Reason.DATABASE_UNREACHABLE:
                    raise
                self._away.lasts(error=error.message)
            else:
                self._away.is_over()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_seconds)

    async def tick(self) -> None:
        """Ends what is due although nobody says anything, and checkpoints in quiet moments.

        Raises:
            ProtocolError: the key that statements are signed with has ended, or a later catalogue is in
                force; the service has to stop.
        """
        if not await self._clock_is_right():
            return
        await self._may_judge()
        self._house.check_own_key()
        await self._house.expire_due()
        if self._kept % _KEPT_TICKS == 0:
            await self._tell_expiries()
            await self._keep_clock()
        self._kept += 1
        if self._house.queue_depth == 0:
            await self._checkpoint()

    async def _clock_is_right(self) -> bool:
        fault = self._clock.look().fault
        if fault is not None:
            if self._in_fault % _TOLD_TICKS == 0:
                _log.error("clock_jumped", found=str(fault.found), expected=str(fault.expected))
            self._in_fault += 1
            if self._in_fault == 1:
                await self._serving(False)
            return False
        if self._in_fault:
            self._in_fault = 0
            _log.warning("clock_right_again")
            await self._serving(True)
        return True
