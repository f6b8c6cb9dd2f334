# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where messages are decoded and verified: small ones at once, large ones beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from broker.clearing.received import Received
from itmo import limits

AT_ONCE: Final = 64 * limits.KIB
"""Bytes of payload that are read within about three milliseconds, whatever they hold."""


class Reading:
    """Reads one large message at a time, and of each node one after the other, in turns."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._of_node: dict[str, asyncio.Lock] = {}
        """As many as there are nodes."""

    async def read(self, node: str, size: int, work: Callable[[], Received]) -> Received:
        """What `work` returns for a payload of a size, or raises."""
        if size <= AT_ONCE:
            return work()
        async with self._of_node.setdefault(node, asyncio.Lock()), self._one:
            return await asyncio.to_thread(work)
