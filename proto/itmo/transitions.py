# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transition as its two halves: a cancellation under one rulebook, an issuance under another.

Each half is what a transaction of its type would be by itself; that both happen or neither does is
the clearing-house's part.
"""

from __future__ import annotations

from typing import Final

from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError, Reason

TRANSITION: Final = proposal_pb2.TRANSACTION_TYPE_TRANSITION


def is_transition(written: proposal_pb2.ProposedTransaction) -> bool:
    """True where a proposal says that it is one, and names what would begin.

    Raises:
        ProtocolError: PAYLOAD_INVALID where it does only one of the two.
    """
    if (written.type == TRANSITION) != written.HasField("transition"):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "a transition says what begins, and no other type of transaction does: state `transition`"
            " and the type TRANSITION, or neither",
            where="transition",
        )
    return written.type == TRANSITION


def ending(written: proposal_pb2.ProposedTransaction) -> proposal_pb2.ProposedTransaction:
    """The half under the proposal's own rulebook: units are cancelled where they are kept."""
    half = proposal_pb2.ProposedTransaction()
    half.CopyFrom(written)
    half.type = proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    half.to_registry, half.to_account = written.from_registry, written.transition.ending_account
    half.ClearField("transition")
    return half


def beginning(written: proposal_pb2.ProposedTransaction) -> proposal_pb2.ProposedTransaction:
    """The half under the other rulebook: units are issued into the target account."""
    return proposal_pb2.ProposedTransaction(
        transaction_id=written.transaction_id,
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=written.to_account,
        to_account=written.to_account,
        from_registry=written.to_registry,
        to_registry=written.to_registry,
        blocks=written.transition.blocks,
        completion=written.completion,
        rulebook=written.transition.rulebook,
    )
