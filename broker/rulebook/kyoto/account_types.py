# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Account types of the Kyoto registries: one row each, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from broker.rulebook.general.accounts import AccountFacts, AccountType
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.tables import ACCOUNT_TYPE_ROWS

_LISTED_BELOW: Final = 200
"""Types of accounts that units leave; others end them, and are shown where other registries give to them."""

ACCOUNT_TYPES: Final[Mapping[int, AccountType]] = MappingProxyType(
    {
        row.code: AccountType(
            number=row.code,
            title=row.title,
            final=row.final,
            listed=row.code < _LISTED_BELOW or TransactionType.TRANSFER in row.entered_by,
            entered_by=row.entered_by,
        )
        for row in ACCOUNT_TYPE_ROWS
    }
)
"""By number."""


class AccountRole(StrEnum):
    """What an account is for, where its type does not say it."""

    ADAPTATION_FUND = "ADAPTATION_FUND"


TYPE_OF_ROLE: Final = {AccountRole.ADAPTATION_FUND: 100}
"""The fund holds its units in a holding account of the mechanism's registry."""
RETIREMENT: Final = 300
"""Type of the account in which units are used for compliance."""
PENDING: Final = 110
"""Where CERs are until they are forwarded or cancelled."""
KEPT_BY: Final = {row.code: row.kept_by for row in ACCOUNT_TYPE_ROWS}
"""In which registries there are accounts of a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoAccount(AccountFacts):
    """An account; accounts of cancellation and retirement are of one commitment period."""

    period: int = 0
    role: AccountRole | None = None
