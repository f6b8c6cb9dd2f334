# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from broker.rulebook.general.sharing import SharingLevel, Switch
from itmo.identifiers import FIRST_RULEBOOK, NodeId, PartyCode, RegistryId


class OperationalStatus(StrEnum):
    """Whether a registry takes part."""

    OPERATIONAL = "OPERATIONAL"
    TRANSACTIONS_DISALLOWED = "TRANSACTIONS_DISALLOWED"
    NON_OPERATIONAL = "NON_OPERATIONAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFacts:
    """A registry."""

    registry: RegistryId
    party: PartyCode
    node: NodeId
    status: OperationalStatus
    level: SharingLevel = SharingLevel.TRANSACT
    """How much it shares; a registry that never stated anything takes part in full."""
    switched_off: frozenset[Switch] = frozenset()
    rulebooks: tuple[str, ...] = (FIRST_RULEBOOK,)
    """In which it takes part, by name."""
