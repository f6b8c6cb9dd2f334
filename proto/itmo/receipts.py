# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Receipts in batches: what many have in common is stated once, and each is restored in full."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import Message

from itmo.core.v1 import decision_pb2

_SHARED: Final = (
    "type", "from_registry", "to_registry", "proposal_hash", "verdict_hash", "answer_hash",
)  # fmt: skip
"""Fields that a batch states once where all its receipts have them alike."""


def receipts_in(statement: Message) -> tuple[decision_pb2.Receipt, ...]:
    """Every receipt in a statement of the broker, in full; none in a verdict."""
    if isinstance(statement, decision_pb2.Receipt):
        return (statement,)
    if not isinstance(statement, decision_pb2.ReceiptBatch):
        return ()
    common = decision_pb2.Receipt()
    common.CopyFrom(statement.common)
    common.header.CopyFrom(statement.header)
    common.message_hash, common.log_index = statement.message_hash, statement.log_index
    restored = []
    for each in statement.receipts:
        receipt = decision_pb2.Receipt()
        receipt.CopyFrom(common)
        receipt.MergeFrom(each)
        restored.append(receipt)
    return tuple(restored)


def share(batch: decision_pb2.ReceiptBatch) -> None:
    """Moves what all receipts of a batch have alike from them into `common`.

    Args:
        batch: With at least one receipt, each without what stands once in a batch.
    """
    receipts, common = list(batch.receipts), batch.common
    common.SetInParent()
    for name in _SHARED:
        value = getattr(receipts[0], name)
        if all(getattr(each, name) == value for each in receipts):
            setattr(common, name, value)
            for each in receipts:
                each.ClearField(name)
