# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check of the toy's rulebook may know, and its types of account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from broker.rulebook.general.accounts import AccountType
from broker.rulebook.general.case import Case

HELD, KEPT = 100, 200
ACCOUNT_TYPES: Final = {
    HELD: AccountType(
        number=HELD,
        title="held",
        final=False,
        listed=True,
        entered_by=frozenset({"ISSUANCE", "TRANSFER", "REVERSAL"}),
    ),
    KEPT: AccountType(
        number=KEPT,
        title="kept for good",
        final=True,
        listed=True,
        entered_by=frozenset({"RETIREMENT"}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyCase(Case):
    """A transaction, and what its registry was allowed to issue.

    Attributes:
        allowed: Units that the operator allows the registry's Party; None: it was never named.
        issued: Units that were issued, or wait to be.
    """

    account_types: ClassVar[Mapping[int, AccountType]] = ACCOUNT_TYPES

    allowed: int | None = None
    issued: int = 0
