# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Calls that have come and are not looked at yet: a line for each connection, and connections take turns.

Whoever opens a thousand calls at once so makes its own connections wait: a connection with one call is
next as soon as each of the others has had one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

# Calls that wait, of all connections: 170 that have taken their 24 places. One takes 17 KiB, nearly all of it
# gRPC's, so all take 68 MiB.
MAX_WAITING: Final = 4_096

Call = TypeVar("Call")


@dataclass(slots=True)
class _Apart(Generic[Call]):
    """The line of a connection that gets no turn, and how many reasons there are for that."""

    line: deque[Call]
    reasons: int = 0


class Lines(Generic[Call]):
    """The lines of one server.

    Attributes:
        waiting: Calls in all lines.
    """

    def __init__(self, overrun: Callable[[str], None] = lambda _: None) -> None:
        """Sets up.

        Args:
            overrun: Told of a connection whose line was dropped; nobody will answer what it has asked.
        """
        self._overrun = overrun
        self._in_turn: OrderedDict[str, deque[Call]] = OrderedDict()
        self._apart: dict[str, _Apart[Call]] = {}
        self._asked: asyncio.Future[Call] | None = None
        self._error: Exception | None = None
        self._none = asyncio.Event()
        self._none.set()
        self.waiting = 0

    def join(self, peer: str, call: Call) -> None:
        """Puts a call at the end of the line of its connection, as gRPC names that.

        gRPC counts a call on its connection until it was answered, so no line is longer than a connection has
        places. Where too many calls wait in all, the longest line is dropped of those that are set apart, which
        are of callers that do not heed what they are told; without any, the longest of all.
        """
        apart = self._apart.get(peer)
        line = apart.line if apart is not None else self._in_turn.get(peer)
        if line is None:
            line = self._in_turn[peer] = deque()
        line.append(call)
        self.waiting += 1
        self._none.clear()
        if self.waiting > MAX_WAITING:
            self._drop(self._longest())
        self._answer()

    def next_in_turn(self) -> asyncio.Future[Call]:
        """Takes the first call of the connection that has had no turn for longest, as soon as there is one.

        One may be asked for at a time. The future raises what `fail` was told, once no call waits.
        """
        asked = self._asked = asyncio.get_running_loop().create_future()
        self._answer()
        return asked

    def fail(self, error: Exception) -> None:
        """Tells whoever asks for a call that no more are coming."""
        self._error = error
        self._answer()

    def _answer(self) -> None:
        if self._asked is None or self._asked.done():
            return
        if self._in_turn:
            peer, line = self._in_turn.popitem(last=False)
            self._asked.set_result(line.popleft())
            self._gone(1)
            if line:
                self._in_turn[peer] = line
        elif self._error is not None:
            self._asked.set_exception(self._error)
            self._error = None

    async def all_taken(self) -> None:
        """Waits until no call waits."""
        await self._none.wait()

    def set_apart(self, peer: str) -> None:
        """Gives a connection no turns, until `bring_back` has been called as often as this."""
        if peer not in self._apart:
            self._apart[peer] = _Apart(self._in_turn.pop(peer, deque()))
        self._apart[peer].reasons += 1

    def bring_back(self, peer: str) -> None:
        """Takes away one reason why a connection gets no turns."""
        apart = self._apart[peer]
        apart.reasons -= 1
        if apart.reasons:
            return
        del self._apart[peer]
        if apart.line:
            self._in_turn[peer] = apart.line
            self._answer()

    def clear(self) -> None:
        """Drops all."""
        self._in_turn.clear()
        for apart in self._apart.values():
            apart.line.clear()
        self._gone(self.waiting)

    def _longest(self) -> str:
        apart = {peer: apart.line for peer, apart in self._apart.items() if apart.line}
        lines = apart or self._in_turn
        return max(lines, key=lambda peer: len(lines[peer]))

    def _drop(self, peer: str) -> None:
        apart = self._apart.get(peer)
        line = self._in_turn.pop(peer) if apart is None else apart.line
        self._gone(len(line))
        line.clear()
        self._overrun(peer)

    def _gone(self, calls: int) -> None:
        self.waiting -= calls
        if not self.waiting:
            self._none.set()
