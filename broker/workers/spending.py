# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes spend of their rates, told to the other processes: one bucket each, kept in several places.

A process takes from its own bucket at once and tells the others soon; they take the same, into debt if
need be, and a debt is paid by time alone. So a node has its rate once, however many processes it is
connected to; only what it does within one pause it may do in each of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

PAUSE_SECONDS: Final = 0.1
"""How long tokens gather. A burst of 200 is four seconds of the standard rate; this is a fortieth."""
SHARE_AT_ONCE: Final = 16
"""A node that floods is told of sooner: after a sixteenth of its burst. It gets no more than that besides, in
each process; and whatever it gets too early is a debt."""
_PARTS: Final = 1000


class Spending:
    """Gathers tokens, and tells them.

    Args:
        tell: Takes nodes with thousandths of a token.
        burst: Tokens that a node may spend at once.
    """

    def __init__(self, tell: Callable[[Iterable[tuple[str, int]]], None], burst: float) -> None:
        self._tell = tell
        self._most = max(1.0, burst / SHARE_AT_ONCE) * _PARTS
        self._spent: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, node: str, tokens: float) -> None:
        """Notes that a node has spent tokens here, or was given some back."""
        self._spent[node] += round(tokens * _PARTS)
        if self._spent[node] >= self._most:
            if self._timer is not None:
                self._timer.cancel()
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        spent = [(node, parts) for node, parts in self._spent.items() if parts]
        self._spent.clear()
        if spent:
            self._tell(spent)


def tokens(parts: int) -> float:
    """Thousandths as tokens."""
    return parts / _PARTS
