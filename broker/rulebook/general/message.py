# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the message that carried a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itmo.frozen import quickly_made
from itmo.identifiers import NodeId, RegistryId


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """Who sent the message that carried the proposal, and when."""

    sender_node: NodeId
    sender_registries: frozenset[RegistryId]
    creation_time: datetime
    clock_tolerance: timedelta
