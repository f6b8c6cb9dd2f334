# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Account types (common nomenclatures item 52): one row each, and everything that follows from it.

To add a type, add its row: which transactions may enter it, and for which purpose. The checks, the
database's guard of final accounts and the reports read these rows; nothing else lists types.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from broker.rulebook.general import accounts
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.purposes import Purpose


class AccountType(int, Enum):
    """An account type by its number.

    Attributes:
        title: What the nomenclature calls it.
        entered_by: Transaction types whose target it may be.
        purpose: For what units are used when they enter it; None: for none.
    """

    _value_: int
    title: str
    entered_by: frozenset[TransactionType]
    purpose: Purpose | None

    def __new__(
        cls,
        number: int,
        title: str,
        entered_by: tuple[TransactionType, ...],
        purpose: Purpose | None,
    ) -> AccountType:
        """Makes a member that is its number and carries the rest of its row."""
        made = int.__new__(cls, number)
        made._value_ = number
        made.title = title
        made.entered_by = frozenset(entered_by)
        made.purpose = purpose
        return made

    HOLDING = (
        100,
        "holding",
        (TransactionType.ISSUANCE, TransactionType.TRANSFER, TransactionType.REVERSAL),
        None,
    )
    USE_NDC = (200, "use towards an NDC", (TransactionType.USE,), Purpose.NDC)
    USE_IMP = (
        210,
        "use towards international mitigation purposes",
        (TransactionType.USE,),
        Purpose.IMP,
    )
    CANCELLATION_OP = (
        300,
        "cancellation for other purposes",
        (TransactionType.CANCELLATION,),
        Purpose.OP,
    )
    CANCELLATION_OMGE_VOLUNTARY = (
        310,
        "voluntary cancellation for overall mitigation",
        (TransactionType.CANCELLATION,),
        None,
    )
    CANCELLATION_VOLUNTARY = (
        320,
        "other voluntary cancellation",
        (TransactionType.CANCELLATION,),
        None,
    )
    CANCELLATION_ADMINISTRATIVE = (
        330,
        "administrative cancellation",
        (TransactionType.CANCELLATION,),
        None,
    )

    @property
    def final(self) -> bool:
        """True where no unit ever leaves (2/CMA.3 annex para 21(e); 7/CMA.4 annex I para 45)."""
        return self is not AccountType.HOLDING


ACCOUNT_TYPES: Final[Mapping[int, accounts.AccountType]] = MappingProxyType(
    {
        kind.value: accounts.AccountType(
            number=kind.value,
            title=kind.title,
            final=kind.final,
            listed=not kind.final,
            entered_by=frozenset(kind.entered_by),
        )
        for kind in AccountType
    }
)
"""The rows as the engine and general checks read them, by number."""
FINAL_ACCOUNT_TYPES: Final[frozenset[int]] = frozenset(
    kind.value for kind in AccountType if kind.final
)
"""Numbers of the types that never let a unit out."""
USED_ACCOUNT_TYPES: Final[frozenset[int]] = frozenset(
    kind.value for kind in AccountType if TransactionType.USE in kind.entered_by
)
"""Numbers of the types that hold used units."""
PURPOSE_OF_TYPE: Final[dict[int, Purpose]] = {
    kind.value: kind.purpose for kind in AccountType if kind.purpose is not None
}
"""For what units are used when they enter an account, by the number of its type."""


def entered_by(kind: TransactionType) -> tuple[int, ...]:
    """Numbers of the account types that a transaction of this type may have as its target."""
    return tuple(each.value for each in AccountType if kind in each.entered_by)
