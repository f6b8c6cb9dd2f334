# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Other brokers on the same database: what they decide is looked for, again and again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from broker.clearing.path.house import ClearingHouse
from broker.store.hints import Hints
from broker.store.lately import Seen, changes_since, first_look
from broker.store.standing import end_sleepers
from broker.use_elsewhere import UseElsewhere
from itmo.reasons import ProtocolError
from itmo.runtime.db.thread import Database

POLL_SECONDS: Final = 0.1
"""How much later a node hears of what another broker has decided, at most. A notice of the server's
would come sooner, and be a part of every commit (it halves their number), and may be lost."""

_SLEEPERS_EVERY: Final = 10
"""Looks after which it is looked for a broker that sleeps in the middle of a decision: each second."""

_log: Final = structlog.get_logger()


class OtherBrokers:
    """Follows what other brokers decide.

    Args:
        house: Hears of it.
        reader: Sees what is committed.
        elsewhere: Tells them what nodes have here, and hears it of them; None where there is no door.
    """

    def __init__(
        self, house: ClearingHouse, reader: Database, elsewhere: UseElsewhere | None = None
    ) -> None:
        self._house = house
        self._reader = reader
        self._elsewhere = elsewhere
        self._hints = Hints()
        self._looks = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Looks until told to stop; a database that is away for a while is waited for."""
        seen: Seen | None = None
        while not stop.is_set():
            with suppress(ProtocolError):  # the database is away, and comes back
                await self._end_sleepers()
                # Something may have been decided between the start of the house and the first look.
                look = first_look if seen is None else partial(changes_since, seen=seen)
                now, changes = await self._reader.run(look)
                if changes is not None:
                    await self._house.hear(changes)
                seen = now  # not before: what was not heard is looked for again
                await self._exchange()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    async def _end_sleepers(self) -> None:
        self._looks += 1
        if self._looks % _SLEEPERS_EVERY == 0:
            for process in await self._reader.run(end_sleepers):
                _log.error("broker_asleep_ended", process=process)

    async def _exchange(self) -> None:
        if self._elsewhere is not None:
            told = self._elsewhere.said()
            heard = await self._reader.run(partial(self._hints.exchange, told=told))
            self._elsewhere.heard(heard)
