# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every check may know. Built before judgement; nothing here reads a clock or a database."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.general.proposal import TransactionType
from itmo.identifiers import RegistryId, TransactionId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedFacts:
    """The transaction that a reversal names, as it was completed. A regime adds what it booked."""

    type: TransactionType
    completed: bool
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    blocks: tuple[tuple[RegistryId, SerialRange], ...]
    agreed: bool
    """The broker's operator agreed after a manual review."""
    reversed_by: TransactionId | None = None
