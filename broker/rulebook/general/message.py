# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the message that carried a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itmo.identifiers import NodeId, RegistryId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """What was found of the message that carried the proposal, after the gate.

    A message that fails one of these at the gate never becomes a decision; they are facts so that
    the verdict says that they were judged, and so that a rulebook's vectors can judge them alone.
    """

    schema_valid: bool
    signature_valid: bool
    sender_node: NodeId
    sender_registries: frozenset[RegistryId]
    id_reused_with_other_content: bool
    creation_time: datetime
    clock_tolerance: timedelta
