# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""When a check of the Paris rulebook applies, and how one rule is put to every lot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from broker.rulebook.check import Failure
from broker.rulebook.general.judging import joined
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.case import BookingCase, LotCase, ParisCase
from broker.rulebook.paris.first_transfer import AUTHORIZED
from broker.rulebook.paris.lots import Lot

IN_FORCE: Final = date(2021, 1, 1)
"""The first day of the first implementation periods; mitigation counts from here on."""

AUDIT: Final = (
    "the audit of the books (`broker audit`), which holds every entry against the units that it is"
    " booked for"
)
"""What carries out rules on our own bookings: no proposal can break them, an error of ours could."""

LotTest = Callable[[Lot], bool]
LotRule = Callable[[LotCase, Lot], Failure | None]


# -- when a check applies -------------------------------------------------------------------------


def using(case: ParisCase) -> bool:
    """Uses and cancellations."""
    return case.proposed.type in {TransactionType.USE, TransactionType.CANCELLATION}


def uses_ndc(case: ParisCase) -> bool:
    """Uses towards an NDC; also uses into an account that is not known, which may be one."""
    if case.proposed.type is not TransactionType.USE:
        return False
    account = case.to_account
    return account is None or account.account_type == AccountType.USE_NDC.value


def booking(case: BookingCase) -> bool:
    """Transactions that book an adjustment."""
    return bool(case.accounting.entries)


def concerning(test: LotTest) -> Callable[[LotCase], bool]:
    """Transactions with a lot that the test finds, or with units that are not known."""

    def applies(case: LotCase) -> bool:
        return bool(case.gap) or has(case, test)

    return applies


def has(case: LotCase, test: LotTest) -> bool:
    """True when the test finds a lot of the transaction."""
    for lot in case.lots:  # noqa: SIM110  # hot path; a generator costs three times as much
        if test(lot):
            return True
    return False


# -- which lots -----------------------------------------------------------------------------------


def authorized(lot: Lot) -> bool:
    """Units that exist by an authorization; also where their kind is not known."""
    kind = lot.attributes.unit_type
    return kind is None or kind in AUTHORIZED


def not_yet_transferred(lot: Lot) -> bool:
    """Units that exist by an authorization and were not first transferred before."""
    return not lot.first_transferred and authorized(lot)


def not_cer(lot: Lot) -> bool:
    """Units other than certified emission reductions."""
    return lot.attributes.unit_type is not UnitType.CER


# -- one rule for every lot -----------------------------------------------------------------------


def over(case: LotCase, rule: LotRule, test: LotTest | None = None) -> Failure | None:
    """Puts a rule to every lot that the test finds, and makes one failure of what comes out.

    A broken rule outweighs missing data. Units in no lot make it inconclusive.
    """
    failures: list[Failure] | None = None
    for lot in case.lots:
        if test is None or test(lot):
            failure = rule(case, lot)
            if failure is not None:
                failures = failures or []
                failures.append(failure)
    if failures is None and not case.gap:
        return None
    return joined(failures or [], case.gap)


def each_lot(rule: LotRule, test: LotTest | None = None) -> Callable[[LotCase], Failure | None]:
    """What a check does that puts a rule to every lot, and no more."""
    return lambda case: over(case, rule, test)
