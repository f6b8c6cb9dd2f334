# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Acknowledgements of all nodes: those that wait are written together.

Each by itself would be a commit in the queue of the writer: whoever sends a hundred would hold up
decisions for a hundred commits. So there is one of them in that queue at most.
"""

from __future__ import annotations

import asyncio
from functools import partial

from broker.store import queries
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError
from itmo.runtime.db.thread import Database


class Acknowledgements:
    """Writes them.

    Args:
        writer: Where decisions are written, too.
    """

    def __init__(self, writer: Database) -> None:
        self._writer = writer
        self._waiting: list[tuple[NodeId, int, asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, node: NodeId, sequence: int) -> int:
        """Notes how far a node has read; returns the highest sequence number acknowledged.

        Raises:
            ProtocolError: CURSOR_INVALID, when the mailbox does not reach that far.
        """
        reached: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((node, sequence, reached))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="acknowledgements")
        return await reached

    async def _write(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                said = [(node, sequence) for node, sequence, _ in together]
                found: list[int | ProtocolError | Exception]
                try:
                    found = [*await self._writer.run(partial(queries.acknowledge, said=said))]
                except Exception as error:  # noqa: BLE001  # told to those who wait
                    found = [error] * len(together)
                for (*_, reached), answer in zip(together, found, strict=True):
                    if reached.done():
                        continue
                    if isinstance(answer, int):
                        reached.set_result(answer)
                    else:
                        reached.set_exception(answer)
        finally:
            self._writing = None
