# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accounts, and what a regime says of their types."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """An account. A regime adds what else it knows of its accounts.

    Attributes:
        final: Whether no unit ever leaves.
        listed: Whether others are shown it.
        terms: What its regime keeps of it, canonical JSON.
    """

    account_id: AccountId
    registry: RegistryId
    account_type: int
    closed: bool = False
    final: bool = False
    listed: bool = True
    rulebook: str = FIRST_RULEBOOK
    terms: str = "{}"

    def as_others_know_it(self) -> AccountFacts:
        """The account as a stranger may know it: without its terms."""
        return replace(self, terms="{}")
