# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who pauses after a dear message: its sender, for as long as it took, while others speak in turn.

Whoever sends one message after the other has none waiting at the moment it was answered, so turns alone
give a dear message that waits every such moment: each step of an exchange would wait for one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

DEAR: Final = 40_000
"""Cost of a message from which on its sender pauses; two thirds of a group, and more than a batch of 64."""
NEXT_WORD: Final = timedelta(milliseconds=30)
"""How long others are expected to speak again after they were answered: a round trip within a continent."""


class Pauses:
    """Senders whose last message was dear, and how long they still let others go first; moments are the loop's."""

    def __init__(self) -> None:
        self._dear: set[str] = set()
        self._longest = timedelta(0)
        """When they go on in any case."""
        self._expected = timedelta(0)
        """When nobody is expected to speak again any more."""

    def decided(self, spent: Iterable[tuple[str, int]], began: timedelta, ended: timedelta) -> None:
        """Takes note of a group: of each message its sender and cost, and when it was decided."""
        dear = False
        others = False
        for node, cost in spent:
            if cost > DEAR:
                dear = True
                self._dear.add(node)
            elif node in self._dear:
                self._dear.discard(node)
            else:
                others = True
        if dear:
            self._longest = ended + (ended - began)
        if others:
            self._expected = ended + NEXT_WORD

    def left(self, now: timedelta) -> timedelta:
        """How long those who pause still let others go first; not above 0: they go on."""
        return min(self._longest, self._expected) - now

    def pausing(self, now: timedelta) -> Collection[str]:
        """Those whose messages are not taken now."""
        return self._dear if self.left(now) > timedelta(0) else ()
