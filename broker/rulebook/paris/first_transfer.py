# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which units a transaction first transfers (2/CMA.3 annex para 2).

Units authorized for NDC use are first transferred by their first international transfer. Units
authorized for other international mitigation purposes are first transferred when their
authorization says: the authorization and the issuance both take effect when the units are issued,
since before that there are no units; the use or cancellation when it happens. Units authorized for
both are first transferred by whichever comes first (GS/Verra workbook; 4/CMA.6, to be confirmed).
A unit is first transferred once, and keeps the mark when its block is split.
"""

from __future__ import annotations

from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose

FIRST_TRANSFERRED: Final = "FIRST_TRANSFERRED"
"""The mark of units in verdicts."""
AUTHORIZED: Final = frozenset({UnitType.ITMO, UnitType.AMO})
"""Kinds of unit that exist by an authorization; no other kind is ever first transferred."""
OTHER_PURPOSES: Final = frozenset({Purpose.IMP, Purpose.OP})
"""Other international mitigation purposes (2/CMA.3 annex para 1(f))."""
OTHER_PURPOSE_ACCOUNTS: Final = frozenset(
    number for number, purpose in PURPOSE_OF_TYPE.items() if purpose in OTHER_PURPOSES
)
"""Where units go when they are used or cancelled for other international mitigation purposes."""
_AT_ISSUANCE: Final = frozenset(
    {FirstTransferDefinition.AUTHORIZATION, FirstTransferDefinition.ISSUANCE}
)


def ranges_first_transferred(case: ParisCase, lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """The lots, in their order, whose units the transaction first transfers."""
    kind = case.proposed.type
    account_type = None if case.to_account is None else case.to_account.account_type
    return tuple(lot for lot in lots if is_first_transfer(lot, kind, account_type))


def is_first_transfer(lot: Lot, kind: TransactionType, account_type: int | None) -> bool:
    """True when the transaction is what first transfers the units of the lot.

    Units whose authorization is not known yield False; AUTH_EXISTS stops them.

    Args:
        lot: The units.
        kind: What the transaction does.
        account_type: Type of the account the units enter; None: not known.
    """
    terms = lot.terms
    if terms is None or lot.first_transferred or lot.attributes.unit_type not in AUTHORIZED:
        return False
    if kind is TransactionType.ISSUANCE:
        # Share of proceeds and OMGE of authorized units are first transfers (3/CMA.3 annex 58-59).
        # Of units whose purpose is not named yet nothing is transferred (7/CMA.4 synthesis report, para
        # 22).
        return (lot.allotment is not None and bool(terms.purposes)) or defined_as_issuance(terms)
    if kind is TransactionType.TRANSFER:
        return Purpose.NDC in terms.purposes and lot.international
    return (
        account_type in OTHER_PURPOSE_ACCOUNTS
        and not OTHER_PURPOSES.isdisjoint(terms.purposes)
        and terms.definition is FirstTransferDefinition.USE_OR_CANCELLATION
    )


def defined_as_issuance(terms: AuthorizationVersion) -> bool:
    """True when the terms make units first transferred from the moment they are issued."""
    return not OTHER_PURPOSES.isdisjoint(terms.purposes) and terms.definition in _AT_ISSUANCE
