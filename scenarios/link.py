# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node's link to a clearing-house that stands in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

from broker.clearing.path.house import ClearingHouse
from broker.store import messages, nodes
from itmo.envelope import Envelope
from itmo.identifiers import NetworkId, NodeId
from itmo.keys import PublicKey
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import (
    Answer,
    Cursor,
    Delivery,
    NetworkInfo,
    SenderStanding,
    one_by_one,
)

_PAGE = 256


class HouseLink:
    """Calls the clearing-house directly; a call fails while the node or the broker is away.

    Attributes:
        connected: False while the node is offline.
    """

    def __init__(
        self, node: NodeId, network_id: NetworkId, house: Callable[[], ClearingHouse | None]
    ) -> None:
        self.connected = True
        self._node = node
        self._network_id = network_id
        self._current = house

    def _house(self) -> ClearingHouse:
        house = self._current()
        if house is None or not self.connected:
            raise ProtocolError(
                Reason.BROKER_UNREACHABLE, f"{self._node} cannot reach the clearing-house now"
            )
        return house

    async def network(self) -> NetworkInfo:
        """Describes the network."""
        house = self._house()
        return NetworkInfo(
            network_id=self._network_id,
            test_network=True,
            broker_node=house.charter.broker_node,
            time=house.now(),
            software_version="scenario",
        )

    async def sender_standing(self) -> SenderStanding:
        """Says which sequence number is next and what it chains to."""
        row = await self._house().sender_standing(self._node)
        return SenderStanding(row.next_sequence, row.previous_payload_hash)

    async def submit(self, envelope: Envelope, *, validate_only: bool = False) -> Answer:
        """Hands in a signed message; returns after the decision is durable."""
        answer = await self._house().submit(self._node, envelope, validate_only=validate_only)
        return Answer(answer.answers, answer.replayed)

    async def submit_all(
        self,
        envelopes: Sequence[Envelope],
        asked_to_wait: Callable[[ProtocolError], None] = lambda _: None,  # noqa: ARG002  # never asked here
    ) -> list[Answer | ProtocolError]:
        """Hands in signed messages in their order; what came of each."""
        return await one_by_one(self, envelopes)

    async def transaction(self, transaction_id: str) -> tuple[Envelope, ...]:
        """Returns every signed message and statement about a transaction, in order."""
        _, said = await self._house().transaction(self._node, transaction_id)
        return said

    async def node_keys(self, node: NodeId) -> tuple[PublicKey, ...]:
        """Returns the registered keys of a node, past and revoked ones included."""
        keys = await self._house().reader.run(nodes.keys)
        return tuple(key for key in keys if key.node == node)

    async def own_messages(self, after_sequence: int) -> tuple[Envelope, ...]:
        """Returns the next of this node's messages that the broker has recorded, in their order."""
        found, _ = await self._house().reader.run(
            partial(messages.own_messages, node=self._node, after=after_sequence, limit=_PAGE)
        )
        return tuple(found)

    async def catalogue(self, rulebook_digest: bytes) -> bytes:
        """Returns the catalogue of a rulebook that verdicts name."""
        regimes = self._house().charter.regimes
        return next(each.catalogue for each in regimes if each.digest == rulebook_digest)

    async def fetch(
        self, cursor: Cursor, max_deliveries: int, wait_ms: int
    ) -> tuple[Delivery, ...]:
        """Returns the deliveries there are after the cursor; time stands still, so it never waits."""
        del wait_ms
        house = self._house()
        await house.check_cursor(self._node, cursor.sequence, cursor.digest)
        entries = await house.deliveries(self._node, cursor.sequence, max_deliveries)
        return tuple(
            Delivery(entry.sequence, entry.transaction_id, entry.envelopes, entry.digest)
            for entry in entries
        )

    async def subscribe(self, cursor: Cursor, credit: int) -> AsyncIterator[Delivery]:
        """Streams the deliveries there are after the cursor, then ends."""
        while deliveries := await self.fetch(cursor, min(credit, _PAGE), 0):
            for delivery in deliveries:
                yield delivery
                cursor = Cursor(delivery.sequence, delivery.digest)

    async def acknowledge(self, sequence: int) -> None:
        """Says that every delivery up to the sequence number is safe here."""
        await self._house().acknowledge(self._node, sequence)

    async def close(self) -> None:
        """Nothing is held open."""
