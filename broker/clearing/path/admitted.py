# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes are admitted and which keys are registered, as far as this process knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from broker.clearing.decision.rows import NodeRow
from broker.clearing.path.group import Judged
from broker.store import nodes
from itmo.clock import Clock, to_ms
from itmo.identifiers import NodeId
from itmo.keys import Keyring, PublicKey
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.thread import Database


class Admitted:
    """Nodes and keys: read from the record, and what was decided here since.

    Args:
        reader: Reads the record.
        clock: The broker's clock.
        learnt: Told of keys that were not known so before.

    Attributes:
        keyring: The keys.
        nodes: The nodes.
    """

    def __init__(
        self, reader: Database, clock: Clock, learnt: Callable[[Sequence[PublicKey]], None]
    ) -> None:
        self.keyring = Keyring(())
        self.nodes: dict[str, NodeRow] = {}
        self._reader = reader
        self._clock = clock
        self._learnt = learnt
        self._decided = 0
        self._place: int | None = None

    async def load(self) -> None:
        """Reads all of them at first, then what was changed since."""
        while True:
            decided = self._decided
            found = await self._reader.run(partial(nodes.directory_since, place=self._place))
            if decided == self._decided:
                break  # else something was decided here meanwhile, which may not be in it
        self._learn(found.keys)
        self.nodes.update(found.nodes)
        self._place = found.place

    def take_in(self, judged: Judged) -> None:
        """Takes note of what was decided here."""
        world, effects = judged.world, judged.effects
        self._decided += bool(effects.nodes or effects.keys)
        for node in effects.nodes:
            self.nodes[node] = world.nodes[node]
        if effects.keys:
            self._learn([nodes.public_key(world.keys[name]) for name in sorted(effects.keys)])

    def check_connection(self, node: NodeId, tls_key_hash: bytes) -> NodeId:
        """Checks that a connected node is admitted, with the TLS key it was admitted with.

        While a renewed admission is on its way to the node, the key before is taken too.

        Raises:
            ProtocolError: NODE_NOT_ADMITTED or UNAUTHENTICATED.
        """
        admitted = self.nodes.get(node)
        if admitted is None:
            raise ProtocolError(
                Reason.NODE_NOT_ADMITTED, f"node {node} is not admitted to this network", node=node
            )
        # Looking at the clock costs more than all else here, for each message twice.
        if tls_key_hash != admitted.tls_key_hash and not _is_good_still(
            admitted, tls_key_hash, to_ms(self._clock.now())
        ):
            raise ProtocolError(
                Reason.UNAUTHENTICATED,
                f"node {node} is connected with another TLS key than it was admitted with",
            )
        return node

    def _learn(self, keys: Sequence[PublicKey]) -> None:
        self.keyring = self.keyring.with_keys(keys)
        self._learnt(keys)


def _is_good_still(admitted: NodeRow, before: bytes, now: int) -> bool:
    """Whether a TLS key is the one of before a renewal, which is taken until the node has the new one."""
    until = admitted.previous_tls_key_until
    return before == admitted.previous_tls_key_hash and until is not None and now < until
