# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a caller that is refused and goes on all the same: it waits, or is hung up.

A refusal costs the server more than the call cost its caller, and one that is answered at once makes
room on the connection for the next. So of one caller few refusals a second are answered at once; the
others are held back, and their calls keep the places on the connection that they have taken. Who
ends calls instead of waiting is hung up: that takes with it what came on the connection meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from itmo.reasons import ProtocolError
from itmo.runtime.rpc.limiting import MAX_BUCKETS, TokenBuckets

# A program that heeds what it is told is refused a few times a second, by all its tasks together.
PROMPT_PER_SECOND: Final = 16
PROMPT_BURST: Final = 32
# At least: a caller that sends again at once does so once a second on each place it has taken.
HELD_SECONDS: Final = 1.0
# Of one caller, so many leave in a second, evenly: what came in one burst does not come again in one, and
# a thousand calls that are made again whenever they are refused take a thirtieth of a core.
RELEASED_PER_SECOND: Final = 128
# Calls held back at once, of all callers. One takes 25 KiB, so all take 100 MiB.
MAX_HELD: Final = 4_096
# Calls on one connection that their caller ends before their work has begun. A program that stops ends all
# it has under way. One whose deadlines are too short may go on: a handshake costs as much as twenty calls.
ENDED_PER_SECOND: Final = 16
ENDED_BURST: Final = 64


class Patience:
    """How long a server puts up with its callers.

    Attributes:
        held: Calls whose refusal is held back now.
    """

    def __init__(
        self, stopping: asyncio.Event, monotonic: Callable[[], float], held_seconds: float
    ) -> None:
        """Sets up.

        Args:
            stopping: Set when the service stops; nothing is held back from then on.
            monotonic: A clock in seconds.
            held_seconds: How long a refusal is held back at least.
        """
        self._stopping = stopping
        self._monotonic = monotonic
        self._held_seconds = held_seconds
        self._prompt = TokenBuckets(PROMPT_PER_SECOND, PROMPT_BURST, monotonic)
        self._ended = TokenBuckets(ENDED_PER_SECOND, ENDED_BURST, monotonic)
        self._last_leaves: dict[str, float] = {}
        self.held = 0

    async def hold_back(self, who: str) -> bool:
        """Waits before a caller is told of a refusal; returns False when too many wait already."""
        if _has_token(self._prompt, who):
            return True
        if self.held >= MAX_HELD:
            return False
        self.held += 1
        try:
            async with asyncio.timeout(self._wait_of(who)):
                await self._stopping.wait()
        except TimeoutError:
            pass
        finally:
            self.held -= 1
        return True

    def _wait_of(self, who: str) -> float:
        """Gives a caller its next moment, in seconds from now."""
        now = self._monotonic()
        if len(self._last_leaves) >= MAX_BUCKETS:
            self._last_leaves = {each: at for each, at in self._last_leaves.items() if at > now}
        after = self._last_leaves.get(who, now) + 1 / RELEASED_PER_SECOND
        leaves = self._last_leaves[who] = max(now + self._held_seconds, after)
        return leaves - now

    def bears_end(self, peer: str) -> bool:
        """Whether one more call may be ended on a connection before its work began."""
        return _has_token(self._ended, peer)


def _has_token(buckets: TokenBuckets, key: str) -> bool:
    try:
        buckets.take(key)
    except ProtocolError:
        return False
    return True
