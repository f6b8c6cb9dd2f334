# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Acknowledgements of all nodes: those that wait are written together.

Each by itself would be a commit in the queue of the writer: whoever sends a hundred would hold up
decisions for a hundred commits. So there is one of them in that queue at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

from broker.store import mailboxes
from itmo.identifiers import NodeId
from itmo.runtime.db.thread import Database

_Said: TypeAlias = tuple[NodeId, int, asyncio.Future[int]]


class Acknowledgements:
    """Writes them.

    Args:
        writer: Where decisions are written, too.
    """

    def __init__(self, writer: Database) -> None:
        self._writer = writer
        self._waiting: list[_Said] = []
        self._writing = False
        self._next: asyncio.Task[None] | None = None

    async def note(self, node: NodeId, sequence: int) -> int:
        """Notes how far a node has read; returns the highest sequence number acknowledged.

        Raises:
            ProtocolError: CURSOR_INVALID, when the mailbox does not reach that far.
        """
        reached: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((node, sequence, reached))
        try:
            if not self._writing:
                self._writing = True
                await self._write()
            return await reached
        except asyncio.CancelledError:
            reached.cancel()
            raise

    async def _write(self) -> None:
        """Writes what waits; what comes meanwhile is written next."""
        together, self._waiting = self._waiting, []
        said = [(node, sequence) for node, sequence, _ in together]
        found: Sequence[int | Exception]
        try:
            found = await self._writer.run(partial(mailboxes.acknowledge, said=said))
        except asyncio.CancelledError:  # whoever began it has gone, the others have not
            self._waiting[:0] = together
            raise
        except Exception as error:  # noqa: BLE001  # told to those who wait
            found = [error] * len(together)
        finally:
            self._writing = bool(self._waiting)
            if self._writing:
                self._next = asyncio.create_task(self._write(), name="acknowledgements")
        for (*_, reached), answer in zip(together, found, strict=True):
            if not reached.done():
                _answer(reached, answer)


def _answer(reached: asyncio.Future[int], answer: int | Exception) -> None:
    if isinstance(answer, int):
        reached.set_result(answer)
    else:
        reached.set_exception(answer)
