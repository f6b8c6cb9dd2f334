# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that came through the gate: verified, decoded, well formed. Nothing else is decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from google.protobuf.message import Message

from broker.rulebook.general.proposal import Proposed
from itmo.core.v1 import proposal_pb2
from itmo.frozen import quickly_made
from itmo.payloads import Header, PayloadKind
from itmo.reasons import ProtocolError


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a side says of one transaction: to accept, reject, complete or withdraw it.

    Attributes:
        transaction_id: As it was written.
        proposal_hash: Of the payload that proposed it, as the side knows it.
        verdict_hash: Empty where it is not named.
        acceptance_hash: In a completion.
    """

    transaction_id: str
    proposal_hash: bytes
    verdict_hash: bytes = b""
    acceptance_hash: bytes = b""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message that passed. Only the gate makes one; `payload` was parsed from the verified bytes."""

    kind: PayloadKind
    header: Header
    payload: Message = field(repr=False)
    payload_bytes: bytes = field(repr=False)
    payload_hash: bytes
    keyids: tuple[str, ...]
    signatures: tuple[bytes, ...] = field(repr=False)
    proposed: tuple[Proposed, ...] = ()
    """For proposals and batches."""
    answered: tuple[Answered, ...] = ()
    """For answers, and batches of them."""
    verified: bool = True
    """False only together with a refusal: the key has ended, so the signature was not looked at."""
    refusal: ProtocolError | None = None
    """Set when only a replay may still be answered: the key has ended, the message is stale, or its
    content malformed."""
    validate_only: bool = False
    faulted: bool = False
    """Judging it raised, or is on record as having raised: it is recorded and nothing is looked at."""

    @property
    def written(self) -> Sequence[proposal_pb2.ProposedTransaction]:
        """Proposed transactions as their proposer wrote them, for proposals and batches."""
        if isinstance(self.payload, proposal_pb2.ProposalBatch):
            return self.payload.transactions
        return [cast("proposal_pb2.Proposal", self.payload).transaction]
