# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who decides, and who writes: this process, or another one of the same broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from broker.clearing.decision.rows import SignatureRow
from broker.clearing.path.aside import SetAside
from broker.clearing.path.early import EarlyMessages
from broker.clearing.path.port import Answered
from broker.clearing.path.received import Received
from broker.clearing.path.signing import SignStored
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError


class Decider(Protocol):
    """What messages are handed to once they are through the gate."""

    @property
    def early(self) -> EarlyMessages:
        """What waits here for an earlier message of its sender."""
        ...

    @property
    def depth(self) -> int:
        """Messages waiting here for a decision."""
        ...

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Time-outs that failed and are tried again later."""
        ...

    def start(self, next_sequences: dict[str, int]) -> None:
        """Begins; `next_sequences` says where every known sender's chain stands."""
        ...

    async def stop(self) -> None:
        """Has what was handed over decided, then ends."""
        ...

    def check_room(self, node: str, size: int) -> None:
        """Finds out, before anything is done for a message, whether it could wait here for a decision.

        Raises:
            ProtocolError: OVERLOADED.
        """
        ...

    async def submit(self, received: Received) -> Answered:
        """Has a message decided; returns after the commit.

        Raises:
            ProtocolError: it was not decided, or nobody knows: sent again, it gets the first answer.
        """
        ...

    def catch_up(self, next_sequences: Mapping[str, int]) -> None:
        """Takes note of how far senders' chains have got by what another broker has decided."""
        ...

    async def expire_due(self) -> int:
        """Ends what is due although no message came; returns how many transactions timed out."""
        ...

    def note(self, caller: str, error: ProtocolError, payload_hash: bytes) -> None:
        """Remembers a refusal as an event."""
        ...

    def note_signature(self, row: SignatureRow) -> None:
        """Remembers a signature that was made."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """What is written besides decisions."""

    acknowledge: Callable[[NodeId, int], Awaitable[int]]
    sign_stored: SignStored


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a group has changed that other processes of the broker act on.

    Attributes:
        directory: Whether nodes or keys are among it.
        mailboxes: Nodes that something came for, or that are admitted in another way than before.
        transactions: Those that have another state.
        chains: The next number of each sender, where another broker has decided.
    """

    directory: bool
    mailboxes: tuple[str, ...]
    transactions: tuple[str, ...]
    chains: Mapping[str, int] = field(default_factory=dict)
