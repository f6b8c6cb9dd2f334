# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where messages are decoded and verified: small ones at once, large ones beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from broker.clearing.path.received import Received
from broker.clearing.path.room import Room, RoomLimits
from itmo import limits
from itmo.runtime.turns import SHORT_TURNS

AT_ONCE: Final = 64 * limits.KIB
"""Bytes of payload that are read within about three milliseconds, whatever they hold."""
ROOM: Final = RoomLimits(
    messages=1024,
    messages_per_node=128,
    payload_bytes=8 * limits.MAX_EARLY_BYTES,
    payload_bytes_per_node=limits.MAX_EARLY_BYTES,
)
"""Large messages that wait to be read, and the one that is: of a node eight of the largest. They lie
in memory three times until then: as they came, as the request, and as its payload."""


class Reading:
    """Reads one large message at a time, and of each node one after the other, in turns."""

    def __init__(self) -> None:
        self._room = Room(ROOM)
        self._one = asyncio.Lock()
        self._of_node: dict[str, asyncio.Lock] = {}
        """As many as there are nodes."""

    async def read(self, node: str, size: int, work: Callable[[], Received]) -> Received:
        """What `work` returns for a payload of a size, or raises.

        Raises:
            ProtocolError: OVERLOADED, when the node or all together have enough waiting.
        """
        if size <= AT_ONCE:
            return work()
        if not self._room.fits(node, size):
            raise self._room.refusal(node)
        self._room.enter(node, size)
        try:
            async with self._of_node.setdefault(node, asyncio.Lock()), self._one:
                return await asyncio.to_thread(_in_short_turns, work)
        finally:
            self._room.leave(node, size)


def _in_short_turns(work: Callable[[], Received]) -> Received:
    with SHORT_TURNS:
        return work()
