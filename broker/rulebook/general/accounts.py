# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts, and what a regime says of their types."""

from __future__ import annotations

from dataclasses import dataclass

from itmo.identifiers import FIRST_RULEBOOK, AccountId, RegistryId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountType:
    """A type of account, as a regime has it.

    Attributes:
        number: As messages give it.
        title: What the regime's own texts call it.
        final: Whether no unit ever leaves.
        listed: Whether balances and holdings of it are listed for people.
        entered_by: Transaction types whose target it may be.
    """

    number: int
    title: str
    final: bool
    listed: bool
    entered_by: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account. A regime adds what else it knows of its accounts."""

    account_id: AccountId
    registry: RegistryId
    account_type: int
    closed: bool = False
    rulebook: str = FIRST_RULEBOOK

    def as_others_know_it(self) -> AccountFacts:
        """The account as a stranger may know it; a regime hides what it adds."""
        return self
