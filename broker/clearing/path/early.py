# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that came before the one that their sender's sequence has next. They wait a little."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from broker.clearing.path.lanes import Waiting
from broker.clearing.path.room import Room, RoomLimits
from itmo import limits

ROOM: Final = RoomLimits(
    messages=4096,
    messages_per_node=limits.MAX_EARLY_MESSAGES,
    payload_bytes=8 * limits.MAX_EARLY_BYTES,
    payload_bytes_per_node=limits.MAX_EARLY_BYTES,
)
"""In all as much as eight nodes may have: 64 MiB, and what decoding makes of it."""


_REFUSED: Final = 8
"""Refused messages of a node that are remembered: as many as it may well have sent behind each other."""


class EarlyMessages:
    """Keeps early messages by sender and sequence number until their turn, or until it is late."""

    def __init__(self, late: Callable[[Waiting], object]) -> None:
        self._late = late
        self._room = Room(ROOM)
        self._kept: dict[tuple[str, int], tuple[Waiting, asyncio.TimerHandle]] = {}
        self._refused: dict[str, deque[bytes]] = {}

    def __len__(self) -> int:
        return self._room.messages

    @property
    def payload_bytes(self) -> int:
        """Bytes of the payloads kept."""
        return self._room.payload_bytes

    def keep(self, waiting: Waiting, wait: timedelta) -> bool:
        """Keeps a message; False when there is no room, another one in its place, or it would wait in vain."""
        place = (waiting.node, waiting.received.header.sender_sequence)
        if place in self._kept or not self._room.fits(waiting.node, waiting.size):
            return False
        before = waiting.received.header.previous_payload_hash
        if before in self._refused.get(waiting.node, ()):
            self.refused(waiting.node, waiting.received.payload_hash)
            return False
        self._room.enter(waiting.node, waiting.size)
        timer = asyncio.get_running_loop().call_later(wait.total_seconds(), self._too_late, *place)
        self._kept[place] = (waiting, timer)
        # A caller that goes takes its message along; one that was let out is not found any more.
        waiting.answered.add_done_callback(partial(self._left, waiting))
        return True

    def release(self, node: str, sequence: int) -> Waiting | None:
        """Lets a message out; None where there is none."""
        kept = self._kept.pop((node, sequence), None)
        if kept is None:
            return None
        waiting, timer = kept
        timer.cancel()
        self._room.leave(waiting.node, waiting.size)
        return waiting

    def refused(self, node: str, payload_hash: bytes) -> None:
        """A message has been refused for good: whoever comes behind it would wait in vain."""
        self._refused.setdefault(node, deque(maxlen=_REFUSED)).append(payload_hash)

    def clear(self) -> list[Waiting]:
        """Lets every message out."""
        found = (self.release(*place) for place in list(self._kept))
        return [waiting for waiting in found if waiting is not None]

    def _too_late(self, node: str, sequence: int) -> None:
        waiting = self.release(node, sequence)
        if waiting is not None:
            self._late(waiting)

    def _left(self, waiting: Waiting, _: asyncio.Future[object]) -> None:
        place = (waiting.node, waiting.received.header.sender_sequence)
        kept = self._kept.get(place)
        if kept is not None and kept[0] is waiting:
            self.release(*place)
