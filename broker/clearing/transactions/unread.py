# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the other side of a transaction can read what is said to it, by the versions it joined with."""

from __future__ import annotations

from collections.abc import Iterator

from broker.clearing.decision.desk import Desk
from broker.clearing.path.received import Received
from itmo.reasons import ProtocolError, Reason


def unread(desk: Desk, received: Received) -> ProtocolError | None:
    """Refuses a proposal or an answer that its other side could only put into quarantine.

    Nothing is recorded, so the sender signs the same again in a version that both read.
    """
    version = received.header.schema_version
    for name in _others(desk, received):
        node = desk.world.nodes.get(name)
        if node is not None and str(version) not in node.schema_versions.split():
            return ProtocolError(
                Reason.SCHEMA_VERSION_UNSUPPORTED,
                f"{name} reads schema versions {node.schema_versions}, and this is written in"
                f" {version}; write it in a version that both sides read",
                found=version,
                supported=node.schema_versions,
            )
    return None


def _others(desk: Desk, received: Received) -> Iterator[str]:
    """The nodes on the other side of what is proposed or answered."""
    for proposed in received.proposed:
        registry = desk.world.registries.get(proposed.target.to_registry)
        if registry is not None:
            yield registry.node
    for answered in received.answered:
        row = desk.world.transactions.get(answered.transaction_id)
        if row is not None:
            yield row.proposer_node
            yield row.receiver_node or row.proposer_node
