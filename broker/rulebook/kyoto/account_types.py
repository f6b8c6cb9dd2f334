# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Account types of the Kyoto registries: one row each, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from broker.rulebook.general.accounts import AccountFacts, AccountType
from broker.rulebook.general.proposal import TransactionType

_HOLDS: Final = frozenset(
    {TransactionType.ISSUANCE, TransactionType.TRANSFER, TransactionType.CONVERSION}
)
_TRANSFERRED: Final = frozenset({TransactionType.TRANSFER, TransactionType.CONVERSION})
_CANCELLED: Final = frozenset({TransactionType.CANCELLATION})
_RETIRED: Final = frozenset({TransactionType.RETIREMENT})

_ROWS: Final = (
    (100, "Party holding", _HOLDS),
    (120, "operator holding", _TRANSFERRED),
    (121, "person holding", _TRANSFERRED),
    (210, "net source cancellation", _CANCELLED),
    (220, "non-compliance cancellation", _CANCELLED),
    (230, "voluntary cancellation", _CANCELLED),
    (250, "mandatory cancellation", _CANCELLED),
    (300, "retirement", _RETIRED),
)
_FINAL_FROM: Final = 200
"""Types from this number on never let a unit out."""

ACCOUNT_TYPES: Final[Mapping[int, AccountType]] = MappingProxyType(
    {
        number: AccountType(
            number=number,
            title=title,
            final=number >= _FINAL_FROM,
            listed=number < _FINAL_FROM,
            entered_by=frozenset(entered_by),
        )
        for number, title, entered_by in _ROWS
    }
)
"""By number. Accounts of the CDM registry and of replacement come with their transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoAccount(AccountFacts):
    """An account; accounts of cancellation and retirement are of one commitment period."""

    period: int = 0
