# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts, and what a regime says of their types."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from broker.rulebook.general.proposal import TransactionType
from itmo.identifiers import FIRST_RULEBOOK, AccountId, RegistryId


class AccountType(Protocol):
    """A row of a regime's table of account types."""

    @property
    def number(self) -> int:
        """By which accounts name it."""

    @property
    def title(self) -> str:
        """What the regime calls it."""

    @property
    def final(self) -> bool:
        """True where no unit ever leaves."""

    @property
    def listed(self) -> bool:
        """True where an account of this type takes the units of its registry that nobody names."""

    @property
    def entered_by(self) -> AbstractSet[TransactionType]:
        """Types of the transactions whose target it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account. A regime adds what else it knows of its accounts."""

    account_id: AccountId
    registry: RegistryId
    account_type: int
    closed: bool = False
    rulebook: str = FIRST_RULEBOOK
