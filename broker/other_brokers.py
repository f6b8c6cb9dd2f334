# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Other brokers on the same database: what they decide is looked for, again and again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final

from broker.clearing.path.house import ClearingHouse
from broker.store.lately import Seen, changes_since, first_look
from itmo.reasons import ProtocolError
from itmo.runtime.db.thread import Database

POLL_SECONDS: Final = 0.1
"""How much later a node hears of what another broker has decided, at most. A notice of the server's
would come sooner, and be a part of every commit (it halves their number), and may be lost."""


class OtherBrokers:
    """Follows what other brokers decide.

    Args:
        house: Hears of it.
        reader: Sees what is committed.
    """

    def __init__(self, house: ClearingHouse, reader: Database) -> None:
        self._house = house
        self._reader = reader

    async def run(self, stop: asyncio.Event) -> None:
        """Looks until told to stop; a database that is away for a while is waited for."""
        seen: Seen | None = None
        while not stop.is_set():
            with suppress(ProtocolError):  # the database is away, and comes back
                # Something may have been decided between the start of the house and the first look.
                look = first_look if seen is None else partial(changes_since, seen=seen)
                now, changes = await self._reader.run(look)
                if changes is not None:
                    await self._house.hear(changes)
                seen = now  # not before: what was not heard is looked for again
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
