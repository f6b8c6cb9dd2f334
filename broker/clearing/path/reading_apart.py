# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where messages are decoded and verified: small ones at once, others in turns, large ones beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from broker.clearing.path.gate import Steps, at_once
from broker.clearing.path.received import Received
from broker.clearing.path.room import Room, RoomLimits
from itmo import limits
from itmo.runtime.turns import SHORT_TURNS

AT_ONCE: Final = 12 * limits.KIB
"""Bytes of payload that are read within about three milliseconds, whatever they hold."""
BESIDE: Final = 64 * limits.KIB
"""Bytes of payload that are decoded, verified and searched for what no text may hold in about five
milliseconds. What is larger is so on a thread. Proposals are read on the loop: its own decisions would wait for
the interpreter after each statement otherwise, and take twice as long."""
TURN: Final = timedelta(milliseconds=1)
"""Of reading proposals, between which whoever else has something to do does it."""
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

    async def read(self, node: str, size: int, begin: Callable[[], Steps]) -> Received:
        """What the steps of reading a payload of a size come to, or raise.

        Raises:
            ProtocolError: OVERLOADED, when the node or all together have enough waiting.
        """
        if size <= AT_ONCE:
            return at_once(begin())
        if not self._room.fits(node, size):
            raise self._room.refusal(node)
        self._room.enter(node, size)
        try:
            async with self._of_node.setdefault(node, asyncio.Lock()), self._one:
                return await _in_turns(begin(), size)
        finally:
            self._room.leave(node, size)


async def _in_turns(steps: Steps, size: int) -> Received:
    """The interpreter's turns are short meanwhile: the loop is busy, and the threads of the database come to it."""
    loop = asyncio.get_running_loop()
    with SHORT_TURNS:
        try:
            if size <= BESIDE:
                next(steps)
            elif (read := await asyncio.to_thread(_first_step, steps)) is not None:
                return read
            while True:
                await asyncio.sleep(0)
                until = loop.time() + TURN.total_seconds()
                next(steps)
                while loop.time() < until:
                    next(steps)
        except StopIteration as ended:
            received: Received = ended.value
            return received


def _first_step(steps: Steps) -> Received | None:
    """Returns the message where there is no second step."""
    try:
        next(steps)
    except StopIteration as read:
        received: Received = read.value
        return received
    return None
