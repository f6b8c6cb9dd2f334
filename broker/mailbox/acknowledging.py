# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Acknowledgements of one stream: the latest is written, and not each of those before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

PAUSE_SECONDS: Final = 0.05
"""Between two that are written: each is a commit, for which decisions wait. What is not written when
the program ends is delivered once more, as ever."""


class Acknowledging:
    """Notes how far a node says it is, and has it written now and then.

    Args:
        write: Writes it; returns after the commit.
    """

    def __init__(self, write: Callable[[int], Awaitable[int]]) -> None:
        self._write = write
        self._wanted = self._written = 0
        self._ending = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(self, sequence: int) -> None:
        """Takes note of one that lies within the mailbox.

        Raises:
            ProtocolError: the database was away when an earlier one was to be written.
        """
        self._wanted = max(self._wanted, sequence)
        if self._writing is not None and self._writing.done():
            self._writing.result()
            self._writing = None
        if self._writing is None:
            self._writing = asyncio.create_task(self._written_on())

    async def finish(self) -> None:
        """Has the last one written.

        Raises:
            ProtocolError: the database is away.
        """
        self._ending.set()
        if self._writing is not None:
            await self._writing

    def leave(self) -> None:
        """Writes nothing more."""
        if self._writing is not None:
            self._writing.cancel()

    async def _written_on(self) -> None:
        while self._written < self._wanted:
            sequence = self._wanted
            await self._write(sequence)
            self._written = sequence
            if not self._ending.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE_SECONDS):
                        await self._ending.wait()
