# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node needs of the broker: the port. Adapters speak gRPC, or stand in the same process.

Every method may raise ProtocolError: BROKER_UNREACHABLE when the call did not get through (nothing
is known about its effect), or the reason the broker gave. Nothing returned here is verified yet.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from itmo.deliveries import NO_DELIVERY
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.keys import PublicKey
from itmo.reasons import ProtocolError


@dataclass(frozen=True, slots=True)
class Answer:
    """The broker's signed statements about a message, in order."""

    answers: tuple[Envelope, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry of the mailbox: a counterparty's message, where there is one, then statements."""

    sequence: int
    transaction_id: str
    envelopes: tuple[Envelope, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mailbox was read: its last delivery taken, and the digest that came with it."""

    sequence: int = 0
    digest: bytes = NO_DELIVERY


@dataclass(frozen=True, slots=True)
class SenderStanding:
    """Where the broker stands with this sender's chain of messages."""

    next_sequence: int
    previous_payload_hash: bytes


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """The network as the broker describes it."""

    network_id: str
    test_network: bool
    broker_node: NodeId
    time: datetime
    software_version: str


class BrokerLink(Protocol):
    """The broker as a node sees it."""

    async def network(self) -> NetworkInfo:
        """Describes the network."""
        ...

    async def sender_standing(self) -> SenderStanding:
        """Says which sequence number is next and what it chains to."""
        ...

    async def own_messages(self, after_sequence: int) -> tuple[Envelope, ...]:
        """Returns the next of this node's messages that the broker has recorded, in their order."""
        ...

    async def submit(self, envelope: Envelope, *, validate_only: bool = False) -> Answer:
        """Hands in a signed message; returns after the decision is durable."""
        ...

    async def submit_all(
        self,
        envelopes: Sequence[Envelope],
        asked_to_wait: Callable[[ProtocolError], None] = lambda _: None,
    ) -> list[Answer | ProtocolError]:
        """Hands in signed messages in their order, many at once; what came of each.

        Args:
            envelopes: The messages.
            asked_to_wait: Told of it when the broker reads nothing for a while, since this node has used up
                its share; nothing is to be sent again for it.

        Raises:
            ProtocolError: nothing is known of what came of any.
        """
        ...

    async def transaction(self, transaction_id: str) -> tuple[Envelope, ...]:
        """Returns every signed message and statement about a transaction, in order."""
        ...

    async def node_keys(self, node: NodeId) -> tuple[PublicKey, ...]:
        """Returns the registered keys of a node, past and revoked ones included."""
        ...

    async def catalogue(self, rulebook_digest: bytes) -> bytes:
        """Returns the catalogue of a rulebook that verdicts name."""
        ...

    async def fetch(
        self, cursor: Cursor, max_deliveries: int, wait_ms: int
    ) -> tuple[Delivery, ...]:
        """Returns deliveries after the cursor, waiting for the first.

        Raises:
            ProtocolError: RECORD_DIFFERS, when the mailbox holds something else up to the cursor.
        """
        ...

    def subscribe(self, cursor: Cursor, credit: int) -> AsyncIterator[Delivery]:
        """Streams deliveries after the cursor; credit is renewed as deliveries are taken."""
        ...

    async def acknowledge(self, sequence: int) -> None:
        """Says that every delivery up to the sequence number is safe here."""
        ...

    async def close(self) -> None:
        """Lets go of the connection."""
        ...


async def one_by_one(
    link: BrokerLink, envelopes: Sequence[Envelope]
) -> list[Answer | ProtocolError]:
    """What `submit_all` does where there is nothing to be gained by having many under way."""
    told: list[Answer | ProtocolError] = []
    for envelope in envelopes:
        try:
            told.append(await link.submit(envelope))
        except ProtocolError as error:
            told.append(error)
    return told
