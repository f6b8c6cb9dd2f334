# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Room for messages that wait: so many and so large, of one node and of all together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from itmo.reasons import ProtocolError, Reason

RETRY_MS: Final = 500
"""After this a queue at its end has moved on by several groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLimits:
    """How much waits at most."""

    messages: int
    messages_per_node: int
    payload_bytes: int
    payload_bytes_per_node: int


class Room:
    """Counts what waits. It runs on one event loop, so it needs no lock."""

    __slots__ = ("_bytes", "_bytes_of", "_limits", "_messages", "_messages_of")

    def __init__(self, limits: RoomLimits) -> None:
        self._limits = limits
        self._messages = 0
        self._bytes = 0
        self._messages_of: Counter[str] = Counter()
        self._bytes_of: Counter[str] = Counter()

    @property
    def messages(self) -> int:
        """Messages that wait."""
        return self._messages

    @property
    def payload_bytes(self) -> int:
        """Bytes of their payloads."""
        return self._bytes

    def fits(self, node: str, size: int) -> bool:
        """True when there is room for one more message of a node."""
        most = self._limits
        return (
            self._messages < most.messages
            and self._bytes + size <= most.payload_bytes
            and self._messages_of[node] < most.messages_per_node
            and self._bytes_of[node] + size <= most.payload_bytes_per_node
        )

    def holds(self, node: str) -> int:
        """Messages of a node that wait."""
        return self._messages_of[node]

    def enter(self, node: str, size: int) -> None:
        """Counts a message, whether or not there is room."""
        self._messages += 1
        self._bytes += size
        self._messages_of[node] += 1
        self._bytes_of[node] += size

    def leave(self, node: str, size: int) -> None:
        """Counts a message no more."""
        self._messages -= 1
        self._bytes -= size
        self._messages_of[node] -= 1
        self._bytes_of[node] -= size
        if not self._messages_of[node]:
            del self._messages_of[node], self._bytes_of[node]

    def refusal(self, node: str) -> ProtocolError:
        """What a node is told when there is no room."""
        mine = self._messages_of[node]
        return ProtocolError(
            Reason.OVERLOADED,
            f"the broker's queue is full ({mine} messages of {node} wait, {self._messages} in all);"
            f" send again in {RETRY_MS} ms, with growing pauses",
            retry_after_ms=RETRY_MS,
        )
