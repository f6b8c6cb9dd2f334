# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who watches transactions as they change. What concerns nobody who watches costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeAlias

from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.strangers import takes_part
from broker.clearing.path import cost
from broker.clearing.path.cost import Charge
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.room import RETRY_MS
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason

_MAX_UNREAD: Final = 1000
"""Changes a slow watcher may lag behind before its stream is ended."""
_Unread: TypeAlias = asyncio.Queue[TransactionRow | None]


class Watchers:
    """All of them, by node."""

    def __init__(self) -> None:
        self._of_node: dict[str, set[_Unread]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of_node.values()))

    async def watch(self, node: NodeId, charge: Charge) -> AsyncIterator[TransactionRow]:
        """Changes of transactions in which a node takes part, from now on; each is paid.

        Raises:
            ProtocolError: OVERLOADED, when the watcher reads too slowly; SHUTTING_DOWN.
        """
        unread: _Unread = asyncio.Queue(_MAX_UNREAD)
        others = self._of_node.setdefault(node, set())
        others.add(unread)
        try:
            while True:
                row = await unread.get()
                if row is None:
                    raise ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down")
                if unread not in others and unread.empty():
                    raise ProtocolError(
                        Reason.OVERLOADED,
                        "changes came faster than they were read; list them, and watch again",
                        retry_after_ms=RETRY_MS,
                    )
                charge(node, cost.CHANGE)
                yield row
        finally:
            others.discard(unread)
            if not others and self._of_node.get(node) is others:
                del self._of_node[node]

    def publish(self, row: TransactionRow) -> None:
        """Tells those whom a change concerns."""
        for node in {row.proposer_node, row.receiver_node or "", OPERATOR_NODE}:
            watching = self._of_node.get(node)
            if not watching or not may_see(row, node):
                continue
            for unread in list(watching):
                try:
                    unread.put_nowait(row)
                except asyncio.QueueFull:
                    watching.discard(unread)

    def close(self) -> None:
        """Ends every watch."""
        for watching in self._of_node.values():
            for unread in watching:
                if unread.full():
                    unread.get_nowait()
                unread.put_nowait(None)


def may_see(row: TransactionRow, node: NodeId | str) -> bool:
    """The operator sees every transaction, a node those in which it takes part."""
    return node == OPERATOR_NODE or takes_part(row, node)
